"""Profile-likelihood limits of the centre and of tau in the binomial-normal model.

A value belongs to the interval when twice the fall of the likelihood, maximised over
the other parameter, stays below the chi-squared quantile with one degree of freedom.
"""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from onearm.models.arrays import Floats, Ints
from onearm.models.binomial_normal.likelihood import trapezoid
from onearm.models.fit import interval
from onearm.models.glmm.likelihood import Point, common_value, evaluate
from onearm.models.glmm.maximum import Maximum
from onearm.models.roots import root, widen

FARTHEST = 1000.0
"""How far limits are looked for, in logits.

Where some study is neither at 0 % nor at 100 %, its likelihood falls as 1 / tau, so that every
limit is finite; but the points of the quadrature grow with tau, and 60 logits are 1e-26.
"""


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
            value, slope, mu = self._best_mu(np.maximum(tau, 1e-9), mu)
            return self._signed_root(value, slope)

        low, high = widen(fall, self.tau, np.maximum(0.5 * self.tau, 0.3), FARTHEST)
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

        low, high = widen(fall, self.mu, side * self.crit * self.se, FARTHEST)
        return root(fall, low, high)

    def _signed_root(self, value: Floats, slope: Floats) -> tuple[Floats, Floats]:
        """Turn a fall into something nearly linear: its square root less the critical one."""
        size = np.sqrt(2 * np.maximum(self.top - value, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            return size - self.crit, -slope / size

    def _at(self, mu: Floats, tau: Floats, where: Ints) -> Point:
        x, n = self.x[:, where], self.n[:, where]
        return evaluate(x, n, self.one, mu[None, where], tau[where], trapezoid)

    def _best_mu(self, tau: Floats, mu: Floats) -> tuple[Floats, Floats, Floats]:
        """Maximise over the centre, in which the likelihood is concave."""
        mu, open_ = mu.copy(), np.arange(len(mu))
        value, slope = np.empty_like(mu), np.empty_like(mu)
        for _ in range(40):
            point = self._at(mu, tau, open_)
            value[open_], slope[open_] = point.value, point.grad_tau
            uphill = point.grad_beta[:, 0] / (point.info_beta[:, 0, 0] + 1e-300)
            # the centre moves with tau, so that a long way is no sign of a step gone wrong
            step = np.clip(uphill, -2 - tau[open_], 2 + tau[open_])
            more = np.abs(step) > 1e-10 * (1 + np.abs(mu[open_]))
            open_ = open_[more]
            if not len(open_):
                break
            mu[open_] += step[more]
        return value, slope, mu

    def _best_tau(self, mu: Floats, tau: Floats) -> tuple[Floats, Floats, Floats]:
        """Maximise over tau from a starting point, and compare with tau = 0."""
        tau, open_ = tau.copy(), np.arange(len(mu))
        value, slope = np.empty_like(mu), np.empty_like(mu)
        for _ in range(60):
            point, here = self._at(mu, tau, open_), tau[open_]
            value[open_], slope[open_] = point.value, point.grad_beta[:, 0]
            uphill = point.grad_tau / np.maximum(np.abs(point.info_tau), 1e-9)
            step = np.clip(uphill, -0.7 * here, here + 0.5)
            more = (np.abs(step) > 1e-10 * here) & (here >= 1e-5)
            open_ = open_[more]
            if not len(open_):
                break
            tau[open_] += step[more]
        zero, slope_zero = common_value(self.x, self.n, mu)
        use = zero >= value
        return np.where(use, zero, value), np.where(use, slope_zero, slope), np.where(use, 0.0, tau)
