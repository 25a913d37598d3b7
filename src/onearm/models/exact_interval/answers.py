"""What is asked of a design: exact intervals, exact p-values, the level of prediction intervals.

Designs with few tables are gone through, others drawn from. Tables that differ in the order
of their studies, or in what is called an event, get the same answer to the last bit: one of
them is answered for all. What takes long is kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import bdtr, bdtrc, expit, logit

from onearm.cache import remembered
from onearm.models.arrays import Floats, Ints
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS, Prior, parse_prior
from onearm.models.errors import ModelError
from onearm.models.exact_interval.drawn import SEED, Drawn, Question, Scenarios, draw, extremes
from onearm.models.exact_interval.enumerated import Enumerated
from onearm.models.exact_interval.inversion import Search, interval, p_value
from onearm.models.exact_interval.lattice import Lattice
from onearm.models.exact_interval.prediction import new_logits, prediction_level
from onearm.models.exact_interval.spreads import Spreads
from onearm.models.exact_interval.tables import distinct

LARGEST_TAU = 5.0
"""The largest spread that may be allowed for: rates then run from 0 to 1 whatever the median."""

MOST_CELLS = 40_000_000
"""Numbers that a design which is gone through may keep: tables times points of mu."""

MEMORY = 2**30
"""Bytes that the likelihoods of all results of single studies may take."""

_SMALL = 4_000_000
"""Numbers that a design may keep for others to be kept beside it."""

_FIRST, _SECOND = 15_000, 84_000
"""Tables drawn to find about where the ends are, and to find them."""

_WORK = 2e10
"""Multiplications that the second drawing may take; beyond, fewer tables are drawn."""

_ROUGH, _DRAWN_FINE = 0.01, 1e-4
"""How narrow the stretches are in which ends of drawn designs lie, first and in the end."""


@dataclass(frozen=True)
class Promise:
    """What is promised, and the priors by which tables are put in order.

    Attributes
    ----------
    mu_prior, tau_prior : str
    level : float
    tau_max : float
        The largest true spread for which the promise is given.
    """

    mu_prior: str
    tau_prior: str
    level: float
    tau_max: float

    @property
    def alpha(self) -> float:
        """How often the truth may be missed."""
        return 1 - self.level

    @property
    def priors(self) -> tuple[Prior, Prior]:
        """The priors themselves."""
        return (
            parse_prior(self.mu_prior, MU_PRIORS, "mu_prior"),
            parse_prior(self.tau_prior, TAU_PRIORS, "tau_prior"),
        )

    @property
    def spreads(self) -> Spreads:
        """The true spreads that are gone through."""
        return Spreads.up_to(self.tau_max, 13 + int(np.ceil(8 * self.tau_max)))

    def reach(self, people: int) -> float:
        """Give the logit beyond which nearly every table is without an event, or full."""
        return float(np.log(10 * people / self.alpha) + self.tau_max**2 / 2)


@dataclass(frozen=True)
class Table:
    """Studies in increasing order of size and events.

    Attributes
    ----------
    sizes, events : tuple of int
    mirrored : bool
        Whether events stand for non-events.
    """

    sizes: tuple[int, ...]
    events: tuple[int, ...]
    mirrored: bool

    @classmethod
    def of(cls, events: Ints, n: Ints) -> Table:
        """Read a dataset, shape (k,), absent studies left out."""
        pairs, others = (
            tuple(sorted((int(m), int(x)) for m, x in zip(n, counts, strict=True) if m > 0))
            for counts in (events, n - events)
        )
        mirrored = (2 * int(events.sum()), pairs) > (int(n.sum()), others)
        chosen = others if mirrored else pairs
        return cls(tuple(m for m, _ in chosen), tuple(x for _, x in chosen), mirrored)


def refuse_wide_priors(mu_prior: str, tau_prior: str) -> None:
    """Refuse priors so wide or narrow that one lattice cannot hold what they say.

    Parameters
    ----------
    mu_prior, tau_prior : str
    """
    for name, written, families, low, high in (
        ("mu_prior", mu_prior, MU_PRIORS, 0.2, 10.0),
        ("tau_prior", tau_prior, TAU_PRIORS, 0.05, 5.0),
    ):
        if not low <= parse_prior(written, families, name).scale <= high:
            raise ModelError(
                f"{name} must have a scale from {low:g} to {high:g} with ci='exact'; "
                f"got {written!r}."
            )


def single_p_value(events: int, n: int, proportion: float) -> float:
    """Give the two-sided p-value of one study whose interval is Clopper and Pearson's.

    Parameters
    ----------
    events, n : int
    proportion : float
    """
    if n == 0:
        return float("nan")
    tails = bdtr(events, n, proportion), bdtrc(events - 1, n, proportion) if events else 1.0
    return min(2 * float(min(tails)), 1.0)


def is_quick(sizes: tuple[int, ...], promise: Promise) -> bool:
    """Say whether an exact interval takes no more than a fraction of a second.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    """
    return len(sizes) < 2 or _cells(sizes, promise) <= _SMALL


def is_enumerated(sizes: tuple[int, ...], promise: Promise) -> bool:
    """Say whether all tables of a design are gone through.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    """
    return distinct(sizes) <= MOST_CELLS and _cells(sizes, promise) <= MOST_CELLS


def _cells(sizes: tuple[int, ...], promise: Promise) -> int:
    return distinct(sizes) * len(_lattice(sizes, promise).mu)


def _lattice(sizes: tuple[int, ...], promise: Promise) -> Lattice:
    return Lattice.of(sizes, promise.priors, promise.reach(sum(sizes)) + 1)


def exact_interval(
    table: Table, promise: Promise, credible: Floats, executor: Executor | None = None
) -> tuple[float, float]:
    """Give the exact interval of the median proportion.

    Parameters
    ----------
    table : Table
        Of two studies or more.
    promise : Promise
    credible : ndarray, shape (2,)
        The credible interval, near which drawn tables are needed; of the table as it was
        before it was mirrored.
    executor : Executor or None
        Where posteriors of drawn tables are worked out; here when None.
    """
    inner = logit(1 - credible[::-1] if table.mirrored else credible)

    def compute() -> list[float]:
        if is_enumerated(table.sizes, promise):
            design = _design(table.sizes, promise)
            last = design.below.shape[1] - 1
            place = design.place(table.events)
            return list(interval(design, place, promise.alpha, 0, last))
        return _drawn_interval(table, promise, (float(inner[0]), float(inner[1])), executor)

    low, high = _kept("exact-interval", table, promise, compute)
    return (1 - high, 1 - low) if table.mirrored else (low, high)


def all_limits(
    sizes: tuple[int, ...], events: Ints, promise: Promise
) -> tuple[Floats, Floats]:
    """Give exact intervals and prediction intervals of many tables of one design.

    The ends of the intervals are not refined: they lie on the outer side, by half a step of
    the lattice at the most.

    Parameters
    ----------
    sizes : tuple of int
        In increasing order; few enough for all tables to be gone through.
    events : ndarray of int, shape (k, d)
    promise : Promise

    Returns
    -------
    interval, prediction : ndarray, shape (d, 2)
    """
    if not is_enumerated(sizes, promise):
        raise ModelError(
            "The exact intervals of all tables can be had only where all can be gone through; "
            f"studies of {', '.join(map(str, sizes))} people have too many."
        )
    design = _design(sizes, promise)
    every = _every_interval(sizes, promise)
    tail = 0.5 - exact_prediction_level(sizes, promise) / 2
    low, high = design.prediction_limits()(tail)
    places = design.tables.places(events)
    return every[places], expit(np.stack([low, high], axis=1))[places]


@lru_cache(maxsize=4)
def _every_interval(sizes: tuple[int, ...], promise: Promise) -> Floats:
    return _design(sizes, promise).intervals(promise.alpha)


def exact_p_value(
    table: Table, promise: Promise, proportion: float, executor: Executor | None = None
) -> float:
    """Give the exact p-value of a median proportion.

    Parameters
    ----------
    table : Table
        Of two studies or more.
    promise : Promise
    proportion : float
        Between 0 and 1.
    executor : Executor or None
        Where posteriors of drawn tables are worked out; here when None.
    """
    reach = promise.reach(sum(table.sizes))
    mu = float(np.clip(logit(1 - proportion if table.mirrored else proportion), -reach, reach))
    if is_enumerated(table.sizes, promise):
        design = _design(table.sizes, promise)
        return p_value(design, design.place(table.events), mu)
    drawn = _draw_near(table, promise, [(mu, mu)], executor)[0]
    return p_value(drawn, drawn.place(table.events), mu)


def exact_prediction_level(
    sizes: tuple[int, ...], promise: Promise, executor: Executor | None = None
) -> float:
    """Give the smallest level of posterior intervals that hold a new study's rate often enough.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    executor : Executor or None
        Where posteriors of drawn tables are worked out; here when None.
    """

    def compute() -> float:
        if is_enumerated(sizes, promise):
            design = _design(sizes, promise)
            limits, mean = design.prediction_limits(), design.upper_mean
        else:
            drawn = _draw_everywhere(sizes, promise, executor)[1]
            logits = new_logits(_lattice(sizes, promise))[0]
            limits, mean = drawn.prediction_limits(logits), drawn.upper_mean
        return prediction_level(limits, mean, promise.tau_max, promise.alpha)

    empty = Table(sizes, (), False)
    return float(_kept("exact-prediction", empty, promise, compute))


_memory: dict[tuple[str, Table, Promise], Any] = {}


def _kept(kind: str, table: Table, promise: Promise, compute: Callable[[], Any]) -> Any:
    """Give an answer that was given before, in this process or, where it takes long, another."""
    asked = (kind, table, promise)
    if asked not in _memory:
        if len(_memory) >= 10_000:
            _memory.pop(next(iter(_memory)))
        if _cells(table.sizes, promise) < _SMALL // 10:
            _memory[asked] = compute()
        else:
            key = {"sizes": table.sizes, "events": table.events, **asdict(promise)}
            _memory[asked] = remembered(kind, key, compute, source=("onearm.models",))
    return _memory[asked]


def _design(sizes: tuple[int, ...], promise: Promise) -> Enumerated:
    small = _cells(sizes, promise) <= _SMALL
    return (_small_design if small else _large_design)(sizes, promise)


def _enumerate(sizes: tuple[int, ...], promise: Promise) -> Enumerated:
    reach = promise.reach(sum(sizes))
    return Enumerated.of(sizes, promise.priors, promise.spreads, reach)


_small_design = lru_cache(maxsize=8)(_enumerate)
_large_design = lru_cache(maxsize=1)(_enumerate)


# ---- drawn tables ------------------------------------------------------------------------


def _afford(sizes: tuple[int, ...], promise: Promise) -> None:
    """Refuse studies whose likelihoods would not fit in memory."""
    lattice = _lattice(sizes, promise)
    needed = 16 * sum(n + 1 for n in set(sizes)) * len(lattice.mu) * len(lattice.tau)
    if needed > MEMORY:
        raise ModelError(
            f"Studies of up to {max(sizes):,} people are too large for the exact interval: about "
            f"{needed / 2**30:,.0f} GiB would be needed, and {MEMORY / 2**30:g} GiB are allowed. "
            "Choose ci='credible'; with so many people the two hardly differ."
        )


def _places(lattice: Lattice, low: float, high: float, margin: int = 5) -> tuple[int, int]:
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


def _draw_everywhere(
    sizes: tuple[int, ...], promise: Promise, executor: Executor | None
) -> tuple[Question, Drawn]:
    """Draw tables from everywhere; the outermost are among them."""
    _afford(sizes, promise)
    reach = promise.reach(sum(sizes))
    places = _places(_lattice(sizes, promise), -reach, reach, 0)
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


def _drawn_interval(
    table: Table, promise: Promise, inner: tuple[float, float], executor: Executor | None
) -> list[float]:
    """Find the ends roughly with tables from everywhere, then with tables from near them."""
    question, first = _draw_everywhere(table.sizes, promise, executor)
    first = first.joined(question, table.events)
    seen = first.place(table.events)
    edges = (0 * np.array(table.sizes)).tolist(), list(table.sizes)
    every = max(1, int(0.15 / (first.mu[1] - first.mu[0])))
    ends: list[float] = [0.0, 1.0]
    stretches = []
    for side, points in enumerate((first.known[::every], first.known[::-1][::every])):
        if points[0].extreme(seen)[first.place(edges[side])]:
            continue
        outer = float(logit(Search(first, seen, promise.alpha, _ROUGH).end(points)))
        stretches.append((side, outer))
    pairs = [(outer, inner[side]) for side, outer in stretches]
    for (side, _), near in zip(
        stretches, _draw_near(table, promise, pairs, executor) if pairs else [], strict=True
    ):
        points = near.known[:: 1 - 2 * side][4:]
        search = Search(near, near.place(table.events), promise.alpha, _DRAWN_FINE)
        ends[side] = search.end(points)
    return ends


def _draw_near(
    table: Table,
    promise: Promise,
    stretches: list[tuple[float, float]],
    executor: Executor | None,
) -> list[Drawn]:
    """Draw one set of tables from near some stretches of mu; give a view of it for each."""
    sizes = table.sizes
    _afford(sizes, promise)
    lattice = _lattice(sizes, promise)
    rows = tuple(_places(lattice, min(pair), max(pair)) for pair in stretches)
    shares = np.array([0.0, 0.4, 0.7, 0.9, 1.0]), np.array([1, 1, 1, 1, 3])
    mu = [m for outer, inner in stretches for m in np.linspace(outer, inner, 3)]
    count = max(_SECOND * len(stretches) / 2, 1)
    crossed = np.meshgrid(mu, promise.tau_max * shares[0], indexing="ij")
    weight = np.tile(shares[1], len(mu))
    question = _question(sizes, promise, (-np.inf, np.inf), rows)
    probe = Scenarios(*(g.ravel() for g in crossed), np.full(len(weight), 20))
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
