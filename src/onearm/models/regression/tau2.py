"""Residual between-study variance of a meta-regression, for one dataset.

The same estimators as without moderators (see
:mod:`onearm.models.inverse_variance.heterogeneity`), with the projection on the design in
place of the mean. PyMARE provides DL and HE, and the neighbourhood of the ML and REML
maximum, which the score then finishes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from onearm.models.arrays import Floats
from onearm.models.roots import root


class Projection:
    """Weighted least squares at one tau2, with the traces that the scores need."""

    def __init__(self, y: Floats, v: Floats, x: Floats, tau2: float) -> None:
        self.w = 1 / (v + tau2)
        self.x = x
        wx = self.w[:, None] * x
        self.cov: Floats = np.linalg.inv(x.T @ wx).astype(float)
        self.beta: Floats = self.cov @ (wx.T @ y)
        self.residual = y - x @ self.beta
        self.q = float(self.w @ self.residual**2)
        self.trace = float(self.w.sum() - np.trace(self.cov @ (wx.T @ wx)))

    def score(self, restricted: bool) -> tuple[float, float]:
        """Give the derivative of the (restricted) log-likelihood in tau2, and its own."""
        w, x = self.w, self.x
        u = w * self.residual
        squares = float(u @ u)
        xu = x.T @ (w * u)
        cubes = float(w @ (u * u) - xu @ self.cov @ xu)
        if not restricted:
            return 0.5 * (squares - w.sum()), 0.5 * float(w @ w) - cubes
        second = self.cov @ (x.T @ ((w**2)[:, None] * x))
        third = self.cov @ (x.T @ ((w**3)[:, None] * x))
        trace2 = float(w @ w - 2 * np.trace(third) + np.trace(second @ second))
        return 0.5 * (squares - self.trace), 0.5 * trace2 - cubes


def residual_tau2(y: Floats, v: Floats, x: Floats, method: str) -> float:
    """Estimate tau2 given a design.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
    x : ndarray, shape (k, p)
    method : str
        A name of :data:`onearm.models.inverse_variance.heterogeneity.ESTIMATORS`.
    """
    # here and not above: with SymPy beneath it, PyMARE takes longer to load than all else
    from pymare.estimators import DerSimonianLaird, Hedges

    k, p = x.shape
    if method == "common" or k <= p:
        return 0.0
    column = y[:, None], v[:, None]
    if method == "DL":
        return float(np.ravel(DerSimonianLaird().fit(*column, x).params_["tau2"])[0])
    if method == "HE":
        return float(np.ravel(Hedges().fit(*column, x).params_["tau2"])[0])
    if method in ("ML", "REML"):
        return _likelihood(y, v, x, method)
    if method == "HS":
        at_zero = Projection(y, v, x, 0.0)
        return max(0.0, float((at_zero.q - k) / at_zero.w.sum()))
    if method == "SJ":
        start = float(np.mean((y - y.mean()) ** 2))
        return float(start * Projection(y, v, x, start).q / (k - p)) if start > 0 else 0.0
    return _paule_mandel(y, v, x)


def _likelihood(y: Floats, v: Floats, x: Floats, method: str) -> float:
    from pymare.estimators import VarianceBasedLikelihoodEstimator

    found = VarianceBasedLikelihoodEstimator(method=method).fit(y[:, None], v[:, None], x)
    start = float(np.ravel(found.params_["tau2"])[0])
    restricted = method == "REML"
    if start <= 0 or Projection(y, v, x, start * 0.9).score(restricted)[0] < 0:
        # the search stopped on or next to zero: zero it is, unless the slope there is upwards
        if Projection(y, v, x, 0.0).score(restricted)[0] <= 0:
            return 0.0
        start = max(start, 1e-8)
    return _root(lambda t: _negated(Projection(y, v, x, t).score(restricted)), 0.0, start)


def _negated(pair: tuple[float, float]) -> tuple[float, float]:
    return -pair[0], -pair[1]


def _paule_mandel(y: Floats, v: Floats, x: Floats) -> float:
    target = float(len(y) - x.shape[1])

    def excess(tau2: float) -> tuple[float, float]:
        here = Projection(y, v, x, tau2)
        slope = float(here.w**2 @ here.residual**2)
        return target / here.q - 1, target * slope / here.q**2

    # compared as it is, since the residuals, and with them q, can be exactly zero
    if Projection(y, v, x, 0.0).q <= target:
        return 0.0
    return _root(excess, 0.0, float(np.var(y)) + 1e-12)


def _root(f: Callable[[float], tuple[float, float]], low: float, start: float) -> float:
    """Solve one increasing function to the right of ``low``."""
    high = 2 * start
    while f(high)[0] < 0:
        high *= 2

    def vector(t: Floats) -> tuple[Floats, Floats]:
        value, slope = f(float(t[0]))
        return np.array([value]), np.array([slope])

    return float(root(vector, np.array([low]), np.array([high]), np.array([start]))[0])
