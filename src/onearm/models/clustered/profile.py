"""Profile-likelihood limits of centre and standard deviations in the three-level model."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from onearm.models.arrays import Floats
from onearm.models.clustered.likelihood import Data
from onearm.models.clustered.maximum import Top, maximise
from onearm.models.roots import root, widen

_FARTHEST = 60.0
"""Limits are looked for up to so many logits away; exp(-60) is 1e-26."""

_NEAR = 1e-9
"""Length of the last step."""

_OTHERS = {
    0: ((1, 2), (1,), (2,), ()),
    1: ((0, 2), (0,)),
    2: ((0, 1), (0,)),
}
"""What is free while one parameter is held."""


def profile_limits(data: Data, top: Top, parameter: int, level: float) -> tuple[float, float]:
    """Give the limits of one parameter: 0 centre, 1 sd between, 2 sd within.

    Parameters
    ----------
    data : Data
    top : Top
        The maximum.
    parameter : int
    level : float

    Returns
    -------
    tuple of float
        Infinite where the likelihood never falls enough; 0 below a standard deviation that
        could be 0.
    """
    crit = float(np.sqrt(chdtri(1.0, 1 - level)))
    highest, centre = top.point.value, float(top.theta[parameter])
    memory = top.theta.copy()

    def short(value: Floats) -> tuple[Floats, Floats]:
        """Give the signed root of the fall, less the critical one, and its slope."""
        nonlocal memory
        start = memory.copy()
        start[parameter] = value[0]
        found = maximise(data, _OTHERS[parameter], start, held=parameter)
        memory = found.theta
        size = np.sqrt(2 * max(highest - found.point.value, 0.0))
        slope = -found.point.gradient[parameter] / max(size, 1e-300)
        return np.array([size - crit]), np.array([slope])

    first = np.array([centre])
    zero_in = bool(parameter) and (centre == 0 or short(np.zeros(1))[0][0] <= 0)
    memory = top.theta.copy()
    if zero_in:
        low = 0.0
    elif parameter:
        low = float(root(short, first, np.zeros(1), 0.5 * first, _NEAR)[0])
    else:
        low = float(root(short, *widen(short, first, np.array([-0.5]), _FARTHEST), None, _NEAR)[0])
    memory = top.theta.copy()
    high = root(short, *widen(short, first, np.array([0.5]), _FARTHEST), None, _NEAR)
    return low, float(high[0])
