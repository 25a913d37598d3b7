r"""Between-study variance of normal effects with known variances, for many datasets at once.

Effects ``y`` and variances ``v`` have shape (k, d); an infinite variance gives a
study no weight, which is how absence is written. With :math:`w = 1/(v+\tau^2)`,
:math:`\hat\mu = \sum wy / \sum w` and :math:`Q(\tau^2) = \sum w (y-\hat\mu)^2`:

DL (DerSimonian and Laird 1986, 10.1016/0197-2456(86)90046-2), HE (Hedges 1983),
HS (Hunter and Schmidt), SJ (Sidik and Jonkman 2005, 10.1111/j.1467-9876.2005.00489.x)
are closed; PM (Paule and Mandel 1982; the empirical Bayes estimator EB is the same)
solves :math:`Q = k-1`; ML and REML maximise their likelihoods, and are solved on the
derivative, because a search on the value cannot tell points 1e-8 apart
(Veroniki 2016, 10.1002/jrsm.1164, reviews them all).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools, Floats

_TRIALS = 21
"""Trial values of tau2 by which the hills of a likelihood are told apart."""

_TINY = np.finfo(float).tiny


def weighted_mean(y: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Give the weighted means and the total weights of each dataset, shape (d,).

    Parameters
    ----------
    y, w : ndarray, shape (k, d)
        Effects and weights.
    """
    total: Floats = w.sum(axis=0)
    return (w * y).sum(axis=0) / np.maximum(total, _TINY), total


def q_statistic(y: Floats, v: Floats, tau2: Floats | float = 0.0) -> Floats:
    """Give Cochran's Q, or the generalised Q at a between-study variance.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
        Effects and variances; an infinite variance is absence.
    tau2 : ndarray, shape (d,), or float
    """
    w = 1 / (v + tau2)
    mu, _ = weighted_mean(y, w)
    q: Floats = (w * (y - mu) ** 2).sum(axis=0)
    return q


def typical_variance(v: Floats) -> Floats:
    """Give the typical sampling variance (Higgins and Thompson 2002, 10.1002/sim.1186)."""
    w = 1 / v
    total, k = w.sum(axis=0), np.isfinite(v).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((k - 1) / (total - (w**2).sum(axis=0) / total), dtype=float)


def solve_q(y: Floats, v: Floats, target: Floats) -> Floats:
    """Find the tau2 at which the generalised Q falls to a target.

    Newton's rule on ``1/Q``, which bends so little that it takes a handful of
    steps whatever the scale; from the left it never oversteps.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
        Effects and variances; an infinite variance is absence.
    target : ndarray, shape (d,)

    Returns
    -------
    ndarray, shape (d,)
        The root, or 0 where Q is at or below the target already at 0.
    """
    tau2 = np.zeros(y.shape[1])
    open_ = q_statistic(y, v) > target
    for _ in range(100):
        w = 1 / (v + tau2)
        mu, _ = weighted_mean(y, w)
        r2 = (y - mu) ** 2
        q, slope = (w * r2).sum(axis=0), (w**2 * r2).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(open_, (q / target - 1) * q / slope, 0.0)
        new = np.maximum(tau2 + np.where(np.isfinite(step), step, 0.0), 0.0)
        # the steps shrink quadratically: after one this small the next is rounding
        moved = np.abs(new - tau2) > 1e-10 * new
        tau2 = new
        if not moved.any():
            break
    return tau2


def _common(y: Floats, v: Floats) -> Floats:
    return np.zeros(y.shape[1])


def _dl(y: Floats, v: Floats) -> Floats:
    k = np.isfinite(v).sum(axis=0)
    excess = q_statistic(y, v) - (k - 1)
    return _nonnegative(excess * typical_variance(v) / np.maximum(k - 1, 1))


def _hs(y: Floats, v: Floats) -> Floats:
    k = np.isfinite(v).sum(axis=0)
    return _nonnegative((q_statistic(y, v) - k) / np.maximum((1 / v).sum(axis=0), _TINY))


def _spread(y: Floats, present: Bools) -> tuple[NDArray[np.int64], Floats]:
    """Give the number of studies and the unweighted sum of squares about their mean."""
    k = present.sum(axis=0)
    centre = np.where(present, y, 0).sum(axis=0) / np.maximum(k, 1)
    return k, np.where(present, (y - centre) ** 2, 0.0).sum(axis=0)


def _he(y: Floats, v: Floats) -> Floats:
    present = np.isfinite(v)
    k, squares = _spread(y, present)
    mean_v = np.where(present, v, 0.0).sum(axis=0) / np.maximum(k, 1)
    return _nonnegative(squares / np.maximum(k - 1, 1) - mean_v)


def _sj(y: Floats, v: Floats) -> Floats:
    k, squares = _spread(y, np.isfinite(v))
    start = squares / np.maximum(k, 1)
    ratio = np.where(start > 0, q_statistic(y, v, start), 0.0)
    return np.asarray(start * ratio / np.maximum(k - 1, 1), dtype=float)


def _pm(y: Floats, v: Floats) -> Floats:
    return solve_q(y, v, np.isfinite(v).sum(axis=0) - 1.0)


def _nonnegative(tau2: Floats) -> Floats:
    return np.where(tau2 > 0, tau2, 0.0)


def log_likelihood(y: Floats, v: Floats, tau2: Floats, restricted: bool) -> Floats:
    """Give the (restricted) log-likelihood, constants included as R's metafor has them.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
        Effects and variances; an infinite variance is absence.
    tau2 : ndarray, shape (d,)
    restricted : bool
        Whether of the restricted likelihood.
    """
    w = 1 / (v + tau2)
    present = np.isfinite(v)
    mu, total = weighted_mean(y, w)
    k = present.sum(axis=0) - (1.0 if restricted else 0.0)
    value = np.log(np.where(present, w, 1.0)).sum(axis=0) - (w * (y - mu) ** 2).sum(axis=0)
    if restricted:
        # log k: the determinant of X'X, which metafor adds so that models compare
        value = value - np.log(np.maximum(total, _TINY)) + np.log(np.maximum(k + 1, 1))
    return np.asarray(0.5 * (value - k * np.log(2 * np.pi)), dtype=float)


def _moments(y: Floats, v: Floats, tau2: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Give w, its sum, the sum of its squares, w times the residuals, and their sum of squares."""
    w = 1 / (v + tau2)
    mu, total = weighted_mean(y, w)
    u = w * (y - mu)
    return w, np.maximum(total, _TINY), (w * w).sum(axis=0), u, (u * u).sum(axis=0)


def slope(y: Floats, v: Floats, tau2: Floats, restricted: bool) -> Floats:
    """Give the derivative of the profile (restricted) log-likelihood in tau2.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
        Effects and variances; an infinite variance is absence.
    tau2 : ndarray, shape (d,)
    restricted : bool
        Whether of the restricted likelihood.
    """
    _, total, s2, _, squares = _moments(y, v, tau2)
    trace = total - s2 / total if restricted else total
    return np.asarray(0.5 * (squares - trace), dtype=float)


def score(y: Floats, v: Floats, tau2: Floats, restricted: bool) -> tuple[Floats, Floats]:
    """Give the derivative of the profile (restricted) log-likelihood in tau2, and its own.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
        Effects and variances; an infinite variance is absence.
    tau2 : ndarray, shape (d,)
    restricted : bool
        Whether of the restricted likelihood.
    """
    w, total, s2, u, squares = _moments(y, v, tau2)
    cubes = (w * u * u).sum(axis=0) - (w * u).sum(axis=0) ** 2 / total
    trace, trace2 = total, s2
    if restricted:
        trace = total - s2 / total
        trace2 = s2 - 2 * (w**3).sum(axis=0) / total + (s2 / total) ** 2
    return 0.5 * (squares - trace), 0.5 * trace2 - cubes


def _trials(y: Floats, v: Floats) -> Floats:
    """Lay trial values from where the likelihood is still straight to beyond its last hill.

    Far below the smallest variance nothing bends. At a root of the derivative tau2 is a
    weighted mean of squared residuals less their variances, plus, for REML, one k-th of both:
    beyond four times the largest of each there is none.
    """
    present = np.isfinite(v)
    least = v.min(axis=0, initial=np.inf)
    low = np.where(np.isfinite(least), 0.02 * least, 1.0)
    top = np.where(present, y, -np.inf).max(axis=0, initial=-np.inf)
    bottom = np.where(present, y, np.inf).min(axis=0, initial=np.inf)
    span = np.where(present.any(axis=0), top - bottom, 0.0)
    high = 4 * (span**2 + np.where(present, v, 0.0).max(axis=0, initial=0.0)) + 2 * low
    inner = low * (high / low) ** np.linspace(0, 1, _TRIALS)[:, None]
    return np.concatenate([np.zeros((1, y.shape[1])), inner])


def _highest(y: Floats, v: Floats, restricted: bool) -> Floats:
    """Climb every hill that the slopes at the trial values tell of, and keep the highest."""
    trials = _trials(y, v)
    slopes = np.stack([slope(y, v, tau2, restricted) for tau2 in trials])
    top = (slopes[:-1] > 0) & ~(slopes[1:] > 0)
    last = len(top) - 1 - top[::-1].argmax(axis=0)
    tau2 = _climb(y, v, restricted, trials, slopes, np.where(top.any(axis=0), last, -1))
    left = top.copy()
    left[last, np.arange(len(last))] = False
    many = np.flatnonzero(left.any(axis=0) | (top.any(axis=0) & ~(slopes[0] > 0)))
    while len(many):
        ys, vs = y[:, many], v[:, many]
        rest = left[:, many]
        first = np.where(rest.any(axis=0), rest.argmax(axis=0), -1)
        other = _climb(ys, vs, restricted, trials[:, many], slopes[:, many], first)
        now = tau2[many]
        tau2[many] = _higher(ys, vs, restricted, now, other)
        left[first, many] = False
        many = many[(first >= 0) & (left[:, many].any(axis=0) | ~(slopes[0, many] > 0))]
    return tau2


def _higher(y: Floats, v: Floats, restricted: bool, one: Floats, other: Floats) -> Floats:
    values = (log_likelihood(y, v, tau2, restricted) for tau2 in (other, one))
    return np.where(np.greater(*values), other, one)


def _climb(
    y: Floats, v: Floats, restricted: bool, trials: Floats, slopes: Floats, at: NDArray[np.int64]
) -> Floats:
    """Climb the hill between a trial value and the next; -1 stands for the hill at 0."""
    column, hill = np.arange(len(at)), at >= 0
    low, high = (np.where(hill, trials[at + i, column], 0.0) for i in (0, 1))
    rise, fall = slopes[at, column], slopes[at + 1, column]
    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.where(hill, low + (high - low) * rise / (rise - fall), 0.0)
    return polish(y, v, low, start, high, restricted)


def polish(
    y: Floats, v: Floats, low: Floats, start: Floats, high: Floats, restricted: bool
) -> Floats:
    """Solve the score inside a bracket of the maximum by guarded Newton steps.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
        Effects and variances; an infinite variance is absence.
    low, start, high : ndarray, shape (d,)
        The bracket, and where to begin.
    restricted : bool
        Whether of the restricted likelihood.

    Returns
    -------
    ndarray, shape (d,)
        The maximiser: 0 where the likelihood falls from the start.
    """
    tau2 = start.copy()
    low, high = low.copy(), high.copy()
    for _ in range(80):
        slope, bend = score(y, v, tau2, restricted)
        low = np.where(slope > 0, tau2, low)
        high = np.where(slope > 0, high, tau2)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = tau2 - slope / bend
        # the steps shrink quadratically: after one this small the next is rounding
        small = (bend < 0) & (np.abs(new - tau2) <= 1e-10 * tau2)
        inside = (bend < 0) & (new >= low) & (new <= high)
        stop = (slope == 0) | (high <= _TINY)
        tau2 = np.where(stop, tau2, np.where(inside | small, new, 0.5 * (low + high)))
        if (small | stop).all():
            break
    return tau2


def _likelihood(restricted: bool) -> Callable[[Floats, Floats], Floats]:
    def estimate(y: Floats, v: Floats) -> Floats:
        return maximise(y, v, restricted)

    return estimate


def maximise(y: Floats, v: Floats, restricted: bool, start: Floats | None = None) -> Floats:
    """Find the maximum of the (restricted) likelihood in tau2.

    Parameters
    ----------
    y, v : ndarray, shape (k, d)
    restricted : bool
        REML if true, ML if not.
    start : ndarray of shape (d,), optional
        A point near a maximum, which is climbed too; the likelihood may have several.
    """
    found = _highest(y, v, restricted)
    if start is None:
        return found
    # just below and above a near-converged point: does the slope change its sign between them?
    low, high = start * (1 - 1e-3), start * (1 + 1e-3)
    between = (slope(y, v, low, restricted) >= 0) & (slope(y, v, high, restricted) <= 0)
    other = polish(y, v, low, np.where(between, start, 0.0), np.where(between, high, 0), restricted)
    same = ~between | (np.abs(other - found) <= 1e-6 * found)
    return np.where(same, found, _higher(y, v, restricted, found, other))


ESTIMATORS: dict[str, Callable[[Floats, Floats], Floats]] = {
    "REML": _likelihood(True),
    "ML": _likelihood(False),
    "DL": _dl,
    "PM": _pm,
    "EB": _pm,
    "HE": _he,
    "HS": _hs,
    "SJ": _sj,
    "common": _common,
}
