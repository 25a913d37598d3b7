"""A design all of whose tables can be gone through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from onearm.models.arrays import Bools, Floats
from onearm.models.bayes.priors import Prior
from onearm.models.exact_interval.inversion import Point
from onearm.models.exact_interval.lattice import Lattice, interpolation
from onearm.models.exact_interval.products import product
from onearm.models.exact_interval.results import result_probabilities
from onearm.models.exact_interval.spreads import Spreads
from onearm.models.exact_interval.tables import Tables


@dataclass(frozen=True, eq=False)
class Factors:
    """Probabilities of all tables at one centre, as products of those of two halves.

    Attributes
    ----------
    first, second : ndarray, shape (t, a) and (t, b)
    """

    first: Floats
    second: Floats

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
    """

    tables: Tables
    lattice: Lattice
    spreads: Spreads
    rows: slice
    below: Floats

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
        density = product(first.transpose(2, 1, 0), second.transpose(2, 0, 1))
        density = density.reshape(len(lattice.mu), -1)
        within = np.flatnonzero(np.abs(lattice.mu) <= reach)
        rows = slice(int(within[0]), int(within[-1]) + 1)
        below = product(lattice.kernel(rows), density)
        below /= lattice.step * density.sum(axis=0)
        return cls(tables, lattice, spreads, rows, below)

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

    def _factors(self, mu: Floats) -> list[Factors]:
        results = {
            n: result_probabilities(n, mu, self.spreads.tau) for n in set(self.tables.sizes)
        }
        first, second = self.tables.probabilities(results, orders=True)
        return [
            Factors(np.ascontiguousarray(first[..., j]), np.ascontiguousarray(second[..., j]))
            for j in range(len(mu))
        ]
