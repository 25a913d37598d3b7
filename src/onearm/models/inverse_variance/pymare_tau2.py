"""The estimators of tau2 that PyMARE has, for one pool, brought to full precision."""

from __future__ import annotations

import numpy as np

from onearm.models.arrays import Floats
from onearm.models.inverse_variance.heterogeneity import maximise


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
