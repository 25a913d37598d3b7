r"""The posteriors of all tables of a design on one lattice of (mu, tau).

A table's likelihood is a product over its studies, so that one small array a size serves
every table, and the posterior of mu is a product of matrices. The lattice is even in mu: a
density is then known between its points too, as a series of sinc functions (Stenger 1981,
10.1137/1023037), whose integrals give its distribution function. In tau it is a rule of
Gauss and Legendre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.special import ndtr, sici

from onearm.models.arrays import Floats, Ints
from onearm.models.bayes.priors import Prior
from onearm.models.bayes.windows import stretch, tau_of, u_of

_SPREADS = {"half-normal": 20, "half-cauchy": 40}
"""Values of tau by the family of its prior."""

_FARTHEST = {"half-normal": 7.0, "half-cauchy": 1e4}
"""Scales after which the prior of tau has nothing left, or what matters to no interval."""

_BEYOND = 10.0
"""Scales of mu's prior that the lattice goes on from where one event among all would be."""

_POINTS = 8
"""Neighbours from which a distribution function is interpolated."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Points in mu and tau.

    Attributes
    ----------
    mu : ndarray, shape (m,)
        Even.
    tau, weight : ndarray, shape (t,)
        Values, and the weights of their rule times the prior.
    log_prior : ndarray, shape (m,)
        Of mu.
    """

    mu: Floats
    tau: Floats
    weight: Floats
    log_prior: Floats

    @classmethod
    def of(cls, sizes: Sequence[int], priors: tuple[Prior, Prior], least: float) -> Lattice:
        """Lay out the lattice of a design.

        Parameters
        ----------
        sizes : sequence of int
            People in each study.
        priors : tuple of Prior
            Of mu and tau.
        least : float
            How far from 0 it goes at the least.
        """
        people = float(sum(sizes))
        # a little more than half of the least standard deviation that mu can have
        step = min(1.1 / np.sqrt(people), 0.3)
        half = int(np.ceil(max(_BEYOND * priors[0].scale + np.log1p(people), least) / step))
        mu = step * np.arange(-half, half + 1.0)
        tau, weight = _spreads(priors[1])
        return cls(mu, tau, weight, priors[0].log_density(mu))

    @property
    def step(self) -> float:
        """Spacing of mu."""
        return float(self.mu[1] - self.mu[0])

    @property
    def every(self) -> list[int]:
        """Of how many points of mu one is needed, for each tau, once it is smeared by it."""
        return [2 if tau > 2 * self.step else 1 for tau in self.tau.tolist()]

    def part(self, rows: slice, here: slice) -> Lattice:
        """Leave out some values of tau and of mu.

        Parameters
        ----------
        rows, here : slice
            What is kept, of tau and of mu.
        """
        return Lattice(self.mu[here], self.tau[rows], self.weight[rows], self.log_prior[here])

    def below(self, density: Floats) -> Floats:
        """Integrate densities that are all but 0 at the ends, by Fourier's series, (d, m).

        Parameters
        ----------
        density : ndarray, shape (d, m)
            At all points of mu.
        """
        m = density.shape[1]
        size = next_fast_len(m + 1, real=True)
        series = rfft(density, size, axis=1)
        mean = series[:, :1].real / size
        frequency = 2j * np.pi * np.arange(series.shape[1]) / size
        series[:, 0] = 0.0
        series[:, 1:] /= frequency[1:]
        if size % 2 == 0:
            series[:, -1] = 0.0
        waves = irfft(series, size, axis=1)
        waves += mean * np.arange(size)
        # nothing lies between the last point and the first: there the integral is 0
        return np.asarray(self.step * (waves[:, :m] - waves[:, -1:] + mean * size), dtype=float)

    def kernel(self, rows: slice | Ints, tau: float = 0.0) -> Floats:
        r"""Weights (rows, m) that integrate a density of mu, smeared by tau, up to some points.

        The integral of sinc((mu - mu_i) / h) Phi((mu_j - mu) / tau) over mu is
        :math:`h (1/2 + \pi^{-1} \int_0^\pi \sin(w (j-i)) e^{-(w \tau / h)^2 / 2} dw / w)`,
        which for tau beyond a few h is h Phi((mu_j - mu_i) / tau).
        """
        size = len(self.mu)
        lag = np.arange(size)
        if tau > 3 * self.step:
            upper = ndtr(lag * self.step / tau)
        elif tau == 0:
            upper = 0.5 + sici(np.pi * lag)[0] / np.pi
        else:
            node, weight = _rule(16 * (size // 16) + 32)
            w = 0.5 * np.pi * (node + 1)
            damped = weight * np.exp(-0.5 * (w * tau / self.step) ** 2) / w
            upper = 0.5 + 0.5 * (np.sin(np.multiply.outer(lag, w)) @ damped)
        column = np.concatenate([1 - upper[:0:-1], upper])
        return np.asarray(self.step * column[lag[rows, None] - lag + size - 1], dtype=float)


@lru_cache(maxsize=16)
def _rule(size: int) -> tuple[Floats, Floats]:
    """Give the nodes and weights of Gauss and Legendre."""
    return np.polynomial.legendre.leggauss(size)


def _spreads(prior: Prior) -> tuple[Floats, Floats]:
    """Give values of tau and their weights."""
    node, weight = _rule(_SPREADS[prior.family])
    farthest = _FARTHEST[prior.family] * prior.scale
    if prior.family == "half-normal":
        u = np.arcsinh(farthest) / 2 * (node + 1)
        tau, slope = np.sinh(u), np.cosh(u) * np.arcsinh(farthest) / 2
    else:
        u = u_of(np.array(farthest)) / 2 * (node + 1)
        tau, slope = tau_of(u), stretch(u) * u_of(np.array(farthest)) / 2
    return tau, weight * slope * np.exp(prior.log_density(tau))


def interpolation(place: float, count: int) -> tuple[int, Floats]:
    """Give the first of the neighbours of a place among even points, and their weights.

    Parameters
    ----------
    place : float
        In steps from the first point.
    count : int
        How many points there are.
    """
    first = min(max(int(np.floor(place)) - _POINTS // 2 + 1, 0), count - _POINTS)
    gap = place - first - np.arange(_POINTS)
    weights = np.array(
        [np.prod([gap[j] / (i - j) for j in range(_POINTS) if j != i]) for i in range(_POINTS)]
    )
    return first, weights
