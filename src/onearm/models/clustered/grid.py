r"""The posterior of the three-level model on a grid of centre and both standard deviations.

For each value of the standard deviation within studies, the log-likelihood of a study is tabled
over its own centre; averaged over a normal density about mu it is the study's contribution. Where
that density is wider than the likelihood, the average is a sum over the table; where it is
narrower, a Gauss-Hermite sum over a spline through the table. A study of one row knows only the
two standard deviations together: all such studies are tabled over that one, and read off it. In
all three directions the posterior is summed by the trapezoid rule, which converges exponentially
where densities vanish at the ends of their windows, or are even about 0 as in a standard deviation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.interpolate import make_interp_spline
from scipy.special import roots_hermitenorm

from onearm.models.arrays import Bools, Floats
from onearm.models.bayes.priors import Prior
from onearm.models.binomial_normal.likelihood import softplus
from onearm.models.clustered.likelihood import Data

_FALL = 24.0
"""Fall of the log-posterior at the ends of its windows: exp(-24) is 4e-11."""

_LOOKS = 4
"""Looks for where the posterior is, at most."""

_FIRST = 14
_OFFSETS = 0.05 * np.sinh(np.linspace(-6.3, 6.3, 121))
"""Points of the first look: standard deviations, and centres about the crude logit."""

_SPREADS = 41
_TOTALS = 101
"""Points of both standard deviations together, where studies of one row are tabled."""

_FEWEST, _MOST = 81, 481

_Z, _W = roots_hermitenorm(28)
_W = _W / _W.sum()
_FINE_Z, _FINE_W = roots_hermitenorm(60)
_FINE_W = _FINE_W / _FINE_W.sum()

_SIDE = 45.0
"""How far out the likelihood of a study without events, or with nothing else, is tabled."""

_SEEN = 1e-28
"""Smaller shares of a likelihood's highest point are not summed."""

_NIL = -200.0
"""Smaller logarithms are taken as this: products of denormal numbers take very long."""


@dataclass(frozen=True)
class Spread:
    """Points of a standard deviation, scale * sinh(place): denser near 0, and even about it.

    Attributes
    ----------
    place : ndarray, shape (m,)
        Evenly spaced.
    scale : float
    """

    place: Floats
    scale: float

    @property
    def sd(self) -> Floats:
        """The standard deviations."""
        return np.asarray(self.scale * np.sinh(self.place), dtype=float)

    def places(self, sd: Floats) -> Floats:
        """Give the places of standard deviations.

        Parameters
        ----------
        sd : ndarray
        """
        return np.asarray(np.arcsinh(sd / self.scale), dtype=float)

    @property
    def measure(self) -> Floats:
        """Weights of a sum over the points as an integral over the standard deviation."""
        weight = np.cosh(self.place)
        weight[0] *= 0.5 if self.place[0] == 0 else 1.0
        return weight


@dataclass(frozen=True)
class Grid:
    """Posterior probabilities on a grid; B standard deviations between, W within, M centres.

    Attributes
    ----------
    mu : ndarray, shape (M,)
        Evenly spaced.
    between, within : Spread
        Of B and W points.
    log_post : ndarray, shape (W, B, M)
        Per unit of centre and standard deviations, not normalised.
    weight : ndarray, shape (W, B, M)
        Posterior probabilities of the points; they add up to 1.
    """

    mu: Floats
    between: Spread
    within: Spread
    log_post: Floats
    weight: Floats

    @property
    def total(self) -> Floats:
        """Standard deviation of a new study's row, shape (W, B)."""
        return np.asarray(np.hypot(self.within.sd[:, None], self.between.sd))


def grid_of(mu: Floats, between: Spread, within: Spread, log_post: Floats) -> Grid:
    """Make log-densities probabilities.

    Parameters
    ----------
    mu : ndarray, shape (M,)
    between, within : Spread
    log_post : ndarray, shape (W, B, M)
    """
    mass = np.exp(log_post - log_post.max())
    mass *= within.measure[:, None, None] * between.measure[:, None]
    return Grid(mu, between, within, log_post, mass / mass.sum())


def posterior_grid(data: Data, mu_prior: Prior, tau_prior: Prior) -> Grid:
    """Find where the posterior is, and lay a grid over it.

    Parameters
    ----------
    data : Data
    mu_prior, tau_prior : Prior
        The second of both standard deviations, independently.
    """
    mu, between, within = _windows(data, mu_prior, tau_prior)
    # the centre is best known where the standard deviations are least
    width = 1 / np.sqrt(_information(data, between.sd[0], within.sd[0]) + 0.2)
    size = int(np.clip(np.ceil((mu[-1] - mu[0]) / (0.45 * width)), _FEWEST, _MOST)) | 1
    mu = np.linspace(mu[0], mu[-1], size)
    log_post = _log_posterior(data, mu, between.sd, within.sd, mu_prior, tau_prior)
    return grid_of(mu, between, within, log_post)


def _windows(data: Data, mu_prior: Prior, tau_prior: Prior) -> tuple[Floats, Spread, Spread]:
    """Look where the posterior is, closer and closer, in all three directions."""
    p = (data.x.sum() + 0.5) / (data.n.sum() + 1)
    mu = float(np.log(p / (1 - p))) + _OFFSETS
    between = within = Spread(np.linspace(0.0, 6.4, _FIRST), 0.03)
    for _ in range(_LOOKS):
        rough = _log_posterior(data, mu, between.sd, within.sd, mu_prior, tau_prior)
        inside = rough > rough.max() - _FALL
        seen = [inside.any(axis=tuple({0, 1, 2} - {axis})) for axis in (2, 1, 0)]
        mass = grid_of(mu, between, within, rough).weight
        between = _closer(between, seen[1], mass.sum(axis=(0, 2)))
        within = _closer(within, seen[2], mass.sum(axis=(1, 2)))
        there = np.flatnonzero(seen[0])
        mu = np.linspace(mu[max(there[0] - 1, 0)], mu[min(there[-1] + 1, len(mu) - 1)], len(mu))
        if all(here.mean() > 0.4 for here in seen):
            break
    fine = [
        Spread(np.linspace(s.place[0], s.place[-1], _SPREADS), s.scale) for s in (between, within)
    ]
    return mu, fine[0], fine[1]


def _closer(spread: Spread, inside: Bools, mass: Floats) -> Spread:
    """Give as many points over those that hold the posterior, and one more each side."""
    there, sd = np.flatnonzero(inside), spread.sd
    low, high = sd[max(there[0] - 1, 0)], sd[min(there[-1] + 1, len(sd) - 1)]
    low_quarter = float(np.interp(0.25, np.cumsum(mass), sd))
    scale = max(low_quarter, 1e-3)
    start, end = np.arcsinh(np.array([low, high]) / scale)
    return Spread(np.linspace(start, end, len(sd)), scale)


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
    alone = np.bincount(data.study, minlength=data.studies) == 1
    for study in np.flatnonzero(~alone):
        rows = data.study == study
        total += _one_study(data.x[rows], data.n[rows], mu, between, within)
    if alone.any():
        rows = alone[data.study]
        total += _rows_alone(data.x[rows], data.n[rows], mu, np.hypot(within[:, None], between))
    total += mu_prior.log_density(mu)
    total += tau_prior.log_density(between)[:, None]
    return np.asarray(total + tau_prior.log_density(within)[:, None, None], dtype=float)


def _rows_alone(x: Floats, n: Floats, mu: Floats, sd: Floats) -> Floats:
    """Give the log-likelihood of studies of one row each, (W, B, M), at standard deviations.

    Parameters
    ----------
    x, n : ndarray
        Of the rows.
    mu : ndarray, shape (M,)
    sd : ndarray, shape (W, B)
        Between and within studies together.
    """
    scale = max(float(np.median(sd)) / 4, 1e-3)
    ends = np.arcsinh(np.array([sd.min(), sd.max()]) / scale)
    points = Spread(np.linspace(ends[0], ends[1], _TOTALS), scale)
    own = np.zeros((_TOTALS, len(mu)))
    for a, b in zip(x, n, strict=True):
        own += _row_alone(float(a), float(b), mu, points.sd)
    spline = make_interp_spline(points.place, own, k=5)
    return np.asarray(spline(np.clip(points.places(sd), *ends)), dtype=float)


def _row_alone(x: float, n: float, mu: Floats, sd: Floats) -> Floats:
    """Give one row's log-likelihood at every standard deviation and centre, (T, M)."""
    width = float(1 / np.sqrt(_row_information(x, n)))
    narrow = sd <= width
    theta = mu[:, None] + sd[narrow, None, None] * _FINE_Z
    centre, reach = np.log((x + 0.5) / (n - x + 0.5)), 9 * max(1.5 * width, 1.0)
    low, high = centre - reach, centre + reach
    if x == 0:
        low = min(low, -_SIDE, mu[0] - 9 * sd[-1])
    if x == n:
        high = max(high, _SIDE, mu[-1] + 9 * sd[-1])
    at = np.linspace(low, high, int(np.ceil((high - low) / min(0.5 * width, 0.25))) + 1)
    table = x * at - n * softplus(at)
    at, table = (part[table > table.max() + np.log(_SEEN)] for part in (at, table))
    wide = sd[~narrow, None]
    kernel = np.exp(np.maximum(-0.5 * ((at - mu[:, None]) / wide[..., None]) ** 2, _NIL))
    average = np.einsum("tmc,c->tm", kernel, np.exp(table - table.max()))
    average *= (at[1] - at[0]) / (wide * np.sqrt(2 * np.pi))
    near = _log_mean(x * theta - n * softplus(theta), _FINE_W) - table.max()
    # one floor for both, or the spline through them would ring
    return np.asarray(
        table.max()
        + np.concatenate([np.maximum(near, _NIL), np.log(np.maximum(average, np.exp(_NIL)))])
    )


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
    narrow = between <= max(0.8 * width, 1.5 * step)
    for j in np.flatnonzero(narrow):
        sd = between[j]
        points = mu[:, None] + (sd * _Z if sd > 0 else 0.0)
        points = np.clip(points, centres[0], centres[-1])
        value = spline(points.ravel()).reshape(len(within), *points.shape)
        out[:, j] = _log_mean(value, _W if sd > 0 else np.ones(1))
    for rows, part in _strides(x, n, within, step, likelihood):
        own, at = likelihood[rows, part], centres[part]
        for j in np.flatnonzero(~narrow):
            sd = between[j]
            kernel = np.exp(np.maximum(-0.5 * ((at - mu[:, None]) / sd) ** 2, _NIL))
            # not by BLAS, whose threads wait for each other where the processors are taken
            average = np.einsum("wc,mc->wm", own, kernel)
            average *= (at[1] - at[0]) / (sd * np.sqrt(2 * np.pi))
            out[rows, j] = top[rows] + np.log(np.maximum(average, np.exp(_NIL)))
    return out


def _strides(
    x: Floats, n: Floats, within: Floats, step: float, likelihood: Floats
) -> Iterator[tuple[slice, slice]]:
    """Group the standard deviations within by how coarsely, and where, the table may be summed.

    The more the rows of a study differ, the wider its likelihood.
    """
    info = (1 / (1 / _row_information(x, n) + within[:, None] ** 2)).sum(axis=1)
    coarser = np.log2(np.minimum(0.6 / np.sqrt(info), 0.25) / step)
    power = np.maximum(np.floor(coarser), 0).astype(int)
    for p in np.unique(power):
        rows = np.flatnonzero(power == p)
        group = slice(rows[0], rows[-1] + 1)
        there = np.flatnonzero((likelihood[group] > _SEEN).any(axis=0))
        yield group, slice(max(there[0] - 2**p, 0), there[-1] + 2 ** (p + 1) + 1, 2**p)


def _one_row(x: float, n: float, centres: Floats, within: Floats) -> Floats:
    """Give one row's log-likelihood about every centre, (W, centres)."""
    width, step = 1 / np.sqrt(_row_information(x, n)), centres[1] - centres[0]
    own = x * centres - n * softplus(centres)
    likelihood = np.exp(np.maximum(own - own.max(), _NIL))
    there = np.flatnonzero(likelihood > _SEEN)
    first, last = there[0], there[-1] + 1
    likelihood = likelihood[first:last]
    out = np.empty((len(within), len(centres)))
    differences = step * np.arange(1 - last, len(centres) - first)
    for i, sd in enumerate(within):
        if sd > max(0.8 * width, 1.5 * step):
            density = np.exp(np.maximum(-0.5 * (differences / sd) ** 2, _NIL))
            kernel = sliding_window_view(density, last - first)
            average = np.einsum("ij,j->i", kernel, likelihood[::-1])
            average *= step / (sd * np.sqrt(2 * np.pi))
            out[i] = own.max() + np.log(average)
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
    size = int(np.clip(np.ceil((high - low) / min(0.8 * width, 0.25)), 60, 20_000))
    return np.linspace(low, high, size + 1), float(width)
