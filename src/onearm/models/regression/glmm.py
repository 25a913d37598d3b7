"""Meta-regression in the binomial-normal model, by maximum likelihood.

With a study between 0 % and 100 % the likelihood falls as 1 / tau once tau is large, and for
every tau it is concave in the coefficients, which run off in the same directions as those of
the logistic regression. So a maximum exists unless all studies are at 0 % or 100 %, or the
moderators separate these (Albert and Anderson 1984, 10.1093/biomet/71.1.1).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog

from onearm.cautions import Caution
from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.binomial_normal.likelihood import trapezoid
from onearm.models.errors import ModelError, wrong_choice
from onearm.models.glmm.climb import NEGLIGIBLE, eliminate
from onearm.models.glmm.likelihood import evaluate
from onearm.models.glmm.maximum import Maximum, maximise
from onearm.models.inverse_variance.heterogeneity import typical_variance
from onearm.models.inverse_variance.transforms import effects
from onearm.models.regression.design import Design
from onearm.models.regression.result import Estimates, explained

_FLAT = 1e-8
"""Where Newton's rule promises a smaller rise of the log-likelihood, it is at its top."""

_ALL_EXTREME = (
    "Every study is at 0 % or at 100 %, so the likelihood has no maximum, and neither the "
    "coefficients nor the spread between studies have an estimate."
)
_NOT_FOUND = (
    "The search for the maximum of the likelihood did not end at one, as can happen where a "
    "study's moderators lie far from all others'; nothing is estimated."
)
_SEPARATED = (
    "A group of studies has no events, or only events, so its coefficient has no "
    "maximum-likelihood estimate; compare the groups' own intervals."
)


def fit_glmm(
    events: Ints, n: Ints, design: Design, groups: Any, level: float, options: dict[str, Any]
) -> Estimates:
    """Fit by maximum likelihood; cluster-robust covariances are for inverse variance only.

    Parameters
    ----------
    events, n : ndarray of int, shape (k, 1)
    design : Design
    groups : ndarray or None
        The cluster of every study.
    level : float
    options : dict
        Options of the model, as :func:`~onearm.models.meta_regression` takes them.
    """
    if groups is not None:
        raise ModelError("cluster is only possible with model 'inverse-variance'.")
    for name in options:
        if name != "ci":
            raise wrong_choice("an option of GLMM regression", name, ("ci",))
    ci = options.get("ci", "t")
    if ci not in ("t", "wald"):
        raise wrong_choice("ci", ci, ("t", "wald"))
    x, m = events.astype(float), n.astype(float)
    z, t = design.standardised()
    k, p = z.shape
    inner = (x[:, 0] > 0) & (x[:, 0] < m[:, 0])
    if not inner.any():
        return _without_maximum(p, _ALL_EXTREME)
    if _separates(z, inner, x[:, 0] > 0):
        return _without_maximum(p, _SEPARATED)
    best = _maximum(x, m, z)
    if best is None:
        return _without_maximum(p, _NOT_FOUND, "maximum-not-found")
    null = float(maximise(x, m, np.ones((k, 1))).tau[0] ** 2)
    tau2 = float(best.tau[0] ** 2)
    within = float(typical_variance(effects(events, n)[1])[0])
    back = np.linalg.inv(t)
    return Estimates(
        beta=back @ best.beta[:, 0],
        covariance=back @ best.covariance[0] @ back.T,
        df=np.full(p, float(k - p) if ci == "t" and k > p else np.inf),
        tau2=tau2,
        i2=tau2 / (tau2 + within),
        r2=explained(tau2, null),
        qe=max(0.0, float(2 * (best.loglik_saturated - best.loglik_common)[0])),
        loglik=float(best.loglik[0]),
    )


def _separates(z: Floats, inner: Bools, any_events: Bools) -> bool:
    """Tell whether coefficients can move so that no study's fit ever gets worse.

    That is a direction that leaves the studies between 0 % and 100 % where they are, and moves
    no other one inwards.
    """
    free = null_space(z[inner])
    if not free.shape[1]:
        return False
    outward = np.where(any_events, 1.0, -1.0)[~inner, None] * (z[~inner] @ free)
    ones = np.ones(len(outward))
    found = linprog(
        -outward.sum(axis=0),
        A_ub=np.vstack([outward, -outward]),
        b_ub=np.concatenate([ones, 0 * ones]),
        bounds=(None, None),
    )
    return bool(found.fun < -0.5)


def _maximum(x: Floats, m: Floats, z: Floats) -> Maximum | None:
    """Maximise the likelihood; None where the search did not end at the top of a hill."""
    try:
        best = maximise(x, m, z)
        here = evaluate(x, m, z, best.beta, np.maximum(best.tau, NEGLIGIBLE), trapezoid)
        schur, inverse, cross = eliminate(here)
    except np.linalg.LinAlgError:
        return None
    slope = here.grad_beta[0]
    rise = float(slope @ inverse[0] @ slope)
    concave = bool(np.linalg.eigvalsh(inverse[0]).min() > 0)
    if best.tau[0] > 0:
        rise += float((here.grad_tau - here.grad_beta[0] @ cross[0])[0] ** 2 / schur[0])
        concave &= bool(schur[0] > 0)
    return best if concave and abs(rise) < _FLAT else None


def _without_maximum(p: int, sentence: str, code: str = "no-maximum") -> Estimates:
    nan = math.nan
    return Estimates(
        beta=np.full(p, nan),
        covariance=np.full((p, p), nan),
        df=np.full(p, np.inf),
        tau2=nan,
        i2=nan,
        r2=nan,
        qe=nan,
        loglik=nan,
        cautions=(Caution(code, sentence),),
    )
