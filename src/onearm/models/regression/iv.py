"""Inverse-variance meta-regression, by weighted least squares."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from onearm.cautions import Caution
from onearm.models.arrays import Floats, Ints
from onearm.models.errors import ModelError, wrong_choice
from onearm.models.inverse_variance.model import InverseVariance
from onearm.models.inverse_variance.transforms import effects
from onearm.models.regression.cluster import Robust, cluster_robust
from onearm.models.regression.design import Design
from onearm.models.regression.result import Estimates, explained
from onearm.models.regression.tau2 import Projection, residual_tau2

_OPTIONS = ("transform", "tau2", "ci", "correction", "add")
_RSS_FLOOR = np.finfo(float).eps


def fit_inverse_variance(
    events: Ints, n: Ints, design: Design, groups: Any, level: float, options: dict[str, Any]
) -> Estimates:
    """Fit by weighted least squares at the estimated residual tau2.

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
    for name in options:
        if name not in _OPTIONS:
            raise wrong_choice("an option of inverse-variance regression", name, _OPTIONS)
    spec = InverseVariance(level=level, **options)
    effect, variance, _ = effects(events, n, spec.transform, spec.correction, spec.add)
    usable = np.isfinite(variance[:, 0])
    z, t = design.standardised()
    y, v, z = effect[usable, 0], variance[usable, 0], z[usable]
    k, p = z.shape
    if np.linalg.matrix_rank(z) < p:
        raise ModelError(
            f"{int((~usable).sum())} studies have no finite effect without a correction, and "
            f"the {k} others cannot tell {p} coefficients apart; choose a correction."
        )
    if groups is not None and len(set(groups[usable])) < 2:
        raise ModelError("cluster must have at least two groups among the studies used.")
    tau2 = residual_tau2(y, v, z, spec.tau2)
    fit, plain = Projection(y, v, z, tau2), Projection(y, v, z, 0.0)
    back: Floats = np.linalg.inv(t).astype(float)
    robust = None if groups is None else cluster_robust(y, z, v + tau2, groups[usable], back)
    covariance, df = _model_based(fit, spec.ci, k - p)
    covariance = back @ covariance @ back.T
    if robust is not None:
        covariance, df = robust.covariance, robust.df
    within = (k - p) / plain.trace if k > p else math.nan
    null = residual_tau2(y, v, np.ones((k, 1)), spec.tau2)
    return Estimates(
        beta=_rounded(back @ fit.beta, back @ fit.cov @ back.T, fit.q),
        covariance=covariance,
        df=df,
        tau2=tau2 if k > p else math.nan,
        i2=tau2 / (tau2 + within),
        r2=explained(tau2, null) if k > p else math.nan,
        qe=plain.q,
        loglik=math.nan,
        cautions=_cautions(groups, robust, int((~usable).sum())),
        joint=None if robust is None else robust.joint,
    )


def _rounded(beta: Floats, covariance: Floats, q: float) -> Floats:
    """Give coefficients of a perfect fit with those that are rounding alone as 0."""
    if q > _RSS_FLOOR:
        return beta
    nil = np.abs(beta) <= math.sqrt(_RSS_FLOOR) * np.sqrt(np.diag(covariance))
    return np.where(nil, 0.0, beta)


def _model_based(fit: Projection, ci: str, freedom: int) -> tuple[Floats, Floats]:
    """Scale the covariance as the chosen interval asks, and give its reference."""
    p = len(fit.beta)
    if ci == "wald" or freedom < 1:
        return fit.cov, np.full(p, np.inf)
    factor = 1.0
    if ci.startswith("knapp-hartung"):
        factor = 0.0 if fit.q <= _RSS_FLOOR else fit.q / freedom
    if ci == "knapp-hartung-conservative":
        factor = max(1.0, factor)
    return fit.cov * factor, np.full(p, float(freedom))


def _cautions(groups: Any, robust: Robust | None, dropped: int) -> tuple[Caution, ...]:
    out = []
    if groups is not None and len(set(groups)) < 10:
        out.append(
            Caution(
                "few-clusters",
                f"Only {len(set(groups))} groups of studies: cluster-robust intervals "
                "are approximate.",
            )
        )
    if robust is not None and robust.short.any():
        out.append(
            Caution(
                "fitted-clusters",
                f"Of {int(robust.short.sum())} of {len(robust.df)} coefficients the standard error "
                "is too small or missing: some group of studies is fitted exactly, and so does "
                "not show how much groups vary.",
            )
        )
    if dropped:
        out.append(
            Caution(
                "studies-without-weight",
                f"{dropped} studies have no finite effect without a correction; left out.",
            )
        )
    return tuple(out)
