"""The maximum of the three-level likelihood, by Newton's rule on exact derivatives."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from onearm.models.arrays import Floats
from onearm.models.clustered.likelihood import Data, Point, evaluate

NEGLIGIBLE = 1e-4
"""A standard deviation below this is 0."""

_STEPS = 60

ALL = ((0, 1, 2), (0, 1), (0, 2), (0,))
"""Which of centre, sd between and sd within are free: a maximum may lie on an edge."""


@dataclass(frozen=True)
class Top:
    """A maximum: the parameters, those that are not at an edge, and the likelihood there."""

    theta: Floats
    free: tuple[int, ...]
    point: Point

    @property
    def covariance(self) -> Floats:
        """Inverse information of the free parameters, 0 for the others."""
        out, index = np.zeros((3, 3)), np.ix_(self.free, self.free)
        out[index] = np.linalg.inv(-self.point.hessian[index])
        return out


def maximise(
    data: Data,
    sets: Iterable[tuple[int, ...]] = ALL,
    start: Floats | None = None,
    held: int | None = None,
) -> Top:
    """Climb with every set of free parameters, and keep the highest top.

    Parameters
    ----------
    data : Data
    sets : iterable of tuple of int
        The parameters that are free; the others stay as in ``start``, standard deviations at 0.
    start : ndarray, shape (3,), optional
        Centre and standard deviations to start from.
    held : int, optional
        The parameter that keeps its value; other standard deviations that are not free are 0.
    """
    p = (data.x.sum() + 0.5) / (data.n.sum() + 1)
    first = np.array([np.log(p / (1 - p)), 0.6, 0.3]) if start is None else start
    best: Top | None = None
    for free in sets:
        if best is not None and held is not None and not _at_edge(best, free):
            continue  # along a profile the neighbouring value tells which hill it is
        theta = first.copy()
        for spread in {1, 2} - {held}:
            least = 0.2 if held is None else 0.05
            theta[spread] = max(theta[spread], least) if spread in free else 0.0
        found = _climb(data, theta, free)
        # the edge itself where it is as high
        if best is None or found.point.value > best.point.value - _tie(best, found):
            best = found
    assert best is not None
    return best


def _at_edge(best: Top, free: tuple[int, ...]) -> bool:
    """Say whether the standard deviations that are not free are all but 0 at a top."""
    fixed = set(best.free) - set(free)
    return all(best.theta[i] <= NEGLIGIBLE for i in fixed)


def _tie(best: Top, found: Top) -> float:
    """Give what a smaller set of free parameters may lie below a larger one and still be it."""
    at_edge = any(best.theta[i] <= NEGLIGIBLE for i in best.free if i)
    return 1e-9 if at_edge and len(found.free) < len(best.free) else 0.0


def _climb(data: Data, theta: Floats, free: tuple[int, ...]) -> Top:
    """Climb by Newton steps, uphill where the surface bends upwards."""
    index = np.ix_(free, free)
    here, scale = evaluate(data, *theta), 1.0
    if not free:
        return Top(theta, free, here)
    for _ in range(_STEPS):
        values, vectors = np.linalg.eigh(-here.hessian[index])
        slope = here.gradient[list(free)]
        bend = np.maximum(np.abs(values), 1e-6)
        step = vectors @ ((vectors.T @ slope) / bend)
        step *= scale / max(1.0, np.abs(step).max())
        trial = theta.copy()
        trial[list(free)] += step
        # a standard deviation stays positive: at most nine tenths of the way to 0
        trial[1:] = np.where(trial[1:] > 0.1 * theta[1:], trial[1:], 0.1 * theta[1:])
        there = evaluate(data, *trial)
        rise = float(np.abs(slope @ step))
        if there.value < here.value - 1e-12 * (1 + abs(here.value)):
            if scale < 1e-6:
                break
            scale *= 0.25
            continue
        theta, here, scale = trial, there, min(1.0, 4 * scale)
        if rise < 1e-18 * (1 + abs(here.value)) or any(theta[i] < 1e-6 for i in free if i):
            break
    return Top(theta, free, here)
