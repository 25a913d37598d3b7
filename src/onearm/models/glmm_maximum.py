r"""The global maximum of the binomial-normal likelihood, for many datasets at once.

For a fixed tau the log-likelihood is concave in the coefficients, but in tau it can have
more than one hill (data of one very large and several small studies do). So the profile
is scanned coarsely over tau, the highest hill is climbed by Newton's rule, first with
cheap quadrature and then with the exact one, and the top is compared with tau = 0, where
the model is an ordinary logistic regression.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, xlog1py, xlogy

from onearm.models.arrays import Bools, Floats
from onearm.models.binomial_normal import Terms, gauss, log_choose, terms, trapezoid

_TAUS = np.array([0.1, 0.3, 0.6, 1.2, 2.5, 6.0, 18.0])
_BANDS = (0.8, 2.0, 5.0, np.inf)
"""Datasets are integrated together when their tau needs about as many points."""

_BLOCK = 1_500_000
"""Most numbers in one array of quadrature points."""

_FEW = 20
"""Up to so many datasets cheap quadrature costs as much as the exact one."""

_BORDER = 0.6
"""Two hills, where there are two, lie on either side of about this tau."""

_NEGLIGIBLE = 1e-5
"""A tau below this is 0: the likelihood cannot tell them apart."""

Layout = Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats]]


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


@dataclass(frozen=True)
class Point:
    """Value, gradient and negative Hessian of the log-likelihood, by blocks."""

    value: Floats  # (d,)
    grad_beta: Floats  # (d, p)
    grad_tau: Floats  # (d,)
    info_beta: Floats  # (d, p, p)
    info_cross: Floats  # (d, p)
    info_tau: Floats  # (d,)


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
    common = _binomial(x, n, design @ start)
    beta, tau, rival = _scan(x, n, design, start)
    beta, tau, top = _ascend(x, n, design, beta, tau)
    again = np.flatnonzero(np.isfinite(rival.tau) & (tau < _BORDER))
    if len(again):
        part = x[:, again], n[:, again], design, rival.beta[:, again], rival.tau[again]
        beta, tau, top = _better(beta, tau, top, again, *_ascend(*part))
    zero = (tau <= _NEGLIGIBLE) | ~(top.value > common + 1e-13 * np.abs(common))
    schur, inverse, cross = _eliminate(top)
    with np.errstate(divide="ignore", invalid="ignore"):
        full = inverse + cross[:, :, None] * cross[:, None, :] / schur[:, None, None]
        se_tau = np.where(zero, np.nan, 1 / np.sqrt(schur))
    constant = log_choose(x, n).sum(axis=0)
    plain = _inverse(info, 0.0)
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
    )


def saturated(x: Floats, n: Floats) -> Floats:
    """Give the log-likelihood with each study at its own proportion, constants left out."""
    p = x / np.maximum(n, 1)
    return np.asarray((xlogy(x, p) + xlog1py(n - x, -p)).sum(axis=0), dtype=float)


def _binomial(x: Floats, n: Floats, eta: Floats) -> Floats:
    softplus = np.maximum(eta, 0) + np.log1p(np.exp(-np.abs(eta)))
    return np.asarray((x * eta - n * softplus).sum(axis=0), dtype=float)


def common_value(x: Floats, n: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Give the log-likelihood with tau = 0 at a common logit, and its slope there."""
    return _binomial(x, n, mu * np.ones_like(x)), (x - n * expit(mu)).sum(axis=0)


def logistic(x: Floats, n: Floats, design: Floats) -> tuple[Floats, Floats]:
    """Fit the common-effect logistic regression by Newton's rule, bounded where it diverges.

    Returns
    -------
    beta : ndarray, shape (p, d)
    info : ndarray, shape (d, p, p)
    """
    events, rest = x.sum(axis=0), (n - x).sum(axis=0)
    if design.shape[1] == 1 and (design == 1).all():
        info = events * rest / (events + rest)
        return np.log(events / rest)[None], info[:, None, None]
    beta = np.zeros((design.shape[1], x.shape[1]))
    overall = np.log((events + 1e-9) / (rest + 1e-9))
    beta[:] = np.linalg.lstsq(design, np.ones((len(design), 1)), rcond=None)[0] * overall
    for _ in range(60):
        p = expit(design @ beta)
        info = np.einsum("kp,kd,kq->dpq", design, n * p * (1 - p), design)
        info += 1e-12 * np.eye(design.shape[1])
        gradient = (design.T @ (x - n * p)).T
        step = np.linalg.solve(info, gradient[..., None])[..., 0].T
        step = np.clip(step, -3, 3)
        beta = np.clip(beta + step, -1e6, 1e6)
        if not (np.abs(step) > 1e-13 * (1 + np.abs(beta))).any():
            break
    p = expit(design @ beta)
    return beta, np.einsum("kp,kd,kq->dpq", design, n * p * (1 - p), design) + 1e-300 * np.eye(
        design.shape[1]
    )


def integrate(x: Floats, n: Floats, eta: Floats, tau: Floats, layout: Layout) -> Terms:
    """Give the terms of all studies, in blocks of datasets with similar tau."""
    k, d = x.shape
    if d == 1 or (layout is not trapezoid and x.size * 8 < _BLOCK // 8):
        return terms(x, n, eta, tau, *layout(x, n, eta, tau))
    out = {f.name: np.empty((k, d)) for f in fields(Terms)}
    band = np.zeros(d, dtype=int) if layout is not trapezoid else np.searchsorted(_BANDS, tau)
    for b in np.unique(band):
        columns = np.flatnonzero(band == b)
        points = 8 if layout is not trapezoid else 40 * max(1.0, tau[columns].max())
        width = max(1, int(_BLOCK / (points * k)))
        for i in range(0, len(columns), width):
            c = columns[i : i + width]
            xs, ns, es, ts = x[:, c], n[:, c], eta[:, c], tau[c]
            part = terms(xs, ns, es, ts, *layout(xs, ns, es, ts))
            for name, array in out.items():
                array[:, c] = getattr(part, name)
    return Terms(**out)


def evaluate(
    x: Floats, n: Floats, design: Floats, beta: Floats, tau: Floats, layout: Layout
) -> Point:
    """Give the log-likelihood of all studies together and its derivatives."""
    t = integrate(x, n, design @ beta, tau, layout)
    return Point(
        value=t.value.sum(axis=0),
        grad_beta=t.eta.T @ design,
        grad_tau=t.tau.sum(axis=0),
        info_beta=-np.einsum("kp,kd,kq->dpq", design, t.eta2, design),
        info_cross=-(t.eta_tau.T @ design),
        info_tau=-t.tau2.sum(axis=0),
    )


def _inverse(info: Floats, ridge: float) -> Floats:
    """Invert information matrices (d, p, p), a little added to their diagonals."""
    p = info.shape[1]
    if p == 1:
        return 1 / (info + ridge)
    return np.asarray(np.linalg.inv(info + ridge * np.eye(p)), dtype=float)


def _eliminate(point: Point) -> tuple[Floats, Floats, Floats]:
    """Reduce the information to tau alone: Schur complement, inverse block, cross effect."""
    inverse = _inverse(point.info_beta, 1e-300)
    cross = np.einsum("dpq,dq->dp", inverse, point.info_cross)
    schur = point.info_tau - (point.info_cross * cross).sum(axis=1)
    return schur, inverse, cross


def _newton(point: Point, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the steps in beta (d, p) and tau (d,), and the rise that they promise."""
    schur, inverse, cross = _eliminate(point)
    plain = np.einsum("dpq,dq->dp", inverse, point.grad_beta)
    pull = point.grad_tau - (point.grad_beta * cross).sum(axis=1)
    # where the likelihood bends upwards in tau, go uphill instead of to the saddle
    bend = np.where(schur > 0, schur, np.maximum(np.abs(schur), np.abs(pull) + 1e-8))
    d_tau = np.clip(pull / bend, -0.8 * tau, 2 * tau + 0.5)
    d_beta = plain - cross * d_tau[:, None]
    return d_beta, d_tau, np.abs((point.grad_beta * plain).sum(axis=1)) + np.abs(pull * d_tau)


def _coarse(x: Floats, n: Floats, eta: Floats, tau: Floats) -> tuple[Floats, Floats]:
    """Lay out the three points that suffice to tell hills apart."""
    return gauss(x, n, eta, tau, 3)


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
    xs, ns = np.repeat(x, size, axis=1), np.repeat(n, size, axis=1)
    tau = np.tile(_TAUS, d)
    # the median lies further out than the mean, by about this factor (Zeger 1988)
    beta = np.repeat(start, size, axis=1) * np.sqrt(1 + 0.346 * tau**2)
    profile = np.empty(d * size)
    for _ in range(2):
        point = evaluate(xs, ns, design, beta, tau, _coarse)
        inverse = _inverse(point.info_beta, 1e-12)
        step = np.clip(np.einsum("dpq,dq->dp", inverse, point.grad_beta), -4, 4)
        beta = beta + step.T
        profile = point.value + 0.5 * (step * point.grad_beta).sum(axis=1)
    profile = profile.reshape(d, size)
    row = np.arange(d) * size
    best = profile.argmax(axis=1)
    beyond = _TAUS > _BORDER
    other = np.where(beyond, profile, -np.inf).argmax(axis=1)
    close = profile[np.arange(d), other] > profile.max(axis=1) - 1.0
    worth = close & (_TAUS[best] <= _BORDER)
    rival = Rival(beta[:, row + other], np.where(worth, _TAUS[other], np.nan))
    return beta[:, row + best], _vertex(profile, best), rival


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


def _ascend(
    x: Floats, n: Floats, design: Floats, beta: Floats, tau: Floats
) -> tuple[Floats, Floats, Point]:
    """Climb, first with cheap quadrature if there are many datasets, then exactly."""
    if x.shape[1] > _FEW:
        beta, tau, _ = _climb(x, n, design, beta, tau, gauss, 1e-5)
    return _climb(x, n, design, beta, tau, trapezoid, 1e-18)


def _better(
    beta: Floats, tau: Floats, top: Point, where: NDArray[np.int64], *other: Any
) -> tuple[Floats, Floats, Point]:
    """Replace those of some datasets that a second climb brought higher."""
    new_beta, new_tau, new_top = other
    higher = new_top.value > top.value[where]
    to = where[higher]
    beta, tau = beta.copy(), tau.copy()
    beta[:, to], tau[to] = new_beta[:, higher], new_tau[higher]
    for f in fields(Point):
        getattr(top, f.name)[to] = getattr(new_top, f.name)[higher]
    return beta, tau, top


def _climb(
    x: Floats,
    n: Floats,
    design: Floats,
    beta: Floats,
    tau: Floats,
    layout: Layout,
    enough: float,
) -> tuple[Floats, Floats, Point]:
    """Climb by Newton steps, each dataset until its promised rise is negligible."""
    beta, tau = beta.copy(), tau.copy()
    here = evaluate(x, n, design, beta, tau, layout)
    state = {f.name: getattr(here, f.name).copy() for f in fields(Point)}
    scale, before = np.ones(len(tau)), np.full(len(tau), np.inf)
    open_ = np.arange(len(tau))
    for _ in range(80):
        now = Point(**{name: value[open_] for name, value in state.items()})
        d_beta, d_tau, rise = _newton(now, tau[open_])
        more = (rise > enough * (1 + np.abs(now.value))) & (tau[open_] > _NEGLIGIBLE)
        # near the top, rounding stops the promised rise from falling any further
        more &= (rise > 1e-13) | (rise < 0.01 * before[open_])
        more &= scale[open_] > 1e-6
        before[open_] = rise
        # the last step, too small to be worth another look at the likelihood
        last = (rise <= enough * (1 + np.abs(now.value))) & (tau[open_] > _NEGLIGIBLE)
        beta[:, open_[last]] += d_beta[last].T
        tau[open_[last]] += d_tau[last]
        open_, d_beta, d_tau = open_[more], d_beta[more], d_tau[more]
        if not len(open_):
            break
        step = scale[open_]
        try_beta = beta[:, open_] + step * d_beta.T
        try_tau = tau[open_] + step * d_tau
        trial = evaluate(x[:, open_], n[:, open_], design, try_beta, try_tau, layout)
        floor = state["value"][open_] - 1e-11 * (1 + np.abs(state["value"][open_]))
        good: Bools = trial.value >= floor
        scale[open_] = np.where(good, np.minimum(1.0, 2 * step), 0.25 * step)
        taken = open_[good]
        beta[:, taken], tau[taken] = try_beta[:, good], try_tau[good]
        for name, value in state.items():
            value[taken] = getattr(trial, name)[good]
    return beta, tau, Point(**state)
