"""The two-step normal-normal model: transform, then weigh by the inverse of the variance.

A single pool is fitted by PyMARE; batches use the same equations with a mask for
absent studies. Both end on the same score equation, so the two agree to rounding.
Interval forms: Knapp and Hartung 2003 (10.1002/sim.1482); never narrower than Wald,
Roever 2015 (10.1186/s12874-015-0091-1); prediction, Higgins 2009
(10.1111/j.1467-985X.2008.00552.x); tau2 limits, Viechtbauer 2007 (10.1002/sim.2514).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, chdtri, ndtri, stdtrit

from onearm.models.arrays import Bools, Floats, Ints, as_batch
from onearm.models.base import Cost, Model
from onearm.models.binomial_normal.marginal import gauss_hermite, logistic_mean
from onearm.models.description import Description
from onearm.models.errors import wrong_choice
from onearm.models.fit import Fit, interval
from onearm.models.inverse_variance.cautions import WIDEST_RANGE, ft_flags, iv_flags, size_range
from onearm.models.inverse_variance.edges import bounded, misled
from onearm.models.inverse_variance.heterogeneity import (
    ESTIMATORS,
    log_likelihood,
    q_statistic,
    solve_q,
    typical_variance,
    weighted_mean,
)
from onearm.models.inverse_variance.tau2 import pymare_tau2, tau2_profile
from onearm.models.inverse_variance.transforms import (
    CORRECTIONS,
    FT_SIZES,
    TRANSFORMS,
    effects,
    typical_size,
)
from onearm.models.inverse_variance.words import describe

_RSS_FLOOR = np.finfo(float).eps
"""Below this weighted sum of squares the Knapp-Hartung factor is 0, as in metafor and PyMARE."""


@dataclass(frozen=True, kw_only=True)
class InverseVariance(Model):
    """Options of the inverse-variance model.

    Parameters
    ----------
    transform : {"logit", "log", "arcsine", "freeman-tukey", "raw"}
    tau2 : {"REML", "ML", "DL", "PM", "EB", "HE", "HS", "SJ", "common"}
    ci : {"knapp-hartung-conservative", "knapp-hartung", "t", "wald"}
        "t" is the Wald standard error with t(k-1).
    correction : {"only0", "if0all", "all", "none"}
    add : float
        What the correction adds to events and to non-events.
    ft_size : {"harmonic", "geometric", "arithmetic", "inverse-variance"}
        Study size at which the Freeman-Tukey scale is inverted.
    prediction : {"t(k-1)", "t(k-2)", "normal"}
        Reference distribution of the prediction interval.
    prediction_se : {"interval", "wald"}
        Standard error in it: the one of ``ci`` (with a Knapp-Hartung form, its
        prediction forms), or always the unadjusted one.
    """

    name: ClassVar[str] = "inverse-variance"
    not_planned: ClassVar[tuple[str, ...]] = ("add", "ft_size", "prediction", "prediction_se")
    cost: ClassVar[Cost] = Cost.QUICK
    has_regression: ClassVar[bool] = True
    choices: ClassVar[dict[str, tuple[str, ...]]] = {
        "transform": tuple(TRANSFORMS),
        "tau2": tuple(ESTIMATORS),
        "ci": ("knapp-hartung-conservative", "knapp-hartung", "t", "wald"),
        "correction": CORRECTIONS,
        "ft_size": FT_SIZES,
        "prediction": ("t(k-1)", "t(k-2)", "normal"),
        "prediction_se": ("interval", "wald"),
    }

    transform: str = "logit"
    tau2: str = "REML"
    ci: str = "knapp-hartung-conservative"
    correction: str = "only0"
    add: float = 0.5
    ft_size: str = "harmonic"
    prediction: str = "t(k-1)"
    prediction_se: str = "interval"

    @property
    def description(self) -> Description:
        """The model with its options in words, formulas and sources."""
        corrects = TRANSFORMS[self.transform].corrected
        return describe(self.transform, self.tau2, self.ci, self.correction, corrects)

    @property
    def tau_scale(self) -> str:
        """The scale on which tau2 is the variance between studies."""
        return self.transform

    @property
    def mirrored(self) -> bool:
        """Whether exchanging events and non-events turns every limit L into 1 - L."""
        return self.transform != "log"

    @property
    def comparison_only(self) -> bool:
        """Whether the way back from the scale can mislead: Freeman and Tukey's takes one size."""
        return self.transform == "freeman-tukey"

    @property
    def narrower(self) -> str:
        """Why its prediction interval can be narrower than the interval of the estimate."""
        return (
            f"its reference is {self.prediction}, and that of the other t with k − 1 degrees of "
            "freedom, which with few studies is much wider."
        )

    def suits(self, events: Ints, n: Ints) -> Bools:
        """Say for each dataset whether one size can stand for all, where the scale needs that.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        if self.transform != "freeman-tukey":
            return super().suits(events, n)
        alike: Bools = size_range(n) <= WIDEST_RANGE
        return alike

    def effects(self, events: Ints, n: Ints) -> tuple[Floats, Floats]:
        """Give the studies' effects and sampling variances.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        y, v, _ = effects(events, n, self.transform, self.correction, self.add)
        return y, v

    def tau2_profile(self, events: ArrayLike, n: ArrayLike) -> Floats:
        """Give the profile-likelihood interval of tau2, for the methods REML and ML.

        The fit itself carries the Q-profile interval, which every method has.

        Parameters
        ----------
        events, n : array_like, shape (k,) or (k, d)

        Returns
        -------
        ndarray, shape (d, 2)

        Raises
        ------
        ModelError
            For an estimator that maximises no likelihood.
        """
        if self.tau2 not in ("REML", "ML"):
            raise wrong_choice("tau2", self.tau2, ("REML", "ML"))
        y, v, _ = effects(*as_batch(events, n), self.transform, self.correction, self.add)
        best = ESTIMATORS[self.tau2](y, v)
        return tau2_profile(y, v, best, self.tau2 == "REML", self.level)

    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        y, v, touched = effects(events, n, self.transform, self.correction, self.add)
        k = np.isfinite(v).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            fit = self._pool(events, n, y, v, k, touched)
        alike = np.isin(verdicts, ("all-zero", "all-full"))
        return bounded(fit, events, n, verdicts, self.level) if alike.any() else fit

    def _pool(
        self, events: Ints, n: Ints, y: Floats, v: Floats, k: NDArray[np.int64], touched: Bools
    ) -> Fit:
        """Fit effects of which at least some have weight."""
        tau2 = self._tau2(y, v, k)
        w = 1 / (v + tau2)
        mu, total = weighted_mean(y, w)
        mu = np.where(k > 0, mu, np.nan)
        wald = np.sqrt(1 / total)
        se = wald * self._widening(y, w, mu, k)
        crit = self._quantile("normal" if self.ci == "wald" else "t(k-1)", k)
        ends = interval(mu - crit * se, mu + crit * se)
        q = np.where(k > 0, q_statistic(y, v), np.nan)
        tau2_ci, empty = self._tau2_limits(y, v, q, k)
        narrow = crit * se < self._quantile("normal", k) * wald
        spread = self._quantile(self.prediction, k) * np.sqrt(
            tau2 + (se if self.prediction_se == "interval" else wald) ** 2
        )
        ahead = interval(mu - spread, mu + spread)
        size = typical_size(n, self.ft_size, se)
        shown = np.column_stack([mu, ends, ahead])
        flags = iv_flags(self.transform, self.add, n, v, touched, empty, ends, size, se, mu, narrow)
        if self.transform == "freeman-tukey":
            refused, beside = misled(self._back(mu, size), mu, size, events, n)
            flags += ft_flags(n, mu, refused, beside)
            shown = np.where(refused[:, None], np.nan, shown)
        i2, i2_ci = _share(v, tau2, tau2_ci, q, k, self.tau2 == "common")
        proportions = self._back(shown, size[:, None])
        means = self._means(shown[:, :3], tau2, size)
        return Fit(
            estimate=proportions[:, 0],
            ci=proportions[:, 1:3],
            prediction=proportions[:, 3:],
            mean=means[:, 0],
            mean_ci=means[:, 1:],
            coef=mu,
            se=np.where(k > 0, se, np.nan),
            tau2=np.where(k > 1, tau2, np.nan),
            tau2_ci=tau2_ci,
            i2=i2,
            i2_ci=i2_ci,
            h2=q / (k - 1) if self.tau2 == "common" else 1 / (1 - i2),
            h2_ci=1 / (1 - i2_ci),
            q=q,
            q_df=np.maximum(k - 1.0, 0.0),
            q_pvalue=np.where(k > 1, chdtrc(np.maximum(k - 1.0, 1.0), q), np.nan),
            loglik=log_likelihood(y, v, tau2, self.tau2 == "REML"),
            weights=w / total,
            flags=flags,
            details={"wald_se": wald, "effect_ci": ends, "effect_prediction": ahead},
        )

    def _tau2(self, y: Floats, v: Floats, k: NDArray[np.int64]) -> Floats:
        """Estimate the between-study variance; PyMARE does so for a single pool."""
        single = y.shape[1] == 1 and k[0] > 1
        start = pymare_tau2(y, v, self.tau2) if single else None
        tau2 = ESTIMATORS[self.tau2](y, v) if start is None else start
        return np.where(k > 1, tau2, 0.0)

    def _widening(self, y: Floats, w: Floats, mu: Floats, k: NDArray[np.int64]) -> Floats:
        """Give the factor of the standard error under the chosen form of interval."""
        if self.ci in ("wald", "t"):
            return np.ones(len(mu))
        rss = (w * (y - mu) ** 2).sum(axis=0)
        factor = np.where(rss <= _RSS_FLOOR, 0.0, rss / (k - 1))
        if self.ci == "knapp-hartung-conservative":
            factor = np.maximum(factor, 1.0)
        return np.sqrt(factor)

    def _quantile(self, reference: str, k: NDArray[np.int64]) -> Floats:
        """Give the two-sided quantile of the reference distribution, nan without freedom."""
        upper = 0.5 + self.level / 2
        if reference == "normal":
            return np.full(len(k), ndtri(upper))
        less = 1.0 if reference == "t(k-1)" else 2.0
        return _per_count(
            k, lambda c: np.where(c > less, stdtrit(np.maximum(c - less, 1.0), upper), np.nan)
        )

    def _back(self, effect: Floats, size: Floats) -> Floats:
        return TRANSFORMS[self.transform].inverse(effect, size)

    def _means(self, points: Floats, tau2: Floats, size: Floats) -> Floats:
        """Give the marginal means with mu at some points (d, q) and tau2 as fitted."""
        tau = np.repeat(np.sqrt(tau2), points.shape[1])
        if self.transform == "logit":
            means = logistic_mean(points.ravel(), tau)
        else:
            sizes = np.repeat(size, points.shape[1])
            means = gauss_hermite(lambda grid: self._back(grid, sizes), points.ravel(), tau)
        return np.clip(means, 0, 1).reshape(points.shape)

    def _tau2_limits(
        self, y: Floats, v: Floats, q: Floats, k: NDArray[np.int64]
    ) -> tuple[Floats, Bools]:
        """Give the Q-profile interval, and where no tau2 at all is in it."""
        d = len(q)
        if self.tau2 == "common":
            return np.full((d, 2), np.nan), np.zeros(d, dtype=bool)
        tail = (1 - self.level) / 2
        upper = _per_count(k, lambda c: chdtri(np.maximum(c - 1.0, 1.0), tail))
        lower = _per_count(k, lambda c: chdtri(np.maximum(c - 1.0, 1.0), 1 - tail))
        limits = interval(solve_q(y, v, upper), solve_q(y, v, lower))
        limits[k < 2] = np.nan
        return limits, (q < lower) & (k > 1)


def _per_count(k: NDArray[np.int64], f: Callable[[NDArray[np.int64]], Floats]) -> Floats:
    """Evaluate a function of the number of studies once for every number that occurs."""
    counts, where = np.unique(k, return_inverse=True)
    return np.asarray(f(counts), dtype=float)[where]


def _share(
    v: Floats, tau2: Floats, tau2_ci: Floats, q: Floats, k: NDArray[np.int64], common: bool
) -> tuple[Floats, Floats]:
    """Give I2, the share of the total variance that lies between studies, from tau2.

    Under the common-effect model, which has no tau2, it is the one based on Q.
    """
    if common:
        i2 = np.where(k > 1, np.maximum(0.0, np.where(q > 0, 1 - (k - 1) / q, 0.0)), np.nan)
        return i2, np.full((len(q), 2), np.nan)
    within = typical_variance(v)
    return tau2 / (tau2 + within), tau2_ci / (tau2_ci + within[:, None])
