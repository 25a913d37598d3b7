"""Every subset of the studies, pooled: the view that Olkin and others called GOSH.

A subset is written as a bit mask, bit i - 1 standing for the i-th study (Olkin, Dahabreh
and Trikalinos 2012, 10.1002/jrsm.1053). All subsets of one pool are one batch of the model,
so that whatever it can fit, likelihood models included, can be looked at in this way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from onearm.models import Model, ModelError, make_model
from onearm.models.arrays import as_batch, as_whole
from onearm.robustness.choices import COLUMNS, fit_rows, subset_masks, unpack


def subsets(
    events: ArrayLike,
    n: ArrayLike,
    *,
    model: str | Model = "inverse-variance",
    level: float = 0.95,
    max_k: int = 12,
    **options: Any,
) -> pd.DataFrame:
    """Pool every subset of the studies.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and patients per study. A study with ``n = 0`` is in no subset.
    model : str or Model
        As for :func:`onearm.pool`.
    level : float
        Level of every interval.
    max_k : int
        Up to this many studies, all ``2**k - 1`` subsets are pooled; above it, all the
        studies together, all but one, and all but two.
    **options
        Options of the model.

    Returns
    -------
    DataFrame
        One row a subset, by increasing bit mask: ``subset`` (bit i - 1 is the i-th study),
        ``k``, ``estimate``, the limits of the confidence and of the prediction interval,
        ``mean`` (marginal mean), ``tau2`` and ``i2``. Undefined numbers are nan; a subset of
        one study carries that study's exact interval.

    Raises
    ------
    ModelError
        If the counts are impossible or the model does not exist.
    """
    fitted = make_model(model, level=level, **options)
    max_k = as_whole(max_k, "max_k", 0)
    x, m = as_batch(events, n)
    if x.shape[1] != 1:
        raise ModelError("subsets takes one dataset, events and n of shape (k,).")
    masks = subset_masks(m[:, 0] > 0, max_k)
    kept = unpack(masks, len(x))
    frame = fit_rows(x[:, 0], m[:, 0], kept, fitted)
    frame.insert(0, "subset", masks)
    return frame


def subsets_json(
    events: ArrayLike,
    n: ArrayLike,
    models: Mapping[str, Mapping[str, Any]],
    *,
    study: Sequence[object] | None = None,
    level: float = 0.95,
    max_k: int = 12,
    digits: int = 6,
) -> dict[str, Any]:
    """Pool every subset by several models, as columns that a page can look numbers up in.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
    models : mapping
        From a label to keyword arguments of :func:`subsets`: ``model`` and its options.
    study : sequence, optional
        Names of the studies.
    digits : int
        Decimals that are kept of every number.

    Returns
    -------
    dict
        JSON-safe: ``studies`` (name, events, n), ``subset`` (bit masks), ``k``, and for each
        label of ``models`` a dict of columns, undefined numbers being None. Complete says
        whether all subsets are there.
    """
    x, m = as_batch(events, n)
    names = [f"Study {i + 1}" for i in range(len(x))] if study is None else list(map(str, study))
    tables = {
        label: subsets(x[:, 0], m[:, 0], level=level, max_k=max_k, **options)
        for label, options in models.items()
    }
    masks = subset_masks(m[:, 0] > 0, max_k)
    sizes = unpack(masks, len(x)).sum(axis=0)
    return {
        "level": level,
        "complete": int((m > 0).sum()) <= max_k,
        "studies": [
            {"study": name, "events": int(a), "n": int(b)}
            for name, a, b in zip(names, x[:, 0], m[:, 0], strict=True)
        ],
        "subset": [int(mask) for mask in masks],
        "k": [int(size) for size in sizes],
        "models": {
            label: {name: _rounded(table[name], digits) for name in COLUMNS}
            for label, table in tables.items()
        },
    }


def _rounded(column: pd.Series[float], digits: int) -> list[float | None]:
    values = column.to_numpy(dtype=float)
    return [
        round(float(v), digits) if known else None
        for v, known in zip(values, np.isfinite(values), strict=True)
    ]


@dataclass(frozen=True)
class Pull:
    """What it does to the pooled estimates that a study is among the pooled.

    Attributes
    ----------
    study : int
        Its place among the studies, from 0.
    with_it, without_it : float
        Mean of the estimates over the subsets (of two studies or more) with and without it.
    """

    study: int
    with_it: float
    without_it: float

    @property
    def difference(self) -> float:
        """How much higher the estimates are with the study than without it."""
        return self.with_it - self.without_it


def pulls(frame: pd.DataFrame, k: int) -> tuple[Pull, ...]:
    """Compare the subsets with each study to those without it, the strongest pull first.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`subsets`.
    k : int
        Number of studies.

    Returns
    -------
    tuple of Pull
        Studies that are in every subset, or in none, are not listed.
    """
    pooled = frame[(frame["k"] > 1) & np.isfinite(frame["estimate"])]
    estimate = pooled["estimate"].to_numpy(dtype=float)
    kept = unpack(pooled["subset"].to_numpy(), k)
    found = [
        Pull(i, float(estimate[row].mean()), float(estimate[~row].mean()))
        for i, row in enumerate(kept)
        if row.any() and not row.all()
    ]
    return tuple(sorted(found, key=lambda pull: (-round(abs(pull.difference), 12), pull.study)))
