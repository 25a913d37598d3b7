"""Where the two-step model has nothing to show: no event at all, or a way back that misleads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.estimability import without_maximum
from onearm.models.fit import Fit
from onearm.models.inverse_variance.transforms import ft_range


def bounded(fit: Fit, events: Ints, n: Ints, verdicts: NDArray[np.str_], level: float) -> Fit:
    """Show the exact bound where no study has an event, or no study anything else.

    The estimate is then the edge itself, as with a likelihood. The effects are those of what was
    added to the counts, or of a variance that knows nothing of the edge; they stay as effects, and
    are not turned into proportions.

    Parameters
    ----------
    fit : Fit
    events, n : ndarray of int, shape (k, d)
    verdicts : ndarray of str, shape (d,)
    level : float
        Of the bound.
    """
    alike = np.isin(verdicts, ("all-zero", "all-full"))
    bound = without_maximum(events, n, verdicts, level)
    values: dict[str, Any] = {}
    for name in ("estimate", "mean", "ci", "mean_ci", "prediction"):
        values[name] = getattr(fit, name).copy()
        values[name][alike] = getattr(bound, name)[alike]
    said = tuple(replace(flag, where=flag.where & alike) for flag in bound.flags)
    kept = tuple(
        replace(flag, where=flag.where & ~alike) if flag.code in _OF_PROPORTIONS else flag
        for flag in fit.flags
    )
    return replace(fit, flags=(*said, *kept), **values)


_OF_PROPORTIONS = ("freeman-tukey-out-of-range", "freeman-tukey-refused", "limit-clipped")
"""Cautions about numbers that the bound replaces."""


def misled(
    estimate: Floats, mu: Floats, size: Floats, events: Ints, n: Ints
) -> tuple[Bools, Bools]:
    """Say where the way back from the Freeman-Tukey scale leaves what the studies allow.

    Parameters
    ----------
    estimate, mu, size : ndarray, shape (d,)
        Proportion, centre, and the size at which it was taken back.
    events, n : ndarray of int, shape (k, d)

    Returns
    -------
    refused : ndarray of bool, shape (d,)
        The centre lies beyond what a study of the one size could have though not all are at that
        edge, or the proportion beyond those of studies that differ.
    beside : ndarray of bool, shape (d,)
        The proportion is not quite the one that all studies share.
    """
    low, high = ft_range(size)
    total = events.sum(axis=0)
    clamped = ((mu < low) & (total > 0)) | ((mu > high) & (total < n.sum(axis=0)))
    p = events / np.maximum(n, 1)
    least = np.where(n > 0, p, np.inf).min(axis=0, initial=np.inf)
    most = np.where(n > 0, p, -np.inf).max(axis=0, initial=-np.inf)
    outside = (estimate < least - _ROUNDING) | (estimate > most + _ROUNDING)
    alike = most - least <= _ROUNDING
    return clamped | (outside & ~alike), outside & alike & ~clamped


_ROUNDING = 1e-9
