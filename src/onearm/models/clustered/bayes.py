"""The Bayesian three-level model by quadrature: no sampler, no seed, the same digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from onearm.models.arrays import Ints
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS, Prior, parse_prior
from onearm.models.clustered.base import DETAILS, MODEL, Clustered
from onearm.models.clustered.glmm import likelihood_ratio
from onearm.models.clustered.grid import posterior_grid
from onearm.models.clustered.likelihood import Data
from onearm.models.clustered.summary import (
    marginal,
    mean_quantiles,
    new_row_quantiles,
    quantiles_of,
    spread_summary,
    total_quantiles,
)
from onearm.models.description import CREDIBLE, EXACT, Description
from onearm.models.fit import Flag


@dataclass(frozen=True, kw_only=True)
class ThreeLevelBayes(Clustered):
    """Options of the Bayesian three-level model.

    Parameters
    ----------
    mu_prior : str
        "logistic" (standard, the default) or "normal(sd)".
    tau_prior : str
        Of both standard deviations, independently: "half-normal(scale)".
    """

    name: ClassVar[str] = "bayes-three-level"
    flat: ClassVar[str] = "bayes"
    gives_way: ClassVar[tuple[str, ...]] = ("ci", "tau_max")

    mu_prior: str = "logistic"
    tau_prior: str = "half-normal(1)"

    def __post_init__(self) -> None:
        super().__post_init__()
        _ = self.priors

    @property
    def priors(self) -> tuple[Prior, Prior]:
        """The priors of mu and of either standard deviation."""
        spreads = {"half-normal": TAU_PRIORS["half-normal"]}
        return (
            parse_prior(self.mu_prior, MU_PRIORS, "mu_prior"),
            parse_prior(self.tau_prior, spreads, "tau_prior"),
        )

    @property
    def description(self) -> Description:
        """The model with its priors in words, formulas and sources."""
        return Description(
            name=f"Bayesian three-level binomial–normal model, {self.tau_prior} on both spreads",
            words=(
                "exact binomial likelihood with normally distributed logits on two levels, studies "
                "and the rows within them, Bayesian by deterministic quadrature (no sampling), "
                f"prior {self.mu_prior} on the median's logit and {self.tau_prior} on both "
                f"standard deviations, with equal-tailed {CREDIBLE}s"
            ),
            estimate="The estimate is the posterior median of the median proportion.",
            prediction="The prediction interval is that of the true rate of a new study's row.",
            spread="tau² is the square of the posterior median of both standard deviations "
            "together.",
            gain=f"{EXACT}, rows of one study are not counted as if they were studies, and it has "
            "an answer where the likelihood has no maximum.",
            price="Its price is the prior on the two standard deviations, which decides much where "
            "studies are few.",
            interval=CREDIBLE,
            formulas=(r"x_{ij} \sim \mathrm{Binomial}(n_{ij},\, p_{ij})", MODEL),
            sources=("stijnen2010", "rover2021", "trefethen2014"),
        )

    def _flags(self, n: Ints, studies: Ints, verdicts: NDArray[np.str_]) -> tuple[Flag, ...]:
        bound = np.isin(verdicts, ("all-zero", "all-full", "separated"))
        return (
            *super()._flags(n, studies, verdicts),
            Flag(
                "prior-bound",
                bound,
                lambda j: "The data alone set no limit on one side; the priors do.",
            ),
        )

    def _one(self, x: Ints, n: Ints, groups: NDArray[np.int64]) -> dict[str, Any]:
        data = Data(x.astype(float), n.astype(float), np.unique(groups, return_inverse=True)[1])
        grid = posterior_grid(data, *self.priors)
        tail = (1 - self.level) / 2
        levels = np.array([tail, 0.5, 1 - tail])
        mu = quantiles_of(marginal(grid, 2), levels)
        ahead = new_row_quantiles(grid, levels)
        means = mean_quantiles(grid, levels)
        total = total_quantiles(grid, levels)
        spreads = {
            name: spread_summary(grid, axis, levels)
            for name, axis in zip(DETAILS[1:], (1, 0), strict=True)
        }
        mean = float((grid.weight.sum(axis=(0, 1)) * grid.mu).sum())
        variance = float((grid.weight.sum(axis=(0, 1)) * (grid.mu - mean) ** 2).sum())
        q, q_p = likelihood_ratio(data)
        return {
            "estimate": expit(mu[1]),
            "ci": expit(mu[[0, 2]]),
            "prediction": expit(ahead[[0, 2]]),
            "mean": means[1],
            "mean_ci": means[[0, 2]],
            "coef": mean,
            "se": np.sqrt(variance),
            "tau2": total[1] ** 2,
            "tau2_ci": total[[0, 2]] ** 2,
            "q": q,
            "q_df": len(x) - 1.0,
            "q_pvalue": q_p,
            **{name: quantiles[1] for name, (_, quantiles) in spreads.items()},
            **{f"{name}_ci": quantiles[[0, 2]] for name, (_, quantiles) in spreads.items()},
            **{f"{name}_mean": centre for name, (centre, _) in spreads.items()},
        }
