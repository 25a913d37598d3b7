"""A design all of whose tables can be gone through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.bayes.priors import Prior
from onearm.models.exact_interval.inversion import SLACK, Point, no_larger
from onearm.models.exact_interval.lattice import Lattice, interpolation
from onearm.models.exact_interval.prediction import lower_limits, new_logits
from onearm.models.exact_interval.products import product
from onearm.models.exact_interval.results import result_probabilities
from onearm.models.exact_interval.spreads import Spreads
from onearm.models.exact_interval.tables import Tables

_NOTHING = 1e-140
"""Probabilities of half a table that count as nothing."""

_CELLS = 100_000
"""Numbers of an array that stays in the cache."""


@dataclass(frozen=True, eq=False)
class Factors:
    """Probabilities of all tables at one centre, as products of those of two halves.

    Attributes
    ----------
    first, second : ndarray, shape (t, a) and (t, b)
    """

    first: Floats
    second: Floats

    @property
    def both(self) -> tuple[Floats, Floats]:
        """The two halves."""
        return self.first, self.second

    def measure(self, tables: Bools) -> Floats:
        """Give the probability of a set of tables, shape (t,)."""
        chosen = tables.reshape(self.first.shape[1], -1).astype(float)
        return np.asarray((product(self.first, chosen) * self.second).sum(axis=1), dtype=float)


@dataclass(frozen=True, eq=False)
class Enumerated:
    """Posterior distribution functions of every table at some centres.

    Attributes
    ----------
    tables : Tables
    lattice : Lattice
    spreads : Spreads
        True ones.
    rows : slice
        The points of the lattice's mu that may be asked about.
    below : ndarray, shape (rows, d)
        Posterior probability of a smaller mu than there.
    halves : tuple of ndarray, shape (t, a, m) and (t, b, m)
        Posterior weights, not normalised, as products.
    """

    tables: Tables
    lattice: Lattice
    spreads: Spreads
    rows: slice
    below: Floats
    halves: tuple[Floats, Floats]

    @classmethod
    def of(
        cls, sizes: Sequence[int], priors: tuple[Prior, Prior], spreads: Spreads, reach: float
    ) -> Enumerated:
        """Go through all tables.

        Parameters
        ----------
        sizes : sequence of int
            People in each study.
        priors : tuple of Prior
            Of mu and tau.
        spreads : Spreads
        reach : float
            How far from 0 mu may be asked about.
        """
        tables, lattice = Tables.of(sizes), Lattice.of(sizes, priors, reach + 1)
        results = {n: result_probabilities(n, lattice.mu, lattice.tau) for n in set(sizes)}
        first, second = tables.probabilities(results, orders=False)
        first = first * lattice.weight[:, None, None] * np.exp(lattice.log_prior)
        # products near the smallest number there is would slow everything
        first, second = np.maximum(first, _NOTHING), np.maximum(second, _NOTHING)
        density = product(first.transpose(2, 1, 0), second.transpose(2, 0, 1))
        density = density.reshape(len(lattice.mu), -1)
        within = np.flatnonzero(np.abs(lattice.mu) <= reach)
        rows = slice(int(within[0]), int(within[-1]) + 1)
        below = product(lattice.kernel(rows), density)
        below /= lattice.step * density.sum(axis=0)
        return cls(tables, lattice, spreads, rows, below, (first, second))

    @cached_property
    def mu(self) -> Floats:
        """The centres at which everything is known."""
        return self.lattice.mu[self.rows]

    @cached_property
    def known(self) -> list[Point]:
        """Everything at these centres."""
        factors = self._factors(self.mu)
        return [
            Point(mu, below, of_mu)
            for mu, below, of_mu in zip(self.mu.tolist(), self.below, factors, strict=True)
        ]

    def at(self, mu: float) -> Point:
        """Give everything at another centre, by interpolation."""
        place = (mu - self.mu[0]) / self.lattice.step
        first, weights = interpolation(place, len(self.mu))
        below = weights @ self.below[first : first + len(weights)]
        return Point(mu, below, self._factors(np.array([mu]))[0])

    def place(self, events: Sequence[int]) -> int:
        """Find a table, given in the order of the sizes."""
        return int(self.tables.places(np.asarray(events, dtype=np.int64)[:, None])[0])

    def intervals(self, alpha: float) -> Floats:
        """Give an interval of every table, its ends on points of the lattice or between two.

        Parameters
        ----------
        alpha : float

        Returns
        -------
        ndarray, shape (d, 2)
            The ends are the innermost of these points beyond which no p-value at such a point
            exceeds alpha.
        """
        between = 0.5 * (self.mu[1:] + self.mu[:-1])
        order = np.argsort(np.concatenate([self.mu, between]))
        points = [*self.known, *(self.at(mu) for mu in between.tolist())]
        kept = np.stack([self._kept(points[j], alpha - SLACK) for j in order])
        p = np.array([0.0, *(points[j].p for j in order), 1.0])
        first, last = kept.argmax(axis=0), len(kept) - 1 - kept[::-1].argmax(axis=0)
        return np.stack([p[first], p[last + 2]], axis=1)

    def _kept(self, point: Point, alpha: float) -> Bools:
        """Say which tables do not reject a centre, (d,): ordered by their statistics."""
        statistic = point.statistic
        order = np.argsort(statistic, kind="stable")
        upto = np.searchsorted(statistic[order], no_larger(statistic), side="right") - 1
        first, second = self._factors(np.array([point.mu]))[0].both
        weight = (first[:, :, None] * second[:, None, :]).reshape(len(first), -1)
        total = np.cumsum(weight[:, order], axis=1)[:, upto]
        most = total.max(axis=0)
        close = (most > 0.9 * alpha) & (most <= alpha)
        most[close] = (self.spreads.finer @ total[:, close]).max(axis=0)
        return np.asarray(most > alpha, dtype=bool)

    def _factors(self, mu: Floats) -> list[Factors]:
        results = {n: result_probabilities(n, mu, self.spreads.tau) for n in set(self.tables.sizes)}
        first, second = self.tables.probabilities(results, orders=True)
        return [
            Factors(np.ascontiguousarray(first[..., j]), np.ascontiguousarray(second[..., j]))
            for j in range(len(mu))
        ]

    def upper_mean(self, mu: float, tau: Floats, values: Floats) -> Floats:
        """Give the mean of values of all tables, (d, t), under scenarios of one centre."""
        results = {n: result_probabilities(n, np.array([mu]), tau) for n in set(self.tables.sizes)}
        first, second = (f[..., 0].T for f in self.tables.probabilities(results, orders=True))
        weight = (first[:, None] * second).reshape(-1, len(tau))
        return np.asarray((weight * values).sum(axis=0), dtype=float)

    def prediction_limits(self) -> Callable[[float], tuple[Floats, Floats]]:
        """Give what reads limits of a new study's logit off, from a tail probability."""
        logits, rows = new_logits(self.lattice)
        half = self._new_below(rows[: len(rows) // 2 + 1])
        # the other half by symmetry: of the mirrored table at the mirrored logit
        mirror = self.tables.mirror
        below = np.concatenate([half, 1 - half[-2::-1, mirror]])

        def limits(tail: float) -> tuple[Floats, Floats]:
            low = lower_limits(logits, below, tail)
            return low, -low[mirror]

        return limits

    def _new_below(self, rows: Ints) -> Floats:
        """Give the probability that a new study's logit lies below some points, (rows, d)."""
        first, second = self.halves
        a, b = self.tables.shape
        m = len(self.lattice.mu)
        block = max(1, _CELLS // (b * m))
        below = np.empty((len(rows), a, b))
        # what is smeared widely needs every second point only
        lattice = self.lattice
        every = lattice.every
        kernels = [
            e * np.ascontiguousarray(lattice.kernel(rows, tau)[:, ::e])
            for e, tau in zip(every, lattice.tau.tolist(), strict=True)
        ]
        for at in range(0, a, block):
            part = slice(at, min(at + block, a))
            total, density = np.zeros((len(rows), (part.stop - at) * b)), 0.0
            for e, kernel, one, two in zip(every, kernels, first, second, strict=True):
                joint = one[part, ::e].T[:, :, None] * two[:, ::e].T[:, None, :]
                joint = joint.reshape(kernel.shape[1], -1)
                total += product(kernel, joint)
                density = density + e * joint.sum(axis=0)
            below[:, part] = (total / (self.lattice.step * density)).reshape(len(rows), -1, b)
        return below.reshape(len(rows), -1)
