"""The posteriors of some tables, each worked out by itself on the lattice of its design."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from onearm.models.arrays import Floats, Ints
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS, parse_prior
from onearm.models.exact_interval.lattice import Lattice
from onearm.models.exact_interval.prediction import new_logits
from onearm.models.exact_interval.results import result_probabilities

_OUTERMOST, _GONE = 3, 1e-8
"""How many tables are looked at on each side, and what is left of a density at its ends."""

_MARGIN = 0.5
"""Logits that are kept beyond where their posteriors end."""

_CELLS = 64_000
"""Numbers of an array that stays in the cache."""


@dataclass(frozen=True)
class Question:
    """What the posteriors of tables are asked: picklable, for workers elsewhere.

    Attributes
    ----------
    sizes : tuple of int
        People in each study.
    mu_prior, tau_prior : str
    least : float
        How far from 0 the lattice goes at the least.
    rows : tuple of int
        First and last point of mu, in steps from 0, at which distribution functions are wanted.
    new : bool
        Whether those of a new study's logit are wanted too.
    """

    sizes: tuple[int, ...]
    mu_prior: str
    tau_prior: str
    least: float
    rows: tuple[int, int]
    new: bool = False

    @property
    def lattice(self) -> Lattice:
        """The whole lattice."""
        return _laid_out(self.sizes, self.mu_prior, self.tau_prior, self.least)[0]

    @property
    def mu(self) -> Floats:
        """The centres at which distribution functions are wanted."""
        return np.asarray(self.lattice.step * np.arange(self.rows[0], self.rows[1] + 1.0))


@dataclass(frozen=True, eq=False)
class _Part:
    """Where the posteriors of some tables lie.

    Attributes
    ----------
    lattice : Lattice
    results : dict
        From each size to the probabilities of its results there, (t, n + 1, m).
    start : int
        Points of mu before it.
    """

    lattice: Lattice
    results: dict[int, Floats]
    start: int

    def posteriors(self, sizes: Sequence[int], events: Ints) -> Iterator[tuple[int, slice, Floats]]:
        """Yield a value of tau, some points of mu and the posteriors there, (d, points).

        They are not normalised.
        """
        lattice, d = self.lattice, events.shape[1]
        count = min(max(64, _CELLS // d), len(lattice.mu))
        prior = np.exp(lattice.log_prior)
        joint, factor = np.empty((2, d, count))
        for t, weight in enumerate(lattice.weight.tolist()):
            for at in range(0, len(prior), count):
                here = slice(at, min(at + count, len(prior)))
                if here.stop - at < joint.shape[1]:
                    joint, factor = np.empty((2, d, here.stop - at))
                joint[:] = weight * prior[here]
                for size, x in zip(sizes, events, strict=True):
                    known = np.ascontiguousarray(self.results[size][t, :, here])
                    known.take(x, axis=0, out=factor, mode="clip")
                    joint *= factor
                yield t, here, joint
            if joint.shape[1] < count:
                joint, factor = np.empty((2, d, count))


@lru_cache(maxsize=1)
def _laid_out(
    sizes: tuple[int, ...], mu_prior: str, tau_prior: str, least: float
) -> tuple[Lattice, dict[int, Floats]]:
    """Give the whole lattice, and results of every size on it (t, n + 1, m)."""
    priors = (
        parse_prior(mu_prior, MU_PRIORS, "mu_prior"),
        parse_prior(tau_prior, TAU_PRIORS, "tau_prior"),
    )
    lattice, results = Lattice.of(sizes, priors, least), {}
    for size in set(sizes):
        found = result_probabilities(size, lattice.mu, lattice.tau)
        # each on a scale of its own, so that a product of many does not underflow
        found /= found.max(axis=(0, 2))[:, None]
        results[size] = found
    return lattice, results


def mean_logits(sizes: Sequence[int], events: Ints) -> Floats:
    """Give about the centres of tables: those alike lie in one small part of the lattice.

    Parameters
    ----------
    sizes : sequence of int
    events : ndarray of int, shape (k, d)
    """
    return np.asarray(_logits(sizes, events).mean(axis=0))


def _logits(sizes: Sequence[int], events: Ints) -> Floats:
    return np.asarray(np.log((events + 0.5) / (np.array(sizes)[:, None] - events + 0.5)))


def _part_of(question: Question, events: Ints) -> _Part:
    """Find where posteriors lie, by the tables that are outermost in centre and in spread."""
    asked = question.sizes, question.mu_prior, question.tau_prior, question.least
    whole = _Part(*_laid_out(*asked), 0)
    logits = _logits(question.sizes, events)
    middle = logits.mean(axis=0), events.sum(axis=0), np.median(logits, axis=0)
    chosen = set()
    for score in (*middle, logits.std(axis=0)):
        order = np.argsort(score, kind="stable")
        chosen |= {*order[:_OUTERMOST].tolist(), *order[-_OUTERMOST:].tolist()}
    lattice = whole.lattice
    tables = events[:, sorted(chosen)]
    of_mu = np.zeros((tables.shape[1], len(lattice.mu)))
    of_tau = np.zeros((tables.shape[1], len(lattice.tau)))
    for t, here, joint in whole.posteriors(question.sizes, tables):
        of_mu[:, here] += joint
        of_tau[:, t] += joint.sum(axis=1)
    mu, tau = (
        np.flatnonzero((found > _GONE * found.max(axis=1, keepdims=True)).any(axis=0))
        for found in (of_mu, of_tau)
    )
    margin = int(np.ceil(_MARGIN / lattice.step))
    rows, first = slice(int(tau[-1]) + 1), max(int(mu[0]) - margin, 0)
    here = slice(first, int(mu[-1]) + margin + 1)
    results = {size: found[rows, :, here] for size, found in whole.results.items()}
    return _Part(lattice.part(rows, here), results, first)


def distribution_functions(task: tuple[Question, Ints]) -> tuple[Floats, Floats]:
    """Give the posterior distribution functions of tables, which are to be alike.

    Parameters
    ----------
    task : tuple
        The question, and the events (k, d) of the tables.

    Returns
    -------
    below : ndarray, shape (rows, d)
        Of the centre, at the rows that are asked for.
    new : ndarray, shape (j, d)
        Of a new study's logit, at the points of ``new_logits``; none unless asked for.
    """
    question, events = task
    part = _part_of(question, events)
    lattice, d = part.lattice, events.shape[1]
    density = np.zeros((d, len(lattice.mu)))
    kernels = _new_kernels(question) if question.new else []
    new = np.zeros((len(kernels[0]) if kernels else 0, d))
    for t, here, joint in part.posteriors(question.sizes, events):
        density[:, here] += joint
        if kernels:
            every, start = lattice.every[t], part.start
            points = slice(here.start + -here.start % every, here.stop, every)
            kernel = kernels[t][:, points.start + start : points.stop + start : every]
            new += every * (kernel @ joint[:, points.start - here.start :: every].T)
    total = lattice.step * density.sum(axis=1)
    below = np.clip(lattice.below(density).T / total, 0.0, 1.0)
    # nothing lies before the part, and all before what is after it
    below = np.concatenate([np.zeros((1, d)), below, np.ones((1, d))])
    rows = np.rint(question.mu / lattice.step) - np.rint(lattice.mu[0] / lattice.step)
    places = np.clip(rows.astype(np.int64) + 1, 0, len(below) - 1)
    return below[places], new / total


@lru_cache(maxsize=1)
def _new_kernels(question: Question) -> list[Floats]:
    """Give weights (j, m) that integrate posteriors up to the logits of a new study, a tau each.

    What is smeared widely needs every second point only.
    """
    lattice = question.lattice
    rows = new_logits(lattice)[1]
    return [lattice.kernel(rows, tau) for tau in lattice.tau.tolist()]
