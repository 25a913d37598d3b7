"""Meta-regression in the binomial-normal model, by maximum likelihood."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from onearm.models.arrays import Ints
from onearm.models.design_matrix import Design
from onearm.models.errors import ModelError, wrong_choice
from onearm.models.glmm_likelihood import logistic
from onearm.models.glmm_maximum import maximise
from onearm.models.heterogeneity import typical_variance
from onearm.models.regression import Estimates
from onearm.models.result import Caution
from onearm.models.transforms import effects

_FAR = 20.0
"""A linear predictor beyond this on either side means that the likelihood has no maximum."""


def fit_glmm(
    events: Ints, n: Ints, design: Design, groups: Any, level: float, options: dict[str, Any]
) -> Estimates:
    """Fit by maximum likelihood; cluster-robust covariances are for inverse variance only."""
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
    if _diverges(z, logistic(x, m, z)[0][:, 0]):
        return _without_maximum(p)
    best = maximise(x, m, z)
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
        r2=max(0.0, 1 - tau2 / null) if null > 0 else math.nan,
        qe=max(0.0, float(2 * (best.loglik_saturated - best.loglik_common)[0])),
        loglik=float(best.loglik[0]),
    )


def _diverges(z: Any, beta: Any) -> bool:
    """Tell whether the logistic fit ran off, because some group has no or only events."""
    return bool(np.abs(z @ beta).max() > _FAR)


def _without_maximum(p: int) -> Estimates:
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
        cautions=(
            Caution(
                "no-maximum",
                "A group of studies has no events, or only events, so its coefficient has no "
                "maximum-likelihood estimate; compare the groups' own intervals.",
            ),
        ),
    )
