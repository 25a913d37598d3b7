"""Maximum likelihood of the beta-binomial model in (logit mean, log precision)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaln, polygamma, psi, xlog1py, xlogy

from onearm.models.arrays import Floats
from onearm.models.binomial_normal.likelihood import log_choose
from onearm.models.glmm.likelihood import saturated

_LOG_PHI = np.log(np.array([0.05, 0.2, 0.6, 1.5, 4.0, 10.0, 30.0, 100.0, 500.0, 5e3]))
_LARGEST = np.log(1e9)
"""Beyond this precision the beta distribution has no width that doubles could show."""


@dataclass(frozen=True)
class BetaMaximum:
    """The highest point of each dataset's likelihood, arrays (d,); phi infinite for rho = 0."""

    logit_mean: Floats
    se_logit: Floats
    phi: Floats
    se_log_phi: Floats
    rho: Floats
    loglik: Floats
    loglik_common: Floats
    loglik_saturated: Floats


@dataclass(frozen=True)
class _Point:
    value: Floats
    gradient: Floats  # (d, 2)
    info: Floats  # (d, 2, 2), minus the Hessian


def maximise(x: Floats, n: Floats) -> BetaMaximum:
    """Maximise over mean and dispersion.

    Parameters
    ----------
    x, n : ndarray of float, shape (k, d)
    """
    p = x.sum(axis=0) / n.sum(axis=0)
    common = (xlogy(x, p) + xlog1py(n - x, -p)).sum(axis=0)
    constant = log_choose(x, n).sum(axis=0)
    theta, best = _climb(x, n, _start(x, n, p))
    zero = (theta[:, 1] >= _LARGEST - 1) | ~(best.value > common + 1e-11 * np.abs(common))
    covariance = np.linalg.pinv(np.where(zero[:, None, None], np.eye(2), best.info))
    plain = 1 / np.sqrt(n.sum(axis=0) * p * (1 - p))
    phi = np.where(zero, np.inf, np.exp(theta[:, 1]))
    with np.errstate(invalid="ignore"):
        return BetaMaximum(
            logit_mean=np.where(zero, np.log(p / (1 - p)), theta[:, 0]),
            se_logit=np.where(zero, plain, np.sqrt(covariance[:, 0, 0])),
            phi=phi,
            se_log_phi=np.where(zero, np.nan, np.sqrt(covariance[:, 1, 1])),
            rho=1 / (phi + 1),
            loglik=np.where(zero, common, best.value) + constant,
            loglik_common=common + constant,
            loglik_saturated=saturated(x, n) + constant,
        )


def _start(x: Floats, n: Floats, p: Floats) -> Floats:
    """Take the best of a coarse grid of precisions at the crude mean, shape (d, 2)."""
    d, size = x.shape[1], len(_LOG_PHI)
    theta = np.stack([np.repeat(np.log(p / (1 - p)), size), np.tile(_LOG_PHI, d)], axis=1)
    value = log_likelihood(np.repeat(x, size, axis=1), np.repeat(n, size, axis=1), theta)
    best = value.reshape(d, size).argmax(axis=1)
    return np.asarray(theta.reshape(d, size, 2)[np.arange(d), best], dtype=float)


def log_likelihood(x: Floats, n: Floats, theta: Floats) -> Floats:
    """Give the log-likelihood at (logit mean, log precision), (d, 2), constants left out.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    theta : ndarray, shape (d, 2)
    """
    phi = np.exp(theta[:, 1])
    a, b = phi * expit(theta[:, 0]), phi * expit(-theta[:, 0])
    parts = _rise(a, x) + _rise(b, n - x) - _rise(phi, n)
    return np.asarray(parts.sum(axis=0), dtype=float)


def _rise(a: Floats, x: Floats) -> Floats:
    """Give log(gamma(a + x) / gamma(a)), by Stirling's series where both are huge."""
    big = np.maximum(a, 1e3)
    top = big + x
    series = (big - 0.5) * np.log1p(x / big) + x * (np.log(top) - 1) + _tail(top) - _tail(big)
    return np.asarray(np.where(a > 1e3, series, gammaln(a + x) - gammaln(a)), dtype=float)


def _tail(z: Floats) -> Floats:
    return np.asarray((1 / 12 - (1 / 360 - 1 / (1260 * z**2)) / z**2) / z, dtype=float)


def _evaluate(x: Floats, n: Floats, theta: Floats) -> _Point:
    """Give value, gradient and information at (logit mean, log phi)."""
    phi, p = np.exp(theta[:, 1]), expit(theta[:, 0])
    q = expit(-theta[:, 0])
    a, b = phi * p, phi * q
    of_phi = (psi(phi) - psi(n + phi)).sum(axis=0)
    of_phi2 = (polygamma(1, phi) - polygamma(1, n + phi)).sum(axis=0)
    da = (psi(x + a) - psi(a)).sum(axis=0) + of_phi
    db = (psi(n - x + b) - psi(b)).sum(axis=0) + of_phi
    daa = (polygamma(1, x + a) - polygamma(1, a)).sum(axis=0) + of_phi2
    dbb = (polygamma(1, n - x + b) - polygamma(1, b)).sum(axis=0) + of_phi2
    v = phi * p * q  # the slope of a, and minus that of b, in the logit of the mean
    g1, g2 = v * (da - db), a * da + b * db
    h11 = v * v * (daa - 2 * of_phi2 + dbb) + v * (q - p) * (da - db)
    h12 = v * (a * (daa - of_phi2) + b * (of_phi2 - dbb)) + g1
    h22 = a * a * daa + 2 * a * b * of_phi2 + b * b * dbb + g2
    info = -np.stack([np.stack([h11, h12], -1), np.stack([h12, h22], -1)], -2)
    return _Point(log_likelihood(x, n, theta), np.stack([g1, g2], axis=-1), info)


def _climb(x: Floats, n: Floats, theta: Floats) -> tuple[Floats, _Point]:
    """Climb by Newton steps, turned uphill where the surface bends upwards."""
    here = _evaluate(x, n, theta)
    scale = np.ones(len(theta))
    for _ in range(120):
        values, vectors = np.linalg.eigh(here.info)
        bend = np.maximum(np.abs(values), 1e-8)
        step = np.einsum(
            "dij,dj->di", vectors, np.einsum("dji,dj->di", vectors, here.gradient) / bend
        )
        # shortened as a whole: cut by component, it might no longer lead uphill
        longest = np.maximum(np.abs(step).max(axis=1) / 2, 1.0)
        step = step * (scale / longest)[:, None]
        rise = np.abs((step * here.gradient).sum(axis=1))
        open_ = (rise > 1e-20 * (1 + np.abs(here.value))) & (scale > 1e-7)
        open_ &= theta[:, 1] < _LARGEST
        if not open_.any():
            break
        trial = np.where(open_[:, None], theta + step, theta)
        trial[:, 1] = np.minimum(trial[:, 1], _LARGEST)
        there = _evaluate(x, n, trial)
        good = there.value >= here.value - 1e-12 * (1 + np.abs(here.value))
        scale = np.where(good, np.minimum(1.0, 2 * scale), 0.25 * scale)
        theta = np.where(good[:, None], trial, theta)
        here = _Point(
            np.where(good, there.value, here.value),
            np.where(good[:, None], there.gradient, here.gradient),
            np.where(good[:, None, None], there.info, here.info),
        )
    return theta, here
