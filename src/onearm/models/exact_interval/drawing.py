"""Which tables are drawn: first from everywhere, then from near the ends of an interval."""

from __future__ import annotations

from concurrent.futures import Executor
from functools import lru_cache

import numpy as np
from scipy.special import expit, logit

from onearm.models.errors import ModelError
from onearm.models.exact_interval.drawn import SEED, Drawn, draw
from onearm.models.exact_interval.inversion import Search
from onearm.models.exact_interval.lattice import Lattice
from onearm.models.exact_interval.posteriors import Question, extremes
from onearm.models.exact_interval.promise import Promise, Table, lattice_of
from onearm.models.exact_interval.scenarios import Scenarios

MEMORY = 2**30
"""Bytes that the likelihoods of all results of single studies may take."""

_FIRST, _SECOND = 15_000, 84_000
"""Tables drawn to find about where the ends are, and to find them."""

_WORK = 2e10
"""Multiplications that the second drawing may take; beyond, fewer tables are drawn."""

_ROUGH, _FINE = 0.01, 1e-4
"""How narrow the stretches are in which ends lie, first and in the end."""

_MARGIN = 5
"""Points of the lattice beyond a stretch, from which values within are interpolated."""

_SPREADS, _SHARES = np.array([0.0, 0.4, 0.7, 0.9, 1.0]), np.array([1, 1, 1, 1, 3])
"""Spreads drawn from near the ends, of the largest; most from where the test mostly decides."""


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


@lru_cache(maxsize=1)
def _everywhere(sizes: tuple[int, ...], promise: Promise) -> Scenarios:
    """Give truths all over the place, no two neighbours much further apart than they are wide."""
    people, reach = sum(sizes), promise.reach(sum(sizes))
    mu: list[float] = []
    tau: list[float] = []
    for spread in np.unique(promise.tau_max * np.array([0.0, 1 / 3, 2 / 3, 1.0])):
        half = [0.0]
        while half[-1] < reach:
            p = expit(half[-1])
            width = np.sqrt(1 / (people * p * (1 - p)) + spread**2 / len(sizes))
            half.append(half[-1] + min(2 * width, 1.0))
        both = [*(-a for a in half[:0:-1]), *half]
        mu += both
        tau += [float(spread)] * len(both)
    each = -(-_FIRST // len(mu))
    return Scenarios(np.array(mu), np.array(tau), np.full(len(mu), each))


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
        scenarios = _everywhere(sizes, promise)
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
    """Find the ends roughly with tables from everywhere, then with tables from near them.

    Parameters
    ----------
    table : Table
    promise : Promise
    inner : tuple of float
        Logits of the credible interval, which mostly lies within.
    executor : Executor or None
        Where posteriors are worked out; here when None.
    """
    question, first = draw_everywhere(table.sizes, promise, executor)
    first = first.joined(question, table.events)
    seen = first.place(table.events)
    edges = [0] * len(table.sizes), table.sizes
    every = max(1, int(0.15 / (first.mu[1] - first.mu[0])))
    ends: list[float] = [0.0, 1.0]
    stretches = []
    for side, points in enumerate((first.known[::every], first.known[::-1][::every])):
        if points[0].extreme(seen)[first.place(edges[side])]:
            continue
        outer = float(logit(Search(first, seen, promise.alpha, _ROUGH).end(points)))
        stretches.append((side, outer))
    if not stretches:
        return ends
    pairs = [(outer, inner[side]) for side, outer in stretches]
    views = draw_near(table, promise, pairs, executor)
    for (side, _), near in zip(stretches, views, strict=True):
        points = near.known[:: 1 - 2 * side][_MARGIN:]
        search = Search(near, near.place(table.events), promise.alpha, _FINE)
        ends[side] = search.end(points)
    return ends


def draw_near(
    table: Table,
    promise: Promise,
    stretches: list[tuple[float, float]],
    executor: Executor | None,
) -> list[Drawn]:
    """Draw one set of tables from near some stretches of mu; give a view of it for each.

    Parameters
    ----------
    table : Table
    promise : Promise
    stretches : list of tuple of float
        From an outer to an inner centre each.
    executor : Executor or None
        Where posteriors are worked out; here when None.
    """
    sizes = table.sizes
    _afford(sizes, promise)
    lattice = lattice_of(sizes, promise)
    rows = tuple(_places(lattice, min(pair), max(pair)) for pair in stretches)
    mu = [m for outer, inner in stretches for m in np.linspace(outer, inner, 3)]
    count = max(_SECOND * len(stretches) / 2, 1)
    centre, spread = np.meshgrid(mu, promise.tau_max * _SPREADS, indexing="ij")
    weight = np.tile(_SHARES, len(mu))
    question = _question(sizes, promise, (-np.inf, np.inf), rows)
    probe = Scenarios(centre.ravel(), spread.ravel(), np.full(len(weight), 20))
    window = extremes(question, probe.draw(sizes, SEED))
    points = (window[1] - window[0]) / lattice.step
    most = _WORK / (len(sizes) * len(lattice.tau) * points)
    each = np.maximum(np.ceil(min(count, most) * weight / weight.sum()), 50).astype(np.int64)
    scenarios = Scenarios(probe.mu, probe.tau, each)
    question = _question(sizes, promise, window, rows)
    extra = np.array(table.events)[:, None]
    drawn = draw(question, scenarios, extra, promise.spreads, SEED + 1, executor)
    ends = np.cumsum([high - low + 1 for low, high in rows])[:-1]
    return [drawn.part(piece) for piece in np.split(np.arange(len(drawn.mu)), ends)]
