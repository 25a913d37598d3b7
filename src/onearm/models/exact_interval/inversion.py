"""The exact test of a centre, and the interval of all centres that it does not reject.

The statistic of a table is the two-sided posterior tail probability of the centre; the
p-value is the greatest probability, over all spreads, of a table whose statistic is no
larger. Nothing rests on the posterior but the order of the tables: the test holds its level
whatever the prior.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import expit

from onearm.models.arrays import Bools, Floats
from onearm.models.exact_interval.spreads import Spreads

_TIED, _NOTHING = 1e-7, 1e-8
"""Statistics that differ by less, relatively or at all, count as equal: those of mirrored
tables differ by rounding, and which way is not to matter."""

_FINE = 1e-5
"""How narrow, in proportions, the stretch is in which an end lies."""

SLACK = 1e-6
"""What a probability may be wrong by, from interpolation in tau."""


def no_larger(statistic: Floats) -> Floats:
    """Give up to where other statistics count as no larger."""
    return np.asarray(statistic * (1 + _TIED) + _NOTHING, dtype=float)


class Measure(Protocol):
    """The probabilities of tables at one centre."""

    def measure(self, tables: Bools) -> Floats:
        """Give the probability of a set of tables for every spread, shape (t,)."""


@dataclass(frozen=True, eq=False)
class Point:
    """What is known of all tables at one centre.

    Attributes
    ----------
    mu : float
        The centre.
    below : ndarray, shape (d,)
        Posterior probability of a smaller centre.
    tables : Measure
    """

    mu: float
    below: Floats
    tables: Measure

    @property
    def p(self) -> float:
        """The centre as a proportion."""
        return float(expit(self.mu))

    @property
    def statistic(self) -> Floats:
        """Two-sided posterior tail probabilities of the centre."""
        return np.asarray(2 * np.minimum(self.below, 1 - self.below), dtype=float)

    def extreme(self, table: int) -> Bools:
        """Say which tables are at least as far from the centre as a given one."""
        statistic = self.statistic
        return np.asarray(statistic <= no_larger(statistic[table]), dtype=bool)


class Design(Protocol):
    """Studies of given sizes, with the posteriors of the tables they can show."""

    @property
    def spreads(self) -> Spreads:
        """The true spreads."""

    @property
    def known(self) -> Sequence[Point]:
        """Points in increasing order of the centre."""

    def at(self, mu: float) -> Point:
        """Give a point between these."""


def p_value(design: Design, table: int, mu: float) -> float:
    """Give the exact p-value of a centre.

    Parameters
    ----------
    design : Design
    table : int
        The table that was seen.
    mu : float
    """
    point = design.at(mu)
    measured = point.tables.measure(point.extreme(table))
    return min(design.spreads.greatest(measured), 1.0)


def interval(
    design: Design, table: int, alpha: float, empty: int, full: int
) -> tuple[float, float]:
    """Give the hull of all proportions whose p-value exceeds alpha.

    Parameters
    ----------
    design : Design
    table : int
        The table that was seen.
    alpha : float
    empty, full : int
        The tables without an event, and with nothing else: beyond the outermost point
        the one is all but sure, and nothing else matters.
    """
    ends = []
    for points, sure, edge in (
        (design.known, empty, 0.0),
        (design.known[::-1], full, 1.0),
    ):
        if points[0].extreme(table)[sure]:
            ends.append(edge)
        else:
            ends.append(Search(design, table, alpha - SLACK).end(points))
    return ends[0], ends[1]


@dataclass(frozen=True, eq=False)
class Search:
    """Looks inwards for the first stretch in which a p-value may exceed alpha.

    A table counts for a stretch if it is extreme at either of its ends, so that no p-value
    within can exceed what is compared with alpha. A stretch that cannot be ruled out is cut
    in two, the outer part first, until it is so narrow that its outer end is the answer.
    """

    design: Design
    table: int
    alpha: float
    fine: float = _FINE

    def end(self, points: Sequence[Point]) -> float:
        """Give the end, points being ordered inwards."""
        outer, extreme = points[0], points[0].extreme(self.table)
        for inner in points[1:]:
            further = inner.extreme(self.table)
            found = self._between(outer, extreme, inner, further)
            if found is not None:
                return found
            outer, extreme = inner, further
        return points[-1].p

    def _between(self, outer: Point, extreme: Bools, inner: Point, further: Bools) -> float | None:
        either = extreme | further
        if all(self._at_most(point, either) for point in (outer, inner)):
            return None
        if abs(inner.p - outer.p) <= self.fine:
            return outer.p
        middle = self.design.at(0.5 * (outer.mu + inner.mu))
        half = middle.extreme(self.table)
        found = self._between(outer, extreme, middle, half)
        return self._between(middle, half, inner, further) if found is None else found

    def _at_most(self, point: Point, tables: Bools) -> bool:
        return self.design.spreads.greatest(point.tables.measure(tables)) <= self.alpha
