"""Densities known at evenly spaced points, made fine enough to read quantiles off.

The logarithm of a posterior density is nearly quadratic, so a spline of degree seven
through a few dozen points of it is exact to 1e-8; and since a spline is linear in its
values, refining many densities at once is one product with a fixed matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
from scipy.interpolate import make_interp_spline

from onearm.models.arrays import Bools, Floats

_FINER = 4
"""Fine cells per coarse one."""


@cache
def _matrices(size: int, even: bool) -> tuple[Floats, Floats]:
    """Give the matrices from values at 0..size-1 to values and slopes on the fine points."""
    fine = np.linspace(0.0, size - 1.0, (size - 1) * _FINER + 1)
    if even:
        # mirrored at the first point, where the function is even
        points = np.arange(-(size - 1.0), size)
        unit = np.concatenate([np.eye(size)[:0:-1], np.eye(size)])
    else:
        points, unit = np.arange(float(size)), np.eye(size)
    spline = make_interp_spline(points, unit, k=7)
    return np.asarray(spline(fine), dtype=float), np.asarray(spline(fine, 1), dtype=float)


@dataclass(frozen=True)
class Density:
    """Normalised densities on fine evenly spaced points, with their distribution functions.

    Attributes
    ----------
    start, step : ndarray, shape (...)
        First point and spacing.
    pdf, slope, cdf : ndarray, shape (..., fine)
    """

    start: Floats
    step: Floats
    pdf: Floats
    slope: Floats
    cdf: Floats

    @property
    def points(self) -> Floats:
        """The fine points, shape (..., fine)."""
        return self.start[..., None] + self.step[..., None] * np.arange(self.pdf.shape[-1])

    def rows(self, which: Bools) -> Density:
        """Give some of the densities, shape (chosen, fine)."""
        return Density(*(getattr(self, f.name)[which] for f in fields(self)))

    def at(self, x: Floats) -> tuple[Floats, Floats]:
        """Give the distribution function and the density at points of shape (..., q)."""
        last = self.pdf.shape[-1] - 1
        place = (x - self.start[..., None]) / self.step[..., None]
        cell = np.minimum(np.maximum(place, 0.0), last - 1.0).astype(np.int64)
        s = np.clip(place - cell, 0.0, 1.0)
        h = self.step[..., None]

        # flat positions: much quicker than take_along_axis for many short rows
        rows = np.arange(self.start.size).reshape(*self.start.shape, 1) * (last + 1)
        flat = rows + cell
        cdf, pdf, slope = self.cdf.ravel(), self.pdf.ravel(), self.slope.ravel()
        f0, f1 = cdf[flat], cdf[flat + 1]
        g0, g1 = h * pdf[flat], h * pdf[flat + 1]
        c0, c1 = h * h * slope[flat], h * h * slope[flat + 1]
        value, rate = _quintic(s, f0, f1, g0, g1, c0, c1)
        inside = (place >= 0) & (place <= last)
        return value, np.where(inside, rate / h, 0.0)


def _quintic(
    s: Floats, f0: Floats, f1: Floats, g0: Floats, g1: Floats, c0: Floats, c1: Floats
) -> tuple[Floats, Floats]:
    """Interpolate between values, first and second derivatives at 0 and 1; give the slope too."""
    rise = f1 - f0
    a3 = 10 * rise - 6 * g0 - 4 * g1 - 1.5 * c0 + 0.5 * c1
    a4 = -15 * rise + 8 * g0 + 7 * g1 + 1.5 * c0 - c1
    a5 = 6 * rise - 3 * (g0 + g1) - 0.5 * (c0 - c1)
    value = f0 + s * (g0 + s * (0.5 * c0 + s * (a3 + s * (a4 + s * a5))))
    slope = g0 + s * (c0 + s * (3 * a3 + s * (4 * a4 + s * 5 * a5)))
    return value, slope


def refine(log_density: Floats, start: Floats, step: Floats, even: bool = False) -> Density:
    """Refine log-densities (not normalised) given at evenly spaced points.

    Parameters
    ----------
    log_density : ndarray, shape (..., m)
    start, step : ndarray, shape (...)
        First point and spacing.
    even : bool
        Whether the density is even about its first point.
    """
    values, slopes = _matrices(log_density.shape[-1], even)
    log_pdf = log_density - log_density.max(axis=-1, keepdims=True)
    pdf = np.exp(np.minimum(_product(log_pdf, values), 1.0))
    h = step / _FINER
    slope = pdf * _product(log_pdf, slopes) / step[..., None]
    cells = 0.5 * h[..., None] * (pdf[..., 1:] + pdf[..., :-1]) + (h**2)[..., None] / 12 * (
        slope[..., :-1] - slope[..., 1:]
    )
    # the next term of Euler and Maclaurin, its third derivative from second differences
    bend = np.zeros_like(slope)
    bend[..., 1:-1] = slope[..., 2:] - 2 * slope[..., 1:-1] + slope[..., :-2]
    cells += (h**2)[..., None] / 720 * (bend[..., 1:] - bend[..., :-1])
    cdf = np.concatenate([np.zeros((*pdf.shape[:-1], 1)), np.cumsum(cells, axis=-1)], axis=-1)
    total = cdf[..., -1:]
    return Density(start, h, pdf / total, slope / total, cdf / total)


def refine_values(values: Floats, fine_step: Floats) -> tuple[Floats, Floats]:
    """Give values and slopes on the fine points for smooth functions (..., m).

    Parameters
    ----------
    values : ndarray, shape (..., m)
    fine_step : ndarray, shape (...)
        Spacing of the fine points.
    """
    to_values, to_slopes = _matrices(values.shape[-1], False)
    slopes = _product(values, to_slopes) / (_FINER * fine_step[..., None])
    return _product(values, to_values), slopes


def _product(values: Floats, matrix: Floats) -> Floats:
    """Multiply the last axis by a matrix, in one order of summation on every machine."""
    return np.asarray(np.einsum("...m,fm->...f", values, matrix), dtype=float)
