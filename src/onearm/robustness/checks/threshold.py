"""Where an estimate and its interval lie beside the proportion that matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onearm.evidence import ModelPlan
from onearm.models import Fit

__all__ = ["SIDES", "fit_batch", "side_of_estimate", "side_of_interval"]

#: What the codes of `side_of_interval` mean.
SIDES = {-1: "below", 0: "across", 1: "above"}


def side_of_interval(limits: ArrayLike, threshold: float) -> NDArray[np.int64]:
    """Say of intervals whether they lie below a proportion, across it or above it.

    Parameters
    ----------
    limits : array_like, shape (d, 2)
        Proportions.
    threshold : float

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
    """Return "above" or "below"; an estimate at the threshold has reached it."""
    return "above" if estimate >= threshold else "below"


def fit_batch(model: ModelPlan, events: Any, n: Any, level: float) -> Fit:
    """Fit a model of the plan to a batch of datasets.

    Parameters
    ----------
    model : ModelPlan
        The model with its options.
    events, n : ndarray of int, shape (k, d)
        Counts; ``n = 0`` means that a study is not in that dataset.
    level : float
        Level of every interval.
    """
    return model.make(level)(events, n)
