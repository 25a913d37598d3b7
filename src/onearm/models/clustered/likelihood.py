r"""The three-level likelihood of one dataset, with its derivatives, to rounding.

A study's likelihood is an integral over its own effect b of the product of its rows' likelihoods,
each an integral over the row's effect w. Both are taken by the trapezoid rule about the mode of
the integrand, which is log-concave and analytic (Trefethen and Weideman 2014,
10.1137/130932132). With :math:`V(b)` the sum of a study's log-likelihoods given b, derivatives
of the logarithm of the study's integral are means under its integrand,

.. math:: \partial \log F = E[\partial V],\qquad
   \partial^2 \log F = E[\partial^2 V + \partial V \partial V'] - E[\partial V] E[\partial V]'
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Floats
from onearm.models.binomial_normal.likelihood import Terms, log_choose, terms, trapezoid

_DROP = 32.0
"""Fall of the log-integrand at the ends of a window: exp(-32) is 1e-14."""

_FARTHEST = np.sqrt(2 * _DROP) + 0.3
"""Beyond so many standard deviations the normal density alone has fallen as much."""


@dataclass(frozen=True)
class Data:
    """Rows with patients, and the number of the study of each, from 0 on without gaps.

    Attributes
    ----------
    x, n : ndarray of float, shape (k,)
    study : ndarray of int, shape (k,)
    """

    x: Floats
    n: Floats
    study: NDArray[np.int64]

    @property
    def studies(self) -> int:
        """How many there are."""
        return int(self.study.max()) + 1

    @property
    def constant(self) -> float:
        """The binomial coefficients in the log-likelihood."""
        return float(log_choose(self.x, self.n).sum())

    def total(self, values: Floats) -> Floats:
        """Add up what rows have, (k, ...), over those of one study."""
        out = np.zeros((self.studies, *values.shape[1:]))
        np.add.at(out, self.study, values)
        return out


@dataclass(frozen=True)
class Point:
    """Log-likelihood, gradient (3,) and Hessian (3, 3) in (mu, sd between, sd within)."""

    value: float
    gradient: Floats
    hessian: Floats


def _rows(data: Data, eta: Floats, within: float) -> Terms:
    """Give the rows' log-likelihoods with derivatives at centres (k, q)."""
    x, n = data.x[:, None], data.n[:, None]
    tau = np.full(eta.shape[1], within)
    return terms(x, n, eta, tau, *trapezoid(x, n, eta, tau))


def _window(data: Data, mu: float, between: float, within: float) -> tuple[Floats, Floats]:
    """Find the points of b, (studies, q), and their spacing."""
    b = np.zeros(data.studies)
    info = np.ones(data.studies)
    for _ in range(60):
        here = _rows(data, mu + between * b[data.study, None], within)
        slope = between * data.total(here.eta)[:, 0] - b
        info = 1 - between**2 * np.minimum(data.total(here.eta2)[:, 0], 0.0)
        step = np.clip(slope / info, -1.5 / max(between, 0.2), 1.5 / max(between, 0.2))
        b = b + step
        if np.abs(step * np.sqrt(info)).max() < 1e-2:
            break
    width = 1 / np.sqrt(info)
    ends = [_reach(data, mu, between, within, b, width, side) for side in (-1.0, 1.0)]
    span = ends[0] + ends[1]
    # a quarter of the width: the error of the rule is exp(-2 (pi width / step)^2)
    step = np.minimum(0.55 * width, 0.6 / max(between, 1e-9))
    size = int(np.ceil((span / step).max())) + 1
    points = (b - ends[0])[:, None] + span[:, None] * np.linspace(0, 1, size)
    return points, span / (size - 1)


def _reach(
    data: Data, mu: float, between: float, within: float, b: Floats, width: Floats, side: float
) -> Floats:
    """Give how far from the mode the log-integrand has fallen enough, on one side."""

    def height(at: Floats) -> Floats:
        eta = mu + between * at[data.study, None]
        return data.total(_rows(data, eta, within).value)[:, 0] - 0.5 * at**2

    reach = np.minimum((_FARTHEST + 0.3) * width, _FARTHEST)
    fall = height(b) - height(b + side * reach)
    # the log-integrand is concave, so it falls at least in proportion
    wide = reach * np.maximum(_DROP / np.maximum(fall, 1e-3), 1.0)
    return np.asarray(np.minimum(wide, _FARTHEST + np.abs(b)), dtype=float)


def evaluate(data: Data, mu: float, between: float, within: float) -> Point:
    """Give the log-likelihood, binomial coefficients left out, with its derivatives.

    Parameters
    ----------
    data : Data
    mu, between, within : float
        Centre and standard deviations; derivatives at a standard deviation of 0 are those of
        the even function that the likelihood is of it.
    """
    b, step = _window(data, mu, between, within)
    here = _rows(data, mu + between * b[data.study], within)
    v, c, w = (data.total(part) for part in (here.value, here.eta, here.tau))
    cc, cw, ww = (data.total(part) for part in (here.eta2, here.eta_tau, here.tau2))
    log_f = v - 0.5 * b * b + np.log(step / np.sqrt(2 * np.pi))[:, None]
    top = log_f.max(axis=1, keepdims=True)
    f = np.exp(log_f - top)
    total = f.sum(axis=1, keepdims=True)
    f /= total
    first = np.stack([c, b * c, w])
    second = np.stack([[cc, b * cc, cw], [b * cc, b * b * cc, b * cw], [cw, b * cw, ww]])
    mean = (f * first).sum(axis=2)
    square = (f * (second + first[:, None] * first)).sum(axis=3)
    hessian = (square - mean[:, None] * mean).sum(axis=2)
    return Point(float((top + np.log(total)).sum()), mean.sum(axis=1), hessian)
