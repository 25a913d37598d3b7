"""The Bayesian binomial-normal model, by quadrature: no sampler, no seed, the same digits.

Events are binomial given a study's rate, the logits of the rates normal with centre mu
and standard deviation tau. The whole posterior is laid out on a grid that follows it.
Weakly informative priors on tau as discussed by Roever 2021 (10.1002/jrsm.1475); the
standard logistic prior on mu makes the median proportion uniform a priori.
"""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, expit, logit

from onearm.models.arrays import Floats, Ints, as_batch, as_number, as_whole
from onearm.models.base import Cost, Model
from onearm.models.bayes.details import (
    exceedance,
    heterogeneity,
    next_events,
    prior_overlap,
    tau_moments,
)
from onearm.models.bayes.exactly import exact_fit, exact_flags
from onearm.models.bayes.grid import posterior_grids
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS, Prior, parse_prior
from onearm.models.bayes.rates import logit_quantiles
from onearm.models.bayes.summary import Cdf, Posterior
from onearm.models.bayes.words import describe, describe_exact
from onearm.models.description import Description
from onearm.models.exact_interval.answers import (
    exact_interval,
    exact_p_value,
    exact_prediction_level,
)
from onearm.models.exact_interval.promise import (
    LARGEST_TAU,
    Promise,
    Table,
    are_quick,
    refuse_wide_priors,
    single_p_value,
)
from onearm.models.fit import Fit, Flag, gather, interval, undefined


@dataclass(frozen=True, kw_only=True)
class Bayes(Model):
    """Options of the Bayesian model.

    Parameters
    ----------
    mu_prior : str
        "logistic" (standard, the default) or "normal(sd)".
    tau_prior : str
        "half-normal(scale)" or "half-cauchy(scale)"; the default is "half-normal(1)".
    threshold : float or None
        A proportion; with it, the probabilities that a new study's rate, the median
        and the mean exceed it are in the details.
    next_patients : int
        Size of a new centre's next group of patients; with it, the predictive
        probabilities of 0, 1, … events among them are in the details.
    ci : {"credible", "exact"}
        Whether the interval of the median proportion is that of the posterior, or holds its
        level in studies of just these sizes, whatever the true median and the true spread up
        to ``tau_max``; the prediction interval likewise. See
        :mod:`onearm.models.exact_interval`.
    tau_max : float
        The largest true spread for which the exact interval holds its level.
    """

    name: ClassVar[str] = "bayes"
    not_planned: ClassVar[tuple[str, ...]] = ("threshold", "next_patients")
    cost: ClassVar[Cost] = Cost.SLOW
    choices: ClassVar[dict[str, tuple[str, ...]]] = {"ci": ("credible", "exact")}
    needs: ClassVar[dict[str, tuple[str, str]]] = {"tau_max": ("ci", "exact")}

    mu_prior: str = "logistic"
    tau_prior: str = "half-normal(1)"
    threshold: float | None = None
    next_patients: int = 0
    ci: str = "credible"
    tau_max: float = 1.5

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.priors
        whole = as_whole(self.next_patients, "next_patients", 0, 1000)
        object.__setattr__(self, "next_patients", whole)
        if self.threshold is not None:
            rule = "lie between 0 and 1"
            read = as_number(self.threshold, "threshold", rule, lambda v: 0 < v < 1)
            object.__setattr__(self, "threshold", read)
        rule = f"be above 0, and at most {LARGEST_TAU:g}"
        largest = as_number(self.tau_max, "tau_max", rule, lambda v: 0 < v <= LARGEST_TAU)
        object.__setattr__(self, "tau_max", largest)
        if self.is_exact:
            refuse_wide_priors(self.mu_prior, self.tau_prior)

    @property
    def priors(self) -> tuple[Prior, Prior]:
        """The priors of mu and tau."""
        return (
            parse_prior(self.mu_prior, MU_PRIORS, "mu_prior"),
            parse_prior(self.tau_prior, TAU_PRIORS, "tau_prior"),
        )

    @property
    def description(self) -> Description:
        """The model with its priors in words, formulas and sources."""
        told = describe(self.mu_prior, self.tau_prior, self.priors, self.level)
        return describe_exact(told, self.tau_max, self.level) if self.is_exact else told

    def variant(self, *apart: str) -> str:
        """Give the name with every prior that is not at its default, as in ``tau half-cauchy``."""
        apart = apart if self.is_exact else (*apart, "tau_max")
        return super().variant(*apart).replace("_prior ", " ").replace("tau_max ", "to tau ")

    @property
    def is_exact(self) -> bool:
        """Whether the interval is exact for the studies' sizes."""
        return self.ci == "exact"

    @property
    def promise(self) -> Promise:
        """What the exact interval promises."""
        return Promise(self.mu_prior, self.tau_prior, self.level, self.tau_max)

    def quicker(self, n: ArrayLike | None = None) -> Bayes:
        """Give the model with credible intervals, unless exact ones of these sizes are quick.

        Parameters
        ----------
        n : array_like of int, shape (k,) or (k, d), optional
            Sizes of the studies of every dataset.
        """
        if not self.is_exact:
            return self
        if n is not None and are_quick(as_batch(np.zeros_like(n), n)[1], self.promise):
            return self
        return replace(self, ci="credible", tau_max=Bayes.tau_max)

    def exact_ci(self, events: ArrayLike, n: ArrayLike, tau_max: float) -> tuple[float, float]:
        """Give the exact interval of the median proportion for another largest spread.

        It is (nan, nan) where studies of these sizes have too many possible results.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
            One dataset. Of a single study the interval is Clopper and Pearson's.
        tau_max : float
        """
        x, m = (a[:, 0] for a in as_batch(events, n))
        credible = replace(self, ci="credible")(x, m).ci[0]
        if (m > 0).sum() < 2:
            return float(credible[0]), float(credible[1])
        promise = replace(self, ci="exact", tau_max=tau_max).promise
        return exact_interval(Table.of(x, m), promise, credible)

    def p_value(self, events: ArrayLike, n: ArrayLike, proportion: float) -> float:
        """Give the exact p-value of a median proportion.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
            One dataset. Of a single study the p-value is that of the binomial test whose
            interval is Clopper and Pearson's; without a study it is nan.
        proportion : float
            Between 0 and 1.
        """
        if not self.is_exact:
            return super().p_value(events, n, proportion)
        rule = "lie between 0 and 1"
        p = as_number(proportion, "proportion", rule, lambda v: 0 < v < 1)
        x, m = (a[:, 0] for a in as_batch(events, n))
        if (m > 0).sum() < 2:
            return single_p_value(int(x.sum()), int(m.sum()), p)
        return exact_p_value(Table.of(x, m), self.promise, p)

    def prepare(self, events: ArrayLike, n: ArrayLike, executor: Executor) -> None:
        """Work out elsewhere what an exact interval needs; the fit that follows finds it.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
            One dataset.
        executor : Executor
            As :func:`onearm.executors.opened` gives it.
        """
        x, m = (a[:, 0] for a in as_batch(events, n))
        if self.is_exact and (m > 0).sum() > 1:
            table = Table.of(x, m)
            credible = replace(self, ci="credible")(x, m).ci[0]
            if np.isfinite(exact_interval(table, self.promise, credible, executor)).all():
                exact_prediction_level(table.sizes, self.promise, executor)

    @property
    def tau_scale(self) -> str:
        """The scale on which tau2 is the variance between studies."""
        return "logit"

    @property
    def mirrored(self) -> bool:
        """Whether exchanging events and non-events turns every limit L into 1 - L."""
        return True

    def next_events(self, events: ArrayLike, n: ArrayLike, size: int) -> Floats:
        """Give the predictive probabilities of 0, 1, …, ``size`` events in a new centre's group.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
            One dataset with some study.
        size : int
            How many people are in that group.
        """
        fit = replace(self, next_patients=size)(events, n)
        return np.asarray(fit.details["next_events"][0], dtype=float)

    def posterior(self, events: ArrayLike, n: ArrayLike) -> Posterior:
        """Give the posterior itself of one dataset, counts of shape (k,) with some study.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
        """
        x, m = as_batch(events, n)
        _, grid = next(posterior_grids(x.astype(float), m.astype(float), *self.priors))
        return Posterior(grid)

    def study_rates(self, events: ArrayLike, n: ArrayLike) -> Floats:
        """Give the studies' own rates, each drawn towards the others as far as the data say.

        Their means are in the fit itself, as ``shrunken``.

        Parameters
        ----------
        events, n : array_like, shape (k,)
            One dataset with some study.

        Returns
        -------
        ndarray, shape (k, 3)
            Lower limit, median and upper limit of the posterior of every study's rate, at
            the level of the model; nan for absent studies.
        """
        x, m = (a.astype(float) for a in as_batch(events, n))
        rates = np.full((len(x), 3), np.nan)
        here = m[:, 0] > 0
        post = self.posterior(events, n)
        rates[here] = expit(logit_quantiles(x[here], m[here], post, self._quantiles))
        return rates

    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        d = n.shape[1]
        usable = np.flatnonzero(verdicts != "no-data")
        if not len(usable):
            empty: dict[str, Any] = undefined(d)
            return Fit(**empty)
        x, m = events[:, usable], n[:, usable]
        fits, places = [], []
        for c, grid in posterior_grids(x.astype(float), m.astype(float), *self.priors):
            fits.append(self._estimate(Posterior(grid), x[:, c], m[:, c]))
            places.append(usable[c])
        whole = gather(fits, np.concatenate(places), d)
        if self.is_exact:
            whole = exact_fit(whole, events, n, self.promise, self._predict)
        q, freedom = heterogeneity(events, n)
        return replace(
            whole,
            q=q,
            q_df=freedom,
            q_pvalue=np.where(freedom > 0, chdtrc(np.maximum(freedom, 1.0), q), np.nan),
            flags=(
                exact_flags(whole, n, self.promise)
                if self.is_exact
                else _flags(n, verdicts, self.tau_prior)
            ),
        )

    def _predict(self, events: Ints, n: Ints, level: float) -> Floats:
        """Give prediction intervals of another level, as logits, shape (d, 2)."""
        other, found = replace(self, ci="credible", level=level), np.empty((n.shape[1], 2))
        for c, grid in posterior_grids(events.astype(float), n.astype(float), *self.priors):
            low, _, high = other._new_logits(Posterior(grid))
            found[c] = interval(low, high)
        return found

    def _estimate(self, post: Posterior, events: Ints, n: Ints) -> Fit:
        """Summarise the posterior of some datasets."""
        values: dict[str, Any] = undefined(n.shape[1])
        values |= self._centre(post) | self._mean(post)
        low, median, high = post.tau_quantiles(self._quantiles).T
        new_low, new_median, new_high = self._new_logits(post)
        values |= {
            "prediction": expit(interval(new_low, new_high)),
            "coef": post.mu_mean,
            "se": post.mu_sd,
            "tau2": median**2,
            "tau2_ci": interval(low, high) ** 2,
            "loglik": post.grid.log_evidence,
        }
        details = self._details(post, events, n) | {
            "mu_median": logit(values["estimate"]),
            "mu_ci": logit(values["ci"]),
            "tau_median": median,
            "tau_ci": interval(low, high),
            "new_logit_median": new_median,
            "new_logit_ci": interval(new_low, new_high),
        }
        shrunken = np.where(n > 0, post.rates(), np.nan)
        return Fit(**values, shrunken=shrunken, details=details)

    @property
    def _quantiles(self) -> Floats:
        return np.array([(1 - self.level) / 2, 0.5, (1 + self.level) / 2])

    def _three(
        self, post: Posterior, cdf: Cdf, values: Floats, reach: Floats, smear: Floats | float = 0.0
    ) -> tuple[Floats, Floats, Floats]:
        """Give the lower limit, the median and the upper limit of a distribution."""
        start = post.guess(values, self._quantiles, smear)
        low, middle, high = post.quantiles(cdf, self._quantiles, start, reach).T
        return low, middle, high

    def _centre(self, post: Posterior) -> dict[str, Floats]:
        """Summarise the median proportion."""
        low, middle, high = self._three(post, post.mu_cdf, post.grid.mu, _reach(post))
        return {"estimate": expit(middle), "ci": expit(interval(low, high))}

    def _mean(self, post: Posterior) -> dict[str, Floats]:
        """Summarise the marginal mean proportion."""
        low, middle, high = self._three(post, post.mean_cdf(), post.logit_means, _reach(post))
        return {"mean": expit(middle), "mean_ci": expit(interval(low, high))}

    def _new_logits(self, post: Posterior) -> tuple[Floats, Floats, Floats]:
        """Summarise the logit of a new study's rate."""
        reach = _reach(post) + 40 * post.tau[:, -1]
        smear = np.minimum(post.tau, 5.0)[..., None] ** 2
        return self._three(post, post.new_cdf, post.grid.mu, reach, smear)

    def _details(self, post: Posterior, events: Ints, n: Ints) -> dict[str, Floats]:
        """Give the rest: moments, evidence about tau = 0, thresholds, predictions."""
        grid, prior = post.grid, self.priors[1]
        first, second = tau_moments(post, events, n, prior)
        out = {
            "mu_mean": post.mu_mean,
            "mu_sd": post.mu_sd,
            "median_proportion_mean": post.mean(expit(grid.mu)),
            "new_rate_mean": post.mean(post.marginal_means()),
            "tau_mean": first,
            "tau_sd": second,
            "log_evidence": grid.log_evidence,
            "bayes_factor_tau_zero": np.exp(grid.log_evidence_common - grid.log_evidence),
            "prior_overlap_tau": prior_overlap(post, prior),
        }
        if self.threshold is not None:
            out |= exceedance(post, self.threshold)
        if self.next_patients:
            out["next_events"] = next_events(post.grid, self.next_patients)
        return out


def _reach(post: Posterior) -> Floats:
    """Give how far from its mean mu can be looked for."""
    return np.asarray(np.abs(post.grid.mu - post.mu_mean[:, None, None]).max(axis=(1, 2)) + 1.0)


def _flags(n: Ints, verdicts: NDArray[np.str_], tau_prior: str) -> tuple[Flag, ...]:
    k = (n > 0).sum(axis=0)
    return (
        Flag(
            "two-studies",
            k == 2,
            lambda j: (
                "Only two studies: what is said about the spread between studies, and the "
                f"width of the intervals, rests largely on the prior of tau, {tau_prior}."
            ),
        ),
        Flag(
            "prior-bound",
            np.isin(verdicts, ("all-zero", "all-full", "separated")),
            lambda j: "The data alone set no limit on one side; the priors do.",
        ),
    )
