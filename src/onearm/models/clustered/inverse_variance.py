"""The three-level model of transformed proportions, by inverse variance and REML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from onearm.models.arrays import Floats, Ints
from onearm.models.base import Cost
from onearm.models.binomial_normal.marginal import gauss_hermite, logistic_mean
from onearm.models.clustered.base import Clustered, reference
from onearm.models.clustered.reml import Effects
from onearm.models.description import LIMITS, Description
from onearm.models.fit import Fit
from onearm.models.inverse_variance.edges import bounded
from onearm.models.inverse_variance.heterogeneity import q_statistic
from onearm.models.inverse_variance.transforms import CORRECTIONS, TRANSFORMS, effects
from onearm.models.inverse_variance.words import SCALES

_SCALES = ("logit", "log", "arcsine", "raw")


@dataclass(frozen=True, kw_only=True)
class ThreeLevelInverseVariance(Clustered):
    """Options of the three-level inverse-variance model, both variances by REML.

    Parameters
    ----------
    transform : {"logit", "log", "arcsine", "raw"}
        The Freeman-Tukey scale is left out, whose way back takes one size for all.
    ci : {"t", "wald"}
        Reference of the interval: t(studies - 1) or normal.
    correction : {"only0", "if0all", "all", "none"}
    add : float
        What the correction adds to events and to non-events.
    """

    name: ClassVar[str] = "inverse-variance-three-level"
    flat: ClassVar[str] = "inverse-variance"
    cost: ClassVar[Cost] = Cost.MODERATE
    not_planned: ClassVar[tuple[str, ...]] = ("groups", "add")
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "transform": _SCALES,
        "ci": ("t", "wald"),
        "correction": CORRECTIONS,
    }

    transform: str = "logit"
    ci: str = "t"
    correction: str = "only0"
    add: float = 0.5

    @property
    def description(self) -> Description:
        """The model with its options in words, formulas and sources."""
        return Description(
            name=f"three-level random effects by inverse variance, {self.transform} scale, REML",
            limits=LIMITS[self.ci],
            words=(
                f"random effects on two levels, studies and the rows within them, by inverse "
                f"variance on the {self.transform} scale, both variances by REML, with "
                + ("Wald limits" if self.ci == "wald" else "limits by t with studies − 1 degrees")
                + (" of freedom" if self.ci == "t" else "")
            ),
            estimate="The estimate is the back-transformed centre.",
            prediction="The prediction interval is for a row of a new study.",
            spread="tau² is the variance between studies and that between rows of one study "
            "together.",
            gain="It is what R's rma.mv gives, and does not count rows of one study as studies.",
            price="Its price is that each row's estimate is taken to be normal with a known "
            "variance, which small counts are not.",
            formulas=(*SCALES[self.transform], r"y_{ij} \sim N(\mu + b_i + w_{ij},\, v_{ij})"),
            sources=("viechtbauer2010",),
        )

    @property
    def tau_scale(self) -> str:
        """The scale on which tau2 is the variance of a new study's row."""
        return self.transform

    @property
    def mirrored(self) -> bool:
        """Whether exchanging events and non-events turns every limit L into 1 - L."""
        return self.transform != "log"

    def effects(self, events: Ints, n: Ints) -> tuple[Floats, Floats]:
        """Give the rows' effects and sampling variances.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        y, v, _ = effects(events, n, self.transform, self.correction, self.add)
        return y, v

    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        fit = super()._fit(events, n, verdicts)
        alike = np.isin(verdicts, ("all-zero", "all-full"))
        return bounded(fit, events, n, verdicts, self.level) if alike.any() else fit

    def _one(self, x: Ints, n: Ints, groups: NDArray[np.int64]) -> dict[str, Any]:
        y, v = (a[:, 0] for a in self.effects(x[:, None], n[:, None]))
        used = np.isfinite(v)
        y, v, groups = y[used], v[used], groups[used]
        if not len(y):
            return {}
        rows = Effects(y, v, groups)
        top = rows.maximise()
        spreads = [rows.limits(top, i, self.level) for i in range(2)] if len(y) > 1 else None
        crit = reference(self.ci, self.level, len(set(groups.tolist())))
        total = float(top.sigma2.sum())
        half = crit * np.array([top.se, np.sqrt(top.se**2 + total)])
        back = TRANSFORMS[self.transform].inverse
        nowhere = np.full(3, np.nan)
        ends = np.array([top.b, top.b - half[0], top.b + half[0]])
        q = float(q_statistic(y[:, None], v[:, None])[0])
        out: dict[str, Any] = (
            {}
            if spreads is None
            else dict(zip(("sd_between_ci", "sd_within_ci"), np.sqrt(spreads), strict=True))
        )
        proportions, means = back(ends, nowhere), self._means(ends, total)
        return out | {
            "estimate": proportions[0],
            "ci": proportions[1:],
            "prediction": back(top.b + half[1] * np.array([-1.0, 1.0]), nowhere[:2]),
            "mean": means[0],
            "mean_ci": means[1:],
            "coef": top.b,
            "se": top.se,
            "tau2": total,
            "sd_between": np.sqrt(top.sigma2[0]),
            "sd_within": np.sqrt(top.sigma2[1]),
            "q": q,
            "q_df": len(y) - 1.0,
            "q_pvalue": float(chdtrc(len(y) - 1.0, q)) if len(y) > 1 else np.nan,
            "loglik": top.value,
        }

    def _means(self, points: Floats, total: float) -> Floats:
        tau = np.full(3, np.sqrt(total))
        if self.transform == "logit":
            return logistic_mean(points, tau)
        back = TRANSFORMS[self.transform].inverse
        means = gauss_hermite(lambda grid: back(grid, np.full(3, np.nan)), points, tau)
        return np.clip(means, 0, 1)
