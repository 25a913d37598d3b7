"""Where the posterior of (mu, tau) is: windows of u and, for every tau, of mu.

The posterior of tau is laid out on the scale of u, tau being sinh(sinh(u)). Near zero that is
tau itself, in which the posterior is even; far out it is doubly logarithmic, which tames heavy
tails (Takahasi and Mori 1974).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Floats
from onearm.models.bayes.priors import Prior
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.models.binomial_normal.likelihood import gauss, slopes

_FALL = 23.0
"""Fall of the log-posterior at the ends of the windows: exp(-23) is 1e-10."""

LEAST = {"half-normal": 9.0, "half-cauchy": _FALL}
"""Fall in mu where tau itself is all but impossible; more where far tails decide moments."""

_SCAN = 1.94 * np.sinh(np.linspace(0.0, 1.0, 25)) / np.sinh(1.0)
"""Trial values of u, up to a tau of 15, beyond which tails are extrapolated."""


_STEP = 0.6
"""Step of mu in conditional standard deviations."""

_LOGISTIC = 0.55
"""Longest step of mu, whatever the data: the logistic curve has a scale of 1."""

_ROUGH = 12.0
"""Fall of the integrands at the ends of their windows where a rough value will do."""


def scan(x: Floats, n: Floats, mu_prior: Prior, tau_prior: Prior) -> tuple[Floats, Floats, Floats]:
    """Give conditional modes of mu and approximate log-posteriors of u on the trial grid.

    Returns
    -------
    centre, log_u, info : ndarray, shape (d, trial values)
        The last is the information about mu.
    """
    d, size = x.shape[1], len(_SCAN)
    tau = np.tile(tau_of(_SCAN), (d, 1))
    p = (x.sum(axis=0) + 0.5) / (n.sum(axis=0) + 1)
    start = np.log(p / (1 - p))[:, None] * np.sqrt(1 + 0.346 * np.minimum(tau, 3) ** 2)
    mu, value, info = _conditional(x, n, np.clip(start, -6, 6), tau, mu_prior, 3)
    log_u = value - 0.5 * np.log(info) + tau_prior.log_density(tau) + np.log(stretch(_SCAN))
    return mu, log_u.reshape(d, size), info


def _conditional(
    x: Floats, n: Floats, mu: Floats, tau: Floats, prior: Prior, steps: int
) -> tuple[Floats, Floats, Floats]:
    """Move mu towards its mode for each tau; give value and information there."""
    xs, ns = x[:, :, None], n[:, :, None]
    value = info = np.empty(0)
    for _ in range(steps):
        studies, first, second = slopes(xs, ns, mu, tau, *gauss(xs, ns, mu, tau))
        slope = first.sum(axis=0) + prior.slope(mu)
        # the exact curvature is positive; five points may miss that for an odd study
        info = np.maximum(-second.sum(axis=0), 1e-3) - prior.bend(mu)
        step = np.clip(slope / info, -3, 3)
        value = studies.sum(axis=0) + prior.log_density(mu) + 0.5 * step * slope
        mu = mu + step
    return mu, value, info


def tail_power(x: Floats, n: Floats, prior: Prior) -> Floats:
    """Give the least rate at which the posterior of u falls in the end, per unit of u."""
    if prior.family != "half-cauchy":
        return np.full(x.shape[1], np.inf)
    # each study with some events and some not brings a factor 1/tau, the prior 1/tau^2
    return np.asarray(1.0 + ((x > 0) & (x < n)).sum(axis=0), dtype=float)


def u_windows(
    log_u: Floats, info: Floats, tail: Floats, prior: Prior
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Give the window of u that holds the posterior, and the points it needs, each (d,)."""
    peak = log_u.max(axis=1)
    inside = log_u > peak[:, None] - _FALL
    size = log_u.shape[1]
    first = np.maximum(inside.argmax(axis=1) - 1, 0)
    last = size - 1 - inside[:, ::-1].argmax(axis=1)
    beyond = last == size - 1
    row, after = np.arange(len(peak)), np.minimum(last + 1, size - 1)
    at, next_ = log_u[row, last], log_u[row, after]
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = (at - (peak - _FALL)) / (at - next_)
    # the chord lies below the curve, so the crossing is a little further out
    part = np.where(beyond, 0.0, np.minimum(1.3 * crossing + 0.1, 1.0))
    low, high = _SCAN[first], _SCAN[last] + part * (_SCAN[after] - _SCAN[last])
    # asinh(tau), in which tails fall exponentially; less the power that second moments eat
    rate = np.where(np.isfinite(tail), np.maximum(tail - 2, 1.0), 6.0)
    rest = np.maximum((log_u[:, -1] - (peak - _FALL)) / rate, 0.3)
    high = np.where(beyond, np.arcsinh(np.sinh(high) + rest), high)
    # singularities off the real line limit the step: the half-Cauchy density has one at i times
    # its scale, a new study's distribution one where tau^2 is minus the variance of mu
    limit = 0.13 if prior.family == "half-normal" else min(0.13, 0.15 * prior.scale)
    variance = 1 / info[row, first] + tau_of(low) ** 2
    step = np.minimum(np.minimum(0.6 * _width(log_u, peak), limit), 0.33 * np.sqrt(variance))
    return low, high, _count((high - low) / step, 2, 40)


def _count(steps: Floats, least: int, most: int) -> NDArray[np.int64]:
    """Round a number of steps up to a multiple of eight, and give the number of points."""
    return 8 * np.clip(np.ceil(steps / 8), least, most).astype(np.int64) + 1


def _width(log_u: Floats, peak: Floats) -> Floats:
    """Give the least local standard deviation of u where the posterior is high."""
    left, right = _SCAN[1:-1] - _SCAN[:-2], _SCAN[2:] - _SCAN[1:-1]
    bend = (
        2
        * ((log_u[:, 2:] - log_u[:, 1:-1]) / right - (log_u[:, 1:-1] - log_u[:, :-2]) / left)
        / (left + right)
    )
    near = log_u[:, 1:-1] > peak[:, None] - 3
    sharpest = np.where(near, -bend, 0.0).max(axis=1)
    return np.asarray(1 / np.sqrt(np.maximum(sharpest, 1.0)), dtype=float)


def follow(centre: Floats, u: Floats) -> Floats:
    """Interpolate the conditional modes of the trial grid."""
    cell = np.clip(np.searchsorted(_SCAN, u) - 1, 0, len(_SCAN) - 2)
    part = np.clip((u - _SCAN[cell]) / (_SCAN[cell + 1] - _SCAN[cell]), 0, 1)
    row = np.arange(len(u))[:, None]
    ahead = centre[row, cell] * (1 - part) + centre[row, cell + 1] * part
    return np.asarray(ahead, dtype=float)


def mu_windows(
    x: Floats,
    n: Floats,
    tau: Floats,
    start: Floats,
    prior: Prior,
    weight: Floats,
    least: float,
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Give windows of mu for every tau, left ends and spans (d, t), and their points (d,).

    ``weight`` is the log-prior of u: where u is improbable the window may be narrower, down
    to a fall of ``least``.
    """
    near = np.minimum(tau, 15.0)
    mode, top, info = _conditional(x, n, start, near, prior, 2)
    log_u = top - 0.5 * np.log(info) + weight
    fall = np.maximum(_FALL - (log_u.max(axis=1, keepdims=True) - log_u), least)
    # the evidence of the common-effect model is wanted however improbable that is
    fall[:, 0] = _FALL
    # five points may miss the curvature altogether; it is never much less than this
    info = np.maximum(info, 1 / (near**2 + 4 + prior.scale**2))
    reach = (np.sqrt(2 * fall) + 0.3) / np.sqrt(info)
    trial = mode[..., None] + reach[..., None] * np.array([-1.0, 0.0, 1.0])
    value = study_likelihoods(x, n, trial, near, _ROUGH)[0].sum(axis=0) + prior.log_density(trial)
    drop = np.maximum(value[..., 1:2] - value[..., ::2], 1.0)
    left, right = np.moveaxis(reach[..., None] * np.maximum(fall[..., None] / drop, 1.0), -1, 0)
    span = left + right
    # the scale of the logistic curve, 1, limits the step where the data do not
    steps = (span / np.minimum(_STEP / np.sqrt(info), _LOGISTIC)).max(axis=1)
    return mode - left, span, _count(steps, 3, 16)


def tau_of(u: Floats) -> Floats:
    """Give tau for u."""
    return np.asarray(np.sinh(np.sinh(u)), dtype=float)


def u_of(tau: Floats) -> Floats:
    """Give u for tau."""
    return np.asarray(np.arcsinh(np.arcsinh(tau)), dtype=float)


def stretch(u: Floats) -> Floats:
    """Give the derivative of tau in u."""
    return np.asarray(np.cosh(np.sinh(u)) * np.cosh(u), dtype=float)
