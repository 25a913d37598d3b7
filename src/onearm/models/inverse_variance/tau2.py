"""The between-study variance: PyMARE's estimates at full precision, and profile limits.

A tau2 belongs to the interval when twice the fall of the (restricted) likelihood, with the
centre at its best for that tau2, stays below the chi-squared quantile with one degree of
freedom (Hardy and Thompson 1996,
10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A; for the restricted
likelihood Viechtbauer 2007, 10.1002/sim.2514).
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from onearm.models.arrays import Floats
from onearm.models.fit import interval
from onearm.models.inverse_variance.heterogeneity import (
    log_likelihood,
    maximise,
    score,
    typical_variance,
)
from onearm.models.roots import root, widen

_FARTHEST = 1e12
"""A tau2 this many times its scale has no end."""


def tau2_profile(y: Floats, v: Floats, best: Floats, restricted: bool, level: float) -> Floats:
    """Give the limits on either side of the maximum.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
        Effects and variances; an infinite variance is absence.
    best : ndarray, shape (d,)
        The tau2 at the maximum.
    restricted : bool
        Whether of the restricted likelihood.
    level : float

    Returns
    -------
    ndarray, shape (d, 2)
        The lower limit is 0 where 0 is in the interval; the upper one is infinite where the
        fall never suffices; nan for fewer than two studies.
    """
    few = np.isfinite(v).sum(axis=0) < 2
    crit = np.sqrt(chdtri(1.0, 1 - level))
    top = log_likelihood(y, v, best, restricted)
    scale = np.where(few, 1.0, typical_variance(v))

    def fall(ratio: Floats) -> tuple[Floats, Floats]:
        """Give the signed root of the fall, less the critical one; in units of the scale."""
        tau2 = np.maximum(ratio * scale, 0.0)
        size = np.sqrt(2 * np.maximum(top - log_likelihood(y, v, tau2, restricted), 0.0))
        slope = score(y, v, tau2, restricted)[0] * scale
        return np.where(few, 1.0, size - crit), -slope / np.maximum(size, 1e-300)

    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.where(few, 0.0, best / scale)
        low, high = widen(fall, start, np.maximum(0.5 * start, 1.0), _FARTHEST)
        upper = root(fall, low, high) * scale
        zero_in = ~(fall(np.zeros_like(start))[0] > 0) | (start == 0)
        lower = root(fall, start, np.where(zero_in, np.inf, 0.0), 0.5 * start) * scale
    limits = interval(np.where(zero_in, 0.0, lower), upper)
    limits[few] = np.nan
    return limits


def pymare_tau2(y: Floats, v: Floats, method: str) -> Floats | None:
    """Estimate tau2 of one dataset by PyMARE.

    Its likelihood search compares values, which stops some 3e-8 short of the
    maximum; the remainder is gone over on the score.

    Parameters
    ----------
    y, v : ndarray, shape (k, 1)
        Effects and variances; those with infinite variance are left out.
    method : str
        Name of the estimator.

    Returns
    -------
    ndarray of shape (1,), or None where PyMARE has no such estimator.
    """
    # here and not above: with SymPy beneath it, PyMARE takes longer to load than all else
    from pymare.estimators import DerSimonianLaird, Hedges, VarianceBasedLikelihoodEstimator

    here = np.isfinite(v[:, 0])
    y, v = y[here], v[here]
    one = np.ones((len(y), 1))
    if method == "DL":
        tau2 = DerSimonianLaird().fit(y, v, one).params_["tau2"]
    elif method == "HE":
        tau2 = Hedges().fit(y, v, one).params_["tau2"]
    elif method in ("ML", "REML"):
        found = VarianceBasedLikelihoodEstimator(method=method).fit(y, v, one).params_["tau2"]
        tau2 = maximise(y, v, method == "REML", np.ravel(found).astype(float))
    else:
        return None
    return np.ravel(np.asarray(tau2, dtype=float))
