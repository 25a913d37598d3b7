"""The mean proportion over studies, of which the back-transformed centre is the median.

With effects normal on some scale, the marginal mean is the integral of the
back-transform over that distribution (Lin and Chu 2020, 10.1097/EDE.0000000000001232).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, ndtr, roots_hermitenorm

from onearm.models.arrays import Floats

_NODES, _WEIGHTS = roots_hermitenorm(40)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()

_REACH = 7.3
"""Standard deviations on each side after which the normal density is below 1e-12."""


_BANDS = (1.0, 2.0, 3.5, 6.0)
_WIDE = _BANDS[-1]


def gauss_hermite(inverse: Callable[[Floats], Floats], mu: Floats, tau: Floats) -> Floats:
    """Average a back-transform over normal effects by 40-point Gauss-Hermite quadrature.

    Parameters
    ----------
    inverse : callable
        From the effect scale to proportions; takes and gives arrays (40, d).
    mu, tau : ndarray, shape (d,)

    Returns
    -------
    ndarray, shape (d,)
        ``inverse(mu)`` itself where tau is 0.
    """
    grid = mu + tau * _NODES[:, None]
    return np.asarray(_WEIGHTS @ inverse(grid), dtype=float)


def logistic_mean(mu: Floats, tau: Floats) -> Floats:
    """Average expit over a normal distribution to about 1e-11, however wide it is.

    A trapezoid rule in the standard normal, whose error falls with the distance of
    the pole of expit at ``i pi / tau`` from the real line, so the step shrinks as tau
    grows; for large tau, after integration by parts, one in the logit itself.

    Parameters
    ----------
    mu, tau : ndarray of shapes that broadcast together

    Returns
    -------
    ndarray of the common shape
    """
    mu, tau = np.broadcast_arrays(np.asarray(mu, dtype=float), np.asarray(tau, dtype=float))
    mean = np.full(mu.shape, np.nan)
    wide = tau > _WIDE
    if wide.any():
        mean[wide] = _by_parts(mu[wide], tau[wide])
    for low, high in zip((-1.0, *_BANDS[:-1]), _BANDS, strict=True):
        here = (tau > low) & (tau <= high)
        if here.any():
            size = int(np.ceil(_REACH * max(1.7, 1.6 * high)))
            z = np.linspace(-_REACH, _REACH, 2 * size + 1)
            w = np.exp(-0.5 * z**2)
            # quicker than expit; the bound keeps exp from overflowing
            grid = np.minimum(-mu[here] - tau[here] * z.reshape(-1, 1), 700.0)
            np.exp(grid, out=grid)
            grid += 1
            mean[here] = (w / w.sum()) @ (1 / grid)
    return mean


def _by_parts(mu: Floats, tau: Floats) -> Floats:
    """Average the normal distribution function over a logistic variable."""
    theta = np.linspace(-36.0, 36.0, 145)
    density = expit(theta) * expit(-theta)
    grid = (mu - theta.reshape(-1, 1)) / tau
    return np.asarray((density / density.sum()) @ ndtr(grid), dtype=float)
