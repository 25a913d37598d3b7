r"""The Bayesian intervals of all tables of a design at once, by look-up and addition.

A study's log-likelihood on a lattice of (mu, tau) depends only on its own events and
size, and a table's is the sum over its studies: one small array a size, filled by
quadrature, serves every table. Posterior probabilities are then linear in the likelihood.

The lattice is even in mu, so that the posterior density is known between its points too:
as a series of sinc functions, whose integrals, and integrals against a normal
distribution function, have weights of their own (Stenger 1981, 10.1137/1023037). In tau
it is a Gauss-Legendre rule in arsinh(tau). Limits agree with those of the model itself,
which lays out a lattice for every table, to about 2e-5 (most to 1e-6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from scipy.special import expit, ndtr, ndtri

from onearm.models import Bayes, Model
from onearm.models.arrays import Floats, Ints
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.robustness.calibration.designs import Tables, groups

_SPREADS = 20
"""Values of tau."""

_FARTHEST = 7.0
"""Prior scales after which a half-normal prior on tau has nothing left."""

_APART = 0.3
"""Greatest distance at which the distribution of a new study's logit is worked out."""

_BLOCK = 128
"""Tables that are laid out at once, few enough for the cache."""

_STRIP = 8
"""Tables that are multiplied at once: as fast as many on one processor, and below the size
at which linear algebra libraries start threads, which get in each other's way as soon as
something else runs."""

_ALONE = 250_000
"""Multiplications in a product of matrices up to which those libraries start no threads."""


def in_lattice(model: Model) -> bool:
    """Whether the posterior of a model is one that a common lattice can hold."""
    return type(model) is Bayes and not model.is_exact and model.priors[1].family == "half-normal"


def lattice_limits(
    tables: Tables, models: Sequence[Bayes], columns: Ints
) -> dict[Bayes, tuple[Floats, Floats]]:
    """Give confidence and prediction intervals of chosen tables.

    Parameters
    ----------
    tables : Tables
    models : sequence of Bayes
        With one prior on mu and half-normal priors on tau.
    columns : ndarray of int
        The tables that are wanted.

    Returns
    -------
    dict
        From each model to its two kinds of interval, each (number of columns, 2).
    """
    lattice = _lattice(tuple(tables.sizes.tolist()), tuple(models))
    out = {model: (np.empty((len(columns), 2)), np.empty((len(columns), 2))) for model in models}
    for at in range(0, len(columns), _BLOCK):
        part = slice(at, at + _BLOCK)
        weight = lattice.likelihood(tables.events[:, columns[part]])
        ahead = _in_strips(weight, lattice.kernels)
        for model, (ci, prediction) in out.items():
            prior = lattice.tau_weights(model)
            centre = _in_strips(np.einsum("t,tdm->dm", prior, weight)[None], lattice.kernel[None])[
                0
            ]
            new = np.einsum("t,tdj->dj", prior, ahead)
            tails = np.array([0.5 - model.level / 2, 0.5 + model.level / 2])
            ci[part] = expit(_quantiles(lattice.mu, centre, tails))
            prediction[part] = expit(_quantiles(lattice.new, new, tails))
    return out


@dataclass(frozen=True, eq=False)
class Lattice:
    """Points in mu and tau, with the log-likelihood of every possible study.

    Attributes
    ----------
    mu : ndarray, shape (m,)
        Even.
    tau, step : ndarray, shape (t,)
        Values and the weights of their rule.
    sizes : tuple of int
    prior : ndarray, shape (m,)
        Log-density of mu.
    studies : dict
        From a size n to log-likelihoods (t, n + 1, m).
    """

    mu: Floats
    tau: Floats
    step: Floats
    sizes: tuple[int, ...]
    prior: Floats
    studies: dict[int, Floats]

    @classmethod
    def of(cls, sizes: Sequence[int], models: Sequence[Bayes]) -> Lattice:
        """Lay out the lattice of a design."""
        mu = centres(sizes, 10.0)
        largest = _FARTHEST * max(model.priors[1].scale for model in models)
        node, weight = _rule(_SPREADS)
        reach = np.arcsinh(largest) / 2
        u = reach * (node + 1)
        tau, step = np.sinh(u), reach * weight * np.cosh(u)
        studies = {size: every_result(size, mu, tau) for size in groups(sizes)}
        prior = models[0].priors[0].log_density(mu)
        return cls(mu, tau, step, tuple(sizes), prior, studies)

    def likelihood(self, events: Ints) -> Floats:
        """Give the likelihood times the prior of mu, (t, d, m), each table's peak being 1."""
        total = sum_studies(self.studies, self.sizes, events)
        total += self.prior
        total -= total.max(axis=(0, 2))[None, :, None]
        return np.exp(total, out=total)

    def tau_weights(self, model: Bayes) -> Floats:
        """Give the weights with which the values of tau are summed, shape (t,)."""
        return np.asarray(self.step * np.exp(model.priors[1].log_density(self.tau)), dtype=float)

    @cached_property
    def kernel(self) -> Floats:
        """Weights (m, m) that integrate a density of mu up to each of its points."""
        return _kernel(0.0, len(self.mu), self.mu[1] - self.mu[0])

    @property
    def _coarse(self) -> slice:
        """Every so many points of mu, the last one included."""
        every = max(int(_APART / (self.mu[1] - self.mu[0])), 1)
        return slice((len(self.mu) - 1) % every, None, every)

    @property
    def new(self) -> Floats:
        """The logits of a new study at which its distribution is worked out, shape (j,)."""
        return self.mu[self._coarse]

    @cached_property
    def kernels(self) -> Floats:
        """The same for the logit of a new study, (t, m, j): mu plus tau times a normal."""
        size, spacing = len(self.mu), self.mu[1] - self.mu[0]
        return np.stack([_kernel(tau, size, spacing)[:, self._coarse] for tau in self.tau])


def centres(sizes: Sequence[int], beyond: float) -> Floats:
    """Give the even points of mu, from where nobody has the event to where everybody has.

    Parameters
    ----------
    sizes : sequence of int
    beyond : float
        How far they go on from where one event among all people would be.
    """
    people = float(sum(sizes))
    # half of the least standard deviation that mu can have, 2 / sqrt(people)
    spacing = min(1 / np.sqrt(people), 0.3)
    half = int(np.ceil((beyond + np.log1p(people)) / spacing))
    return np.asarray(spacing * np.arange(-half, half + 1.0))


def lattice_bytes(sizes: Sequence[int], spreads: int = _SPREADS) -> int:
    """Give the memory that the log-likelihoods of every possible study take, in bytes."""
    results = sum(size + 1 for size in groups(sizes))
    return 8 * results * len(centres(sizes, 10.0)) * spreads


def _in_strips(weight: Floats, kernel: Floats) -> Floats:
    """Multiply (t, d, m) by (t, m, j), a strip of tables and some columns at a time."""
    t, d, m = weight.shape
    most = max(1, _ALONE // (_STRIP * m))
    if kernel.shape[-1] > most:
        parts = [kernel[:, :, at : at + most] for at in range(0, kernel.shape[-1], most)]
        return np.concatenate([_in_strips(weight, part) for part in parts], axis=2)
    whole = d - d % _STRIP
    strips = weight[:, :whole].reshape(t, whole // _STRIP, _STRIP, m) @ kernel[:, None]
    rest = weight[:, whole:] @ kernel
    return np.concatenate([strips.reshape(t, whole, kernel.shape[-1]), rest], axis=1)


@lru_cache(maxsize=4)
def _lattice(sizes: tuple[int, ...], models: tuple[Bayes, ...]) -> Lattice:
    return Lattice.of(sizes, models)


def sum_studies(
    studies: dict[int, Floats], sizes: Sequence[int], events: Ints, axis: int = 1
) -> Floats:
    """Add the log-likelihoods of the studies of some tables.

    Tables that follow one another differ in their last study; the sum over all the
    others is taken once for each run of them.

    Parameters
    ----------
    studies : dict
        From a size n to log-likelihoods with n + 1 results along one axis, as (t, n + 1, m).
    sizes : sequence of int, length k
    events : ndarray of int, shape (k, d)
    axis : {0, 1}
        Along which the results lie, and in the answer the tables.

    Returns
    -------
    ndarray
        With d in the place of n + 1.
    """
    last = studies[sizes[-1]]
    if len(sizes) == 1:
        alone: Floats = np.take(last, events[0], axis=axis)
        return alone
    d = events.shape[1]
    starts = np.flatnonzero((events[:-1, 1:] != events[:-1, :-1]).any(axis=0)) + 1
    ends = [0, *starts.tolist(), d]
    heads = events[:-1, ends[:-1]]
    total = studies[sizes[0]].take(heads[0], axis=axis)
    for size, x in zip(sizes[1:-1], heads[1:], strict=True):
        total += studies[size].take(x, axis=axis)
    whole = np.empty((*last.shape[:axis], d, *last.shape[axis + 1 :]))
    before = (slice(None),) * axis
    for run, (start, end) in enumerate(pairwise(ends)):
        x = events[-1, start:end]
        first, past = int(x[0]), int(x[-1]) + 1
        even = past - first == end - start and (np.diff(x) == 1).all()
        results = last[(*before, slice(first, past))] if even else last.take(x, axis=axis)
        np.add(
            total[(*before, slice(run, run + 1))], results, out=whole[(*before, slice(start, end))]
        )
    return whole


def every_result(size: int, mu: Floats, tau: Floats) -> Floats:
    """Give the log-likelihood of 0, 1, …, n events, (t, n + 1, m), for an even mu.

    Only half of them are integrated: x events at mu are n - x at -mu.
    """
    x = np.arange(size // 2 + 1.0)[:, None]
    grid = np.broadcast_to(mu, (1, len(tau), len(mu)))
    values, _ = study_likelihoods(x, np.full_like(x, float(size)), grid, tau[None, :])
    half = values[:, 0].transpose(1, 0, 2)
    other = half[:, : size + 1 - len(x)][:, ::-1, ::-1]
    return np.concatenate([half, other], axis=1)


@lru_cache(maxsize=8)
def _rule(size: int) -> tuple[Floats, Floats]:
    """Give the nodes and weights of Gauss and Legendre."""
    return np.polynomial.legendre.leggauss(size)


def _kernel(tau: float, m: int, spacing: float) -> Floats:
    r"""Integrate every sinc function times a normal distribution function.

    The integral of sinc((mu - mu_i) / h) Phi((t - mu) / tau) over mu is, for t = mu_j,
    :math:`h (1/2 + \pi^{-1} \int_0^\pi \sin(w (j-i)) e^{-(w \tau / h)^2 / 2} dw / w)`,
    which for tau beyond a few h is h Phi((t - mu_i) / tau).
    """
    lag = np.arange(m)
    if tau > 3 * spacing:
        upper = ndtr(lag * spacing / tau)
    else:
        node, weight = _rule(m + 20)
        w = 0.5 * np.pi * (node + 1)
        damped = weight * np.exp(-0.5 * (w * tau / spacing) ** 2) / w
        upper = 0.5 + 0.5 * (np.sin(np.multiply.outer(lag, w)) @ damped)
    column = np.concatenate([1 - upper[:0:-1], upper])
    place = lag[None, :] - lag[:, None] + m - 1
    return np.asarray(spacing * column[place], dtype=float)


def _quantiles(mu: Floats, cumulative: Floats, tails: Floats) -> Floats:
    """Read quantiles off unnormalised distribution functions at even points.

    Between the points the normal quantile of the probability is nearly linear, so a
    polynomial through six of them, of mu in that quantile, loses nothing.

    Parameters
    ----------
    cumulative : ndarray, shape (d, m)
    tails : ndarray, shape (q,)

    Returns
    -------
    ndarray, shape (d, q)
    """
    probability = cumulative / cumulative[:, -1:]
    found = np.empty((len(cumulative), len(tails)))
    for place, tail in enumerate(tails):
        first = (probability < tail).sum(axis=1)
        at = np.clip(first[:, None] + np.arange(-3, 3), 0, len(mu) - 1)
        z = ndtri(np.take_along_axis(probability, at, axis=1))
        found[:, place] = interpolate(z, mu[at], float(ndtri(tail)))
    return found


def interpolate(x: Floats, y: Floats, at: float) -> Floats:
    """Interpolate by Lagrange's polynomial through the points of each row."""
    total = np.zeros(len(x))
    for i in range(x.shape[1]):
        term = y[:, i].copy()
        for j in range(x.shape[1]):
            if i != j:
                term *= (at - x[:, j]) / (x[:, i] - x[:, j])
        total += term
    return total
