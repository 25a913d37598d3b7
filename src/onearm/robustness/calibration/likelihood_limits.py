"""The intervals of the likelihood models, read off the maxima of all tables of a design."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import betaincinv, expit, ndtri, stdtrit

from onearm.models import BetaBinomial, BinomialNormal
from onearm.models.arrays import Floats, Ints
from onearm.models.estimability import classify, without_maximum
from onearm.robustness.calibration.designs import Tables
from onearm.robustness.calibration.maxima import Maxima, find_maxima

MaximumModel = BinomialNormal | BetaBinomial


def maximum_limits(
    tables: Tables, models: Sequence[MaximumModel], columns: Ints
) -> dict[MaximumModel, tuple[Floats, Floats]]:
    """Give confidence and prediction intervals of chosen tables.

    Parameters
    ----------
    tables : Tables
    models : sequence of BinomialNormal, or of BetaBinomial
        Of one level.
    columns : ndarray of int
        The tables that are wanted.

    Returns
    -------
    dict
        From each model to its two kinds of interval, each (number of columns, 2); where no
        maximum exists, what the models say of such data.
    """
    events, n = tables.events[:, columns], tables.n[:, columns]
    codes, level = classify(events, n), models[0].level
    given = without_maximum(events, n, codes, level)
    usable = np.isin(codes, ("estimable", "constant"))
    profile = any(model.ci == "profile" for model in models)
    crit = float(ndtri(0.5 + level / 2)) if profile else None
    found = find_maxima(tables, models[0].name, columns[usable], crit)
    out = {}
    for model in models:
        pair = given.ci.copy(), given.prediction.copy()
        for whole, part in zip(pair, _READ[model.name](model, found, len(events)), strict=True):
            whole[usable] = part
        out[model] = pair
    return out


def _quantile(model: MaximumModel, k: int, with_t: tuple[str, ...] = ("t",)) -> float:
    """Give the quantile for limits: of t for some kinds of interval, else normal."""
    upper = 0.5 + model.level / 2
    return float(stdtrit(k - 1.0, upper) if model.ci in with_t else ndtri(upper))


def _binomial_normal(model: MaximumModel, found: Maxima, k: int) -> tuple[Floats, Floats]:
    crit = _quantile(model, k)
    ahead = _quantile(model, k, ("t", "profile")) * np.hypot(found.se, found.spread)
    ci = _about(found.mu, crit * found.se)
    return expit(found.profile if model.ci == "profile" else ci), expit(_about(found.mu, ahead))


def _beta_binomial(model: MaximumModel, found: Maxima, k: int) -> tuple[Floats, Floats]:
    """Read limits of the mean, taken to the median, and quantiles of the beta distribution."""
    means = expit(_about(found.mu, _quantile(model, k) * found.se))
    mean = expit(found.mu)[:, None]
    with np.errstate(divide="ignore"):
        phi = 1 / found.spread[:, None] ** 2
    tails = np.array([0.5 - model.level / 2, 0.5 + model.level / 2])
    return _beta_quantile(np.array(0.5), means, phi), _beta_quantile(tails, mean, phi)


def _beta_quantile(probability: Floats, mean: Floats, phi: Floats) -> Floats:
    """Give a quantile of a beta distribution, or its mean where it has no width."""
    with np.errstate(invalid="ignore"):
        inside = betaincinv(phi * mean, phi * (1 - mean), probability)
    return np.asarray(np.where(np.isfinite(phi), inside, mean), dtype=float)


def _about(centre: Floats, half: Floats) -> Floats:
    return np.stack([centre - half, centre + half], axis=-1)


_READ: dict[str, Callable[[MaximumModel, Maxima, int], tuple[Floats, Floats]]] = {
    BinomialNormal.name: _binomial_normal,
    BetaBinomial.name: _beta_binomial,
}
