"""All tables that studies of given sizes could have shown, and how probable each is.

A design is nothing but the sizes of its studies. Its sample space has ``prod(n_i + 1)``
tables; studies of one size are interchangeable, so tables that differ only in their order
are kept once, with the number of orders. Where even these are too many, tables are drawn:
from the equal mixture of all the scenarios that are asked about, so that one sample serves
every scenario by its likelihood ratio to the mixture (the balance heuristic, Veach and
Guibas 1995, 10.1145/218380.218498; no weight exceeds the number of scenarios).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement
from math import comb, factorial, prod

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from onearm.models.arrays import Floats, Ints
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.models.binomial_normal.likelihood import log_choose

_DROP = 34.0
"""Fall of the log-integrand at the ends of its window: probabilities to about 1e-15."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Tables of one design.

    Attributes
    ----------
    sizes : ndarray of int, shape (k,)
        In increasing order.
    events : ndarray of int, shape (k, d)
        Distinct tables, those of equal-sized studies in increasing order.
    copies : ndarray of float, shape (d,)
        In how many orders each table occurs, or how often it was drawn.
    exact : bool
        Whether all tables of the sample space are here.
    """

    sizes: Ints
    events: Ints
    copies: Floats
    exact: bool

    @property
    def n(self) -> Ints:
        """People, in the shape of the events."""
        return np.broadcast_to(self.sizes[:, None], self.events.shape)

    def only(self, columns: Ints) -> Tables:
        """Give some of the tables, which then are no longer all."""
        return Tables(self.sizes, self.events[:, columns], self.copies[columns], exact=False)

    @cached_property
    def mirror(self) -> Ints:
        """Give the place of the table in which events and non-events are exchanged.

        Returns
        -------
        ndarray of int, shape (d,)
            -1 where that table is not among these (drawn tables only).
        """
        return _find(_in_order(self.sizes, self.n - self.events), self.events, self.sizes)


def groups(sizes: Sequence[int]) -> dict[int, int]:
    """Count the studies of every size, in increasing order of size."""
    return {size: list(sizes).count(size) for size in sorted(set(sizes))}


def sample_space(sizes: Sequence[int]) -> int:
    """Count the tables of a design: the product of all ``n_i + 1``."""
    return prod(size + 1 for size in sizes)


def distinct(sizes: Sequence[int]) -> int:
    """Count the tables that remain when equal-sized studies are interchangeable."""
    return prod(comb(size + m, m) for size, m in groups(sizes).items())


def enumerate_tables(sizes: Sequence[int]) -> Tables:
    """List every table of a design, equal-sized studies being interchangeable.

    Parameters
    ----------
    sizes : sequence of int
        People per study, in any order.

    Returns
    -------
    Tables
        With ``distinct(sizes)`` columns.
    """
    parts = [_multisets(size, m) for size, m in groups(sizes).items()]
    places = np.indices([len(copies) for _, copies in parts]).reshape(len(parts), -1)
    events = np.concatenate([counts[:, at] for (counts, _), at in zip(parts, places, strict=True)])
    copies = np.prod([copies[at] for (_, copies), at in zip(parts, places, strict=True)], axis=0)
    return Tables(np.sort(np.asarray(sizes, dtype=np.int64)), events, copies, exact=True)


def _multisets(size: int, m: int) -> tuple[Ints, Floats]:
    """List the results of m studies of one size, with the number of their orders."""
    chosen = np.array(list(combinations_with_replacement(range(size + 1), m)), dtype=np.int64)
    repeats = (chosen[:, :, None] == np.arange(size + 1)).sum(axis=1)
    orders = np.array([factorial(i) for i in range(m + 1)], dtype=float)
    return chosen.T, factorial(m) / orders[repeats].prod(axis=1)


def draw_tables(sizes: Sequence[int], p: Floats, tau: Floats, draws: int, seed: int) -> Tables:
    """Draw tables, equally many under each scenario.

    Parameters
    ----------
    sizes : sequence of int
    p, tau : ndarray, shape (g,)
        The scenarios: true median proportion, standard deviation of the true logits.
    draws : int
        Tables in all, rounded up to a multiple of the number of scenarios.
    seed : int

    Returns
    -------
    Tables
        The distinct ones; ``copies`` says how often each was drawn.
    """
    ordered = np.sort(np.asarray(sizes, dtype=np.int64))
    rng = np.random.default_rng(seed)
    each = -(-draws // len(p))
    centre, spread = (np.repeat(values, each) for values in (logit(p), tau))
    rates = 1 / (1 + np.exp(-(centre + spread * rng.standard_normal((len(ordered), len(centre))))))
    drawn = _in_order(ordered, rng.binomial(ordered[:, None], rates))
    events, copies = np.unique(drawn, axis=1, return_counts=True)
    return Tables(ordered, events, copies.astype(float), exact=False)


def _in_order(sizes: Ints, events: Ints) -> Ints:
    """Put the results of equal-sized studies in increasing order."""
    events = events.copy()
    for size in np.unique(sizes):
        same = sizes == size
        events[same] = np.sort(events[same], axis=0)
    return events


def _find(wanted: Ints, known: Ints, sizes: Ints) -> Ints:
    """Find columns among others, all different; -1 where there is none."""
    both = _one_number(np.concatenate([known, wanted], axis=1), sizes)
    here, sought = both[: known.shape[1]], both[known.shape[1] :]
    order = np.argsort(here, kind="stable")
    at = order[np.minimum(np.searchsorted(here, sought, sorter=order), len(here) - 1)]
    return np.where(here[at] == sought, at, -1)


def _one_number(events: Ints, sizes: Ints) -> Ints:
    """Write every column as one whole number, different columns as different ones."""
    if sample_space(sizes.tolist()) < 2**62:
        number = np.zeros(events.shape[1], dtype=np.int64)
        for size, x in zip(sizes, events, strict=True):
            number = number * (size + 1) + x
        return number
    return np.unique(events, axis=1, return_inverse=True)[1].ravel()


def study_probabilities(size: int, p: Floats, tau: Floats) -> Floats:
    """Give the probability of 0, 1, …, n events in one study, whatever its own true rate.

    The study's logit is normal about logit(p) with standard deviation tau, its events
    binomial (Stijnen 2010, 10.1002/sim.4040).

    Parameters
    ----------
    size : int
        People in the study.
    p, tau : ndarray, shape (g,)
        The scenarios.

    Returns
    -------
    ndarray, shape (size + 1, g)
    """
    x = np.arange(size + 1.0)[:, None]
    n = np.full_like(x, float(size))
    values, _ = study_likelihoods(
        x, n, np.asarray(logit(p))[None, :, None], np.asarray(tau)[None, :], _DROP
    )
    log_probability: Floats = values[:, 0, :, 0] + log_choose(x, n)
    return np.exp(log_probability)


def table_weights(tables: Tables, p: Floats, tau: Floats, columns: slice) -> Floats:
    """Give the weight of tables in the average over each scenario.

    Parameters
    ----------
    p, tau : ndarray, shape (g,)
    columns : slice
        Which tables.

    Returns
    -------
    ndarray, shape (g, number of tables)
        Probabilities that add up to 1 when all tables of the design are there; for drawn
        tables, likelihood ratios to the mixture over the number of draws.
    """
    events = tables.events[:, columns]
    single = {size: study_probabilities(size, p, tau) for size in groups(tables.sizes.tolist())}
    value: NDArray[np.float64] = np.ones((events.shape[1], len(p)))
    for size, x in zip(tables.sizes.tolist(), events, strict=True):
        value *= single[size][x]
    if not tables.exact:
        value /= value.mean(axis=1, keepdims=True) * tables.copies.sum()
    return (value * tables.copies[columns, None]).T
