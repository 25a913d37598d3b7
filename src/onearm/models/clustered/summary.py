"""Quantiles read off the three-level posterior: of the centre, a new row, the mean, the spreads."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import RectBivariateSpline
from scipy.optimize import brentq
from scipy.special import expit, logit, ndtr

from onearm.models.arrays import Floats
from onearm.models.bayes.density import Density, refine
from onearm.models.binomial_normal.marginal import logistic_mean
from onearm.models.clustered.grid import Grid
from onearm.models.roots import root

_Z = np.linspace(-8.0, 8.0, 65)
_W = np.exp(-0.5 * _Z**2) / np.exp(-0.5 * _Z**2).sum()

_NEGLIGIBLE = 1e-9
"""Cells of less probability are left out where each costs."""

_LEAST = -60.0
"""Log-densities are cut so far below their highest point."""


def marginal(grid: Grid, axis: int) -> Density:
    """Give the marginal density along one direction; of a standard deviation, over its places.

    Parameters
    ----------
    grid : Grid
    axis : int
        0 within, 1 between, 2 centre.
    """
    others = tuple(i for i in range(3) if i != axis)
    points = (grid.within.place, grid.between.place, grid.mu)[axis]
    mass = grid.weight.sum(axis=others)
    even = axis < 2 and points[0] == 0
    if even:
        mass = mass * np.where(np.arange(len(mass)) == 0, 2.0, 1.0)
    with np.errstate(divide="ignore"):
        log_density = np.maximum(np.log(mass), np.log(mass.max()) - 60)
    step = points[1:2] - points[:1]
    return refine(log_density[None], points[:1], step, even=bool(even))


def quantiles_of(density: Density, levels: Floats) -> Floats:
    """Give quantiles of one density.

    Parameters
    ----------
    density : Density
        Of one dataset.
    levels : ndarray, shape (q,)
    """

    def excess(at: Floats) -> tuple[Floats, Floats]:
        value, slope = density.at(at)
        return value - levels, slope

    ends = density.points[0, [0, -1]]
    low, high = (np.full((1, len(levels)), end) for end in ends)
    return np.asarray(root(excess, low, high, None, 1e-9)[0], dtype=float)


def new_row_quantiles(grid: Grid, levels: Floats) -> Floats:
    """Give quantiles of the logit of a new study's row.

    Given both standard deviations it is the centre smeared by their sum: a plain sum where that
    is wider than the spacing of the centres, else over the refined density of the centre.

    Parameters
    ----------
    grid : Grid
    levels : ndarray, shape (q,)
    """
    total, step = grid.total, grid.mu[1] - grid.mu[0]
    narrow = (total < 1.5 * step) & (grid.weight.sum(axis=2) > 1e-14)
    wide = ~narrow & (grid.weight.sum(axis=2) > 1e-14)
    share = grid.weight.sum(axis=2)[narrow]
    ones = np.ones(int(narrow.sum()))
    fine = refine(grid.log_post[narrow], grid.mu[0] * ones, step * ones) if len(ones) else None
    spread, weight = total[wide][:, None], grid.weight[wide]

    def excess(at: Floats) -> tuple[Floats, Floats]:
        value, rate = np.empty_like(at), np.empty_like(at)
        for i, x in enumerate(at[0]):
            z = (x - grid.mu) / spread
            value[0, i] = (weight * ndtr(z)).sum()
            density = np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * spread)
            rate[0, i] = (weight * density).sum()
            if fine is not None:
                below, slope = fine.at(x - total[narrow][:, None] * _Z)
                value[0, i] += np.einsum("s,sq,q->", share, below, _W)
                rate[0, i] += np.einsum("s,sq,q->", share, slope, _W)
        return value - levels, rate

    reach = np.abs(grid.mu).max() + 9 * total.max() + 1
    low = np.full((1, len(levels)), -reach)
    return np.asarray(root(excess, low, -low, None, 1e-9)[0], dtype=float)


def spread_summary(grid: Grid, axis: int, levels: Floats) -> tuple[float, Floats]:
    """Give mean and quantiles of one standard deviation.

    The mean is by five-point Newton-Cotes over the fine cells of its density.

    Parameters
    ----------
    grid : Grid
    axis : int
        0 within, 1 between.
    levels : ndarray, shape (q,)
    """
    spread, density = (grid.within, grid.between)[axis], marginal(grid, axis)
    values = np.sinh(density.points[0]) * density.pdf[0]
    weight = np.tile([14.0, 32.0, 12.0, 32.0], (len(values) - 1) // 4)
    weight = np.concatenate([[7.0], weight[1:], [7.0]])
    mean = spread.scale * float((values @ weight) * density.step[0] * 2 / 45)
    return mean, spread.scale * np.sinh(quantiles_of(density, levels))


def mean_quantiles(grid: Grid, levels: Floats) -> Floats:
    """Give quantiles of the marginal mean of a new study's row.

    Given both standard deviations the mean rises with the centre, so that its distribution is
    that of the centre, on another scale.

    Parameters
    ----------
    grid : Grid
    levels : ndarray, shape (q,)
    """
    share = grid.weight.sum(axis=2)
    cells = share > _NEGLIGIBLE
    means = logit(logistic_mean(grid.mu, grid.total[cells][:, None]))
    mass = grid.weight[cells]
    # the trapezoid sums, with their end corrections of Euler and Maclaurin
    below = np.cumsum(mass, axis=1) - 0.5 * mass - np.gradient(mass, axis=1) / 12
    row, last = np.arange(len(mass)), len(grid.mu) - 1

    def excess(at: float, level: float) -> float:
        centre = np.clip(_crossing(means, at), 0, last)
        cell = np.minimum(centre.astype(int), last - 1)
        s = centre - cell
        f0, f1, g0, g1 = (a[row, cell + i] for a in (below, mass) for i in (0, 1))
        rise = f1 - f0
        value = f0 + s * (g0 + s * (3 * rise - 2 * g0 - g1 + s * (g0 + g1 - 2 * rise)))
        return float(value.sum()) - level

    low, high = means.min(), means.max()
    return np.array([expit(brentq(excess, low, high, (p * mass.sum(),))) for p in levels])


def _crossing(rising: Floats, value: float) -> Floats:
    """Give where each row, rising, has a value, in steps from its first point."""
    row, size = np.arange(len(rising)), rising.shape[1]
    first = np.clip((rising < value).sum(axis=1) - 2, 0, size - 4)
    y = np.stack([rising[row, first + i] for i in range(4)])
    out = np.zeros(len(rising))
    # the cubic through four points, of place over value (Lagrange)
    for i in range(4):
        term = np.full(len(rising), float(i))
        for j in {0, 1, 2, 3} - {i}:
            term *= (value - y[j]) / (y[i] - y[j])
        out += term
    beyond = (value < rising[:, 0]) | (value > rising[:, -1])
    edge = np.where(value < rising[:, 0], 0.0, size - 1.0)
    return np.where(beyond, edge, first + out)


def total_quantiles(grid: Grid, levels: Floats) -> Floats:
    """Give quantiles of the standard deviation of a new study's row, both levels together.

    The joint density of the two standard deviations is integrated along circles about 0.

    Parameters
    ----------
    grid : Grid
    levels : ndarray, shape (q,)
    """
    spreads = grid.within, grid.between
    density = grid.weight.sum(axis=2) / (spreads[0].measure[:, None] * spreads[1].measure)
    axes = []
    for axis, spread in enumerate(spreads):
        points = spread.place
        if points[0] == 0:
            rest = np.flip(density, axis).take(range(len(points) - 1), axis)
            density = np.concatenate([rest, density], axis)
            points = np.concatenate([-points[:0:-1], points])
        axes.append(points)
    with np.errstate(divide="ignore"):
        log_density = np.maximum(np.log(density), np.log(density.max()) + _LEAST)
    spline = RectBivariateSpline(*axes, log_density, kx=5, ky=5)
    scale = min(spread.scale for spread in spreads)
    place = np.linspace(0.0, np.arcsinh(float(grid.total.max()) / scale), 1001)
    radius = scale * np.sinh(place)
    angle, weight = np.polynomial.legendre.leggauss(48)
    angle = 0.25 * np.pi * (angle + 1)
    sds = radius[:, None] * np.sin(angle), radius[:, None] * np.cos(angle)
    inside = np.ones(sds[0].shape, dtype=bool)
    for sd, spread in zip(sds, spreads, strict=True):
        inside &= (sd >= spread.sd[0]) & (sd <= spread.sd[-1])
    height = spline.ev(*(spread.places(sd) for sd, spread in zip(sds, spreads, strict=True)))
    along = radius * np.cosh(place) * (np.where(inside, np.exp(height), 0.0) @ weight)
    below = np.concatenate([[0.0], np.cumsum(0.5 * (along[1:] + along[:-1]))])
    return np.asarray(scale * np.sinh(np.interp(levels * below[-1], below, place)), dtype=float)
