"""All tables that studies of given sizes could have shown, in two halves of the studies.

Studies of one size are interchangeable, so tables that differ only in their order are kept
once, with the number of orders. A probability is a product over studies: that of a table is
the product of its two halves, and sums over all tables are products of matrices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import comb, factorial, prod

import numpy as np

from onearm.models.arrays import Floats, Ints


def distinct(sizes: Sequence[int]) -> int:
    """Count the tables that remain when equal-sized studies are interchangeable."""
    return prod(comb(size + m, m) for size, m in _groups(sizes))


def _groups(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Give every size with the number of its studies, in increasing order."""
    return [(size, list(sizes).count(size)) for size in sorted(set(sizes))]


@dataclass(frozen=True, eq=False)
class Half:
    """Every result of some of the studies.

    Attributes
    ----------
    sizes : tuple of int
        People in each study, in increasing order.
    events : ndarray of int, shape (studies, g)
        Those of equal-sized studies in increasing order.
    orders : ndarray, shape (g,)
        In how many orders each occurs.
    """

    sizes: tuple[int, ...]
    events: Ints
    orders: Floats

    @classmethod
    def of(cls, groups: Sequence[tuple[int, int]]) -> Half:
        """List the results of so many studies of each size."""
        parts = [_multisets(size, m) for size, m in groups]
        places = np.indices([len(orders) for _, orders in parts]).reshape(len(parts), -1)
        events = [counts[:, at] for (counts, _), at in zip(parts, places, strict=True)]
        orders = [orders[at] for (_, orders), at in zip(parts, places, strict=True)]
        sizes = tuple(size for size, m in groups for _ in range(m))
        return cls(sizes, np.concatenate(events), np.prod(orders, axis=0))

    def places(self, events: Ints) -> Ints:
        """Find results (studies, d), given in the order of the sizes."""
        shape = tuple(size + 1 for size in self.sizes)
        known, wanted = (
            np.ravel_multi_index(tuple(in_order(self.sizes, x)), shape)
            for x in (self.events, events)
        )
        order = np.argsort(known)
        return np.asarray(order[np.searchsorted(known, wanted, sorter=order)])

    @property
    def mirror(self) -> Ints:
        """Where the results are in which events and non-events are exchanged, shape (g,)."""
        return self.places(np.array(self.sizes)[:, None] - self.events)

    def probabilities(self, results: Mapping[int, Floats]) -> Floats:
        """Multiply the probabilities of the studies' results.

        Parameters
        ----------
        results : mapping
            From each size n to an array (t, n + 1, m).

        Returns
        -------
        ndarray, shape (t, g, m)
        """
        total: Floats = results[self.sizes[0]][:, self.events[0]]
        for size, x in zip(self.sizes[1:], self.events[1:], strict=True):
            total *= results[size][:, x]
        return total


@dataclass(frozen=True, eq=False)
class Tables:
    """All tables of a design; table (a, b) has result a of one half and b of the other.

    Attributes
    ----------
    sizes : tuple of int
        In increasing order.
    first, second : Half
        ``second`` is None where all studies have one size.
    """

    sizes: tuple[int, ...]
    first: Half
    second: Half | None

    @classmethod
    def of(cls, sizes: Sequence[int]) -> Tables:
        """List the tables of a design, halves as equal as may be."""
        groups = sorted(_groups(sizes), key=lambda g: comb(g[0] + g[1], g[1]), reverse=True)
        halves: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        count = [1, 1]
        for size, m in groups:
            to = int(count[1] < count[0])
            halves[to].append((size, m))
            count[to] *= comb(size + m, m)
        second = Half.of(sorted(halves[1])) if halves[1] else None
        return cls(tuple(sorted(sizes)), Half.of(sorted(halves[0])), second)

    @property
    def shape(self) -> tuple[int, int]:
        """How many results each half has."""
        return self.first.events.shape[1], 1 if self.second is None else self.second.events.shape[1]

    def places(self, events: Ints) -> Ints:
        """Find tables among all, numbered row by row.

        Parameters
        ----------
        events : ndarray of int, shape (k, d)
            In the order of the sizes.
        """
        own = np.isin(self.sizes, self.first.sizes)
        first = self.first.places(events[own])
        if self.second is None:
            return first
        return first * self.shape[1] + self.second.places(events[~own])

    @property
    def mirror(self) -> Ints:
        """Where the tables are in which events and non-events are exchanged, shape (d,)."""
        second = np.zeros(1, dtype=np.int64) if self.second is None else self.second.mirror
        return np.asarray((self.first.mirror[:, None] * self.shape[1] + second).ravel())

    @property
    def events(self) -> Ints:
        """All of them, studies in increasing order of size, shape (k, d)."""
        a, b = np.indices(self.shape).reshape(2, -1)
        parts = [(self.first.sizes, self.first.events[:, a])]
        if self.second is not None:
            parts.append((self.second.sizes, self.second.events[:, b]))
        order = np.argsort([size for sizes, _ in parts for size in sizes], kind="stable")
        return np.concatenate([events for _, events in parts])[order]

    def probabilities(
        self, results: Mapping[int, Floats], *, orders: bool
    ) -> tuple[Floats, Floats]:
        """Give the factors (t, a, m) and (t, b, m) of the probabilities.

        Parameters
        ----------
        results : mapping
            From each size n to an array (t, n + 1, m).
        orders : bool
            Whether a table stands for all its orders.
        """
        first = self.first.probabilities(results)
        if orders:
            first *= self.first.orders[:, None]
        if self.second is None:
            return first, np.ones((len(first), 1, first.shape[2]))
        second = self.second.probabilities(results)
        if orders:
            second *= self.second.orders[:, None]
        return first, second


def in_order(sizes: Sequence[int], events: Ints) -> Ints:
    """Put the results of equal-sized studies in increasing order.

    Parameters
    ----------
    sizes : sequence of int
        In increasing order.
    events : ndarray of int, shape (k, d)
    """
    events = events.copy()
    for size in set(sizes):
        same = np.asarray(sizes) == size
        events[same] = np.sort(events[same], axis=0)
    return events


def _multisets(size: int, m: int) -> tuple[Ints, Floats]:
    """List the results of m studies of one size, with the number of their orders."""
    chosen = np.array(list(combinations_with_replacement(range(size + 1), m)), dtype=np.int64)
    repeats = (chosen[:, :, None] == np.arange(size + 1)).sum(axis=1)
    orders = np.array([factorial(i) for i in range(m + 1)], dtype=float)
    return chosen.T, factorial(m) / orders[repeats].prod(axis=1)
