"""Which truths tables are drawn from: near enough to each other that no weight explodes.

How far apart centres and spreads may lie follows from what studies of these sizes tell of
them: a table's centre has a standard deviation, and spreads count as far apart as their
Fisher information says. Between truths a step or two apart, the drawn tables of both serve.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import expit

from onearm.models.arrays import Floats
from onearm.models.exact_interval.promise import Promise
from onearm.models.exact_interval.scenarios import Scenarios

_FARTHEST = 1.0
"""Logits that two centres may lie apart at the most."""

_APART, _CLOSE = 2.0, 1.25
"""Standard deviations between two truths, first and near an end of the interval."""

_TAILS = 2.5
"""Standard deviations beyond a stretch from which tables are drawn too: those that decide."""

_MIDDLE = 2.0
"""Logits beyond which spreads are laid out as there: rarer events tell less of them."""


def everywhere(sizes: tuple[int, ...], promise: Promise, each: int) -> Scenarios:
    """Give truths all over the place.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    each : int
        How many tables of each.
    """
    reach = promise.reach(sum(sizes))
    mu: list[float] = []
    tau: list[float] = []
    for spread in _ladder(sizes, 0.0, promise.tau_max, _APART):
        half = [0.0]
        while half[-1] < reach:
            half.append(half[-1] + min(_APART * _width(sizes, half[-1], spread), _FARTHEST))
        both = [*(-a for a in half[:0:-1]), *half]
        mu += both
        tau += [spread] * len(both)
    return _evenly(mu, tau, each)


def about(
    sizes: tuple[int, ...], promise: Promise, stretch: tuple[float, float], each: int
) -> Scenarios:
    """Give truths about a stretch of centres.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    stretch : tuple of float
        Its lower and its upper end.
    each : int
        How many tables of each.
    """
    low, high = stretch
    nearest = float(np.clip(0.0, low, high))
    mu: list[float] = []
    tau: list[float] = []
    for spread in _ladder(sizes, nearest, promise.tau_max, _CLOSE):
        width = min(_width(sizes, nearest, spread), _FARTHEST)
        first, last = low - _TAILS * width, high + _TAILS * width
        count = int(np.ceil((last - first) / (_CLOSE * width))) + 1
        mu += np.linspace(first, last, count).tolist()
        tau += [spread] * count
    return _evenly(mu, tau, each)


def _evenly(mu: list[float], tau: list[float], each: int) -> Scenarios:
    return Scenarios(np.array(mu), np.array(tau), np.full(len(mu), each))


def _variances(sizes: Sequence[int], mu: float) -> Floats:
    """Give the variances of studies' logits about their own rates, if these are the median."""
    p = expit(mu)
    return np.asarray(1 / (np.array(sizes) * p * (1 - p)), dtype=float)


def _width(sizes: Sequence[int], mu: float, tau: float) -> float:
    """Give about the standard deviation of a table's centre."""
    return float((1 / (_variances(sizes, mu) + tau**2)).sum() ** -0.5)


def _ladder(sizes: Sequence[int], mu: float, largest: float, apart: float) -> list[float]:
    """Give spreads from 0 to the largest, at even distances by their information."""
    mu = float(np.clip(mu, -_MIDDLE, _MIDDLE))
    tau = np.linspace(0.0, largest, 2001)
    share = tau[:, None] / (_variances(sizes, mu) + tau[:, None] ** 2)
    information = np.sqrt(2 * (share**2).sum(axis=1))
    along = np.concatenate([[0.0], np.cumsum((information[1:] + information[:-1]) / 2)])
    along *= tau[1]
    count = int(np.ceil(along[-1] / apart)) + 1
    found = np.interp(np.linspace(0.0, along[-1], max(count, 3)), along, tau)
    return [float(value) for value in found]
