"""The mean proportion over studies, of which the back-transformed centre is the median.

With effects normal on some scale, the marginal mean is the integral of the
back-transform over that distribution (Lin and Chu 2020, 10.1097/EDE.0000000000001232).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import expit, roots_hermitenorm

from onearm.models.arrays import Floats

_NODES, _WEIGHTS = roots_hermitenorm(40)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()

_REACH = 8.5
"""Standard deviations on each side after which the normal density is below 1e-16."""


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
    """Average expit over a normal distribution to about 1e-13, however wide it is.

    Up to tau = 1 the Gauss-Hermite rule has that accuracy; beyond, a trapezoid
    rule takes over, whose error falls with the distance of the pole of expit at
    ``i pi / tau`` from the real line, so the step shrinks in proportion.

    Parameters
    ----------
    mu, tau : ndarray of one shape

    Returns
    -------
    ndarray of that shape
    """
    mu, tau = np.broadcast_arrays(np.asarray(mu, dtype=float), np.asarray(tau, dtype=float))
    mean = np.full(mu.shape, np.nan)
    steps = np.ceil(_REACH * np.maximum(2.0, 1.6 * tau))
    for size in np.unique(2 ** np.ceil(np.log2(steps[np.isfinite(steps)]))):
        here = (steps <= size) & (steps > size / 2)
        z = np.linspace(-_REACH, _REACH, 2 * int(size) + 1)
        w = np.exp(-0.5 * z**2)
        mean[here] = (w / w.sum()) @ expit(mu[here] + tau[here] * z[:, None])
    return mean
