"""Climbing the binomial-normal likelihood by Newton's rule, for many datasets at once."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools, Floats
from onearm.models.binomial_normal.likelihood import gauss, trapezoid
from onearm.models.glmm.likelihood import Layout, Point, evaluate, is_centre
from onearm.models.glmm.shared import climb, table_of

FEW = 20
"""Up to so many datasets the time goes into calls, not into points."""

NEGLIGIBLE = 1e-5
"""A tau below this is 0: the likelihood cannot tell them apart."""


def inverse_of(info: Floats, ridge: float) -> Floats:
    """Invert information matrices (d, p, p), a little added to their diagonals.

    Parameters
    ----------
    info : ndarray, shape (d, p, p)
    ridge : float
    """
    p = info.shape[1]
    if p == 1:
        return 1 / (info + ridge)
    return np.asarray(np.linalg.inv(info + ridge * np.eye(p)), dtype=float)


def eliminate(point: Point) -> tuple[Floats, Floats, Floats]:
    """Reduce the information to tau alone: Schur complement, inverse block, cross effect."""
    inverse = inverse_of(point.info_beta, 1e-300)
    cross = np.einsum("dpq,dq->dp", inverse, point.info_cross)
    schur = point.info_tau - (point.info_cross * cross).sum(axis=1)
    return schur, inverse, cross


def _newton(point: Point, tau: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the steps in beta (d, p) and tau (d,), and the rise that they promise."""
    schur, inverse, cross = eliminate(point)
    plain = np.einsum("dpq,dq->dp", inverse, point.grad_beta)
    pull = point.grad_tau - (point.grad_beta * cross).sum(axis=1)
    # where the likelihood bends upwards in tau, go uphill instead of to the saddle
    bend = np.where(schur > 0, schur, np.maximum(np.abs(schur), np.abs(pull) + 1e-8))
    d_tau = np.clip(pull / bend, -0.8 * tau, 2 * tau + 0.5)
    d_beta = plain - cross * d_tau[:, None]
    return d_beta, d_tau, np.abs((point.grad_beta * plain).sum(axis=1)) + np.abs(pull * d_tau)


def ascend(
    x: Floats, n: Floats, design: Floats, beta: Floats, tau: Floats
) -> tuple[Floats, Floats, Point]:
    """Climb, first with cheap quadrature or on shared logits, then exactly.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    design : ndarray, shape (k, p)
    beta : ndarray, shape (p, d)
    tau : ndarray, shape (d,)
        The start.
    """
    if x.shape[1] > FEW:
        beta, tau, _ = _climb(x, n, design, beta, tau, gauss, 1e-5)
    elif is_centre(design):
        table = table_of(x, n, beta[0], tau)
        if table is not None:
            mu, tau, top, done = climb(table, beta[0], tau)
            beta = mu[None]
            if done.all():
                return beta, tau, top
    return _climb(x, n, design, beta, tau, trapezoid, 1e-21)


def better(
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
        more = (rise > enough * (1 + np.abs(now.value))) & (tau[open_] > NEGLIGIBLE)
        # near the top, rounding stops the promised rise from falling any further
        more &= (rise > 1e-13) | (rise < 0.01 * before[open_])
        more &= scale[open_] > 1e-6
        before[open_] = rise
        # the last step, too small to be worth another look at the likelihood
        last = (rise <= enough * (1 + np.abs(now.value))) & (tau[open_] > NEGLIGIBLE)
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
