"""Roots of many increasing functions at once, by Newton steps that never leave a bracket."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from onearm.models.arrays import Floats

Function = Callable[[Floats], tuple[Floats, Floats]]


def widen(f: Function, low: Floats, step: Floats, limit: float) -> tuple[Floats, Floats]:
    """Double a step from ``low`` until the function is positive, or not even at the limit.

    The last step ends at the limit, so that no root before it is missed; a ``low`` that lies
    beyond it is given one step all the same.

    Parameters
    ----------
    f : callable
        As for :func:`root`.
    low, step : ndarray, shape (d,)
        Where to begin, and the first step; its sign gives the direction.
    limit : float
        How far from 0 to look.

    Returns
    -------
    low, high : ndarray, shape (d,)
        ``high`` is infinite, with the sign of the step, where no root was met.
    """
    low, high = low.copy(), low + step
    end = np.copysign(np.maximum(limit, np.abs(high)), step)
    open_ = np.ones(len(low), dtype=bool)
    while True:
        value, _ = f(np.where(np.isfinite(high), high, low))
        open_ &= ~(value > 0)
        over = open_ & ~(np.abs(high) < np.abs(end))
        high = np.where(over, np.copysign(np.inf, step), high)
        open_ &= ~over
        if not open_.any():
            return low, high
        step = 2 * step
        low = np.where(open_, high, low)
        further = np.where(np.abs(step) < np.abs(end - high), high + step, end)
        high = np.where(open_, further, high)


def root(
    f: Function,
    low: Floats,
    high: Floats,
    start: Floats | None = None,
    tolerance: float = 1e-11,
) -> Floats:
    """Find where each function crosses zero between its two ends.

    Parameters
    ----------
    f : callable
        Takes points (d,), gives values and slopes (d,). Negative at ``low``,
        positive at ``high`` (which may lie below ``low``).
    low, high : ndarray, shape (d,)
        An infinite ``high`` is returned as it is.
    start : ndarray, shape (d,), optional
        First guess; the middle if left out.
    tolerance : float
        Length of the last step, relative to 1 + |x|.
    """
    open_ = np.isfinite(high)
    a, b = np.where(open_, low, 0.0), np.where(open_, high, 0.0)
    x = 0.5 * (a + b) if start is None else np.where(open_, start, 0.0)
    for _ in range(100):
        value, slope = f(x)
        a, b = np.where(value < 0, x, a), np.where(value < 0, b, x)
        # a slope of nearly nothing sends the step beyond all numbers, and so outside
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            new = x - value / slope
            inside = (new - a) * (new - b) <= 0
        small = np.abs(new - x) <= tolerance * (1 + np.abs(x))
        new = np.where(inside | small, new, 0.5 * (a + b))
        x = np.where(value == 0, x, new)
        if not (~small & open_ & (value != 0)).any():
            break
    return np.where(open_, x, high)
