"""The binomial-normal model: logits of the studies are normal, events given them binomial.

Fitted by maximum likelihood with the integral over the random effect done to rounding
(Stijnen 2010, 10.1002/sim.4040). Where the maximum does not exist (all studies without
events, all with only events, or every study one or the other), the verdict says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, expit, ndtri, stdtrit

from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.base import Model
from onearm.models.binomial_normal.likelihood import posterior_of_z, trapezoid
from onearm.models.binomial_normal.marginal import logistic_mean
from onearm.models.description import (
    BINOMIAL,
    EXACT,
    FEW_STUDIES,
    LIKELIHOOD,
    LIMITS,
    LIMITS_IN_FULL,
    NORMAL,
    Description,
)
from onearm.models.estimability import classify, has_maximum, without_maximum
from onearm.models.fit import Fit, Flag, interval, scatter
from onearm.models.glmm.likelihood import blocks
from onearm.models.glmm.maximum import Maximum, maximise
from onearm.models.glmm.profile import FARTHEST, Profile
from onearm.models.inverse_variance.heterogeneity import typical_variance
from onearm.models.inverse_variance.transforms import effects

_ENDS = {
    "t": r"\hat\mu \pm t_{k-1}\, \mathrm{se}(\hat\mu)",
    "wald": r"\hat\mu \pm z\, \mathrm{se}(\hat\mu)",
    "profile": r"\left\{\mu : 2\log L(\hat\mu, \hat\tau) - 2\max_\tau \log L(\mu, \tau) "
    r"\le \chi^2_1\right\}",
}


@dataclass(frozen=True, kw_only=True)
class BinomialNormal(Model):
    """Options of the binomial-normal model (random-intercept logistic regression).

    Parameters
    ----------
    ci : {"t", "wald", "profile"}
        Interval of the centre: t(k-1), normal, or profile likelihood. With
        "profile", tau2 has a profile interval too; otherwise it has none.
    """

    name: ClassVar[str] = "glmm"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"ci": ("t", "wald", "profile")}

    has_regression: ClassVar[bool] = True

    ci: str = "t"

    @property
    def description(self) -> Description:
        """The model with its interval in words, formulas and sources."""
        return Description(
            name="binomial–normal model (GLMM)",
            limits=LIMITS[self.ci],
            words=(
                "exact binomial likelihood with normally distributed logits (a binomial-normal "
                f"GLMM), by maximum likelihood, with {LIMITS_IN_FULL[self.ci]}"
            ),
            estimate="The estimate is the back-transformed centre.",
            prediction="The prediction interval takes "
            + ("the normal quantile" if self.ci == "wald" else "t with k − 1 degrees of freedom")
            + " on logits.",
            gain=f"{EXACT}, so that nothing is added to a study with no event, or with nothing "
            "else.",
            price=FEW_STUDIES,
            formulas=(
                BINOMIAL,
                NORMAL,
                *LIKELIHOOD,
                r"L(\hat\mu, \hat\tau) = \max L(\mu, \tau)",
                _ENDS[self.ci],
            ),
            sources=("stijnen2010",),
        )

    @property
    def tau_scale(self) -> str:
        """The scale on which tau2 is the variance between studies."""
        return "logit"

    @property
    def mirrored(self) -> bool:
        """Whether exchanging events and non-events turns every limit L into 1 - L."""
        return True

    def suits(self, events: Ints, n: Ints) -> Bools:
        """Say for each dataset whether its likelihood has a maximum.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        return has_maximum(classify(events, n))

    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        exists = has_maximum(verdicts)
        if exists.all() and len(exists):
            return self._estimate(events, n)
        out, usable = without_maximum(events, n, verdicts, self.level), np.flatnonzero(exists)
        if not len(usable):
            return out
        part = self._estimate(events[:, usable], n[:, usable])
        return scatter(part, usable, out, len(verdicts))

    @property
    def narrower(self) -> str:
        """Why its prediction interval can be narrower than the interval of the estimate."""
        return (
            "it rests on the standard error of the centre, and the other on the profile of the "
            "likelihood, which few studies leave wide and askew."
        )

    def _estimate(self, events: Ints, n: Ints) -> Fit:
        """Fit datasets whose maximum exists."""
        x, m = events.astype(float), n.astype(float)
        k = (n > 0).sum(axis=0)
        best = maximise(x, m, np.ones((len(x), 1)))
        mu, se = (np.where(best.settled, a, np.nan) for a in (best.beta[0], _errors(best)))
        crit, ahead = (self._quantile(k, kinds) for kinds in (("t",), ("t", "profile")))
        ends, tau_ends = interval(mu - crit * se, mu + crit * se), np.full((len(mu), 2), np.nan)
        if self.ci == "profile":
            ends, tau_ends = _profiles(x, m, best, self.level)
        spread = ahead * np.sqrt(se**2 + best.tau**2)
        means = logistic_mean(np.column_stack([mu, ends]), best.tau[:, None])
        tau2 = np.where(best.settled, best.tau**2, np.nan)
        i2, h2 = _shares(events, n, tau2)
        q = np.maximum(2 * (best.loglik_saturated - best.loglik_common), 0.0)
        return Fit(
            estimate=expit(mu),
            ci=expit(ends),
            prediction=expit(interval(mu - spread, mu + spread)),
            mean=means[:, 0],
            mean_ci=means[:, 1:],
            coef=mu,
            se=se,
            tau2=tau2,
            tau2_ci=tau_ends**2,
            i2=i2,
            i2_ci=np.full((len(mu), 2), np.nan),
            h2=h2,
            h2_ci=np.full((len(mu), 2), np.nan),
            q=q,
            q_df=k - 1.0,
            q_pvalue=np.asarray(chdtrc(k - 1.0, q), dtype=float),
            loglik=np.where(best.settled, best.loglik, np.nan),
            shrunken=np.where(best.settled, _shrunken(x, m, best.beta[0], best.tau), np.nan),
            flags=_flags(best, k, np.isinf(np.hstack([ends, tau_ends])).any(axis=1)),
            details=_details(best, ends),
        )

    def _quantile(self, k: NDArray[np.int64], with_t: tuple[str, ...]) -> Floats:
        """Give the quantile for limits: of t for some kinds of interval, else normal."""
        upper = 0.5 + self.level / 2
        if self.ci in with_t:
            return np.asarray(stdtrit(np.maximum(k - 1.0, 1.0), upper), dtype=float)
        return np.full(len(k), ndtri(upper))


def _errors(best: Maximum) -> Floats:
    """Give the standard errors of the centres, nan where there is no maximum to speak of."""
    return np.sqrt(np.where(best.settled, best.covariance[:, 0, 0], np.nan))


def _profiles(x: Floats, n: Floats, best: Maximum, level: float) -> tuple[Floats, Floats]:
    """Give profile limits of centre and tau, nan where there is no maximum to start from."""
    ends, tau_ends = np.full((2, len(best.tau), 2), np.nan)
    c = np.flatnonzero(best.settled)
    profile = Profile(x[:, c], n[:, c], best.of(c), level)
    ends[c], tau_ends[c] = profile.mu_limits(), profile.tau_limits()
    return ends, tau_ends


def _shares(events: Ints, n: Ints, tau2: Floats) -> tuple[Floats, Floats]:
    """Give I2 and H2 against the typical variance of the corrected logits, as metafor does."""
    within = typical_variance(effects(events, n)[1])
    return tau2 / (tau2 + within), (tau2 + within) / within


def _shrunken(x: Floats, n: Floats, mu: Floats, tau: Floats) -> Floats:
    """Give each study's expected rate given its counts and the fitted model."""
    eta = mu * np.ones_like(x)
    rates = np.empty_like(x)
    # By bands of tau: one nearly separated dataset would else set the points of all the rest.
    for c in blocks(tau, len(x)):
        z, log_weight = trapezoid(x[:, c], n[:, c], eta[:, c], tau[c], 25.0)
        _, f, p = posterior_of_z(x[:, c], n[:, c], eta[:, c], tau[c], z, log_weight)
        rates[:, c] = (f * p).sum(axis=0)
    return np.where(n > 0, rates, np.nan)


def _flags(best: Maximum, k: NDArray[np.int64], open_end: NDArray[np.bool_]) -> tuple[Flag, ...]:
    return (
        Flag(
            "two-studies",
            k == 2,
            lambda j: "Only two studies: the spread between them is hardly known.",
        ),
        Flag(
            "maximum-not-found",
            ~best.settled,
            lambda j: (
                "The search for the maximum of the likelihood ended where the digits do not tell "
                "a top from a slope, as can happen with studies of many millions far apart; "
                "nothing is estimated."
            ),
        ),
        Flag(
            "tau2-at-zero",
            best.tau == 0,
            lambda j: (
                "The spread between studies is estimated as zero, the edge of what is "
                "possible; with few studies that is often chance, and the interval too narrow."
            ),
        ),
        Flag(
            "profile-limit-open",
            open_end,
            lambda j: (
                f"A profile-likelihood limit lies more than {FARTHEST:g} logits away and is "
                "shown as infinite: all studies but very few are at 0 % or 100 %, and hardly "
                "limit the spread between them."
            ),
        ),
    )


def _details(best: Maximum, ends: Floats) -> dict[str, Floats]:
    tau = np.where(best.settled, best.tau, np.nan)
    lrt = np.maximum(2 * (best.loglik - best.loglik_common), 0.0) + 0 * tau
    return {
        "effect_ci": ends,
        "tau": tau,
        "se_tau": best.se_tau,
        "lrt_tau2": lrt,
        "lrt_tau2_pvalue": np.where(lrt > 0, 0.5 * chdtrc(1.0, lrt), 1.0) + 0 * tau,
        "coef_common": best.beta_common[0],
        "se_common": np.sqrt(best.covariance_common[:, 0, 0]),
        "loglik_common": best.loglik_common,
        "loglik_saturated": best.loglik_saturated,
    }
