r"""The global maximum of the binomial-normal likelihood, for many datasets at once.

For a fixed tau the log-likelihood is concave in the coefficients, but in tau it can have
more than one hill (data of one very large and several small studies do). So the profile
is scanned coarsely over tau, the highest hill is climbed by Newton's rule, first with
cheap quadrature and then with the exact one, and the top is compared with tau = 0, where
the model is an ordinary logistic regression.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools, Floats
from onearm.models.binomial_normal.likelihood import gauss, log_choose, slopes
from onearm.models.glmm.climb import FEW, NEGLIGIBLE, ascend, better, eliminate, inverse_of
from onearm.models.glmm.likelihood import Point, binomial, is_centre, logistic, saturated
from onearm.models.glmm.shared import survey

_TAUS = np.array([0.1, 0.3, 0.6, 1.2, 2.5, 6.0, 18.0])

_FINE = np.geomspace(0.01, 18.0, 17)
"""Where large studies are: their hills can be narrow, and lie at any tau."""

_LARGE = 200.0
"""Information of a study, n p (1 - p), from which a hill below the coarse grid can be its own."""

_MIDDLE = np.array([0.2, 0.28, 0.4, 0.55, 0.8])
"""Where a hill can hide behind the one at 0, if only by a hair higher."""

_CLOSE = 1.0
"""How far below the best a hill may lie and still be climbed: the cheap quadrature errs less."""

_TOGETHER = 1000
"""Studies scanned at once: their arrays stay in the cache."""

FLAT = 1e-6
"""Where Newton's rule promises a smaller rise of the log-likelihood, it is at its top."""

_BORDER = 0.6
"""Two hills, where there are two, lie on either side of about this tau."""


@dataclass(frozen=True)
class Maximum:
    """The highest point of each dataset's likelihood.

    Attributes
    ----------
    beta : ndarray, shape (p, d)
    tau : ndarray, shape (d,)
    loglik : ndarray, shape (d,)
        With the binomial coefficients.
    covariance : ndarray, shape (d, p, p)
        Of beta, from the full Hessian in (beta, tau).
    se_tau : ndarray, shape (d,)
        nan on the boundary.
    loglik_common : ndarray, shape (d,)
        Maximum with tau = 0.
    loglik_saturated : ndarray, shape (d,)
        With every study at its own proportion.
    constant : ndarray, shape (d,)
        The part of all three that is binomial coefficients.
    beta_common : ndarray, shape (p, d)
        Coefficients with tau = 0.
    covariance_common : ndarray, shape (d, p, p)
    settled : ndarray of bool, shape (d,)
        Whether the search ended at the top of a hill, as far as the digits can tell.
    """

    beta: Floats
    tau: Floats
    loglik: Floats
    covariance: Floats
    se_tau: Floats
    loglik_common: Floats
    loglik_saturated: Floats
    constant: Floats
    beta_common: Floats
    covariance_common: Floats
    settled: Bools

    def of(self, columns: NDArray[np.int64]) -> Maximum:
        """Give the maxima of some of the datasets."""
        last = ("beta", "beta_common")
        return Maximum(
            **{
                f.name: getattr(self, f.name)[..., columns]
                if f.name in last
                else getattr(self, f.name)[columns]
                for f in fields(self)
            }
        )


def maximise(x: Floats, n: Floats, design: Floats) -> Maximum:
    """Maximise the likelihood.

    Parameters
    ----------
    x, n : ndarray of float, shape (k, d)
        Counts; ``n = 0`` is an absent study.
    design : ndarray, shape (k, p)

    Returns
    -------
    Maximum
        Only meaningful where a maximum exists.
    """
    start, info = logistic(x, n, design)
    common = binomial(x, n, design @ start)
    beta, tau, rival = _scan(x, n, design, start)
    beta, tau, top = ascend(x, n, design, beta, tau)
    again = np.flatnonzero(np.isfinite(rival.tau) & (tau < _BORDER))
    if len(again):
        part = x[:, again], n[:, again], design, rival.beta[:, again], rival.tau[again]
        beta, tau, top = better(beta, tau, top, again, *ascend(*part))
    large = (x * (n - x) / np.maximum(n, 1)).max(axis=0, initial=0.0) > _LARGE
    looks = (_FINE, large, _CLOSE), (_MIDDLE, ~large & (tau <= NEGLIGIBLE), 2e-3)
    for taus, where, close in looks:
        part = x, n, design, start, common
        beta, tau, top = _look_closer(*part, (beta, tau, top), taus, np.flatnonzero(where), close)
    zero = (tau <= NEGLIGIBLE) | ~(top.value > common + 1e-13 * np.abs(common))
    schur, inverse, cross = eliminate(top)
    with np.errstate(divide="ignore", invalid="ignore"):
        full = inverse + cross[:, :, None] * cross[:, None, :] / schur[:, None, None]
        se_tau = np.where(zero, np.nan, 1 / np.sqrt(np.where(schur > 0, schur, np.nan)))
    constant = log_choose(x, n).sum(axis=0)
    plain = inverse_of(info, 0.0)
    return Maximum(
        beta=np.where(zero, start, beta),
        tau=np.where(zero, 0.0, tau),
        loglik=np.where(zero, common, top.value) + constant,
        covariance=np.where(zero[:, None, None], plain, full),
        se_tau=se_tau,
        loglik_common=common + constant,
        loglik_saturated=saturated(x, n) + constant,
        constant=constant,
        beta_common=start,
        covariance_common=plain,
        settled=zero | _at_a_top(top, schur, inverse, cross),
    )


def _at_a_top(point: Point, schur: Floats, inverse: Floats, cross: Floats) -> Bools:
    """Say where the likelihood bends downwards and Newton's rule promises no further rise."""
    slope = point.grad_beta
    pull = point.grad_tau - (slope * cross).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = np.einsum("dp,dpq,dq->d", slope, inverse, slope) + pull**2 / schur
    top: Bools = (schur > 0) & (np.einsum("dpp->dp", inverse) > 0).all(axis=1) & (rise < FLAT)
    return top


@dataclass(frozen=True)
class Rival:
    """A second place to start from, tau nan where there is none worth it."""

    beta: Floats
    tau: Floats


def _scan(x: Floats, n: Floats, design: Floats, start: Floats) -> tuple[Floats, Floats, Rival]:
    """Find the highest hill of the profile likelihood on a coarse grid of tau.

    Where that lies at small tau, the highest point at larger tau is a rival if it is
    nearly as high: the cheap quadrature cannot tell them apart for certain.
    """
    d, size = x.shape[1], len(_TAUS)
    beta = _outward(start, _TAUS)
    found = None
    if d <= FEW and is_centre(design):
        found = survey(x, n, beta.reshape(d, size), _TAUS)
    if found is None:
        profile, beta = _profile(x, n, design, beta, _TAUS)
    else:
        profile, beta = found[0], found[1].reshape(1, d * size)
    row = np.arange(d) * size
    best = profile.argmax(axis=1)
    beyond = _TAUS > _BORDER
    other = np.where(beyond, profile, -np.inf).argmax(axis=1)
    close = profile[np.arange(d), other] > profile.max(axis=1) - _CLOSE
    worth = close & (_TAUS[best] <= _BORDER)
    rival = Rival(beta[:, row + other], np.where(worth, _TAUS[other], np.nan))
    return beta[:, row + best], _vertex(profile, best), rival


def _outward(start: Floats, taus: Floats) -> Floats:
    """Move coefficients as far out as the median lies from the mean (Zeger 1988)."""
    factor: Floats = np.tile(np.sqrt(1 + 0.346 * taus**2), start.shape[1])
    return factor * np.repeat(start, len(taus), axis=1)


def _profile(
    x: Floats, n: Floats, design: Floats, beta: Floats, taus: Floats
) -> tuple[Floats, Floats]:
    """Give the profile likelihood (d, taus), roughly, and coefficients (p, d * taus)."""
    d, size = x.shape[1], len(taus)
    width = max(1, _TOGETHER // len(x))
    profile, beta = np.empty((d, size)), beta.copy()
    for i in range(0, d, width):
        part, c = slice(i, i + width), slice(i * size, (i + width) * size)
        xs, ns = np.repeat(x[:, part], size, axis=1), np.repeat(n[:, part], size, axis=1)
        tau = np.tile(taus, d)[c]
        for _ in range(2):
            eta = design @ beta[:, c]
            # three points suffice to tell hills apart
            value, first, second = slopes(xs, ns, eta, tau, *gauss(xs, ns, eta, tau, 3))
            gradient = first.T @ design
            inverse = inverse_of(-np.einsum("kp,kd,kq->dpq", design, second, design), 1e-12)
            step = np.clip(np.einsum("dpq,dq->dp", inverse, gradient), -4, 4)
            beta[:, c] += step.T
            rise = value.sum(axis=0) + 0.5 * (step * gradient).sum(axis=1)
        profile[part] = rise.reshape(-1, size)
    return profile, beta


def _look_closer(
    x: Floats,
    n: Floats,
    design: Floats,
    start: Floats,
    common: Floats,
    found: tuple[Floats, Floats, Point],
    taus: Floats,
    where: NDArray[np.int64],
    close: float,
) -> tuple[Floats, Floats, Point]:
    """Climb the other hills of some datasets on a finer grid, and keep the highest.

    A study much larger than the others can make a hill of its own at a tau near its standard
    error, which a coarse grid does not see.
    """
    beta, tau, top = found
    if not len(where):
        return found
    xs, ns, size = x[:, where], n[:, where], len(taus)
    profile, betas = _profile(xs, ns, design, _outward(start[:, where], taus), taus)
    edge = np.pad(profile, ((0, 0), (1, 1)), constant_values=-np.inf)
    edge[:, 0] = common[where]
    hills = (profile > edge[:, :-2]) & (profile >= edge[:, 2:])
    hills &= profile > np.maximum(common, top.value)[where, None] - close
    # what lies within a factor of two belongs to the hill that was climbed
    hills &= np.abs(np.log(taus / np.maximum(tau[where, None], NEGLIGIBLE))) > 0.7
    while hills.any():
        some = np.flatnonzero(hills.any(axis=1))
        first = hills[some].argmax(axis=1)
        part = xs[:, some], ns[:, some], design, betas[:, some * size + first], taus[first]
        beta, tau, top = better(beta, tau, top, where[some], *ascend(*part))
        hills[some, first] = False
    return beta, tau, top


def _vertex(profile: Floats, best: NDArray[np.int64]) -> Floats:
    """Refine the best tau of the grid by a parabola in log tau through its neighbours."""
    inner = np.clip(best, 1, len(_TAUS) - 2)
    row, t = np.arange(len(best)), np.log(_TAUS)
    t0, t1, t2 = t[inner - 1], t[inner], t[inner + 1]
    f0, f1, f2 = profile[row, inner - 1], profile[row, inner], profile[row, inner + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        up, down = (t1 - t0) ** 2 * (f1 - f2), (t1 - t2) ** 2 * (f1 - f0)
        top = t1 - 0.5 * (up - down) / ((t1 - t0) * (f1 - f2) - (t1 - t2) * (f1 - f0))
    use = (inner == best) & (top > t0) & (top < t2)
    return np.where(use, np.exp(np.where(use, top, 0.0)), _TAUS[best])
