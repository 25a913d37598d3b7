"""Exact intervals of single counts (Clopper and Pearson 1934, 10.1093/biomet/26.4.404)."""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv

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
    x, m = np.asarray(events, dtype=float), np.maximum(np.asarray(n, dtype=float), 1.0)
    tail = (1 - level) / 2
    # at the edges one of the parameters would be 0; there the limit is 0 or 1 itself
    low = np.where(x > 0, betaincinv(np.maximum(x, 1.0), m - x + 1, tail), 0.0)
    high = np.where(x < m, betaincinv(x + 1, np.maximum(m - x, 1.0), 1 - tail), 1.0)
    limits: Floats = np.stack([low, high], axis=-1)
    limits[np.asarray(n) == 0] = np.nan
    return limits


def one_sided_upper(n: Ints, level: float = 0.95) -> Floats:
    """Give the one-sided exact upper limit of a proportion when none of ``n`` had the event.

    Parameters
    ----------
    n : ndarray of int
        Patients.
    level : float
    """
    limit: Floats = betaincinv(1.0, np.maximum(n, 1).astype(float), level)
    return limit
