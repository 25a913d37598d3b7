"""Truths from which tables are drawn, and what drawn tables weigh under other truths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.exact_interval.results import result_probabilities
from onearm.models.exact_interval.tables import in_order

_SURE = float(ndtri(0.99))
"""Standard errors to the upper 99 % confidence limit."""

_SEVERAL = 50
"""Draws from which on their own scatter tells how far a mean may be off."""

_CELLS = 32_000
"""Numbers of an array that stays in the cache."""

_TINY = 1e-300
"""What is divided by at the least."""


@dataclass(frozen=True, eq=False)
class Scenarios:
    """Truths from which tables are drawn.

    Attributes
    ----------
    mu, tau : ndarray, shape (s,)
    draws : ndarray of int, shape (s,)
        How many tables of each.
    """

    mu: Floats
    tau: Floats
    draws: Ints

    def draw(self, sizes: Sequence[int], seed: int) -> Ints:
        """Draw tables, studies of one size in increasing order, shape (k, draws)."""
        rng = np.random.default_rng(seed)
        mu, tau = (np.repeat(values, self.draws) for values in (self.mu, self.tau))
        logits = mu + tau * rng.standard_normal((len(sizes), len(mu)))
        events = rng.binomial(np.asarray(sizes)[:, None], 1 / (1 + np.exp(-logits)))
        return in_order(sizes, events)


@dataclass(frozen=True, eq=False)
class Weights:
    """Likelihood ratios of drawn tables at one centre.

    Attributes
    ----------
    values : ndarray, shape (d, t)
        Over the number of draws, times how often each table was drawn.
    copies : ndarray, shape (d,)
        How often that was.
    estimated : bool
        Whether probabilities of tables are estimated, where else upper limits are given.
    """

    values: Floats
    copies: Floats
    estimated: bool = False

    @cached_property
    def squares(self) -> Floats:
        """The sum of squared ratios of all draws of a table, shape (d, t)."""
        return np.asarray(self.values * self.values / np.maximum(self.copies, 1.0)[:, None])

    @cached_property
    def worth(self) -> Floats:
        """As many draws from the scenarios themselves would tell as much, shape (t,)."""
        total = self.values.sum(axis=0)
        return np.asarray(total * total / np.maximum(self.squares.sum(axis=0), _TINY))

    def measure(self, tables: Bools) -> Floats:
        """Give (upper confidence limits for) the probability of a set of tables, shape (t,)."""
        chosen = tables.astype(float)
        mean = chosen @ self.values
        return mean if self.estimated else self._upper(mean, chosen @ self.squares)

    def upper_mean(self, values: Floats) -> Floats:
        """Give upper confidence limits for the mean of values in 0 to 1, shape (t,).

        Parameters
        ----------
        values : ndarray, shape (d, t) or (d, 1)
        """
        square = (self.squares * (values * values)).sum(axis=0)
        return self._upper((self.values * values).sum(axis=0), square)

    def _upper(self, mean: Floats, square: Floats) -> Floats:
        """Give upper limits for means whose variance is at most the sum of squares."""
        square = np.maximum(square, _TINY)
        draws = mean * (1 - mean) / square
        # of a set that few draws fell into, or a scenario that few tell of, no more than all tell
        few = (mean * mean < _SEVERAL * square) | (self.worth < _SEVERAL)
        draws[few] = np.where(mean > 0, np.minimum(draws, self.worth), self.worth)[few]
        draws = np.maximum(draws, 1e-9)
        # Wilson's limit, which is above 0 even where no table of the set was drawn
        z = _SURE
        half = z * np.sqrt(np.maximum(mean * (1 - mean), 0) / draws + (z / (2 * draws)) ** 2)
        return np.asarray((mean + z * z / (2 * draws) + half) / (1 + z * z / draws), dtype=float)


def relative_probabilities(
    sizes: Sequence[int], events: Ints, mu: Floats, tau: Floats, scale: dict[int, Floats]
) -> Floats:
    """Give the probabilities of tables under scenarios, in units of a scale, shape (d, s)."""
    known = {
        n: np.ascontiguousarray((scenario_results(n, mu, tau) / scale[n]).T) for n in set(sizes)
    }
    total = np.empty((events.shape[1], len(mu)))
    rows = max(1, _CELLS // len(mu))
    for at in range(0, len(total), rows):
        part = total[at : at + rows]
        factor = np.empty_like(part)
        part[:] = 1.0
        for size, x in zip(sizes, events[:, at : at + rows], strict=True):
            part *= known[size].take(x, axis=0, out=factor, mode="clip")
    return total


def scenario_results(size: int, mu: Floats, tau: Floats) -> Floats:
    """Give the probabilities of 0, 1, …, n events under scenarios, shape (s, n + 1).

    Parameters
    ----------
    size : int
    mu, tau : ndarray, shape (s,)
    """
    centres, of_mu = np.unique(mu, return_inverse=True)
    spreads, of_tau = np.unique(tau, return_inverse=True)
    found = np.empty((len(mu), size + 1))
    if len(centres) <= len(spreads):
        for j, centre in enumerate(centres):
            here = of_mu == j
            found[here] = result_probabilities(size, np.array([centre]), tau[here])[..., 0]
    else:
        for j, spread in enumerate(spreads):
            here = of_tau == j
            found[here] = result_probabilities(size, mu[here], np.array([spread]))[0].T
    return found
