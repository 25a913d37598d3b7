r"""Study likelihoods on grids of (mu, tau), however small or large tau is.

Up to moderate tau the integral runs over the standardised random effect. Beyond, the
number of points would grow with tau, so the integral runs over the logit itself, where
the binomial likelihood is narrow and the normal density wide; for a study without
events (or with only events), whose likelihood has a flat side, it is first integrated by
parts, which turns the normal density into its distribution function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.binomial_normal.likelihood import softplus, strip, trapezoid
from onearm.models.binomial_normal.nodes import Rows, lay_out, over_effects, over_logits

_WIDE = 6.0
_BANDS = (0.25, 0.6, 1.0, 1.6, 2.5, 4.0, _WIDE)
_BLOCK = 60_000
_DROP = 25.0
_FARTHEST = 15.0
_MANY = 64

Way = Callable[[Rows, Ints], tuple[Floats, Floats]]


def study_likelihoods(
    x: Floats, n: Floats, mu: Floats, tau: Floats, drop: float = _DROP
) -> tuple[Floats, Floats]:
    """Give log-likelihoods and expected rates of every study at every grid point.

    Parameters
    ----------
    x, n : ndarray of float, shape (k, d)
    mu : ndarray, shape (d, t, m)
        Centres, ascending, for each dataset and each value of tau.
    tau : ndarray, shape (d, t)
    drop : float
        Fall of the log-integrands at the ends of their windows.

    Returns
    -------
    log_likelihood : ndarray, shape (k, d, t, m)
        Binomial coefficients left out; 0 for absent studies.
    rate : ndarray, shape (k, d, t, m)
        Expected true rate of the study given its counts.
    """
    k, (d, t, m) = len(x), mu.shape
    value, rate = np.empty((k, d * t, m)), np.empty((k, d * t, m))
    owner = np.repeat(np.arange(d), t)
    flat_mu, flat_tau = mu.reshape(d * t, m), tau.reshape(d * t)
    near = np.flatnonzero(flat_tau <= _FARTHEST)
    rows = lay_out(x.T[owner[near]], n.T[owner[near]], flat_mu[near], flat_tau[near], drop)
    # what a point costs either way, as measured; where it takes very many, points of one's own
    most = np.minimum(20 * m / (20 + 1.5 * m) * rows.z_size, 200 + 20 * m)
    logits = rows.safe & (rows.theta_size <= most)
    effects = ~logits & (rows.z_size <= _MANY) & (rows.tau <= _WIDE)
    ways: tuple[tuple[Way, Ints, Bools, int], ...] = (
        (over_logits, rows.theta_size, logits, m + 2 * k),
        (over_effects, rows.z_size, effects, m * k),
    )
    for way, size, chosen, each in ways:
        for part in _alike(size, np.flatnonzero(chosen), each):
            value[:, near[part]], rate[:, near[part]] = way(rows, part)
    apart = np.ones(d * t, dtype=bool)
    apart[near[logits | effects]] = False
    band = np.where(apart, np.searchsorted(_BANDS, flat_tau), -1)
    for b in np.unique(band[apart]):
        for cells in _blocks(np.flatnonzero(band == b), flat_tau, k * m):
            xs, ns = x[:, owner[cells], None], n[:, owner[cells], None]
            eta, spread = flat_mu[cells], flat_tau[cells, None]
            if b == len(_BANDS):
                value[:, cells], rate[:, cells] = _wide(xs, ns, eta, spread, drop)
                continue
            z, log_weight = trapezoid(xs, ns, eta, spread, drop)
            value[:, cells], rate[:, cells] = _sums(xs, ns, eta, spread, z, log_weight)
    value[(n == 0)[:, owner]] = 0.0
    shape = (k, d, t, m)
    return value.reshape(shape), rate.reshape(shape)


def _alike(size: Ints, chosen: Ints, each: int) -> Iterator[Ints]:
    """Cut rows into pieces with one number of points, whose arrays stay small."""
    for points in np.unique(size[chosen]):
        same = chosen[size[chosen] == points]
        count = max(1, int(_BLOCK / (int(points) * each)))
        for i in range(0, len(same), count):
            yield same[i : i + count]


def _sums(
    x: Floats, n: Floats, eta: Floats, tau: Floats, z: Floats, log_weight: Floats
) -> tuple[Floats, Floats]:
    """Sum over the points; in place, because here the time goes."""
    theta = tau * z
    theta += eta
    e = np.exp(-np.abs(theta))
    e1 = 1 + e
    log_f = np.log(e1)
    log_f += np.maximum(theta, 0)
    log_f *= -n
    rate = np.where(theta > 0, 1.0, e)
    rate /= e1
    theta *= x
    log_f += theta
    z *= z
    z *= 0.5
    log_f -= z
    top = log_f.max(axis=0)
    log_f -= top
    f = np.exp(log_f, out=log_f)
    total = f.sum(axis=0)
    rate *= f
    return top + np.log(total) + log_weight, rate.sum(axis=0) / total


def _blocks(cells: NDArray[np.int64], tau: Floats, each: int) -> list[NDArray[np.int64]]:
    """Cut cells of one band into pieces whose arrays stay small."""
    points = 40 * max(1.0, min(float(tau[cells].max()), 4.0))
    count = max(1, int(_BLOCK / (points * each)))
    return [cells[i : i + count] for i in range(0, len(cells), count)]


def _wide(x: Floats, n: Floats, mu: Floats, tau: Floats, drop: float) -> tuple[Floats, Floats]:
    """Integrate over the logit, for tau so large that the binomial part decides its grid."""
    zero, full = (x == 0) & (n > 0), (x == n) & (n > 0)
    a, b = np.maximum(x, 1.0), np.maximum(n - x, 1.0)
    theta, step = _logit_points(a, b, drop)
    log_b = a * theta - (a + b) * softplus(theta)
    top = log_b.max(axis=0)
    binomial = np.exp(log_b - top) * step
    p = 1 / (1 + np.exp(-theta))
    gap = (theta - mu) / tau
    edge = zero | full
    kernel = np.where(
        edge,
        ndtr(np.where(full, -gap, gap)),
        np.exp(-0.5 * gap**2) / (np.sqrt(2 * np.pi) * tau),
    )
    weighted = binomial * kernel
    total = weighted.sum(axis=0)
    # by parts: q^n = integral of n p q^n upwards; its rate p q^n has the derivative below
    slope = np.where(
        edge, np.where(zero, p - (1 - p) / np.maximum(n, 1), p + p / np.maximum(n, 1)), p
    )
    rate = (weighted * slope).sum(axis=0) / total
    value = top + np.log(total) + np.where(edge, np.log(np.maximum(n, 1)), 0.0)
    absent = n == 0
    return np.where(absent, 0.0, value), rate


def _logit_points(a: Floats, b: Floats, drop: float) -> tuple[Floats, Floats]:
    """Lay out logits where expit^a (1 - expit)^b has not yet fallen by ``drop``."""
    centre, width = np.log(a / b), np.sqrt((a + b) / (a * b))
    reach = (np.sqrt(2 * drop) + 0.6) * width
    top = a * centre - (a + b) * softplus(centre)
    ends = []
    for sign in (-1.0, 1.0):
        theta = centre + sign * reach
        fall = top - (a * theta - (a + b) * softplus(theta))
        ends.append(reach * np.maximum(drop / fall, 1.0))
    span = ends[0] + ends[1]
    slack = 2 * np.pi / drop
    step = np.minimum(0.82 * np.sqrt(np.pi * slack) * width, slack * strip(a + b))
    size = int(np.ceil((span / step).max())) + 1
    fraction = np.linspace(0.0, 1.0, size).reshape(-1, *[1] * a.ndim)
    return centre - ends[0] + span * fraction, span / (size - 1)
