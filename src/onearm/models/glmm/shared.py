r"""The binomial-normal likelihood of one centre on logits that all studies share.

With logits :math:`\theta_j` fixed, the binomial likelihoods are computed once, and a study's
likelihood at any (mu, tau) nearby is their sum under a normal density. Its derivatives are
those of the density: with :math:`u = (\theta - \mu)/\tau` and :math:`m_r` the mean of
:math:`u^r` under a study's integrand,

.. math:: m_1/\tau,\ (m_2-1)/\tau;\quad (m_2-1)/\tau^2,\ (m_3-3m_1)/\tau^2,\ (m_4-5m_2+2)/\tau^2

are the first and second derivatives of the likelihood in mu and tau, over the likelihood. For
a few datasets, where the time goes into calls, this takes a third of the time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from onearm.models.arrays import Bools, Floats
from onearm.models.binomial_normal.likelihood import softplus
from onearm.models.glmm.likelihood import Point

_DROP = 30.0
"""Fall of the integrands at the ends of the logits: exp(-30) is 1e-13."""

_LEAST, _MOST = 0.4, 2.2
"""How far tau may move from its start, as factors, before its logits no longer do."""

_SMALLEST = 0.05
"""Below this tau the moments cancel too well for a Hessian."""

_LARGEST = 60_000
"""Most numbers in a table of likelihoods; beyond, points of each study's own are fewer."""


@dataclass(frozen=True)
class Table:
    """Binomial likelihoods of d datasets at logits that their studies share.

    Attributes
    ----------
    theta : ndarray, shape (d, points)
        Evenly spaced.
    likelihood : ndarray, shape (d, k, points)
        The largest of each study is 1.
    constant : ndarray, shape (d,)
        What that takes off the log-likelihood, and the weight of a point puts on.
    """

    theta: Floats
    likelihood: Floats
    constant: Floats

    def moments(self, mu: Floats, tau: Floats) -> tuple[Floats, Floats]:
        """Give every study's integral and the means of u to u^4, (d, k) and (4, d, k).

        Parameters
        ----------
        mu, tau : ndarray, shape (d,)
        """
        u = (self.theta - mu[:, None]) / tau[:, None]
        powers = np.empty((len(mu), 5, u.shape[1]))
        powers[:, 0] = np.exp(-0.5 * u * u)
        for i in range(4):
            np.multiply(powers[:, i], u, out=powers[:, i + 1])
        sums = self.likelihood @ powers.transpose(0, 2, 1)
        total = _sound(sums[:, :, 0])
        return total, sums.transpose(2, 0, 1)[1:] / total

    def at(self, mu: Floats, tau: Floats) -> Point:
        """Give the log-likelihood and its derivatives, each (d,) and blocks of one.

        Parameters
        ----------
        mu, tau : ndarray, shape (d,)
        """
        total, (m1, m2, m3, m4) = self.moments(mu, tau)
        # an absent study has the moments of the normal density, and adds nothing below
        excess, inverse = m2 - 1, 1 / tau
        square = inverse * inverse
        return Point(
            value=np.log(total * inverse[:, None]).sum(axis=1) + self.constant,
            grad_beta=(m1.sum(axis=1) * inverse)[:, None],
            grad_tau=excess.sum(axis=1) * inverse,
            info_beta=((m1 * m1 - excess).sum(axis=1) * square)[:, None, None],
            info_cross=((m1 * (excess + 3) - m3).sum(axis=1) * square)[:, None],
            info_tau=(excess * excess - m4 + 5 * m2 - 2).sum(axis=1) * square,
        )


def table_of(x: Floats, n: Floats, mu: Floats, tau: Floats) -> Table | None:
    """Lay out logits for centres and tau around some start.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
    mu, tau : ndarray, shape (d,)

    Returns
    -------
    Table or None
        None where it would be too large.
    """
    # an integrand's mode lies between mu and its study's own logit, or hardly beyond
    low, high = _extent(x, n, mu)
    reach = (np.sqrt(2 * _DROP) + 0.5) * _MOST * tau
    slack = 2 * np.pi / _DROP
    step = 0.82 * np.sqrt(np.pi * slack) * _narrowest(n, _LEAST * tau)
    return _fill(x, n, low - reach, high + reach, np.minimum(step, 0.5 * np.pi * slack))


def _extent(x: Floats, n: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Give the least and the greatest of the studies' own logits and of mu, each (d,)."""
    own = np.log((x + 0.5) / (n - x + 0.5))
    return np.minimum(own.min(axis=0), mu), np.maximum(own.max(axis=0), mu)


def _narrowest(n: Floats, tau: Floats | float) -> Floats:
    """Give the least width of an integrand, shape (d,)."""
    return np.asarray(1 / np.sqrt(1 / np.square(tau) + 0.25 * n.max(axis=0)), dtype=float)


def _fill(x: Floats, n: Floats, low: Floats, high: Floats, step: Floats) -> Table | None:
    """Give the table from low to high, at steps no longer than these, unless it is too large."""
    size = np.ceil(((high - low) / step).max()) + 1
    if not size * x.size <= _LARGEST:
        return None
    span = high - low
    theta = low[:, None] + span[:, None] * (np.arange(size) / (size - 1))
    log_f = x.T[:, :, None] * theta[:, None] - n.T[:, :, None] * softplus(theta)[:, None]
    top = log_f.max(axis=2, keepdims=True)
    log_f -= top
    weight = np.log(span / (size - 1)) - 0.5 * np.log(2 * np.pi)
    constant = top.sum(axis=(1, 2)) + len(x) * weight
    return Table(theta, np.exp(log_f, out=log_f), constant)


def survey(x: Floats, n: Floats, mu: Floats, tau: Floats) -> tuple[Floats, Floats] | None:
    """Give the profile likelihood at some values of tau, to about three digits.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
    mu : ndarray, shape (d, t)
        Where to start for each value.
    tau : ndarray, shape (t,)
        Ascending.

    Returns
    -------
    profile, mu : ndarray, shape (d, t)
        None instead of both where the table would be too large, or too coarse.
    """
    low, high = _extent(x, n, mu[:, 0])
    table = _fill(x, n, low - 6.0, high + 6.0, np.minimum(1.2 * _narrowest(n, tau[0]), 0.5))
    if table is None:
        return None
    theta = table.theta[:, None, :]
    step = (theta[..., 1] - theta[..., 0]) / tau
    value = np.empty(0)
    for _ in range(2):
        u = (theta - mu[..., None]) / tau[:, None]
        powers = np.empty((3, *u.shape))
        powers[0] = np.exp(-0.5 * u * u)
        np.multiply(powers[0], u, out=powers[1])
        np.multiply(powers[1], u, out=powers[2])
        # beyond its ends a likelihood is flat, or else negligible
        for end, sign in ((0, 1.0), (-1, -1.0)):
            b, density = u[..., end], powers[0, ..., end].copy()
            beyond = np.sqrt(2 * np.pi) * ndtr(sign * b)
            powers[0, ..., end] = 0.5 * density + beyond / step
            powers[1, ..., end] = 0.5 * b * density - sign * density / step
            powers[2, ..., end] = 0.5 * b * b * density + (beyond - sign * b * density) / step
        # (d, k, points) times (powers, d, points, t)
        sums = table.likelihood @ powers.transpose(0, 1, 3, 2)
        total = _sound(sums[0])
        if np.isnan(total).any():
            return None
        m1, m2 = sums[1:] / total
        slope, info = m1.sum(axis=1) / tau, (m1 * m1 - m2 + 1).sum(axis=1) / tau**2
        move = np.minimum(np.maximum(slope / np.maximum(info, 1e-12), -4.0), 4.0)
        value = np.log(total / tau).sum(axis=1) + table.constant[:, None] + 0.5 * move * slope
        mu = mu + move
    return value, mu


def _sound(total: Floats) -> Floats:
    """Strike out sums that have lost digits to underflow: nan takes no step."""
    return np.where(total > 1e-280, total, np.nan)


def climb(table: Table, mu: Floats, tau: Floats) -> tuple[Floats, Floats, Point, Bools]:
    """Climb from the start around which a table was laid out.

    Parameters
    ----------
    table : Table
    mu, tau : ndarray, shape (d,)
        The start.

    Returns
    -------
    mu, tau : ndarray, shape (d,)
        Where the likelihood is at least as high as at the start.
    top : Point
        The likelihood at the last look.
    done : ndarray of bool, shape (d,)
        Whether that is the top: the climb never leaves what the table is good for.
    """
    least, most = np.maximum(_LEAST * tau, _SMALLEST), _MOST * tau
    best_mu, best_tau, highest = mu, tau, np.full(len(mu), -np.inf)
    done, open_ = np.zeros(len(mu), dtype=bool), np.ones(len(mu), dtype=bool)
    for _ in range(12):
        here = table.at(mu, tau)
        d_mu, d_tau, rise = _newton(here, tau)
        scale = 1 + np.abs(here.value)
        good = open_ & (here.value > highest - 1e-11 * scale)
        best_mu, best_tau = np.where(good, mu, best_mu), np.where(good, tau, best_tau)
        highest = np.where(good, here.value, highest)
        step = good & (tau + d_tau > least) & (tau + d_tau < most)
        # where there is no step, back to the best point, once and for all
        mu, tau = np.where(step, mu + d_mu, best_mu), np.where(step, tau + d_tau, best_tau)
        open_ = step & (rise > 1e-22 * scale)
        # a last step is too small to be worth another look
        last = step & ~open_
        best_mu, best_tau = np.where(last, mu, best_mu), np.where(last, tau, best_tau)
        done |= last
        if not open_.any():
            break
    return best_mu, best_tau, here, done


def _newton(point: Point, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the steps in mu and tau, and the rise that they promise, each (d,)."""
    slope, pull = point.grad_beta[:, 0], point.grad_tau
    plain = slope / point.info_beta[:, 0, 0]
    cross = point.info_cross[:, 0] / point.info_beta[:, 0, 0]
    pull = point.grad_tau - slope * cross
    schur = point.info_tau - point.info_cross[:, 0] * cross
    # where the likelihood bends upwards in tau, go uphill instead of to the saddle
    bend = np.where(schur > 0, schur, np.maximum(np.abs(schur), np.abs(pull) + 1e-8))
    d_tau = np.minimum(np.maximum(pull / bend, -0.8 * tau), 2 * tau + 0.5)
    return plain - cross * d_tau, d_tau, np.abs(slope * plain) + np.abs(pull * d_tau)
