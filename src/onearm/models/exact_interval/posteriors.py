"""The posteriors of some tables, each worked out by itself on the lattice of its design."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from onearm.models.arrays import Floats, Ints
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS, parse_prior
from onearm.models.exact_interval.lattice import Lattice
from onearm.models.exact_interval.prediction import new_logits
from onearm.models.exact_interval.products import product
from onearm.models.exact_interval.results import result_probabilities

_OUTERMOST, _GONE = 12, 1e-10
"""How many tables are looked at on each side, and what is left of a density at its ends."""

EVERYWHERE = (-np.inf, np.inf, np.inf)
"""The window that leaves nothing out."""

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
        How far from 0 the whole lattice goes at the least.
    window : tuple of float
        The lowest and the highest mu, and the highest tau, between which the posteriors lie.
    rows : tuple of int
        First and last points of mu, in steps from 0, at which distribution functions are wanted.
    new : bool
        Whether those of a new study's logit are wanted too; then all of mu must be there.
    """

    sizes: tuple[int, ...]
    mu_prior: str
    tau_prior: str
    least: float
    window: tuple[float, ...]
    rows: tuple[tuple[int, int], ...]
    new: bool = False


@lru_cache(maxsize=1)
def _everything(
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


@lru_cache(maxsize=2)
def _laid_out(question: Question) -> tuple[Lattice, dict[int, Floats], Ints]:
    """Give the lattice, results of every size on it, and the places of what is asked about."""
    priors = question.mu_prior, question.tau_prior
    whole, known = _everything(question.sizes, *priors, question.least)
    lattice = whole.within(*question.window)
    if question.window != EVERYWHERE:
        start = int(np.searchsorted(whole.mu, lattice.mu[0]))
        part = slice(len(lattice.tau)), slice(start, start + len(lattice.mu))
        known = {size: np.ascontiguousarray(found[:, *part]) for size, found in known.items()}
    first = int(np.rint(lattice.mu[0] / lattice.step))
    rows = np.concatenate([np.arange(low, high + 1) for low, high in question.rows]) - first
    return lattice, known, rows


def distribution_functions(task: tuple[Question, Ints]) -> tuple[Floats, Floats]:
    """Give the posterior distribution functions of tables.

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
    lattice, _, rows = _laid_out(question)
    new_kernel = _new_kernel(question) if question.new else np.empty((0, 0))
    d, (t, m) = events.shape[1], (len(lattice.tau), len(lattice.mu))
    density, new = np.empty((d, m)), np.empty((len(new_kernel), d))
    block = max(1, _CELLS // (t * m)) if question.new else 1
    kept = np.empty((block, new_kernel.shape[1]))
    wanted = _wanted(question)
    for j, joint in enumerate(_posteriors(question, events)):
        joint.sum(axis=0, out=density[j])
        if not question.new:
            continue
        joint.ravel().take(wanted, out=kept[j % block])
        count = j % block + 1
        if count == block or j == d - 1:
            new[:, j + 1 - count : j + 1] = product(new_kernel, kept[:count].T)
    total = lattice.step * density.sum(axis=1)
    below = lattice.below(density)[:, rows].T / total
    return np.clip(below, 0.0, 1.0), new / total


@lru_cache(maxsize=2)
def _wanted(question: Question) -> Ints:
    """Where in a posterior (t, m), laid flat, the points of :func:`_new_kernel` are."""
    lattice = _laid_out(question)[0]
    every = np.arange(len(lattice.tau) * len(lattice.mu)).reshape(len(lattice.tau), -1)
    return np.concatenate([row[::e] for e, row in zip(lattice.every, every, strict=True)])


def extremes(question: Question, events: Ints) -> tuple[float, ...]:
    """Give the part of mu and tau in which the posteriors of tables lie, and some more.

    Parameters
    ----------
    question : Question
        About all of mu.
    events : ndarray of int, shape (k, d)
        Tables, of which the outermost in centre and spread are looked at, and the last.
    """
    lattice = _laid_out(question)[0]
    sizes = np.array(question.sizes)[:, None]
    logits = np.log((events + 0.5) / (sizes - events + 0.5))
    chosen = {events.shape[1] - 1}
    middle = logits.mean(axis=0), events.sum(axis=0), np.median(logits, axis=0)
    for score in (*middle, logits.std(axis=0)):
        order = np.argsort(score, kind="stable")
        chosen |= {*order[:_OUTERMOST].tolist(), *order[-_OUTERMOST:].tolist()}
    mu, tau = np.zeros(len(lattice.mu), dtype=bool), np.zeros(len(lattice.tau), dtype=bool)
    for joint in _posteriors(question, events[:, sorted(chosen)]):
        of_mu, of_tau = joint.sum(axis=0), joint.sum(axis=1)
        mu |= of_mu > _GONE * of_mu.max()
        tau |= of_tau > _GONE * of_tau.max()
    there, last = lattice.mu[mu], lattice.tau[tau][-1]
    return float(there[0] - 0.5), float(there[-1] + 0.5), float(last)


@lru_cache(maxsize=2)
def _new_kernel(question: Question) -> Floats:
    """Weights (j, points) that integrate a posterior up to the logits of a new study."""
    lattice = _laid_out(question)[0]
    rows = new_logits(lattice)[1]
    parts = [lattice.kernel(rows, tau) for tau in lattice.tau.tolist()]
    # what is smeared widely needs every second point only
    return np.concatenate(
        [e * part[:, ::e] for e, part in zip(lattice.every, parts, strict=True)], axis=1
    )


def _posteriors(question: Question, events: Ints) -> Iterator[Floats]:
    """Yield the posterior of one table after another, (t, m), not normalised.

    A table begins where it first differs from the one before.
    """
    lattice, results, _ = _laid_out(question)
    of_study = [results[size] for size in question.sizes]
    partial = np.empty((len(of_study) + 1, len(lattice.tau), len(lattice.mu)))
    partial[0] = lattice.weight[:, None] * np.exp(lattice.log_prior)
    changed = (np.diff(events, axis=1) != 0).argmax(axis=0)
    for x, first in zip(events.T.tolist(), [0, *changed.tolist()], strict=True):
        for i in range(first, len(of_study)):
            np.multiply(partial[i], of_study[i][x[i]], out=partial[i + 1])
        yield partial[-1]


def asked_about(question: Question) -> Floats:
    """Give the centres at which distribution functions are wanted."""
    rows = np.concatenate([np.arange(low, high + 1) for low, high in question.rows])
    return np.asarray(_laid_out(question)[0].step * rows, dtype=float)
