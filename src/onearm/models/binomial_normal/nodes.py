r"""Points of quadrature that all studies of a dataset share, one set for each tau.

The integral of one study's likelihood over its own points costs an exponential and a
logarithm per study, centre and point. On points in the logit that all studies and all
centres share, the binomial likelihoods (studies by points) and the normal kernel (points
by centres) are computed once each, and their product is one product of matrices. Where tau
is small against the spacing of the centres that would take too many points; there the
points are shared by the studies only, in the standardised random effect.

How many points a row (a dataset with one tau) gets depends on that row alone, so that a
dataset's digits do not depend on its company.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlog1py, xlogy

from onearm.models.arrays import Floats
from onearm.models.binomial_normal.likelihood import log_integrand, mode, strip

_SIZES = np.array([8 * i * 2**j for j in range(8) for i in (2, 3)] + [np.iinfo(np.int64).max])
"""Numbers of points are rounded up to one of these, so that rows can be stacked."""

_LEAST = -500.0
"""Likelihoods smaller than exp of this, relative to the largest, are left to others."""

_HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class Rows:
    """Datasets at one tau each; the numbers of points they need.

    Attributes
    ----------
    x, n : ndarray, shape (rows, k)
    mu : ndarray, shape (rows, m)
        Centres, ascending.
    tau : ndarray, shape (rows,)
    z, theta : ndarray, shape (rows, 2)
        Ends of the windows of the random effect and of the logit.
    z_size, theta_size : ndarray of int, shape (rows,)
    safe : ndarray of bool, shape (rows,)
        Whether no study's likelihood underflows on a scale of its own.
    """

    x: Floats
    n: Floats
    mu: Floats
    tau: Floats
    z: Floats
    theta: Floats
    z_size: NDArray[np.int64]
    theta_size: NDArray[np.int64]
    safe: NDArray[np.bool_]


def lay_out(x: Floats, n: Floats, mu: Floats, tau: Floats, drop: float) -> Rows:
    """Find the windows outside which every study's integrand has fallen by ``drop``.

    Modes and ends move with the centre one way only, so the outermost centres decide.

    Parameters
    ----------
    x, n : ndarray, shape (rows, k)
    mu : ndarray, shape (rows, m)
    tau : ndarray, shape (rows,)
    drop : float
    """
    events, patients = x[:, :, None], n[:, :, None]
    eta, t = mu[:, None, [0, -1]], tau[:, None, None]
    z, width = mode(events, patients, eta, t)
    top = log_integrand(events, patients, eta, t, z)
    farthest = np.sqrt(2 * drop) + 0.2
    reach = np.minimum((farthest + 0.4) * width, farthest)
    outward = reach * np.array([-1.0, 1.0])
    fall = top - log_integrand(events, patients, eta, t, z + outward)
    # the log-integrand is concave and falls at least as fast as the prior alone
    ends = z + np.minimum(reach * np.maximum(drop / fall, 1.0), farthest) * [-1.0, 1.0]
    absent = n == 0
    theta = eta + t * ends
    low = np.where(absent, np.inf, theta[..., 0]).min(axis=1)
    high = np.where(absent, -np.inf, theta[..., 1]).max(axis=1)
    z_low = np.where(absent, np.inf, z[..., 1]).min(axis=1) - farthest
    z_high = np.where(absent, -np.inf, z[..., 0]).max(axis=1) + farthest
    step = _step(n, eta + t * z, tau, drop + 4.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(tau > 0, (high - low) / (step * tau), np.inf)
    p = x / np.maximum(n, 1.0)
    best = xlogy(x, p) + xlog1py(n - x, -p)
    return Rows(
        x,
        n,
        mu,
        tau,
        np.stack([z_low, z_high], axis=1),
        np.stack([low, high], axis=1),
        _rounded((z_high - z_low) / step),
        _rounded(needed),
        (top.min(axis=2) - best > _LEAST).all(axis=1),
    )


def _step(n: Floats, theta: Floats, tau: Floats, drop: float) -> Floats:
    """Give the step of the random effect that the narrowest integrand of each row needs."""
    # between the outermost modes the likelihood is narrowest where it comes nearest to 0
    nearest = np.clip(0.0, theta[..., 0], theta[..., 1])
    width = 1 / np.sqrt(1 + tau[:, None] ** 2 * n * 0.25 / np.cosh(0.5 * nearest) ** 2)
    # aliasing errors are exp(-2 (pi width / step)^2) and exp(-2 pi strip / (tau step))
    slack = 2 * np.pi / drop
    pole = slack * strip(n) / np.maximum(tau[:, None], 1e-300)
    step: Floats = np.minimum(0.82 * np.sqrt(np.pi * slack) * width, pole).min(axis=1)
    return step


def _rounded(steps: Floats) -> NDArray[np.int64]:
    """Round a number of steps up to a number of points from the list."""
    rounded: NDArray[np.int64] = _SIZES[np.searchsorted(_SIZES[:-1], np.ceil(steps) + 1)]
    return rounded


def over_logits(rows: Rows, which: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Integrate over logits shared by all studies and centres.

    Returns
    -------
    log_likelihood, rate : ndarray, shape (k, rows, m)
    """
    x, n = rows.x[which, :, None], rows.n[which, :, None]
    tau, k = rows.tau[which, None], x.shape[1]
    low, high = rows.theta[which].T
    size = int(rows.theta_size[which[0]])
    theta = low[:, None] + (high - low)[:, None] * _unit(size)
    softplus, p = _logistic(theta)
    both = np.empty((len(which), 2 * k, size))
    f = both[:, :k]
    np.multiply(x, theta[:, None], out=f)
    f -= n * softplus[:, None]
    top = f.max(axis=2, keepdims=True)
    f -= top
    np.exp(f, out=f)
    np.multiply(f, p[:, None], out=both[:, k:])
    kernel = (theta / tau)[:, :, None] - (rows.mu[which] / tau)[:, None, :]
    kernel *= kernel
    kernel *= -0.5
    np.exp(kernel, out=kernel)
    sums = both @ kernel
    total = sums[:, :k]
    rate = sums[:, k:] / total
    scale = np.log((high - low) / (size - 1) / rows.tau[which]) - _HALF_LOG_2PI
    value = np.log(total)
    value += top
    value += scale[:, None, None]
    return value.transpose(1, 0, 2), rate.transpose(1, 0, 2)


def over_effects(rows: Rows, which: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Integrate over standardised random effects shared by all studies.

    Returns
    -------
    log_likelihood, rate : ndarray, shape (k, rows, m)
    """
    x, n = (a[which].T[:, :, None, None] for a in (rows.x, rows.n))
    low, high = rows.z[which].T
    size = int(rows.z_size[which[0]])
    z = low[:, None] + (high - low)[:, None] * _unit(size)
    theta = rows.mu[which, :, None] + (rows.tau[which, None] * z)[:, None, :]
    softplus, p = _logistic(theta)
    f = x * theta
    f -= n * softplus
    f -= (0.5 * z * z)[:, None, :]
    top = f.max(axis=3)
    f -= top[..., None]
    np.exp(f, out=f)
    total = f.sum(axis=3)
    rate = np.einsum("krmj,rmj->krm", f, p) / total
    scale = np.log((high - low) / (size - 1)) - _HALF_LOG_2PI
    return top + np.log(total) + scale[:, None], rate


@cache
def _unit(size: int) -> Floats:
    return np.linspace(0.0, 1.0, size)


def _logistic(theta: Floats) -> tuple[Floats, Floats]:
    """Give log(1 + exp(theta)) and expit(theta)."""
    e = np.exp(-np.abs(theta))
    p = np.where(theta > 0, 1.0, e) / (1 + e)
    np.log1p(e, out=e)
    e += np.maximum(theta, 0.0)
    return e, p
