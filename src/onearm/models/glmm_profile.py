"""Profile-likelihood limits of the centre and of tau in the binomial-normal model.

A value belongs to the interval when twice the fall of the likelihood, maximised over
the other parameter, stays below the chi-squared quantile with one degree of freedom.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from onearm.models.arrays import Floats
from onearm.models.binomial_normal import trapezoid
from onearm.models.fit import interval
from onearm.models.glmm_likelihood import Point, common_value, evaluate
from onearm.models.glmm_maximum import Maximum
from onearm.models.roots import root, widen

_FARTHEST = 60.0
"""Logits beyond this are 0 % or 100 % in double precision, and a tau so large has no end."""


class Profile:
    """The likelihood of an intercept-only model along one parameter.

    Parameters
    ----------
    x, n : ndarray of float, shape (k, d)
    best : Maximum
        Of these datasets.
    level : float
    """

    def __init__(self, x: Floats, n: Floats, best: Maximum, level: float) -> None:
        self.x, self.n = x, n
        self.one = np.ones((len(x), 1))
        self.mu, self.tau = best.beta[0], best.tau
        self.se = np.sqrt(best.covariance[:, 0, 0])
        self.top = best.loglik - best.constant
        self.common = best.loglik_common - best.constant
        self.crit = np.sqrt(chdtri(1.0, 1 - level))

    def mu_limits(self) -> Floats:
        """Give the limits of the centre, shape (d, 2); infinite where the fall never suffices."""
        return interval(self._mu_limit(-1.0), self._mu_limit(1.0))

    def tau_limits(self) -> Floats:
        """Give the limits of tau, shape (d, 2); the lower is 0 where 0 is in the interval."""
        zero_in = 2 * (self.top - self.common) <= self.crit**2
        mu = self.mu.copy()

        def fall(tau: Floats) -> tuple[Floats, Floats]:
            nonlocal mu
            point, mu = self._best_mu(np.maximum(tau, 1e-9), mu)
            return self._signed_root(point.value, point.grad_tau)

        low, high = widen(fall, self.tau, np.maximum(0.5 * self.tau, 0.3), _FARTHEST)
        upper = root(fall, low, high)
        mu = self.mu.copy()
        start = np.where(zero_in, self.tau, 0.5 * self.tau)
        lower = root(fall, self.tau, np.where(zero_in, np.inf, 0.0), start)
        return interval(np.where(zero_in, 0.0, lower), upper)

    def _mu_limit(self, side: float) -> Floats:
        tau = np.maximum(self.tau, 0.1)

        def fall(mu: Floats) -> tuple[Floats, Floats]:
            nonlocal tau
            value, slope, tau = self._best_tau(mu, np.maximum(tau, 0.05))
            return self._signed_root(value, slope)

        low, high = widen(fall, self.mu, side * self.crit * self.se, _FARTHEST)
        return root(fall, low, high)

    def _signed_root(self, value: Floats, slope: Floats) -> tuple[Floats, Floats]:
        """Turn a fall into something nearly linear: its square root less the critical one."""
        size = np.sqrt(2 * np.maximum(self.top - value, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return size - self.crit, -slope / size

    def _at(self, mu: Floats, tau: Floats) -> Point:
        return evaluate(self.x, self.n, self.one, mu[None], tau, trapezoid)

    def _best_mu(self, tau: Floats, mu: Floats) -> tuple[Point, Floats]:
        """Maximise over the centre, in which the likelihood is concave."""
        for _ in range(40):
            point = self._at(mu, tau)
            step = np.clip(point.grad_beta[:, 0] / (point.info_beta[:, 0, 0] + 1e-300), -2, 2)
            if not (np.abs(step) > 1e-10 * (1 + np.abs(mu))).any():
                break
            mu = mu + step
        return point, mu

    def _best_tau(self, mu: Floats, tau: Floats) -> tuple[Floats, Floats, Floats]:
        """Maximise over tau from a starting point, and compare with tau = 0."""
        for _ in range(60):
            point = self._at(mu, tau)
            uphill = point.grad_tau / np.maximum(np.abs(point.info_tau), 1e-9)
            step = np.clip(uphill, -0.7 * tau, tau + 0.5)
            done = (np.abs(step) <= 1e-10 * tau) | (tau < 1e-5)
            if done.all():
                break
            tau = np.where(done, tau, tau + step)
        zero, slope = common_value(self.x, self.n, mu)
        use = zero >= point.value
        value = np.where(use, zero, point.value)
        return value, np.where(use, slope, point.grad_beta[:, 0]), np.where(use, 0.0, tau)
