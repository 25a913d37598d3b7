"""The level at which prediction intervals hold what is promised of them.

The prediction interval is that of the posterior at one level for all tables: the smallest at
which the true rate of a new study falls into it as often as promised, whatever the median
proportion from 1 to 99 % and the spread up to its maximum. By symmetry medians up to 50 %
tell all.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from scipy.special import logit, ndtr, ndtri

from onearm.models.arrays import Floats, Ints
from onearm.models.exact_interval.lattice import Lattice

LEAST_RATE = 0.01
"""The median proportions gone through, up to one minus this."""

APART = 0.4
"""Greatest distance at which the distribution of a new study's logit is worked out."""

REACH = 13.0
"""Logits up to which it is."""

CENTRES, SPREADS = 24, 9
"""Medians and spreads gone through, of designs all of whose tables are."""

CENTRES_DRAWN, SPREADS_DRAWN = 10, 7
"""The same of designs whose tables are drawn."""

_LEAST_TAIL, _LARGEST_TAIL = 1e-6, 0.45
_CLOSE = 2e-3  # relatively, in the tail

UpperMean = Callable[[float, Floats, Floats], Floats]
"""From a centre, spreads (t,) and values (d, t) to their means over tables under these."""


def new_logits(lattice: Lattice) -> tuple[Floats, Ints]:
    """Give the logits of a new study at which its distribution is worked out, and their places.

    They are mirrored about 0.
    """
    middle = len(lattice.mu) // 2
    every = max(int(APART / lattice.step), 1)
    count = min(middle, int(REACH / lattice.step)) // every
    rows = middle + every * np.arange(-count, count + 1)
    return lattice.mu[rows], rows


def lower_limits(logits: Floats, below: Floats, tail: float) -> Floats:
    """Read a quantile off distribution functions at even points.

    Between the points the normal quantile of a probability is nearly linear, so a polynomial
    through six of them, of the logit in that quantile, loses nothing.

    Parameters
    ----------
    logits : ndarray, shape (j,)
    below : ndarray, shape (j, d)
    tail : float

    Returns
    -------
    ndarray, shape (d,)
    """
    first = (below < tail).sum(axis=0)
    at = np.clip(first - 3, 0, len(logits) - 6) + np.arange(6)[:, None]
    z = ndtri(np.clip(np.take_along_axis(below, at, axis=0), 1e-15, 1 - 1e-15))
    # where the tail is flat neighbours can hardly be told apart
    z = np.maximum.accumulate(z, axis=0) + 1e-9 * np.arange(6)[:, None]
    found = np.zeros(below.shape[1])
    target = float(ndtri(tail))
    for i in range(6):
        term = logits[at[i]]
        for j in range(6):
            if i != j:
                term = term * (target - z[j]) / (z[i] - z[j])
        found += term
    low, high = logits[at[2]], logits[at[3]]
    return np.clip(found, low, high)


def truths_ahead(tau_max: float, count: int, spreads: int) -> tuple[Floats, Floats]:
    """Give the centres and the spreads at which prediction intervals are to hold.

    Parameters
    ----------
    tau_max : float
    count, spreads : int
        How many of each.
    """
    tau = np.unique(np.linspace(0.0, tau_max, spreads))
    return np.linspace(float(logit(LEAST_RATE)), 0.0, count), tau


def prediction_level(
    limits: Callable[[float], tuple[Floats, Floats]],
    upper_mean: UpperMean,
    tau_max: float,
    alpha: float,
    counts: tuple[int, int] = (CENTRES, SPREADS),
) -> float:
    """Give the smallest level of posterior intervals that hold a new study's rate often enough.

    Parameters
    ----------
    limits : callable
        From a tail probability to the limits (d,) of every table.
    upper_mean : callable
        Averages values of all tables under scenarios.
    tau_max : float
    alpha : float
        How often the rate may be missed.
    counts : tuple of int
        How many medians and spreads are gone through.
    """
    centres, spreads = truths_ahead(tau_max, *counts)

    def missed(tail: float, which: Floats) -> Floats:
        """Give the greatest probability of a miss at some of the centres."""
        low, high = limits(tail)
        worst = []
        for mu in which:
            inside = np.empty((len(low), len(spreads)))
            for j, tau in enumerate(spreads):
                inside[:, j] = (
                    ndtr((high - mu) / tau) - ndtr((low - mu) / tau)
                    if tau > 0
                    else (low <= mu) & (mu <= high)
                )
            worst.append(upper_mean(float(mu), spreads, 1 - inside).max())
        return np.array(worst)

    def excess(tail: float, which: Floats) -> float:
        return float(np.log(max(missed(tail, which).max(), 1e-9) / alpha))

    active = centres[[0, len(centres) // 2, -1]]
    while True:
        tail = _largest(partial(excess, which=active))
        over = centres[missed(tail, centres) > alpha]
        new = np.setdiff1d(over, active)
        if not len(new):
            return 1 - 2 * tail
        active = np.union1d(active, new)


def _largest(excess: Callable[[float], float]) -> float:
    """Give about the largest tail whose excess is not positive, by false position.

    The excess grows with the tail; what is given does hold, unless none does.
    """
    low, high = np.log(_LEAST_TAIL), np.log(_LARGEST_TAIL)
    below, above = -1.0, 1.0
    kept = 0
    while high - low > _CLOSE:
        share = np.clip(below / (below - above), 0.02, 0.98)
        middle = low + share * (high - low)
        value = excess(float(np.exp(middle)))
        if value <= 0:
            low, below = middle, min(value, -1e-6)
            above, kept = (0.5 * above if kept == 1 else above), 1
        else:
            high, above = middle, value
            below, kept = (0.5 * below if kept == -1 else below), -1
    return float(np.exp(low))
