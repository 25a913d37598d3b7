"""What is asked of a design: exact intervals, exact p-values, the level of prediction intervals.

Designs with few tables are gone through, others drawn from. Tables that differ in the order
of their studies, or in what is called an event, get the same answer to the last bit: one of
them is answered for all. What takes long is kept on disk.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict
from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import expit, logit

from onearm.cache import remembered
from onearm.models.arrays import Floats, Ints
from onearm.models.errors import ModelError
from onearm.models.exact_interval.drawing import (
    can_be_drawn,
    draw_ahead,
    draw_near,
    drawn_interval,
)
from onearm.models.exact_interval.enumerated import Enumerated
from onearm.models.exact_interval.inversion import interval, p_value
from onearm.models.exact_interval.prediction import (
    CENTRES,
    CENTRES_DRAWN,
    SPREADS,
    SPREADS_DRAWN,
    prediction_level,
)
from onearm.models.exact_interval.promise import (
    FEW_CELLS,
    PRECISION,
    Promise,
    Table,
    cells,
    is_enumerated,
)

_AT_ONCE = 400_000
"""Numbers that a design may keep for its answers not to be worth a place on disk."""


def exact_interval(
    table: Table, promise: Promise, credible: Floats, executor: Executor | None = None
) -> tuple[float, float]:
    """Give the exact interval of the median proportion.

    It is (nan, nan) where tables have to be drawn, and those that can be do not tell its ends
    well enough.

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
    if not is_within_reach(table.sizes, promise):
        return np.nan, np.nan
    inner = logit(1 - credible[::-1] if table.mirrored else credible)

    def compute() -> list[float]:
        if is_enumerated(table.sizes, promise):
            design = _design(table.sizes, promise)
            last = design.below.shape[1] - 1
            place = design.place(table.events)
            return list(interval(design, place, promise.alpha, 0, last))
        return drawn_interval(table, promise, (float(inner[0]), float(inner[1])), executor)

    low, high, *estimated = _kept("exact-interval", table, promise, compute)
    if estimated and max(estimated[0] - low, high - estimated[1]) > PRECISION:
        return np.nan, np.nan
    return (1 - high, 1 - low) if table.mirrored else (low, high)


def is_within_reach(sizes: tuple[int, ...], promise: Promise) -> bool:
    """Say whether exact answers can be had for studies of these sizes.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    """
    return is_enumerated(sizes, promise) or can_be_drawn(sizes, promise)


def all_limits(sizes: tuple[int, ...], events: Ints, promise: Promise) -> tuple[Floats, Floats]:
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
    def compute() -> list[list[float]]:
        return _design(sizes, promise).intervals(promise.alpha).tolist()  # type: ignore[no-any-return]

    empty = Table(sizes, (), False)
    return np.array(_kept("exact-intervals", empty, promise, compute))


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
    if not is_within_reach(table.sizes, promise):
        raise ModelError(
            f"Studies of {', '.join(map(str, table.sizes))} people have too many possible results "
            "for an exact p-value."
        )
    reach = promise.reach(sum(table.sizes))
    mu = float(np.clip(logit(1 - proportion if table.mirrored else proportion), -reach, reach))

    def compute() -> float:
        if is_enumerated(table.sizes, promise):
            design = _design(table.sizes, promise)
            return p_value(design, design.place(table.events), mu)
        drawn = draw_near(table, promise, (mu, mu), executor)
        return p_value(drawn, drawn.place(table.events), mu)

    return float(_kept("exact-p-value", table, promise, compute, mu))


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
            counts = CENTRES, SPREADS
            limits, mean = design.prediction_limits(), design.upper_mean
        else:
            counts = CENTRES_DRAWN, SPREADS_DRAWN
            logits, drawn = draw_ahead(sizes, promise, executor)
            limits, mean = drawn.prediction_limits(logits), drawn.upper_mean
        return prediction_level(limits, mean, promise.tau_max, promise.alpha, counts)

    empty = Table(sizes, (), False)
    return float(_kept("exact-prediction", empty, promise, compute))


_memory: dict[tuple[str, Table, Promise, float | None], Any] = {}


def _kept(
    kind: str,
    table: Table,
    promise: Promise,
    compute: Callable[[], Any],
    mu: float | None = None,
) -> Any:
    """Give an answer that was given before, in this process or, where it takes long, another."""
    asked = (kind, table, promise, mu)
    if asked not in _memory:
        if len(_memory) >= 10_000:
            _memory.pop(next(iter(_memory)))
        if cells(table.sizes, promise) < _AT_ONCE:
            _memory[asked] = compute()
        else:
            key = {"sizes": table.sizes, "events": table.events, "mu": mu, **asdict(promise)}
            _memory[asked] = remembered(kind, key, compute, source=("onearm.models",))
    return _memory[asked]


def _design(sizes: tuple[int, ...], promise: Promise) -> Enumerated:
    small = cells(sizes, promise) <= FEW_CELLS
    return (_small_design if small else _large_design)(sizes, promise)


def _enumerate(sizes: tuple[int, ...], promise: Promise) -> Enumerated:
    reach = promise.reach(sum(sizes))
    return Enumerated.of(sizes, promise.priors, promise.spreads, reach)


_small_design = lru_cache(maxsize=8)(_enumerate)
_large_design = lru_cache(maxsize=1)(_enumerate)
