"""The interval by drawn tables: first from everywhere, then from near each of its ends."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace
from functools import lru_cache

import numpy as np
from scipy.special import logit

from onearm.models.arrays import Floats
from onearm.models.exact_interval.drawn import SEED, Drawn, draw
from onearm.models.exact_interval.inversion import Search
from onearm.models.exact_interval.lattice import Lattice
from onearm.models.exact_interval.posteriors import Question
from onearm.models.exact_interval.prediction import (
    CENTRES_DRAWN,
    SPREADS_DRAWN,
    new_logits,
    truths_ahead,
)
from onearm.models.exact_interval.promise import Promise, Table, lattice_of
from onearm.models.exact_interval.scenarios import Scenarios
from onearm.models.exact_interval.truths import about, everywhere

MEMORY = 2**30
"""Bytes that the likelihoods of all results of single studies may take."""

_MOST_SECONDS = 60.0
"""Processor time that a design may take; beyond, no tables are drawn."""

_COST = 1e-8, 1.5e-7, 3e-5
"""Seconds by which laying out the lattice, posteriors and weights grow; as measured."""

_FIRST, _SECOND, _AHEAD = 50, 300, 160
"""Tables of each truth: to find about where ends are, to find them, and for predictions.

By these some hundred draws tell of every scenario, enough to exclude one far from the data.
"""

_LEAST = 18_000
"""Tables drawn near an end at the least, however few truths there are."""

_STRIDE = 0.3
"""Logits between the centres at which ends are first looked for."""

_ROUGH, _FINE, _ESTIMATED = 0.01, 1e-4, 1e-3
"""How narrow the stretches are in which ends lie, first, in the end, and by the estimates."""

_MARGIN = 5
"""Points of the lattice beyond a stretch, from which values within are interpolated."""


def can_be_drawn(sizes: tuple[int, ...], promise: Promise) -> bool:
    """Say whether drawn tables of a design take no more memory and time than is allowed.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    """
    lattice = lattice_of(sizes, promise)
    if 16 * _results(sizes, lattice) > MEMORY:
        return False
    return _seconds(sizes, promise) <= _MOST_SECONDS


def _results(sizes: tuple[int, ...], lattice: Lattice) -> int:
    """Count the likelihoods of all results of single studies."""
    return sum(n + 1 for n in set(sizes)) * len(lattice.mu) * len(lattice.tau)


@lru_cache(maxsize=64)
def _seconds(sizes: tuple[int, ...], promise: Promise) -> float:
    """Give about the processor time that the interval and the prediction level take."""
    lattice = lattice_of(sizes, promise)
    first = len(everywhere(sizes, promise, _FIRST).mu) * _FIRST
    second = int(_near(sizes, promise, (0.0, 0.3)).draws.sum())
    tables = first + 2 * second + _AHEAD * CENTRES_DRAWN * SPREADS_DRAWN
    work = (
        _results(sizes, lattice) / lattice.step,
        tables * len(sizes) / lattice.step,
        len(sizes) * second + 50 * sum(n + 1 for n in set(sizes)),
    )
    return sum(cost * amount for cost, amount in zip(_COST, work, strict=True))


def _places(lattice: Lattice, low: float, high: float, margin: int = _MARGIN) -> tuple[int, int]:
    """Give the points of mu, in steps from 0, about a stretch."""
    ends = np.floor(low / lattice.step) - margin, np.ceil(high / lattice.step) + margin
    return int(ends[0]), int(ends[1])


def draw_ahead(
    sizes: tuple[int, ...], promise: Promise, executor: Executor | None
) -> tuple[Floats, Drawn]:
    """Draw tables from the truths at which prediction intervals are to hold.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    executor : Executor or None
        Where posteriors are worked out; here when None.

    Returns
    -------
    ndarray, Drawn
        Logits of a new study, and the tables with its distribution function there.
    """
    question = _question(sizes, promise, (0, 0), new=True)
    centres, spreads = truths_ahead(promise.tau_max, CENTRES_DRAWN, SPREADS_DRAWN)
    mu, tau = (each.ravel() for each in np.meshgrid(centres, spreads))
    scenarios = Scenarios(mu, tau, np.full(len(mu), _AHEAD))
    none = np.empty((len(sizes), 0), dtype=np.int64)
    drawn = draw(question, scenarios, none, SEED + 2, executor)
    return new_logits(lattice_of(sizes, promise))[0], drawn


def _question(
    sizes: tuple[int, ...], promise: Promise, rows: tuple[int, int], new: bool = False
) -> Question:
    least = promise.reach(sum(sizes)) + 1
    return Question(sizes, promise.mu_prior, promise.tau_prior, least, rows, new)


def drawn_interval(
    table: Table, promise: Promise, inner: tuple[float, float], executor: Executor | None
) -> list[float]:
    """Find the ends roughly with tables from everywhere, then each with tables from near it.

    Parameters
    ----------
    table : Table
    promise : Promise
    inner : tuple of float
        Logits of the credible interval, which mostly lies within.
    executor : Executor or None
        Where posteriors are worked out; here when None.

    Returns
    -------
    list of float
        Lower and upper end, and where these would be by the estimates of the p-values.
    """
    edges = (0,) * len(table.sizes), table.sizes
    first = _draw_everywhere(table, promise, edges, executor)
    seen = first.place(table.events)
    every = max(1, int(_STRIDE / (first.mu[1] - first.mu[0])))
    ends = [0.0, 1.0, 0.0, 1.0]
    for side, points in enumerate((first.known[::every], first.known[::-1][::every])):
        if points[0].extreme(seen)[first.place(edges[side])]:
            continue
        outer = float(logit(Search(first, seen, promise.alpha, _ROUGH).end(points)))
        near = draw_near(table, promise, (outer, inner[side]), executor)
        ends[side::2] = _ends(near, near.place(table.events), promise.alpha, 1 - 2 * side)
    return ends


def _ends(near: Drawn, seen: int, alpha: float, inwards: int) -> tuple[float, float]:
    """Find one end, and where it would be by the estimates of the p-values."""
    points = near.known[::inwards][_MARGIN:]
    end = Search(near, seen, alpha, _FINE).end(points)
    passed = int((inwards * (near.mu - logit(end)) < 0).sum())
    estimated = replace(near, estimated=True)
    further = estimated.known[::inwards][passed - 1 :]
    return end, Search(estimated, seen, alpha, _ESTIMATED).end(further)


def _draw_everywhere(
    table: Table,
    promise: Promise,
    edges: tuple[tuple[int, ...], ...],
    executor: Executor | None,
) -> Drawn:
    """Draw tables from everywhere; the outermost are among them."""
    sizes, reach = table.sizes, promise.reach(sum(table.sizes))
    rows = _places(lattice_of(sizes, promise), -reach, reach, 0)
    extra = np.array([table.events, *edges]).T
    scenarios = everywhere(sizes, promise, _FIRST)
    return draw(_question(sizes, promise, rows), scenarios, extra, SEED, executor)


def _near(sizes: tuple[int, ...], promise: Promise, stretch: tuple[float, float]) -> Scenarios:
    """Give the truths near a stretch, and how many tables are drawn of each."""
    truths = about(sizes, promise, stretch, _SECOND)
    each = max(_SECOND, -(-_LEAST // len(truths.mu)))
    return replace(truths, draws=np.full(len(truths.mu), each))


def draw_near(
    table: Table, promise: Promise, stretch: tuple[float, float], executor: Executor | None
) -> Drawn:
    """Draw tables from near a stretch of centres.

    Parameters
    ----------
    table : Table
    promise : Promise
    stretch : tuple of float
        From one centre to another.
    executor : Executor or None
        Where posteriors are worked out; here when None.
    """
    sizes, (low, high) = table.sizes, sorted(stretch)
    rows = _places(lattice_of(sizes, promise), low, high)
    extra = np.array(table.events)[:, None]
    scenarios = _near(sizes, promise, (low, high))
    return draw(_question(sizes, promise, rows), scenarios, extra, SEED + 1, executor)
