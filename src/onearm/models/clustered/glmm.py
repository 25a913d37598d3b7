"""The three-level binomial-normal model by maximum likelihood, the integrals to rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, xlog1py, xlogy

from onearm.models.arrays import Bools, Ints
from onearm.models.binomial_normal.marginal import logistic_mean
from onearm.models.clustered.base import MODEL, Clustered, reference
from onearm.models.clustered.likelihood import Data
from onearm.models.clustered.maximum import maximise
from onearm.models.clustered.profile import profile_limits
from onearm.models.description import EXACT, FEW_STUDIES, LIMITS, Description
from onearm.models.estimability import classify, has_maximum, without_maximum
from onearm.models.fit import Fit, scatter
from onearm.models.glmm.likelihood import saturated

_LIMITS = {
    "t": "limits by t with one degree of freedom fewer than there are studies",
    "wald": "Wald limits",
    "profile": "profile-likelihood limits",
}


@dataclass(frozen=True, kw_only=True)
class ThreeLevelBinomialNormal(Clustered):
    """Options of the three-level binomial-normal model.

    Parameters
    ----------
    ci : {"t", "wald", "profile"}
        Interval of the centre: t(studies - 1), normal, or profile likelihood. With "profile",
        both standard deviations have profile intervals too; otherwise they have none.
    """

    name: ClassVar[str] = "glmm-three-level"
    flat: ClassVar[str] = "glmm"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"ci": tuple(_LIMITS)}

    ci: str = "t"

    @property
    def description(self) -> Description:
        """The model with its interval in words, formulas and sources."""
        return Description(
            name="three-level binomial–normal model (GLMM)",
            limits=LIMITS[self.ci],
            words=(
                "exact binomial likelihood with normally distributed logits on two levels, studies "
                "and the rows within them, by maximum likelihood, with " + _LIMITS[self.ci]
            ),
            estimate="The estimate is the back-transformed centre.",
            prediction="The prediction interval is for a row of a new study.",
            spread="tau² is the variance between studies and that between rows of one study "
            "together.",
            gain=f"{EXACT}, and rows of one study are not counted as if they were studies.",
            price=FEW_STUDIES,
            formulas=(r"x_{ij} \sim \mathrm{Binomial}(n_{ij},\, p_{ij})", MODEL),
            sources=("stijnen2010",),
        )

    def suits(self, events: Ints, n: Ints) -> Bools:
        """Say for each dataset whether its likelihood has a maximum.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        return has_maximum(classify(events, n))

    def _has_fit(self, verdicts: NDArray[np.str_]) -> Bools:
        return has_maximum(verdicts)

    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        whole = super()._fit(events, n, verdicts)
        usable = np.flatnonzero(has_maximum(verdicts))
        if len(usable) == len(verdicts):
            return whole
        bare = without_maximum(events, n, verdicts, self.level)
        if not len(usable):
            return bare
        part = super()._fit(events[:, usable], n[:, usable], verdicts[usable])
        return scatter(part, usable, bare, len(verdicts))

    def _one(self, x: Ints, n: Ints, groups: NDArray[np.int64]) -> dict[str, Any]:
        data = Data(x.astype(float), n.astype(float), np.unique(groups, return_inverse=True)[1])
        top = maximise(data)
        mu, between, within = top.theta
        se = float(np.sqrt(top.covariance[0, 0]))
        crit = reference(self.ci, self.level, data.studies)
        ends = np.array([mu - crit * se, mu + crit * se])
        out: dict[str, Any] = {"sd_between": between, "sd_within": within}
        if self.ci == "profile":
            ends = np.array(profile_limits(data, top, 0, self.level))
            out["sd_between_ci"] = profile_limits(data, top, 1, self.level)
            out["sd_within_ci"] = profile_limits(data, top, 2, self.level)
        total = np.hypot(between, within)
        ahead = reference("wald" if self.ci == "wald" else "t", self.level, data.studies)
        half = ahead * np.sqrt(se**2 + total**2)
        means = logistic_mean(np.array([mu, *ends]), np.full(3, total))
        q, q_pvalue = likelihood_ratio(data)
        return out | {
            "estimate": expit(mu),
            "ci": expit(ends),
            "prediction": expit([mu - half, mu + half]),
            "mean": means[0],
            "mean_ci": means[1:],
            "coef": mu,
            "se": se,
            "tau2": total**2,
            "q": q,
            "q_df": len(x) - 1.0,
            "q_pvalue": q_pvalue,
            "loglik": top.point.value + data.constant,
        }


def likelihood_ratio(data: Data) -> tuple[float, float]:
    """Give the likelihood-ratio Q of equal proportions in all rows, and its p-value."""
    p = data.x.sum() / data.n.sum()
    common = float((xlogy(data.x, p) + xlog1py(data.n - data.x, -p)).sum())
    own = float(saturated(data.x[:, None], data.n[:, None])[0])
    q = max(2 * (own - common), 0.0)
    return q, float(chdtrc(len(data.x) - 1.0, q))
