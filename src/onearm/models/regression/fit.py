"""Meta-regression of single-arm proportions, by inverse variance or by the GLMM."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc, ndtr, ndtri, stdtr, stdtrit

from onearm.cautions import Caution
from onearm.models.arrays import Ints, as_batch, as_level, length
from onearm.models.errors import ModelError, wrong_choice
from onearm.models.regression.design import Design, build_design
from onearm.models.regression.glmm import fit_glmm
from onearm.models.regression.iv import fit_inverse_variance
from onearm.models.regression.result import Coefficient, Estimates, Regression

FITS: dict[str, Callable[[Ints, Ints, Design, Any, float, dict[str, Any]], Estimates]] = {
    "inverse-variance": fit_inverse_variance,
    "glmm": fit_glmm,
}
"""How each model regresses; a model with a line here says so by ``has_regression``."""


def meta_regression(
    events: ArrayLike,
    n: ArrayLike,
    moderators: Mapping[str, Sequence[Any]],
    *,
    model: str = "inverse-variance",
    cluster: Sequence[Any] | None = None,
    level: float = 0.95,
    **options: Any,
) -> Regression:
    """Explain differences between studies by moderators.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
    moderators : mapping of str to sequence
        Values per study, numbers or categories; studies with a missing one are left
        out. An empty mapping gives the pooled effect alone.
    model : {"inverse-variance", "glmm"}
    cluster : sequence, optional
        Groups of studies that may share patients. With it, the covariance is the
        cluster-robust CR2 with Satterthwaite degrees of freedom, both as R's clubSandwich
        has them (Pustejovsky and Tipton 2018, 10.1080/07350015.2016.1247004), whatever
        ``ci`` says; inverse variance only.
    level : float
    **options
        For inverse variance: transform, tau2, ci, correction, add, as in
        :class:`~onearm.models.InverseVariance`; for the GLMM: ci, "t" or "wald".

    Raises
    ------
    ModelError
        For impossible counts, unknown names, moderators that do not vary, or fewer
        studies than coefficients.

    Notes
    -----
    Where the effects lie on the fitted line exactly, the standard errors of Knapp and Hartung
    are 0. A coefficient that is 0 too then has the p-value 1, nothing being at odds with 0,
    and any other has 0; metafor gives NaN for the first and for the joint test.
    """
    x, m = as_batch(events, n)
    level = as_level(level)
    if x.shape[1] != 1:
        raise ModelError("meta_regression takes one dataset, events and n of shape (k,).")
    design = build_design(moderators, len(x))
    present = design.complete & (m[:, 0] > 0)
    kept = Design(design.matrix[present[design.complete]], design.names, present)
    if len(kept.matrix) < kept.matrix.shape[1]:
        raise ModelError(
            f"{len(kept.matrix)} complete studies cannot carry {kept.matrix.shape[1]} coefficients."
        )
    x, m = x[present], m[present]
    groups = None if cluster is None else _groups(cluster, present)
    if model not in FITS:
        raise wrong_choice("model", model, FITS)
    found = FITS[model](x, m, kept, groups, level, options)
    return _result(model, level, kept, found, len(design.complete) - len(x))


def _groups(cluster: Sequence[Any], present: Any) -> Any:
    if length(cluster, "cluster") != len(present):
        raise ModelError(f"cluster must have {len(present)} labels; got {len(cluster)}.")
    return np.array([str(label) for label in cluster], dtype=object)[present]


def _result(model: str, level: float, design: Design, e: Estimates, left_out: int) -> Regression:
    k, p = design.matrix.shape
    se = np.sqrt(np.diag(e.covariance))
    upper = 0.5 + level / 2
    finite = np.isfinite(e.df)
    safe = np.where(finite, e.df, 1.0)
    crit = np.where(finite, stdtrit(safe, upper), ndtri(upper))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where((e.beta == 0) & ~np.isnan(se), 0.0, -np.abs(e.beta / se))
    pvalues = 2 * np.where(finite, stdtr(safe, z), ndtr(z))
    qm, qm_df, qm_p = _joint_test(e, p)
    cautions = list(e.cautions)
    if left_out:
        cautions.append(
            Caution(
                "studies-left-out",
                f"{left_out} studies have n = 0 or no value of a moderator; left out.",
            )
        )
    return Regression(
        model=model,
        level=level,
        k=k,
        coefficients=tuple(
            Coefficient(
                name,
                float(e.beta[j]),
                float(se[j]),
                (float(e.beta[j] - crit[j] * se[j]), float(e.beta[j] + crit[j] * se[j])),
                float(pvalues[j]),
                float(e.df[j]),
            )
            for j, name in enumerate(design.names)
        ),
        tau2=e.tau2,
        i2=e.i2,
        r2=e.r2,
        qm=qm,
        qm_df=qm_df,
        qm_pvalue=qm_p,
        qe=e.qe,
        qe_df=float(k - p),
        qe_pvalue=float(chdtrc(float(k - p), e.qe)) if k > p else math.nan,
        covariance=tuple(tuple(map(float, row)) for row in e.covariance),
        loglik=e.loglik,
        cautions=tuple(cautions),
    )


def _joint_test(e: Estimates, p: int) -> tuple[float, tuple[float, float], float]:
    """Test all moderators together: chi-squared, or F when the reference is t."""
    m = p - 1
    if e.joint is not None:
        f, first, second, pvalue = e.joint
        return f, (first, second), pvalue
    if m == 0 or not np.isfinite(e.covariance).all():
        return math.nan, (float(m), math.nan), math.nan
    b = e.beta[1:]
    spread = e.covariance[1:, 1:]
    certain = math.inf if b.any() else 0.0
    wald = float(b @ np.linalg.pinv(spread) @ b) if spread.any() else certain
    if not np.isfinite(e.df).all():
        return wald, (float(m), math.inf), float(chdtrc(float(m), wald))
    df = float(e.df[1:].min())
    return wald / m, (float(m), df), float(fdtrc(float(m), df, wald / m))
