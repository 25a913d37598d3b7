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
from onearm.models.exact_interval.products import product
from onearm.models.exact_interval.results import result_probabilities

_OUTERMOST, _GONE = 3, 1e-10
"""How many tables are looked at on each side, and what is left of a density at its ends."""

_MARGIN = 0.5
"""Logits that are kept beyond where their posteriors end."""

_CELLS = 1_000_000
"""Numbers of an array that is made at a time."""


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
        From each size to the probabilities of its results there, (n + 1, t, m).
    start : int
        Points of mu before it.
    """

    lattice: Lattice
    results: dict[int, Floats]
    start: int

    def posteriors(self, sizes: Sequence[int], events: Ints) -> Iterator[Floats]:
        """Yield the posterior of one table after another, (t, m), not normalised.

        A table begins where it first differs from the one before.
        """
        of_study = [self.results[size] for size in sizes]
        lattice = self.lattice
        partial = np.empty((len(of_study) + 1, len(lattice.tau), len(lattice.mu)))
        partial[0] = lattice.weight[:, None] * np.exp(lattice.log_prior)
        changed = (np.diff(events, axis=1) != 0).argmax(axis=0)
        for x, first in zip(events.T.tolist(), [0, *changed.tolist()], strict=True):
            for i in range(first, len(of_study)):
                np.multiply(partial[i], of_study[i][x[i]], out=partial[i + 1])
            yield partial[-1]


@lru_cache(maxsize=1)
def _laid_out(
    sizes: tuple[int, ...], mu_prior: str, tau_prior: str, least: float
) -> tuple[Lattice, dict[int, Floats]]:
    """Give the whole lattice, and results of every size on it (n + 1, t, m)."""
    priors = (
        parse_prior(mu_prior, MU_PRIORS, "mu_prior"),
        parse_prior(tau_prior, TAU_PRIORS, "tau_prior"),
    )
    lattice, results = Lattice.of(sizes, priors, least), {}
    for size in set(sizes):
        found = result_probabilities(size, lattice.mu, lattice.tau)
        # each on a scale of its own, so that a product of many does not underflow
        found /= found.max(axis=(0, 2))[:, None]
        results[size] = np.ascontiguousarray(found.transpose(1, 0, 2))
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
    mu, tau = np.zeros(len(lattice.mu), dtype=bool), np.zeros(len(lattice.tau), dtype=bool)
    for joint in whole.posteriors(question.sizes, events[:, sorted(chosen)]):
        of_mu, of_tau = joint.sum(axis=0), joint.sum(axis=1)
        mu |= of_mu > _GONE * of_mu.max()
        tau |= of_tau > _GONE * of_tau.max()
    margin = int(np.ceil(_MARGIN / lattice.step))
    there, rows = np.flatnonzero(mu), slice(int(np.flatnonzero(tau)[-1]) + 1)
    here = slice(max(int(there[0]) - margin, 0), int(there[-1]) + margin + 1)
    results = {
        size: np.ascontiguousarray(found[:, rows, here]) for size, found in whole.results.items()
    }
    return _Part(lattice.part(rows, here), results, here.start)


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
    density = np.empty((d, len(lattice.mu)))
    kernel, wanted = _new_kernel(question, part) if question.new else (np.empty((0, 0)), None)
    new = np.empty((len(kernel), d))
    kept = np.empty((max(1, _CELLS // max(kernel.shape[1], 1)), kernel.shape[1]))
    order = np.lexsort(events[::-1])
    for at, joint in enumerate(part.posteriors(question.sizes, events[:, order])):
        joint.sum(axis=0, out=density[order[at]])
        if wanted is None:
            continue
        count = at % len(kept) + 1
        joint.ravel().take(wanted, out=kept[count - 1])
        if count == len(kept) or at == d - 1:
            new[:, order[at + 1 - count : at + 1]] = product(kernel, kept[:count].T)
    total = lattice.step * density.sum(axis=1)
    below = np.clip(lattice.below(density).T / total, 0.0, 1.0)
    # nothing lies before the part, and all before what is after it
    below = np.concatenate([np.zeros((1, d)), below, np.ones((1, d))])
    rows = np.rint(question.mu / lattice.step) - np.rint(lattice.mu[0] / lattice.step)
    places = np.clip(rows.astype(np.int64) + 1, 0, len(below) - 1)
    return below[places], new / total


def _new_kernel(question: Question, part: _Part) -> tuple[Floats, Ints]:
    """Weights (j, points) that integrate a posterior up to the logits of a new study.

    Returns
    -------
    ndarray, ndarray
        The weights, and where in a posterior (t, m), laid flat, the points are.
    """
    lattice = part.lattice
    here = slice(part.start, part.start + len(lattice.mu))
    # what is smeared widely needs every second point only
    every, kernels = lattice.every, _new_kernels(question)
    weights = [e * whole[:, here][:, ::e] for e, whole in zip(every, kernels, strict=False)]
    places = np.arange(len(every) * len(lattice.mu)).reshape(len(every), -1)
    points = [row[::e] for e, row in zip(every, places, strict=True)]
    return np.concatenate(weights, axis=1), np.concatenate(points)


@lru_cache(maxsize=1)
def _new_kernels(question: Question) -> list[Floats]:
    """Give the weights of all points of mu, for every tau."""
    lattice = question.lattice
    rows = new_logits(lattice)[1]
    return [lattice.kernel(rows, tau) for tau in lattice.tau.tolist()]
