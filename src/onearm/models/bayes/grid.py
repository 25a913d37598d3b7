r"""The posterior of (mu, tau) on a grid that follows it, for a block of datasets.

Both directions use the trapezoid rule, which converges exponentially for analytic
densities that vanish at the ends of a window. tau is written sinh(sinh(u)): near zero
that is tau itself, in which the posterior is even, so that a window starting at zero only
needs half weight on its first point; far out it is doubly logarithmic, which tames heavy
tails (Takahasi and Mori 1974). For every tau, mu has a window of its own around its
conditional mode, wide enough on each side for the log-posterior, which is concave there,
to have fallen by a set amount.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Floats
from onearm.models.bayes.priors import Prior
from onearm.models.bayes.windows import (
    LEAST,
    follow,
    mu_windows,
    scan,
    stretch,
    tail_power,
    tau_of,
    u_windows,
)
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.models.binomial_normal.likelihood import log_choose

_SCANNED = 256
_TOGETHER = 8
"""Datasets scanned, and filled, at once."""


@dataclass(frozen=True)
class Grid:
    """Posterior weights on a grid; d datasets, t values of tau, m of mu for each.

    Attributes
    ----------
    u : ndarray, shape (d, t)
        Evenly spaced, from 0 or from where the posterior begins.
    mu : ndarray, shape (d, t, m)
        Evenly spaced along m.
    log_post : ndarray, shape (d, t, m)
        Log of likelihood times priors, per unit of mu and tau.
    weight : ndarray, shape (d, t, m)
        Posterior probabilities of the points; they add up to 1.
    rate, rate2 : ndarray, shape (k, d, t, m)
        Expected true rate of every study at every point.
    log_evidence : ndarray, shape (d,)
        Log marginal likelihood, binomial coefficients included.
    log_evidence_common : ndarray, shape (d,)
        The same with tau = 0.
    """

    u: Floats
    mu: Floats
    log_post: Floats
    weight: Floats
    rate: Floats
    log_evidence: Floats
    log_evidence_common: Floats

    @property
    def tau(self) -> Floats:
        """The values of tau, shape (d, t)."""
        return tau_of(self.u)


def posterior_grids(
    x: Floats, n: Floats, mu_prior: Prior, tau_prior: Prior
) -> Iterator[tuple[NDArray[np.int64], Grid]]:
    """Lay grids out and fill them, for groups of datasets that need grids of one size.

    The size depends on the dataset alone, so its results do not depend on its company.

    Parameters
    ----------
    x, n : ndarray of float, shape (k, d)
        Every dataset with at least one study.
    mu_prior, tau_prior : Prior

    Yields
    ------
    columns : ndarray of int
        The datasets of the group.
    grid : Grid
        Of these.
    """
    tail = tail_power(x, n, tau_prior)
    for block in _pieces(np.arange(x.shape[1]), _SCANNED):
        centre, log_u, info = scan(x[:, block], n[:, block], mu_prior, tau_prior)
        low, high, size = u_windows(log_u, info, tail[block], tau_prior)
        for group in _alike(size):
            u = low[group, None] + (high - low)[group, None] * _unit(size[group[0]])
            # one more value of tau, 0 itself, for the evidence of the common-effect model
            everywhere = np.concatenate([np.zeros((len(u), 1)), u], axis=1)
            tau, start = tau_of(everywhere), follow(centre[group], everywhere)
            c = block[group]
            weight = tau_prior.log_density(tau) + np.log(stretch(everywhere))
            least = LEAST[tau_prior.family]
            left, span, points = mu_windows(x[:, c], n[:, c], tau, start, mu_prior, weight, least)
            for part in _alike(points):
                mu = left[part, :, None] + span[part, :, None] * _unit(points[part[0]])
                which = c[part]
                values, rates = study_likelihoods(x[:, which], n[:, which], mu, tau[part])
                log_post = values.sum(axis=0) + mu_prior.log_density(mu)
                log_post += tau_prior.log_density(tau[part])[..., None]
                constant = log_choose(x[:, which], n[:, which]).sum(axis=0)
                yield which, _weigh(u[part], mu, log_post, rates, tau_prior, constant)


def _pieces(columns: NDArray[np.int64], size: int) -> list[NDArray[np.int64]]:
    return [columns[i : i + size] for i in range(0, len(columns), size)]


def _alike(size: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Group datasets by a size, in groups small enough to stay in the cache."""
    for s in np.unique(size):
        yield from _pieces(np.flatnonzero(size == s), _TOGETHER)


def _unit(size: int) -> Floats:
    return np.linspace(0.0, 1.0, int(size))


def _weigh(
    u: Floats, mu: Floats, log_post: Floats, rates: Floats, tau_prior: Prior, constant: Floats
) -> Grid:
    """Turn log-posteriors at the points (those at tau = 0 first) into weights."""
    step_mu = mu[..., 1] - mu[..., 0]
    common = _log_sum(log_post[:, :1] + np.log(step_mu[:, :1, None]), (1, 2))
    common = common - tau_prior.log_density(np.zeros(1))
    mu, log_post, step_mu, rates = mu[:, 1:], log_post[:, 1:], step_mu[:, 1:], rates[:, :, 1:]
    step_u = np.repeat((u[:, 1] - u[:, 0])[:, None], u.shape[1], axis=1)
    step_u[:, 0] = np.where(u[:, 0] == 0, 0.5 * step_u[:, 0], step_u[:, 0])
    log_mass = log_post + np.log(step_mu * step_u * stretch(u))[..., None]
    evidence = _log_sum(log_mass, (1, 2))
    return Grid(
        u=u,
        mu=mu,
        log_post=log_post,
        weight=np.exp(log_mass - evidence[:, None, None]),
        rate=rates,
        log_evidence=evidence + constant,
        log_evidence_common=common + constant,
    )


def _log_sum(values: Floats, axis: tuple[int, ...]) -> Floats:
    top = values.max(axis=axis, keepdims=True)
    total = np.log(np.exp(values - top).sum(axis=axis))
    return np.asarray(total + top.reshape(total.shape), dtype=float)
