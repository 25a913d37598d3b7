"""Choices among the studies of one pool: a model fitted to all, and their side of a threshold."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from onearm.models import Fit, Model
from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.remember import remember

COLUMNS = (
    "estimate",
    "ci_low",
    "ci_high",
    "prediction_low",
    "prediction_high",
    "mean",
    "tau2",
    "i2",
)
"""The numbers of a fit that stand in a table of subsets, in this order."""

_CHUNK = 2048
"""Subsets that are fitted at once, so that memory stays small however many there are."""
#: What the codes of `side_of_interval` mean.
SIDES = {-1: "below", 0: "across", 1: "above"}


def subset_masks(present: Bools, max_k: int) -> NDArray[Any]:
    """List the bit masks to be pooled, in increasing order.

    Parameters
    ----------
    present : ndarray of bool, shape (k,)
        The studies that can be in a subset.
    max_k : int
        Up to so many studies every subset is listed; above, the ones that leave out at
        most two.

    Returns
    -------
    ndarray of int
        Python integers where 63 bits do not hold all studies.
    """
    bits = [1 << int(i) for i in np.flatnonzero(present)]
    if len(bits) <= max_k:
        masks = [0]
        for bit in bits:
            masks += [mask | bit for mask in masks]
        masks = sorted(masks)[1:]
    else:
        whole = sum(bits)
        fewer = [sum(out) for size in (1, 2) for out in combinations(bits, size)]
        masks = sorted([whole, *(whole - out for out in fewer)])
    return np.array(masks, dtype=np.int64 if len(present) < 63 else object)


def unpack(masks: NDArray[Any], k: int) -> Bools:
    """Turn bit masks into an array (k, d): whether study i is in subset j."""
    columns = [[bool(int(mask) >> i & 1) for i in range(k)] for mask in masks]
    return np.array(columns, dtype=bool).reshape(len(masks), k).T


def fit_kept(events: Ints, n: Ints, kept: Bools, model: Model) -> list[tuple[Bools, Fit]]:
    """Fit a model to chosen studies, a few thousand choices at a time.

    Parameters
    ----------
    events, n : ndarray of int, shape (k,)
    kept : ndarray of bool, shape (k, d)
        Which studies each dataset keeps.

    Returns
    -------
    list of (kept, Fit)
        In the order of the datasets.
    """
    parts = [kept[:, i : i + _CHUNK] for i in range(0, kept.shape[1], _CHUNK)]
    return [
        (part, model(np.where(part, events[:, None], 0), np.where(part, n[:, None], 0)))
        for part in parts
    ]


def fit_rows(events: Ints, n: Ints, kept: Bools, model: Model) -> pd.DataFrame:
    """Fit a model to chosen studies and give one row a choice: k, then :data:`COLUMNS`."""

    def compute() -> list[dict[str, list[float]]]:
        return [
            {
                "k": (part & (n > 0)[:, None]).sum(axis=0).tolist(),
                **{name: column.tolist() for name, column in fit_columns(fit).items()},
            }
            for part, fit in fit_kept(events, n, kept, model)
        ]

    key = {
        "model": repr(model),
        "events": events.tolist(),
        "n": n.tolist(),
        "kept": np.packbits(kept, axis=0).T.tolist(),
    }
    frames = [pd.DataFrame(part) for part in remember("choices", type(model), key, compute)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["k", *COLUMNS])


def fit_columns(fit: Fit) -> dict[str, Floats]:
    """Give the numbers of a fit by the names of :data:`COLUMNS`."""
    values = (fit.estimate, *fit.ci.T, *fit.prediction.T, fit.mean, fit.tau2, fit.i2)
    return dict(zip(COLUMNS, values, strict=True))


def side_of_interval(limits: ArrayLike, threshold: float) -> NDArray[np.int64]:
    """Say of intervals whether they lie below a proportion, across it or above it.

    Parameters
    ----------
    limits : array_like, shape (d, 2)
        Proportions.
    threshold : float
        The decision threshold.

    Returns
    -------
    ndarray of int, shape (d,)
        -1 when the whole interval is below, 1 when it is above, 0 when the threshold is
        within it or at its end. An interval that is not known is taken to hold everything.
    """
    ends = np.asarray(limits, dtype=float).reshape(-1, 2)
    above, below = ends[:, 0] > threshold, ends[:, 1] < threshold
    return above.astype(np.int64) - below.astype(np.int64)


def side_of_estimate(estimate: float, threshold: float) -> str:
    """Return "above" or "below"; an estimate at the threshold has reached it.

    Parameters
    ----------
    estimate, threshold : float
        Proportions.
    """
    return "above" if estimate >= threshold else "below"
