"""The posterior of the studies' own rates: where each study's logit lies, given all of them.

Given mu and tau, a study's logit has a density proportional to its binomial likelihood times
the normal one. Where tau is wide against what is known of mu, that is averaged over mu on
logits of the study's own, for every tau; where it is narrow, mu is smeared instead, one
standardised random effect at a time. The posterior is the mixture of these over tau.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from onearm.models.arrays import Bools, Floats
from onearm.models.bayes.density import Density, refine
from onearm.models.bayes.summary import Posterior
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.models.binomial_normal.likelihood import log_integrand, mode, softplus
from onearm.models.roots import root

_DROP = 25.0
"""Fall of the log-densities at the ends of their windows."""

_LOGITS, _EFFECTS = 81, 41
"""Points of a window, before they are refined."""

Cdf = Callable[[Floats], tuple[Floats, Floats]]


def logit_quantiles(x: Floats, n: Floats, post: Posterior, probabilities: Floats) -> Floats:
    """Give quantiles of the logits of the studies' rates.

    Parameters
    ----------
    x, n : ndarray of float, shape (k, 1)
        The counts behind the posterior of one dataset.
    post : Posterior
    probabilities : ndarray, shape (q,)

    Returns
    -------
    ndarray, shape (k, q)
    """
    grid = post.grid
    likelihood = study_likelihoods(x, n, grid.mu, grid.tau)[0][:, 0]
    smooth, weight = post.smooth[0], post.by_tau[0]
    parts: list[tuple[Cdf, Floats]] = []
    for rows, laid in ((smooth, _narrow), (~smooth, _wide)):
        if rows.any():
            cdf = laid(x[:, 0], n[:, 0], post, likelihood[:, rows], rows)
            parts.append((cdf, weight[rows]))

    def excess(logits: Floats) -> tuple[Floats, Floats]:
        value, rate = np.zeros_like(logits), np.zeros_like(logits)
        for cdf, share in parts:
            below, density = cdf(logits)
            value += np.einsum("r,krq->kq", share, below)
            rate += np.einsum("r,krq->kq", share, density)
        return value - probabilities, rate

    reach = 40 * post.tau[0, -1] + np.abs(grid.mu).max() + 40.0
    low = np.full((len(x), len(probabilities)), -reach)
    own = np.log((x + 1) / (n - x + 1))
    return root(excess, low, -low, np.repeat(own, len(probabilities), axis=1), 1e-7)


def _ends(x: Floats, n: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Give modes and half-widths of the random effects at the outermost centres, (k, rows, 2)."""
    events, patients, t = x[:, None, None], n[:, None, None], tau[:, None]
    eta = mu[:, [0, -1]]
    z, width = mode(events, patients, eta, t)
    farthest = np.sqrt(2 * _DROP) + 0.2
    reach = np.minimum((farthest + 0.4) * width, farthest)
    top = log_integrand(events, patients, eta, t, z)
    fall = top - log_integrand(events, patients, eta, t, z + reach * np.array([-1.0, 1.0]))
    return z, np.minimum(reach * np.maximum(_DROP / fall, 1.0), farthest)


def _wide(x: Floats, n: Floats, post: Posterior, likelihood: Floats, rows: Bools) -> Cdf:
    """Average the densities of the logit over mu, for every tau."""
    mu, tau = post.grid.mu[0, rows], post.tau[0, rows]
    z, half = _ends(x, n, mu, tau)
    low, high = np.moveaxis(
        mu[:, [0, -1]] + tau[:, None] * (z + half * np.array([-1.0, 1.0])), -1, 0
    )
    step = (high - low) / (_LOGITS - 1)
    theta = low[..., None] + step[..., None] * np.arange(_LOGITS)
    with np.errstate(divide="ignore"):
        share = np.log(post.share[0, rows]) - likelihood
    log_density = x[:, None, None] * theta - n[:, None, None] * softplus(theta)
    for i in range(len(x)):
        # a study at a time: (rows, logits, centres)
        inner = -0.5 * ((theta[i, :, :, None] - mu[:, None, :]) / tau[:, None, None]) ** 2
        inner += share[i, :, None, :]
        top = inner.max(axis=2)
        log_density[i] += top + np.log(np.exp(inner - top[..., None]).sum(axis=2))
    laid = refine(log_density, low, step)

    def cdf(logits: Floats) -> tuple[Floats, Floats]:
        return laid.at(np.repeat(logits[:, None, :], len(tau), axis=1))

    return cdf


def _narrow(x: Floats, n: Floats, post: Posterior, likelihood: Floats, rows: Bools) -> Cdf:
    """Smear the distributions of mu by random effects, for every tau."""
    mu, tau = post.grid.mu[0, rows], post.tau[0, rows]
    z, _ = _ends(x, n, mu, tau)
    farthest = np.sqrt(2 * _DROP) + 0.2
    low, high = z[..., 1] - farthest, z[..., 0] + farthest
    effect = low[..., None] + (high - low)[..., None] * np.linspace(0.0, 1.0, _EFFECTS)
    start, step = mu[:, 0], mu[:, 1] - mu[:, 0]
    log_mu = post.grid.log_post[0, rows] - likelihood
    laid: list[Density] = []
    shares = np.empty(effect.shape)
    for i in range(len(x)):
        # a study at a time: (rows, effects, centres)
        theta = mu[:, None, :] + (tau[:, None] * effect[i])[..., None]
        log_joint = x[i] * theta - n[i] * softplus(theta) - 0.5 * effect[i][..., None] ** 2
        log_joint += log_mu[i][:, None, :]
        top = log_joint.max(axis=(1, 2), keepdims=True)
        mass = np.exp(log_joint - top).sum(axis=2)
        shares[i] = mass / mass.sum(axis=1, keepdims=True)
        points = np.ones(_EFFECTS)
        laid.append(refine(log_joint, start[:, None] * points, step[:, None] * points))

    def cdf(logits: Floats) -> tuple[Floats, Floats]:
        value, rate = np.empty((2, len(logits), len(tau), logits.shape[1]))
        for i, density in enumerate(laid):
            below, slope = density.at(logits[i] - (tau[:, None] * effect[i])[..., None])
            value[i] = np.einsum("re,req->rq", shares[i], below)
            rate[i] = np.einsum("re,req->rq", shares[i], slope)
        return value, rate

    return cdf
