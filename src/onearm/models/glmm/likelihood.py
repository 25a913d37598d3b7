"""The likelihood of all studies under the binomial-normal model, with its derivatives.

Also its two ends: one proportion for all studies (tau = 0), an ordinary logistic
regression, and each study at its own (saturated).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, xlog1py, xlogy

from onearm.models.arrays import Floats
from onearm.models.binomial_normal.likelihood import Terms, softplus, terms, trapezoid

_BANDS = (0.8, 2.0, 5.0, 12.0, 30.0, 80.0, 250.0, np.inf)
"""Datasets are integrated together when their tau needs about as many points."""

_BLOCK = 1_500_000
"""Most numbers in one array of quadrature points."""

Layout = Callable[[Floats, Floats, Floats, Floats], tuple[Floats, Floats]]


@dataclass(frozen=True)
class Point:
    """Value, gradient and negative Hessian of the log-likelihood, by blocks."""

    value: Floats  # (d,)
    grad_beta: Floats  # (d, p)
    grad_tau: Floats  # (d,)
    info_beta: Floats  # (d, p, p)
    info_cross: Floats  # (d, p)
    info_tau: Floats  # (d,)


def is_centre(design: Floats) -> bool:
    """Say whether a design is that of one centre for all studies."""
    return design.shape[1] == 1 and bool((design == 1).all())


def saturated(x: Floats, n: Floats) -> Floats:
    """Give the log-likelihood with each study at its own proportion, constants left out.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    """
    p = x / np.maximum(n, 1)
    return np.asarray((xlogy(x, p) + xlog1py(n - x, -p)).sum(axis=0), dtype=float)


def binomial(x: Floats, n: Floats, eta: Floats) -> Floats:
    """Give the binomial log-likelihood at given logits, constants left out.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Logits.
    """
    return np.asarray((x * eta - n * softplus(eta)).sum(axis=0), dtype=float)


def common_value(x: Floats, n: Floats, mu: Floats) -> tuple[Floats, Floats]:
    """Give the log-likelihood with tau = 0 at a common logit, and its slope there.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    mu : ndarray, shape (d,)
    """
    return binomial(x, n, mu * np.ones_like(x)), (x - n * expit(mu)).sum(axis=0)


def logistic(x: Floats, n: Floats, design: Floats) -> tuple[Floats, Floats]:
    """Fit the common-effect logistic regression by Newton's rule, bounded where it diverges.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    design : ndarray, shape (k, p)

    Returns
    -------
    beta : ndarray, shape (p, d)
    info : ndarray, shape (d, p, p)
    """
    events, rest = x.sum(axis=0), (n - x).sum(axis=0)
    if is_centre(design):
        info = events * rest / (events + rest)
        return np.log(events / rest)[None], info[:, None, None]
    overall = np.log((events + 1e-9) / (rest + 1e-9))
    beta = np.linalg.lstsq(design, np.ones((len(design), 1)), rcond=None)[0] * overall
    value, scale = binomial(x, n, design @ beta), np.ones(x.shape[1])
    for _ in range(100):
        gradient, info = _slope(x, n, design, beta)
        info += 1e-12 * np.eye(design.shape[1])
        step = np.linalg.solve(info, gradient[..., None])[..., 0].T
        if not (np.abs(step) > 1e-13 * (1 + np.abs(beta))).any():
            break
        trial = np.clip(beta + scale * step, -1e6, 1e6)
        after = binomial(x, n, design @ trial)
        # a study far from the others can make a whole step overshoot
        good = after >= value - 1e-12 * (1 + np.abs(value))
        beta, value = np.where(good, trial, beta), np.where(good, after, value)
        scale = np.where(good, np.minimum(1.0, 2 * scale), 0.25 * scale)
    return beta, _slope(x, n, design, beta)[1] + 1e-300 * np.eye(design.shape[1])


def _slope(x: Floats, n: Floats, design: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Give gradient (d, p) and information (d, p, p) of the logistic regression."""
    p = expit(design @ beta)
    info = np.einsum("kp,kd,kq->dpq", design, n * p * (1 - p), design)
    return (design.T @ (x - n * p)).T, info


def blocks(tau: Floats, k: int) -> Iterator[NDArray[np.intp]]:
    """Yield the datasets whose k studies are integrated by trapezoids together.

    Those with a similar tau need about as many points: one nearly separated dataset, whose tau
    is large, would else set the points of all the others.

    Parameters
    ----------
    tau : ndarray, shape (d,)
    k : int
    """
    band = np.searchsorted(_BANDS, tau)
    for b in np.unique(band):
        columns = np.flatnonzero(band == b)
        yield from slices(columns, 40 * max(1.0, tau[columns].max()) * k)


def slices(columns: NDArray[np.intp], each: float) -> Iterator[NDArray[np.intp]]:
    """Cut datasets that take so many numbers each into blocks that fit in memory.

    Parameters
    ----------
    columns : ndarray of int
        The datasets.
    each : float
        Numbers that one takes.
    """
    width = max(1, int(_BLOCK / each))
    for i in range(0, len(columns), width):
        yield columns[i : i + width]


def integrate(x: Floats, n: Floats, eta: Floats, tau: Floats, layout: Layout) -> Terms:
    """Give the terms of all studies, in blocks of datasets with similar tau.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    eta : ndarray, shape (k, d)
        Centres of the studies' logits.
    tau : ndarray, shape (d,)
    layout : callable
        Lays out the points of quadrature.
    """
    k, d = x.shape
    if d == 1 or (layout is not trapezoid and x.size * 8 < _BLOCK // 8):
        return terms(x, n, eta, tau, *layout(x, n, eta, tau))
    out = {f.name: np.empty((k, d)) for f in fields(Terms)}
    for c in blocks(tau, k) if layout is trapezoid else slices(np.arange(d), 8 * k):
        xs, ns, es, ts = x[:, c], n[:, c], eta[:, c], tau[c]
        part = terms(xs, ns, es, ts, *layout(xs, ns, es, ts))
        for name, array in out.items():
            array[:, c] = getattr(part, name)
    return Terms(**out)


def evaluate(
    x: Floats, n: Floats, design: Floats, beta: Floats, tau: Floats, layout: Layout
) -> Point:
    """Give the log-likelihood of all studies together and its derivatives.

    Parameters
    ----------
    x, n : ndarray, shape (k, d)
        Events and patients; ``n = 0`` is an absent study.
    design : ndarray, shape (k, p)
    beta : ndarray, shape (p, d)
    tau : ndarray, shape (d,)
    layout : callable
        Lays out the points of quadrature.
    """
    t = integrate(x, n, design @ beta, tau, layout)
    return Point(
        value=t.value.sum(axis=0),
        grad_beta=t.eta.T @ design,
        grad_tau=t.tau.sum(axis=0),
        info_beta=-np.einsum("kp,kd,kq->dpq", design, t.eta2, design),
        info_cross=-(t.eta_tau.T @ design),
        info_tau=-t.tau2.sum(axis=0),
    )
