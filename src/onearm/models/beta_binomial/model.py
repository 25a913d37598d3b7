"""The beta-binomial model: rates of the studies follow a beta distribution.

Its likelihood is closed, and its centre is the marginal mean; the median proportion is
the median of the fitted beta distribution. Dispersion is rho = 1 / (alpha + beta + 1),
0 when all studies share one rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, chdtrc, expit, ndtri, stdtrit

from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.base import Model
from onearm.models.beta_binomial.maximum import BetaMaximum, maximise
from onearm.models.description import EXACT, FEW_STUDIES, LIMITS, LIMITS_IN_FULL, Description
from onearm.models.estimability import classify, has_maximum, without_maximum
from onearm.models.fit import Fit, Flag, interval, scatter, undefined

_ALL_AT_AN_END = 1e-3
"""A parameter below this puts the distribution's quantiles on that side below 1e-300."""


@dataclass(frozen=True, kw_only=True)
class BetaBinomial(Model):
    """Options of the beta-binomial model.

    Parameters
    ----------
    ci : {"t", "wald"}
        Reference of the interval of the mean on the logit scale: t(k-1) or normal.
    """

    name: ClassVar[str] = "beta-binomial"
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"ci": ("t", "wald")}

    ci: str = "t"

    @property
    def description(self) -> Description:
        """The model with its interval in words, formulas and sources."""
        reference = "z" if self.ci == "wald" else "t_{k-1}"
        return Description(
            name="beta-binomial model",
            limits=LIMITS[self.ci],
            words=(
                f"beta-binomial likelihood, by maximum likelihood, with {LIMITS_IN_FULL[self.ci]}"
            ),
            estimate="The estimate is the median of the fitted beta distribution.",
            prediction="The prediction interval is that of the fitted beta distribution.",
            gain=f"{EXACT}, and has a closed form.",
            price=FEW_STUDIES,
            formulas=(
                r"x_i \mid p_i \sim \mathrm{Binomial}(n_i,\, p_i)",
                r"p_i \sim \mathrm{Beta}(\alpha,\, \beta)",
                r"m = \frac{\alpha}{\alpha+\beta},\quad \rho = \frac{1}{\alpha + \beta + 1}",
                rf"\mathrm{{logit}}\,\hat m \pm {reference}\, "
                r"\mathrm{se}(\mathrm{logit}\,\hat m)",
            ),
            sources=("stijnen2010",),
        )

    @property
    def mirrored(self) -> bool:
        """Whether exchanging events and non-events turns every limit L into 1 - L."""
        return True

    @property
    def narrower(self) -> str:
        """Why its prediction interval can be narrower than the interval of the estimate."""
        return (
            "it is that of the fitted beta distribution, whose mean and spread it takes as known; "
            "with few studies the interval of the estimate is the more honest of the two."
        )

    def suits(self, events: Ints, n: Ints) -> Bools:
        """Say for each dataset whether its likelihood has a maximum.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        return has_maximum(classify(events, n))

    def effect_tau2(self, fit: Fit) -> Floats:
        """Give the variance between studies on the logit scale, by the delta method.

        Parameters
        ----------
        fit : Fit
            Of this model.
        """
        p = expit(fit.coef)
        return np.asarray(fit.tau2 / (p * (1 - p)) ** 2, dtype=float)

    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        out = without_maximum(events, n, verdicts, self.level)
        usable = np.flatnonzero(has_maximum(verdicts))
        if not len(usable):
            return out
        part = self._estimate(events[:, usable], n[:, usable])
        return scatter(part, usable, out, n.shape[1])

    def _estimate(self, events: Ints, n: Ints) -> Fit:
        """Fit datasets whose maximum exists."""
        x, m = events.astype(float), n.astype(float)
        k = (n > 0).sum(axis=0)
        best = maximise(x, m)
        upper = 0.5 + self.level / 2
        crit = stdtrit(k - 1.0, upper) if self.ci == "t" else np.full(len(k), ndtri(upper))
        ends = interval(
            best.logit_mean - crit * best.se_logit, best.logit_mean + crit * best.se_logit
        )
        mean, limits = expit(best.logit_mean), expit(ends)
        half = np.full(len(k), 0.5)
        q = np.maximum(2 * (best.loglik_saturated - best.loglik_common), 0.0)
        values = undefined(len(k)) | {
            "estimate": _quantile(half, mean, best.phi),
            "ci": _quantile(half[:, None], limits, best.phi[:, None]),
            "prediction": interval(
                _quantile(half * 2 * (1 - upper), mean, best.phi),
                _quantile(half * 2 * upper, mean, best.phi),
            ),
            "mean": mean,
            "mean_ci": limits,
            "coef": best.logit_mean,
            "se": best.se_logit,
            "tau2": mean * (1 - mean) * best.rho,
            "q": q,
            "q_df": k - 1.0,
            "q_pvalue": np.asarray(chdtrc(k - 1.0, q), dtype=float),
            "loglik": best.loglik,
        }
        return Fit(
            **dict(values),
            shrunken=np.where(n > 0, _shrunken(x, m, mean, best.phi), np.nan),
            flags=(
                Flag(
                    "two-studies",
                    k == 2,
                    lambda j: "Only two studies: the spread between them is hardly known.",
                ),
                Flag(
                    "rho-at-zero",
                    best.rho == 0,
                    lambda j: (
                        "The spread between studies is estimated as zero, the edge of "
                        "what is possible; with few studies that is often chance."
                    ),
                ),
            ),
            details=_details(best, mean),
        )


def _quantile(probability: Floats, mean: Floats, phi: Floats) -> Floats:
    """Give a quantile of the beta distribution of rates, or its mean where it has no width.

    With a parameter so small that powers underflow, all of that side lies at 0, or at 1.
    """
    a, b = phi * mean, phi * (1 - mean)
    with np.errstate(invalid="ignore"):
        inside = betaincinv(a, b, probability)
        edge = np.where(probability * phi > b, 1.0, 0.0)
        extreme = np.minimum(a, b) < _ALL_AT_AN_END
    inside = np.where(extreme & ~np.isfinite(inside), edge, inside)
    return np.where(np.isfinite(phi), inside, mean)


def _shrunken(x: Floats, n: Floats, mean: Floats, phi: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        drawn = (x + phi * mean) / (n + phi)
    return np.where(np.isfinite(phi), drawn, mean)


def _details(best: BetaMaximum, mean: Floats) -> dict[str, Floats]:
    lrt = np.maximum(2 * (best.loglik - best.loglik_common), 0.0)
    return {
        "rho": best.rho,
        "phi": best.phi,
        "alpha": best.phi * mean,
        "beta": best.phi * (1 - mean),
        "se_log_phi": best.se_log_phi,
        "lrt_rho": lrt,
        "lrt_rho_pvalue": np.where(lrt > 0, 0.5 * chdtrc(1.0, lrt), 1.0),
        "loglik_common": best.loglik_common,
    }
