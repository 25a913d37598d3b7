r"""The marginal likelihood of one study under a normal random effect, to rounding.

For x events of n with :math:`x \sim Bin(n, expit(\eta + \tau z))`, z standard normal, the
integral over z is taken by the trapezoid rule on a window around the mode of the
integrand. That integrand is log-concave and analytic, so the rule converges
exponentially (Trefethen and Weideman 2014, 10.1137/130932132): its step needs only to
be a fraction of the local width, and of the distance :math:`\pi/\tau` of the pole of
the logistic function from the real line. A Gauss-Hermite rule about the same mode
(Pinheiro and Bates 1995) is the cheap version, for finding the neighbourhood.

Arrays are (studies, datasets); quadrature points come first, (points, k, d). A study
with n = 0 adds exactly nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import gammaln, roots_hermitenorm

from onearm.models.arrays import Floats

_DROP = 34.0
"""Fall of the log-integrand at the ends of the window: exp(-34) is 2e-15."""

_HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


@dataclass(frozen=True)
class Terms:
    """Log-likelihood of every study with its derivatives in eta and tau, each (k, d)."""

    value: Floats
    eta: Floats
    tau: Floats
    eta2: Floats
    eta_tau: Floats
    tau2: Floats


def log_choose(x: Floats, n: Floats) -> Floats:
    """Give the logarithm of the binomial coefficient.

    Parameters
    ----------
    x, n : ndarray of shapes that broadcast together
    """
    return np.asarray(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1), dtype=float)


def softplus(theta: Floats) -> Floats:
    """Give log(1 + exp(theta)) without overflow."""
    return np.asarray(np.maximum(theta, 0) + np.log1p(np.exp(-np.abs(theta))), dtype=float)


def mode(x: Floats, n: Floats, eta: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Find the mode in z of each study's integrand, roughly, and its local width.

    Newton steps with a bounded change of theta from a start between the study's own
    logit and eta; a thousandth of a width is near enough for a window's centre.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Centres of the studies' logits.
    tau : ndarray, shape (d,)

    Returns
    -------
    z, width : ndarray, shape (k, d)
    """
    own = np.log((x + 0.5) / (n - x + 0.5))
    pull = tau * (x + 0.5) * (n - x + 0.5) / (n + 1)
    z = (own - eta) * pull / (1 + pull * tau)
    bound = 1.5 / np.maximum(tau, 1e-12)
    for _ in range(60):
        # quicker than expit; the bound keeps exp from overflowing
        p = 1 / (1 + np.exp(np.minimum(-eta - tau * z, 700.0)))
        curvature = 1 + tau * tau * n * p * (1 - p)
        step = (tau * (x - n * p) - z) / curvature
        z = z + np.minimum(np.maximum(step, -bound), bound)
        if not (step * step * curvature).max(initial=0.0) > 1e-3:
            break
    return z, 1 / np.sqrt(curvature)


def log_integrand(x: Floats, n: Floats, eta: Floats, tau: Floats, z: Floats) -> Floats:
    """Give the logarithm of what is integrated over z, constants left out.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Centres of the studies' logits.
    tau : ndarray, shape (d,)
    z : ndarray, shape (q, k, d)
    """
    theta = eta + tau * z
    return x * theta - n * softplus(theta) - 0.5 * z * z


def strip(n: Floats) -> Floats:
    """Give how far from the real line (1 + exp(theta))^-n stays moderate.

    Its pole lies at a height of pi, but from pi/2 on the function grows, as sin(height)^-n.
    """
    return np.asarray(0.5 * np.pi + np.minimum(1.26, 1.5 / np.sqrt(np.maximum(n, 1.0))))


def trapezoid(
    x: Floats, n: Floats, eta: Floats, tau: Floats, drop: float = _DROP
) -> tuple[Floats, Floats]:
    """Lay out points that make the integral exact to about ``exp(-drop)``.

    Parameters
    ----------
    x, n, eta, tau : ndarray
        Of shapes that broadcast together, studies first.
    drop : float
        Fall of the log-integrand at the ends of the window.

    Returns
    -------
    z : ndarray, shape (points, ...)
    log_weight : ndarray, shape (...)
    """
    z, width = mode(x, n, eta, tau)
    top = log_integrand(x, n, eta, tau, z)
    farthest = np.sqrt(2 * drop) + 0.2
    reach = np.minimum((farthest + 0.4) * width, farthest)
    ends = []
    for sign in (-1.0, 1.0):
        fall = top - log_integrand(x, n, eta, tau, z + sign * reach)
        # the log-integrand is concave and falls at least as fast as the prior alone
        ends.append(np.minimum(reach * np.maximum(drop / fall, 1.0), farthest))
    span = ends[0] + ends[1]
    # aliasing errors are exp(-2 (pi width / step)^2) and exp(-2 pi strip / (tau step))
    slack = 2 * np.pi / drop
    step = np.minimum(
        0.82 * np.sqrt(np.pi * slack) * width, slack * strip(n) / np.maximum(tau, 1e-300)
    )
    size = int(np.ceil((span / step).max(initial=8.0))) + 1
    fraction = np.linspace(0.0, 1.0, size).reshape(-1, *[1] * z.ndim)
    return (z - ends[0]) + span * fraction, np.log(span / (size - 1)) - _HALF_LOG_2PI


@cache
def _hermite(size: int) -> tuple[Floats, Floats]:
    points, weights = roots_hermitenorm(size)
    return points, np.log(weights) + 0.5 * points**2 - _HALF_LOG_2PI


def gauss(x: Floats, n: Floats, eta: Floats, tau: Floats, size: int = 5) -> tuple[Floats, Floats]:
    """Lay out adaptive Gauss-Hermite points, cheap and good to a few digits.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Centres of the studies' logits.
    tau : ndarray, shape (d,)
    size : int
        Number of points.
    """
    z, width = mode(x, n, eta, tau)
    points, log_weight = (a.reshape(-1, *[1] * z.ndim) for a in _hermite(size))
    return z + width * points, log_weight + np.log(width)


def posterior_of_z(
    x: Floats, n: Floats, eta: Floats, tau: Floats, z: Floats, log_weight: Floats
) -> tuple[Floats, Floats, Floats]:
    """Give the log-likelihoods, the weights of the points, and the rates at them.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Centres of the studies' logits.
    tau : ndarray, shape (d,)
    z : ndarray, shape (q, k, d)
        Points of quadrature.
    log_weight : ndarray
        Logarithms of their weights, of a shape that broadcasts with ``z``.
    """
    theta = eta + tau * z
    e = np.exp(-np.abs(theta))
    log_f = x * theta - n * (np.maximum(theta, 0) + np.log1p(e)) - 0.5 * z * z + log_weight
    top = log_f.max(axis=0)
    f = np.exp(log_f - top)
    total = f.sum(axis=0)
    rate = np.where(theta > 0, 1.0, e) / (1 + e)
    return top + np.log(total), f / total, rate


def terms(x: Floats, n: Floats, eta: Floats, tau: Floats, z: Floats, log_weight: Floats) -> Terms:
    """Give log-likelihoods (binomial coefficients left out) and their derivatives.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Centres of the studies' logits.
    tau : ndarray, shape (d,)
    z : ndarray, shape (q, k, d)
        Points of quadrature.
    log_weight : ndarray
        Logarithms of their weights, of a shape that broadcasts with ``z``.
    """
    value, f, p = posterior_of_z(x, n, eta, tau, z, log_weight)
    expected = n * p
    score = x - expected
    second = score * score - expected * (1 - p)
    fz = f * z
    d_eta, d_tau = (f * score).sum(axis=0), (fz * score).sum(axis=0)
    return Terms(
        value=value,
        eta=d_eta,
        tau=d_tau,
        eta2=(f * second).sum(axis=0) - d_eta**2,
        eta_tau=(fz * second).sum(axis=0) - d_eta * d_tau,
        tau2=(fz * z * second).sum(axis=0) - d_tau**2,
    )


def slopes(
    x: Floats, n: Floats, eta: Floats, tau: Floats, z: Floats, log_weight: Floats
) -> tuple[Floats, Floats, Floats]:
    """Give log-likelihoods as :func:`terms` does, and their derivatives in eta alone.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Centres of the studies' logits.
    tau : ndarray, shape (d,)
    z : ndarray, shape (q, k, d)
        Points of quadrature.
    log_weight : ndarray
        Logarithms of their weights, of a shape that broadcasts with ``z``.
    """
    value, f, p = posterior_of_z(x, n, eta, tau, z, log_weight)
    expected = n * p
    score = x - expected
    first = (f * score).sum(axis=0)
    return value, first, (f * (score * score - expected * (1 - p))).sum(axis=0) - first**2
