"""How probable every result of a study is, on whole grids of centre and spread at once.

The logit of a study's rate is normal about mu with standard deviation tau, its events are
binomial (Stijnen 2010, 10.1002/sim.4040). Where tau is wide, binomial probabilities are
computed once on even logits and multiplied by the normal densities, one product of matrices
for all centres; where it is narrow, Gauss-Hermite points lie about every centre.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import gammaln, ndtr, roots_hermitenorm

from onearm.models.arrays import Floats
from onearm.models.exact_interval.products import product

_REACH = 7.5
"""Standard deviations after which a normal density has nothing left (6e-14)."""

_SMOOTH = 0.8
"""The most that a binomial probability may be taken to be spread, whatever the size: the
logistic curve has a scale of its own."""

_FLAT = 45.0
"""Logits beyond which a rate is 0 or 1."""

_FARTHEST = 200.0
"""Logits beyond which rates are no longer told apart, however wide tau is."""

_FEW = 8
"""Fewer centres than this count as few."""

_NOTHING = -200.0
"""Logarithm of what counts as nothing: numbers near the smallest there are slow everything."""


def binomial(size: int, logits: Floats) -> Floats:
    """Give the probabilities of 0, 1, …, n events where the rate is known, (n + 1, ...).

    Parameters
    ----------
    size : int
        People in the study.
    logits : ndarray, shape (...)
        Of the rate.
    """
    x = np.arange(size + 1.0).reshape(-1, *[1] * logits.ndim)
    choose = gammaln(size + 1) - gammaln(x + 1) - gammaln(size - x + 1)
    softplus = np.maximum(logits, 0.0) + np.log1p(np.exp(-np.abs(logits)))
    log_probability = x * logits
    log_probability -= size * softplus
    log_probability += choose
    np.maximum(log_probability, _NOTHING, out=log_probability)
    return np.asarray(np.exp(log_probability, out=log_probability), dtype=float)


def result_probabilities(size: int, mu: Floats, tau: Floats) -> Floats:
    """Give the probabilities of 0, 1, …, n events for every centre and spread.

    Parameters
    ----------
    size : int
        People in the study.
    mu : ndarray, shape (m,)
        Logits of the median proportion.
    tau : ndarray, shape (t,)

    Returns
    -------
    ndarray, shape (t, n + 1, m)
    """
    width = min(2 / np.sqrt(size), _SMOOTH)
    found = np.empty((len(tau), size + 1, len(mu)))
    narrow = tau < width
    if narrow.any():
        found[narrow] = _about_centres(size, mu, tau[narrow])
    if not narrow.all():
        found[~narrow] = _on_even_logits(size, mu, tau[~narrow], 0.65 * width)
    return found


@lru_cache(maxsize=1)
def _hermite() -> tuple[Floats, Floats]:
    points, weights = roots_hermitenorm(24)
    return points, weights / weights.sum()


def _about_centres(size: int, mu: Floats, tau: Floats) -> Floats:
    """Average over Gauss-Hermite points about every centre."""
    points, weights = _hermite()
    logits = mu[:, None] + tau[:, None, None] * points
    return np.moveaxis(binomial(size, logits) @ weights, 0, 1)


def _on_even_logits(size: int, mu: Floats, tau: Floats, step: float) -> Floats:
    """Average over even logits that all centres share."""
    found = np.empty((len(tau), size + 1, len(mu)))
    reach = _REACH * tau.max()
    most = int(_FARTHEST / step)
    first = max(int(np.floor((mu.min() - reach) / step)), -most)
    last = min(int(np.ceil((mu.max() + reach) / step)), most)
    logits = step * np.arange(first, last + 1)
    known = binomial(size, np.clip(logits, -_FLAT, _FLAT))
    # few centres: all spreads in one product; many: each on the logits that it reaches
    together = len(tau) if len(mu) < _FEW else 1
    for at in range(0, len(tau), together):
        spread = tau[at : at + together]
        reach = _REACH * spread.max()
        near = slice(
            max(int(np.floor((mu.min() - reach) / step)) - first, 0),
            int(np.ceil((mu.max() + reach) / step)) - first + 1,
        )
        kernel = (logits[near, None, None] - mu) / spread[:, None]
        kernel *= kernel
        kernel *= -0.5
        np.maximum(kernel, _NOTHING, out=kernel)
        np.exp(kernel, out=kernel)
        kernel *= step / (np.sqrt(2 * np.pi) * spread[:, None])
        done = product(known[:, near], kernel.reshape(len(kernel), -1))
        found[at : at + together] = done.reshape(-1, *kernel.shape[1:]).swapaxes(0, 1)
    # beyond the outermost logits nobody has the event, or everybody
    found[:, 0] += ndtr(((first - 0.5) * step - mu) / tau[:, None])
    found[:, -1] += ndtr((mu - (last + 0.5) * step) / tau[:, None])
    return found
