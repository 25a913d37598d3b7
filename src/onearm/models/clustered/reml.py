r"""Two variances of normal effects by restricted maximum likelihood, as R's ``rma.mv`` has them.

With V the sampling variances and block matrices of ones for studies, the covariance of the
effects is :math:`M = V + \sigma_b^2 B + \sigma_w^2 I`, and with
:math:`P = M^{-1} - M^{-1}1(1'M^{-1}1)^{-1}1'M^{-1}` the slopes of the restricted likelihood are
:math:`(y'PAPy - \mathrm{tr} PA)/2` for A = B and A = I.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from onearm.models.arrays import Floats
from onearm.models.roots import root, widen

_STARTS = (0.05, 1.0)
_FARTHEST = 1e6


@dataclass(frozen=True)
class Point:
    """Where two variances are: the restricted likelihood with slopes (2,) and bends (2, 2)."""

    sigma2: Floats
    value: float
    slope: Floats
    bend: Floats
    b: float
    se: float


class Effects:
    """Effects with known variances, in studies.

    Parameters
    ----------
    y, v : ndarray, shape (k,)
    groups : ndarray of int, shape (k,)
    """

    def __init__(self, y: Floats, v: Floats, groups: NDArray[np.int64]) -> None:
        self.y, self.v = y, v
        self.shapes = ((groups[:, None] == groups).astype(float), np.eye(len(y)))

    def at(self, sigma2: Floats) -> Point:
        """Give the restricted likelihood at the variances between and within studies."""
        k = len(self.y)
        m = np.diag(self.v) + sigma2[0] * self.shapes[0] + sigma2[1] * self.shapes[1]
        inverse = np.linalg.inv(m)
        weight = inverse.sum(axis=1)
        total = float(weight.sum())
        p = inverse - np.outer(weight, weight) / total
        py = p @ self.y
        pa = [p @ a for a in self.shapes]
        slope = [0.5 * (py @ a @ py - np.trace(b)) for a, b in zip(self.shapes, pa, strict=True)]
        bend = np.empty((2, 2))
        for i in range(2):
            for j in range(2):
                quadratic = py @ self.shapes[i] @ p @ self.shapes[j] @ py
                bend[i, j] = 0.5 * (pa[i] * pa[j].T).sum() - quadratic
        log_det = float(np.linalg.slogdet(m)[1])
        value = -0.5 * (log_det + np.log(total) - np.log(k) + float(self.y @ py))
        value -= 0.5 * (k - 1) * np.log(2 * np.pi)
        return Point(
            sigma2, value, np.array(slope), bend, float(weight @ self.y) / total, total**-0.5
        )

    def maximise(self, held: int | None = None, at: float = 0.0) -> Point:
        """Find the highest restricted likelihood over variances of at least 0.

        Parameters
        ----------
        held : int, optional
            The variance that keeps its value.
        at : float
            Which value that is.
        """
        sets = [(0, 1), (0,), (1,), ()] if held is None else [(1 - held,), ()]
        scale = float(np.var(self.y)) + 1e-6
        best: Point | None = None
        for free in sets:
            for start in _STARTS if free else _STARTS[:1]:
                sigma2 = np.zeros(2)
                sigma2[list(free)] = start * scale
                if held is not None:
                    sigma2[held] = at
                found = self._climb(sigma2, free)
                if best is None or found.value > best.value - 1e-10:
                    best = found
        assert best is not None
        return best

    def _climb(self, sigma2: Floats, free: tuple[int, ...]) -> Point:
        here, index = self.at(sigma2), list(free)
        if not index:
            return here
        scale = 1.0
        for _ in range(100):
            values, vectors = np.linalg.eigh(-here.bend[np.ix_(index, index)])
            slope = vectors.T @ here.slope[index]
            step = vectors @ (slope / np.maximum(np.abs(values), 1e-8)) * scale
            trial = here.sigma2.copy()
            trial[index] = np.clip(trial[index] + step, 0.1 * trial[index], 10 * trial[index] + 1)
            there = self.at(trial)
            if there.value < here.value - 1e-13 * (1 + abs(here.value)):
                scale *= 0.25
                if scale < 1e-8:
                    break
                continue
            moved = float(np.abs(trial - here.sigma2).max())
            here, scale = there, min(1.0, 4 * scale)
            if moved < 1e-13 * (1 + float(trial.max())):
                break
        return here

    def limits(self, top: Point, which: int, level: float) -> tuple[float, float]:
        """Give profile limits of one variance.

        Parameters
        ----------
        top : Point
            The maximum.
        which : int
            0 between, 1 within studies.
        level : float
        """
        crit = float(np.sqrt(chdtri(1.0, 1 - level)))
        centre = top.sigma2[which : which + 1]

        def short(value: Floats) -> tuple[Floats, Floats]:
            found = self.maximise(which, float(value[0]))
            size = np.sqrt(2 * max(top.value - found.value, 0.0))
            return np.array([size - crit]), np.array([-found.slope[which] / max(size, 1e-300)])

        low, zero = 0.0, np.zeros(1)
        if centre[0] > 0 and short(zero)[0][0] > 0:
            low = float(root(short, centre, zero, 0.5 * centre, 1e-9)[0])
        step = np.maximum(0.5 * centre, 0.5 * float(np.var(self.y)) + 1e-3)
        high = root(short, *widen(short, centre, step, _FARTHEST), None, 1e-9)
        return low, float(high[0])
