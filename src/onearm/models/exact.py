"""Exact intervals of single counts (Clopper and Pearson 1934, 10.1093/biomet/26.4.404)."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv
from statsmodels.stats.proportion import proportion_confint

from onearm.models.arrays import Floats, Ints


def clopper_pearson(events: Ints, n: Ints, level: float = 0.95) -> Floats:
    """Give exact intervals for many counts at once.

    Parameters
    ----------
    events, n : ndarray of int, shape (...)
        Events and patients.
    level : float
        Confidence level.

    Returns
    -------
    ndarray, shape (..., 2)
        Lower and upper limits; nan where ``n`` is 0.
    """
    low, high = proportion_confint(
        np.atleast_1d(events), np.atleast_1d(np.maximum(n, 1)), alpha=1 - level, method="beta"
    )
    limits: Floats = np.stack([low, high], axis=-1).reshape(*np.shape(events), 2)
    limits[np.asarray(n) == 0] = np.nan
    return limits


def one_sided_upper(n: Ints, level: float = 0.95) -> Floats:
    """Give the one-sided exact upper limit of a proportion when none of ``n`` had the event."""
    limit: Floats = betaincinv(1.0, np.maximum(n, 1).astype(float), level)
    return limit
