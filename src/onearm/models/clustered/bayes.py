"""The Bayesian three-level model by quadrature: no sampler, no seed, the same digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from onearm.models.arrays import Floats, Ints
from onearm.models.bayes.density import Density, refine
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS, Prior, parse_prior
from onearm.models.binomial_normal.marginal import logistic_mean
from onearm.models.clustered.base import DETAILS, MODEL, Clustered
from onearm.models.clustered.glmm import likelihood_ratio
from onearm.models.clustered.grid import Grid, posterior_grid
from onearm.models.clustered.likelihood import Data
from onearm.models.description import CREDIBLE, EXACT, Description
from onearm.models.roots import root

_Z = np.linspace(-8.0, 8.0, 65)
_W = np.exp(-0.5 * _Z**2) / np.exp(-0.5 * _Z**2).sum()


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
                f"prior {self.mu_prior} on the median's logit and {self.tau_prior} on both standard "
                f"deviations, with equal-tailed {CREDIBLE}s"
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

    def _one(self, x: Ints, n: Ints, groups: NDArray[np.int64]) -> dict[str, Any]:
        data = Data(x.astype(float), n.astype(float), np.unique(groups, return_inverse=True)[1])
        grid = posterior_grid(data, *self.priors)
        tail = (1 - self.level) / 2
        levels = np.array([tail, 0.5, 1 - tail])
        mu = _quantiles(_marginal(grid, 2), levels)
        ahead = _new_row(grid, levels)
        means = _means(grid, levels)
        total = _weighted(grid.total, grid.weight.sum(axis=2), levels)
        spreads = {
            name: _quantiles(_marginal(grid, axis), levels)
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
            **{name: value[1] for name, value in spreads.items()},
            **{f"{name}_ci": value[[0, 2]] for name, value in spreads.items()},
            "sd_between_mean": float((grid.weight.sum(axis=(0, 2)) * grid.between).sum()),
            "sd_within_mean": float((grid.weight.sum(axis=(1, 2)) * grid.within).sum()),
        }


def _marginal(grid: Grid, axis: int) -> Density:
    """Give the marginal density along one direction: 0 within, 1 between, 2 centre."""
    others = tuple(i for i in range(3) if i != axis)
    points = (grid.within, grid.between, grid.mu)[axis]
    mass = grid.weight.sum(axis=others)
    even = axis < 2 and points[0] == 0
    if even:
        mass = mass * np.where(np.arange(len(mass)) == 0, 2.0, 1.0)
    with np.errstate(divide="ignore"):
        log_density = np.maximum(np.log(mass), np.log(mass.max()) - 60)
    step = points[1:2] - points[:1]
    return refine(log_density[None], points[:1], step, even=bool(even))


def _quantiles(density: Density, levels: Floats) -> Floats:
    """Give quantiles of one density."""

    def excess(at: Floats) -> tuple[Floats, Floats]:
        value, slope = density.at(at)
        return value - levels, slope

    ends = density.points[0, [0, -1]]
    low, high = (np.full((1, len(levels)), end) for end in ends)
    return root(excess, low, high, None, 1e-9)[0]


def _new_row(grid: Grid, levels: Floats) -> Floats:
    """Give quantiles of the logit of a new study's row.

    Given both standard deviations it is the centre smeared by their sum: a plain sum where that
    is wider than the spacing of the centres, else over the refined density of the centre.
    """
    total, step = grid.total, grid.mu[1] - grid.mu[0]
    narrow = (total < 1.5 * step) & (grid.weight.sum(axis=2) > 1e-14)
    wide = ~narrow & (grid.weight.sum(axis=2) > 1e-14)
    share = grid.weight.sum(axis=2)[narrow]
    ones = np.ones(int(narrow.sum()))
    fine = refine(grid.log_post[narrow], grid.mu[0] * ones, step * ones) if len(ones) else None
    spread, weight = total[wide][:, None], grid.weight[wide]

    def excess(at: Floats) -> tuple[Floats, Floats]:
        value, rate = np.empty_like(at), np.empty_like(at)
        for i, x in enumerate(at[0]):
            z = (x - grid.mu) / spread
            value[0, i] = (weight * ndtr(z)).sum()
            density = np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * spread)
            rate[0, i] = (weight * density).sum()
            if fine is not None:
                below, slope = fine.at(x - total[narrow][:, None] * _Z)
                value[0, i] += share @ (below @ _W)
                rate[0, i] += share @ (slope @ _W)
        return value - levels, rate

    reach = np.abs(grid.mu).max() + 9 * total.max() + 1
    low = np.full((1, len(levels)), -reach)
    return root(excess, low, -low, None, 1e-9)[0]


def _means(grid: Grid, levels: Floats) -> Floats:
    """Give quantiles of the marginal mean of a new study's row."""
    worth = grid.weight > 1e-12
    total = np.broadcast_to(grid.total[..., None], grid.weight.shape)[worth]
    mu = np.broadcast_to(grid.mu, grid.weight.shape)[worth]
    return _weighted(logistic_mean(mu, total), grid.weight[worth], levels)


def _weighted(values: Floats, weight: Floats, levels: Floats) -> Floats:
    """Give quantiles of points with probabilities, each spread halfway to its neighbours."""
    order = np.argsort(values, axis=None)
    mass = weight.ravel()[order]
    middle = np.cumsum(mass) - 0.5 * mass
    return np.asarray(np.interp(levels * mass.sum(), middle, values.ravel()[order]), dtype=float)
