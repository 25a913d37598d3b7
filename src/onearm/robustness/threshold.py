"""On which side of the decision threshold an estimate and its interval lie."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["SIDES", "side_of_estimate", "side_of_interval"]

#: What the codes of `side_of_interval` mean.
SIDES = {-1: "below", 0: "across", 1: "above"}


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
