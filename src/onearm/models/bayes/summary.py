"""Posterior summaries read off a grid: quantiles of mixtures over tau, by Newton's rule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, ndtr, ndtri, roots_hermitenorm

from onearm.models.arrays import Bools, Floats
from onearm.models.bayes.density import Density, refine, refine_values
from onearm.models.bayes.grid import Grid
from onearm.models.bayes.windows import stretch, tau_of, u_of
from onearm.models.binomial_normal.marginal import logistic_mean
from onearm.models.roots import root

_Z, _W = roots_hermitenorm(24)
_W = _W / _W.sum()

_NEAR = 1e-7
"""A last Newton step this small leaves an error of its square."""


Cdf = Callable[[Floats], tuple[Floats, Floats]]


class Posterior:
    """The posterior of d datasets on a grid.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.tau = grid.tau
        self.by_tau = grid.weight.sum(axis=2)
        step = grid.mu[..., 1] - grid.mu[..., 0]
        self.mu_given_tau = refine(grid.log_post, grid.mu[..., 0], step)
        mass = np.maximum(self.by_tau, np.finfo(float).tiny)
        centre = (grid.weight * grid.mu).sum(axis=2) / mass
        spread = (grid.weight * (grid.mu - centre[..., None]) ** 2).sum(axis=2) / mass
        self.share = grid.weight / mass[..., None]
        self.local_sd = np.sqrt(spread)
        self.smooth = self.tau < self.local_sd
        self.smooth_mu = self.mu_given_tau.rows(self.smooth)
        self.mu_mean = (grid.weight * grid.mu).sum(axis=(1, 2))
        gap = grid.mu - self.mu_mean[:, None, None]
        self.mu_sd = np.sqrt((grid.weight * gap**2).sum(axis=(1, 2)))
        self.u = self._u_density()
        self.mean_at = logistic_mean(-np.abs(grid.mu), self.tau[..., None])
        self.logit_means = np.where(grid.mu > 0, -1.0, 1.0) * logit(self.mean_at)

    def mean(self, values: Floats) -> Floats:
        """Give the posterior mean of values (..., d, t, m)."""
        return np.asarray((self.grid.weight * values).sum(axis=(-2, -1)), dtype=float)

    def marginal_means(self) -> Floats:
        """Give the marginal mean proportion at every point, shape (d, t, m)."""
        return np.where(self.grid.mu > 0, 1 - self.mean_at, self.mean_at)

    def _u_density(self) -> Density:
        """Refine the marginal density of u, which is even where its window starts at 0."""
        u, log_post = self.grid.u, self.grid.log_post
        step_mu = self.grid.mu[..., 1] - self.grid.mu[..., 0]
        top = log_post.max(axis=2)
        log_u = top + np.log(np.exp(log_post - top[..., None]).sum(axis=2) * step_mu)
        log_u = log_u + np.log(stretch(u))
        step = u[:, 1] - u[:, 0]
        zero = (u[:, 0] == 0)[:, None]
        if zero.all() or not zero.any():
            return refine(log_u, u[:, 0], step, even=bool(zero.all()))
        plain, even = refine(log_u, u[:, 0], step), refine(log_u, u[:, 0], step, even=True)
        return Density(
            u[:, 0],
            plain.step,
            np.where(zero, even.pdf, plain.pdf),
            np.where(zero, even.slope, plain.slope),
            np.where(zero, even.cdf, plain.cdf),
        )

    # ---- tau ---------------------------------------------------------------------------

    def tau_quantiles(self, probabilities: Floats) -> Floats:
        """Give quantiles of tau, shape (d, q)."""

        def excess(u: Floats) -> tuple[Floats, Floats]:
            value, rate = self.u.at(u)
            return value - probabilities, rate

        low = np.repeat(self.u.start[:, None], len(probabilities), axis=1)
        step = self.u.step[:, None]
        high = low + step * (self.u.pdf.shape[1] - 1)
        cell = (self.u.cdf[:, None, :] < probabilities[:, None]).sum(axis=2)
        return tau_of(root(excess, low, high, low + step * (cell - 0.5), _NEAR))

    def tau_moment(self, power: int) -> Floats:
        """Give the mean of a power of tau, shape (d,)."""
        f = tau_of(self.u.points) ** power * self.u.pdf
        # five-point Newton-Cotes over the fine cells, whose number is a multiple of four
        weight = np.tile([14.0, 32.0, 12.0, 32.0], (f.shape[1] - 1) // 4)
        weight = np.concatenate([[7.0], weight[1:], [7.0]])
        return np.asarray((f @ weight) * self.u.step * 2 / 45, dtype=float)

    def tau_above(self, threshold: float) -> Floats:
        """Give the posterior probability that tau exceeds a threshold, shape (d,)."""
        u = np.full((len(self.mu_mean), 1), u_of(np.array(threshold)))
        below = self.u.at(u)[0][:, 0]
        return np.where(u[:, 0] < self.u.start, 1.0, 1 - below)

    # ---- mu, a new study, the marginal mean -----------------------------------------------
    # each takes points (d, q) and gives distribution function and density there

    def mu_cdf(self, x: Floats) -> tuple[Floats, Floats]:
        """Give the distribution of mu."""
        points = np.repeat(x[:, None, :], self.tau.shape[1], axis=1)
        return self._mix(*self.mu_given_tau.at(points))

    def new_cdf(self, x: Floats) -> tuple[Floats, Floats]:
        """Give the distribution of the logit of a new study's rate.

        Given tau, it is that of mu smeared by a normal of standard deviation tau: a
        Gauss-Hermite sum over the smear where that is narrow, a sum over mu where wide.
        """
        value, rate = np.empty((2, *self.tau.shape, x.shape[1]))
        points = np.repeat(x[:, None, :], self.tau.shape[1], axis=1)
        for smear, rows in ((self._narrow, self.smooth), (self._wide, ~self.smooth)):
            if rows.any():
                value[rows], rate[rows] = smear(points[rows], rows)
        return self._mix(value, rate)

    def _narrow(self, x: Floats, rows: Bools) -> tuple[Floats, Floats]:
        """Smear the distribution of mu, for some values of tau, at points (rows, q)."""
        points = x[..., None] - self.tau[rows][:, None, None] * _Z
        value, rate = self.smooth_mu.at(points.reshape(len(x), -1))
        return value.reshape(points.shape) @ _W, rate.reshape(points.shape) @ _W

    def _wide(self, x: Floats, rows: Bools) -> tuple[Floats, Floats]:
        """Add up normal distributions about the points of mu, for some values of tau."""
        tau, share = self.tau[rows][:, None, None], self.share[rows][:, None, :]
        z = (x[..., None] - self.grid.mu[rows][:, None, :]) / tau
        density = np.exp(-0.5 * z**2) / (np.sqrt(2 * np.pi) * tau)
        return (share * ndtr(z)).sum(axis=2), (share * density).sum(axis=2)

    def mean_cdf(self) -> Cdf:
        """Give the distribution of the logit of the marginal mean, as a function.

        Given tau the marginal mean grows with mu, so its distribution function at the
        mean of a fine point of mu is that of mu at the point.
        """
        fine = self.mu_given_tau
        y, slope = refine_values(self.logit_means, fine.step)
        inverse, mu = 1 / slope, fine.points
        last = y.shape[2] - 2

        def cdf(x: Floats) -> tuple[Floats, Floats]:
            cell = (y[:, :, None, :] < x[:, None, :, None]).sum(axis=3) - 1
            inside = (cell >= 0) & (cell <= last)
            place, by = _hermite(np.clip(cell, 0, last), x[:, None, :], y, mu, inverse)
            value, rate = fine.at(place)
            value = np.where(inside, value, np.where(cell < 0, 0.0, 1.0))
            return self._mix(value, np.where(inside, rate * by, 0.0))

        return cdf

    def _mix(self, value: Floats, rate: Floats) -> tuple[Floats, Floats]:
        """Average over tau what is given for each, (d, t, q)."""
        weight = self.by_tau[..., None]
        return (weight * value).sum(axis=1), (weight * rate).sum(axis=1)

    def quantiles(self, cdf: Cdf, probabilities: Floats, start: Floats, reach: Floats) -> Floats:
        """Give quantiles of a distribution, looked for within a reach of the mean of mu.

        Parameters
        ----------
        cdf : callable
        probabilities : ndarray, shape (q,)
        start : ndarray, shape (d, q)
        reach : ndarray, shape (d,)
        """

        def excess(x: Floats) -> tuple[Floats, Floats]:
            value, rate = cdf(x)
            return value - probabilities, rate

        low = np.repeat((self.mu_mean - reach)[:, None], len(probabilities), axis=1)
        return root(excess, low, low + 2 * reach[:, None], start, _NEAR)

    def guess(self, values: Floats, probabilities: Floats, smear: Floats | float = 0.0) -> Floats:
        """Guess quantiles from four moments (Cornish and Fisher 1938, 10.2307/1400905).

        Parameters
        ----------
        values : ndarray, shape (d, t, m)
        probabilities : ndarray, shape (q,)
        smear : ndarray, shape (d, t, 1)
            Variance of a normal distribution about each value.

        Returns
        -------
        ndarray, shape (d, q)
        """
        centre = self.mean(values)
        gap = values - centre[:, None, None]
        square = gap * gap
        variance = self.mean(square + smear)
        skew = self.mean(gap * (square + 3 * smear)) / variance**1.5
        excess = self.mean(square * (square + 6 * smear) + 3 * smear**2) / variance**2 - 3
        a, b = np.clip(skew, -1, 1)[:, None], np.clip(excess, -1, 2)[:, None]
        z = ndtri(probabilities)
        bent = z + a * (z**2 - 1) / 6 + b * (z**3 - 3 * z) / 24 - a**2 * (2 * z**3 - 5 * z) / 36
        return np.asarray(centre[:, None] + np.sqrt(variance)[:, None] * bent, dtype=float)

    def rates(self) -> Floats:
        """Give every study's expected rate, shape (k, d)."""
        return np.asarray(np.einsum("dtm,kdtm->kd", self.grid.weight, self.grid.rate), dtype=float)


def _hermite(
    cell: NDArray[np.int64], x: Floats, y: Floats, f: Floats, g: Floats
) -> tuple[Floats, Floats]:
    """Interpolate values f with slopes g, known at uneven y, within given cells."""
    # flat positions: much quicker than take_along_axis for many short rows
    d, t, size = y.shape
    left = cell + size * np.arange(d * t).reshape(d, t, 1)
    right = left + 1
    y, f, g = y.ravel(), f.ravel(), g.ravel()
    y0 = y[left]
    h = y[right] - y0
    s = (x - y0) / h
    f0, f1, g0, g1 = f[left], f[right], h * g[left], h * g[right]
    a2, a3 = 3 * (f1 - f0) - 2 * g0 - g1, 2 * (f0 - f1) + g0 + g1
    return f0 + s * (g0 + s * (a2 + s * a3)), (g0 + s * (2 * a2 + s * 3 * a3)) / h


def overlap(first: Floats, second: Floats, points: Floats) -> Floats:
    """Give the common area of two densities at the same points, shape (d,).

    Parameters
    ----------
    first, second, points : ndarray, shape (d, m)
        Both densities, and where they are known.
    """
    gap = np.abs(first - second)
    h, left, right = np.diff(points), gap[..., :-1], gap[..., 1:]
    crossed = (first > second)[..., :-1] != (first > second)[..., 1:]
    # between points where the densities cross, the gap is two triangles
    triangles = (left**2 + right**2) / np.maximum(left + right, 1e-300)
    apart = (0.5 * h * np.where(crossed, triangles, left + right)).sum(axis=-1)
    both = np.trapezoid(first + second, points, axis=-1)
    return np.asarray(0.5 * (both - apart), dtype=float)
