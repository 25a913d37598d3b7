"""The interval by drawn tables: first from everywhere, then from near each of its ends."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
from scipy.special import logit

from onearm.models.errors import ModelError
from onearm.models.exact_interval.drawn import SEED, Drawn, draw
from onearm.models.exact_interval.inversion import Search
from onearm.models.exact_interval.lattice import Lattice
from onearm.models.exact_interval.posteriors import Question, extremes
from onearm.models.exact_interval.promise import Promise, Table, lattice_of
from onearm.models.exact_interval.truths import about, everywhere

MEMORY = 2**30
"""Bytes that the likelihoods of all results of single studies may take."""

_FIRST, _SECOND = 20_000, 24_000
"""Tables drawn to find about where the ends are, and to find each of them."""

_ROUGH, _FINE, _ESTIMATED = 0.01, 1e-4, 1e-3
"""How narrow the stretches are in which ends lie, first, in the end, and by the estimates."""

_MARGIN = 5
"""Points of the lattice beyond a stretch, from which values within are interpolated."""

_PROBES = 20
"""Tables of each truth that tell how far posteriors go."""


def _afford(sizes: tuple[int, ...], promise: Promise) -> None:
    """Refuse studies whose likelihoods would not fit in memory."""
    lattice = lattice_of(sizes, promise)
    needed = 16 * sum(n + 1 for n in set(sizes)) * len(lattice.mu) * len(lattice.tau)
    if needed > MEMORY:
        raise ModelError(
            f"Studies of up to {max(sizes):,} people are too large for the exact interval: about "
            f"{needed / 2**30:,.0f} GiB would be needed, and {MEMORY / 2**30:g} GiB are allowed. "
            "Choose ci='credible'."
        )


def _places(lattice: Lattice, low: float, high: float, margin: int = _MARGIN) -> tuple[int, int]:
    """Give the points of mu, in steps from 0, about a stretch."""
    ends = np.floor(low / lattice.step) - margin, np.ceil(high / lattice.step) + margin
    return int(ends[0]), int(ends[1])


_first: dict[tuple[tuple[int, ...], Promise], Drawn] = {}
"""The tables drawn last from everywhere: an interval and a prediction level ask for the same."""


def draw_everywhere(
    sizes: tuple[int, ...], promise: Promise, executor: Executor | None
) -> tuple[Question, Drawn]:
    """Draw tables from everywhere; the outermost are among them.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    executor : Executor or None
        Where posteriors are worked out; here when None.

    Returns
    -------
    Question, Drawn
        What was asked of the tables, and these.
    """
    _afford(sizes, promise)
    reach = promise.reach(sum(sizes))
    places = _places(lattice_of(sizes, promise), -reach, reach, 0)
    question = _question(sizes, promise, (-np.inf, np.inf), (places,), new=True)
    asked = sizes, promise
    if asked not in _first:
        extra = np.stack([0 * np.array(sizes), np.array(sizes)], axis=1)
        scenarios = everywhere(sizes, promise, _FIRST)
        drawn = draw(question, scenarios, extra, promise.spreads, SEED, executor)
        _first.clear()
        _first[asked] = drawn
    return question, _first[asked]


def _question(
    sizes: tuple[int, ...],
    promise: Promise,
    window: tuple[float, float],
    rows: tuple[tuple[int, int], ...],
    new: bool = False,
) -> Question:
    least = promise.reach(sum(sizes)) + 1
    priors = promise.mu_prior, promise.tau_prior
    return Question(sizes, *priors, least, *window, rows, new)


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
    question, first = draw_everywhere(table.sizes, promise, executor)
    first = first.joined(question, table.events)
    seen = first.place(table.events)
    edges = [0] * len(table.sizes), table.sizes
    every = max(1, int(0.15 / (first.mu[1] - first.mu[0])))
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
    further = estimated.known[::inwards][passed:]
    return end, Search(estimated, seen, alpha, _ESTIMATED).end(further)


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
    _afford(sizes, promise)
    rows = (_places(lattice_of(sizes, promise), low, high),)
    scenarios = about(sizes, promise, (low, high), _SECOND)
    probes = replace(scenarios, draws=np.full_like(scenarios.draws, _PROBES)).draw(sizes, SEED)
    window = extremes(_question(sizes, promise, (-np.inf, np.inf), rows), probes)
    question = _question(sizes, promise, window, rows)
    extra = np.array(table.events)[:, None]
    return draw(question, scenarios, extra, promise.spreads, SEED + 1, executor)
