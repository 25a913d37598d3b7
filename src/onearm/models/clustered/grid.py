r"""The posterior of the three-level model on a grid of centre and both standard deviations.

For each value of the standard deviation within studies, the log-likelihood of a study is tabled
over its own centre; averaged over a normal density about mu it is the study's contribution. Where
that density is wider than the likelihood, the average is a sum over the table; where it is
narrower, a Gauss-Hermite sum over a spline through the table. In all three directions the
posterior is summed by the trapezoid rule, which converges exponentially where densities vanish
at the ends of their windows, or are even about 0 as in a standard deviation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.interpolate import make_interp_spline
from scipy.special import roots_hermitenorm

from onearm.models.arrays import Floats
from onearm.models.bayes.priors import Prior
from onearm.models.binomial_normal.likelihood import softplus
from onearm.models.clustered.likelihood import Data

_FALL = 24.0
"""Fall of the log-posterior at the ends of its windows: exp(-24) is 4e-11."""

_COARSE = np.concatenate([[0.0], 0.03 * np.sinh(np.linspace(0.6, 6.4, 13))])
"""Standard deviations of the first look, up to 9."""

_OFFSETS = 0.05 * np.sinh(np.linspace(-6.3, 6.3, 121))
"""Centres of the first look, relative to the crude logit, up to 13 away."""

_SPREADS = 41
_FEWEST, _MOST = 81, 481

_Z, _W = roots_hermitenorm(28)
_W = _W / _W.sum()

_SIDE = 45.0
"""How far out the likelihood of a study without events, or with nothing else, is tabled."""

_NIL = -200.0
"""Smaller logarithms are taken as this: products of denormal numbers take very long."""


@dataclass(frozen=True)
class Grid:
    """Posterior probabilities on a grid; B standard deviations between, W within, M centres.

    Attributes
    ----------
    mu : ndarray, shape (M,)
    between, within : ndarray, shape (B,) and (W,)
        Evenly spaced.
    log_post : ndarray, shape (W, B, M)
        Per unit of each, not normalised.
    weight : ndarray, shape (W, B, M)
        Posterior probabilities of the points; they add up to 1.
    """

    mu: Floats
    between: Floats
    within: Floats
    log_post: Floats
    weight: Floats

    @property
    def total(self) -> Floats:
        """Standard deviation of a new study's row, shape (W, B)."""
        return np.asarray(np.hypot(self.within[:, None], self.between))


def posterior_grid(data: Data, mu_prior: Prior, tau_prior: Prior) -> Grid:
    """Find where the posterior is, and lay a grid over it.

    Parameters
    ----------
    data : Data
    mu_prior, tau_prior : Prior
        The second of both standard deviations, independently.
    """
    p = (data.x.sum() + 0.5) / (data.n.sum() + 1)
    mu = float(np.log(p / (1 - p))) + _OFFSETS
    rough = _log_posterior(data, mu, _COARSE, _COARSE, mu_prior, tau_prior)
    inside = rough > rough.max() - _FALL
    within = _spread_window(inside.any(axis=(1, 2)))
    between = _spread_window(inside.any(axis=(0, 2)))
    there = np.flatnonzero(inside.any(axis=(0, 1)))
    low, high = mu[max(there[0] - 1, 0)], mu[min(there[-1] + 1, len(mu) - 1)]
    # the centre is best known where the standard deviations are least
    width = 1 / np.sqrt(_information(data, between[0], within[0]) + 0.2)
    size = int(np.clip(np.ceil((high - low) / (0.45 * width)), _FEWEST, _MOST)) | 1
    mu = np.linspace(low, high, size)
    log_post = _log_posterior(data, mu, between, within, mu_prior, tau_prior)
    mass = np.exp(log_post - log_post.max())
    mass[0] *= 0.5 if within[0] == 0 else 1.0
    mass[:, 0] *= 0.5 if between[0] == 0 else 1.0
    return Grid(mu, between, within, log_post, mass / mass.sum())


def _spread_window(inside: Floats) -> Floats:
    """Give even points over the coarse ones that hold the posterior, and one more each side."""
    there = np.flatnonzero(inside)
    low = _COARSE[max(there[0] - 1, 0)]
    high = _COARSE[min(there[-1] + 1, len(_COARSE) - 1)]
    return np.linspace(low, high, _SPREADS)


def _information(data: Data, between: float, within: float) -> float:
    """Give the information about the centre, roughly, at two standard deviations."""
    p = (data.x + 0.5) / (data.n + 1)
    rows = 1 / (1 / (data.n * p * (1 - p)) + within**2)
    return float((1 / (1 / data.total(rows) + between**2)).sum())


def _log_posterior(
    data: Data, mu: Floats, between: Floats, within: Floats, mu_prior: Prior, tau_prior: Prior
) -> Floats:
    """Give the log-posterior at every point of a grid, (W, B, M)."""
    total = np.zeros((len(within), len(between), len(mu)))
    for study in range(data.studies):
        rows = data.study == study
        total += _one_study(data.x[rows], data.n[rows], mu, between, within)
    total += mu_prior.log_density(mu)
    total += tau_prior.log_density(between)[:, None]
    return np.asarray(total + tau_prior.log_density(within)[:, None, None], dtype=float)


def _one_study(x: Floats, n: Floats, mu: Floats, between: Floats, within: Floats) -> Floats:
    """Give one study's log-likelihood at every point, binomial coefficients left out."""
    centres, width = _table_points(x, n, within, mu)
    table = np.zeros((len(within), len(centres)))
    for a, b in zip(x, n, strict=True):
        table += _one_row(a, b, centres, within)
    step = centres[1] - centres[0]
    top = table.max(axis=1, keepdims=True)
    likelihood = np.exp(np.maximum(table - top, _NIL))
    spline = make_interp_spline(centres, table, k=5, axis=1)
    out = np.empty((len(within), len(between), len(mu)))
    for j, sd in enumerate(between):
        if sd > max(0.8 * width, 1.5 * step):
            kernel = np.exp(np.maximum(-0.5 * ((centres - mu[:, None]) / sd) ** 2, _NIL))
            # not by BLAS, whose threads wait for each other where the processors are taken
            average = np.einsum("wc,mc->wm", likelihood, kernel)
            average *= step / (sd * np.sqrt(2 * np.pi))
            out[:, j] = top + np.log(average)
            continue
        points = mu[:, None] + (sd * _Z if sd > 0 else 0.0)
        points = np.clip(points, centres[0], centres[-1])
        value = spline(points.ravel()).reshape(len(within), *points.shape)
        out[:, j] = _log_mean(value, _W if sd > 0 else np.ones(1))
    return out


def _one_row(x: float, n: float, centres: Floats, within: Floats) -> Floats:
    """Give one row's log-likelihood about every centre, (W, centres)."""
    width, step = 1 / np.sqrt(_row_information(x, n)), centres[1] - centres[0]
    own = x * centres - n * softplus(centres)
    likelihood = np.exp(np.maximum(own - own.max(), _NIL))
    out = np.empty((len(within), len(centres)))
    differences = step * np.arange(1 - len(centres), len(centres))
    for i, sd in enumerate(within):
        if sd > max(0.8 * width, 1.5 * step):
            density = np.exp(np.maximum(-0.5 * (differences / sd) ** 2, _NIL))
            kernel = sliding_window_view(density, len(centres))
            average = np.einsum("ij,j->i", kernel, likelihood)
            average *= step / (sd * np.sqrt(2 * np.pi))
            out[i] = own.max() + np.log(average)[::-1]
            continue
        theta = centres[:, None] + (sd * _Z if sd > 0 else 0.0)
        out[i] = _log_mean(x * theta - n * softplus(theta), _W if sd > 0 else np.ones(1))
    return out


def _log_mean(value: Floats, weight: Floats) -> Floats:
    """Give the logarithm of the weighted mean of exponentials along the last axis."""
    top = value.max(axis=-1, keepdims=True)
    total = np.einsum("...q,q->...", np.exp(np.maximum(value - top, _NIL)), weight)
    return np.asarray(top[..., 0] + np.log(total), dtype=float)


def _row_information(x: Floats | float, n: Floats | float) -> Floats:
    return np.asarray(n * ((x + 0.5) / (n + 1)) * ((n - x + 0.5) / (n + 1)), dtype=float)


def _table_points(x: Floats, n: Floats, within: Floats, mu: Floats) -> tuple[Floats, float]:
    """Give the centres of a study's table, and the least width of its likelihood."""
    own = np.log((x + 0.5) / (n - x + 0.5))
    width = 1 / np.sqrt(_row_information(x, n).sum())
    # beyond this its log-likelihood has fallen by some 40, unless it is flat there
    reach = 9 * max(1.5 * width, 1.0) + 6 * within[-1]
    low, high = own.min() - reach, own.max() + reach
    if (x == 0).any():
        low = min(low, -_SIDE - 6 * within[-1])
    if (x == n).any():
        high = max(high, _SIDE + 6 * within[-1])
    low, high = min(low, mu[0]), max(high, mu[-1])
    size = int(np.clip(np.ceil((high - low) / min(0.5 * width, 0.25)), 60, 4000))
    return np.linspace(low, high, size + 1), float(width)
