"""How often given intervals of all tables hold the truth, and how wide they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import logit, ndtr

from onearm.models.arrays import Floats
from onearm.robustness.calibration.designs import Tables, table_weights
from onearm.robustness.calibration.methods import Limits

_TOUCH = 1e-12
"""A limit that touches the truth covers it, rounding or not."""

_KINDS: tuple[str, ...] = ("confidence", "prediction")

_SCORED = 32_768
"""Tables that are weighted at once."""


@dataclass(frozen=True)
class Scenarios:
    """The truths that are asked about: every p with every tau."""

    p: tuple[float, ...]
    tau: tuple[float, ...]

    @property
    def cells(self) -> tuple[Floats, Floats]:
        """Proportion and spread of every scenario, tau running faster; each (g,)."""
        p, tau = np.meshgrid(self.p, self.tau, indexing="ij")
        return p.ravel(), tau.ravel()


def score_limits(
    limits: dict[str, Limits], tables: Tables, scenarios: Scenarios
) -> dict[tuple[str, str], Floats]:
    """Sum width, misses below and above, and squared misses, (4, g) a method and kind."""
    p, tau = scenarios.cells
    total = {(label, kind): np.zeros((4, len(p))) for label in limits for kind in _KINDS}
    d = len(tables.copies)
    for at in range(0, d, _SCORED):
        columns = slice(at, min(at + _SCORED, d))
        weight = table_weights(tables, p, tau, columns)
        for label, pair in limits.items():
            for kind, ends in zip(_KINDS, pair, strict=True):
                low, high = _whole_range(ends[columns])
                below, above = _MISSES[kind](low, high, p, tau)
                sums = total[label, kind]
                # not "@", which starts threads for so long a sum
                sums[0] += np.einsum("gd,d->g", weight, high - low)
                sums[1] += np.einsum("gd,gd->g", weight, below)
                sums[2] += np.einsum("gd,gd->g", weight, above)
                if not tables.exact:
                    squares = (weight * (below + above)) ** 2 / tables.copies[columns]
                    sums[3] += squares.sum(axis=1)
    return total


def _whole_range(ends: Floats) -> tuple[Floats, Floats]:
    """Give lower and upper limits, 0 and 1 where either is undefined."""
    undefined = np.isnan(ends).any(axis=1)
    return np.where(undefined, 0.0, ends[:, 0]), np.where(undefined, 1.0, ends[:, 1])


def _confidence_misses(low: Floats, high: Floats, p: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Say of each scenario and table whether p lies below or above the interval."""
    truth = p[:, None]
    return (truth < low - _TOUCH).astype(float), (truth > high + _TOUCH).astype(float)


def _prediction_misses(low: Floats, high: Floats, p: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Give the probabilities that the true rate of a new study lies below and above."""
    below, above = _confidence_misses(low, high, p, tau)
    centre, ends = logit(p), (np.asarray(logit(low)), np.asarray(logit(high)))
    for g in np.flatnonzero(tau > 0):
        below[g] = ndtr((ends[0] - centre[g]) / tau[g])
        above[g] = ndtr((centre[g] - ends[1]) / tau[g])
    return below, above


_MISSES: dict[str, Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats]]] = {
    "confidence": _confidence_misses,
    "prediction": _prediction_misses,
}


def standard_error(score: Floats, tables: Tables) -> Floats:
    """Give the standard error of a mean over drawn tables, 0 when all tables are there."""
    if tables.exact:
        return np.zeros(score.shape[1])
    draws = tables.copies.sum()
    variance = draws * score[3] - (score[1] + score[2]) ** 2
    return np.asarray(np.sqrt(np.maximum(variance, 0.0) / draws), dtype=float)
