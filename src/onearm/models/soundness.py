"""What no interval may do without a word.

It may not be missing, cross, leave out its own estimate, or, of a new study, be narrower than
that of the centre. A model that has a reason says so itself; of the rest this module tells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools
from onearm.models.fit import Fit, Flag

NAMES = {
    "ci": "the interval of the estimate",
    "mean_ci": "the interval of the mean",
    "prediction": "the prediction interval",
    "tau2_ci": "the interval of tau²",
}
"""Intervals that are checked, and what a sentence calls them."""

CENTRES = {"ci": "estimate", "mean_ci": "mean", "tau2_ci": "tau2"}
"""The number that each must contain; a prediction interval need not."""

EXPLAINED = frozenset(
    {
        "one-sided-bound",
        "no-maximum",
        "flat-ridge",
        "maximum-not-found",
        "freeman-tukey-refused",
        "profile-limit-open",
    }
)
"""Cautions after which a missing interval needs no further word."""

_ROUNDING = 1e-7
"""Limits may miss by so much on the scale of proportions (relative, of tau²)."""


def sound(fit: Fit, verdicts: NDArray[np.str_], narrower: str) -> Fit:
    """Add the cautions that the intervals of a fit need; crossed ones become nan.

    Parameters
    ----------
    fit : Fit
    verdicts : ndarray of str, shape (d,)
    narrower : str
        Why the model's prediction interval can be narrower than that of the estimate.
    """
    several = (verdicts != "no-data") & (verdicts != "single-study")
    crossed = {name: getattr(fit, name)[:, 0] > getattr(fit, name)[:, 1] for name in NAMES}
    if any(where.any() for where in crossed.values()):
        fit = replace(fit, **_straight(fit, crossed))
    told = np.zeros(len(verdicts), dtype=bool)
    for flag in fit.flags:
        if flag.code in EXPLAINED:
            told |= flag.where
    silent = several & ~told
    missing = {name: silent & _missing(fit, name) for name in NAMES}
    outside = {name: several & _outside(fit, name) for name in CENTRES}
    tight = several & _tighter(fit)
    flags = (
        _listed("interval-crossed", crossed, _CROSSED),
        _listed("interval-missing", missing, _MISSING),
        _listed("estimate-outside", outside, _OUTSIDE),
        Flag("prediction-narrower", tight, lambda j: _NARROWER + narrower),
    )
    return replace(fit, flags=(*fit.flags, *(flag for flag in flags if flag.where.any())))


_CROSSED = "{} came out with its limits exchanged, and so is not shown."
_MISSING = (
    "{} could not be made: too few studies carry weight for its reference distribution, or the "
    "numbers are beyond what can be computed."
)
_OUTSIDE = (
    "{} does not contain its own estimate: the two are made in different ways, which do not "
    "agree about these data."
)
_NARROWER = "The prediction interval does not reach as far as that of the estimate: "


def _listed(code: str, where: dict[str, Bools], sentence: str) -> Flag:
    """Make one caution that names the intervals it is about."""

    def says(j: int) -> str:
        names = [NAMES[name] for name, which in where.items() if which[j]]
        told = " and ".join(names)
        return sentence.format(told[:1].upper() + told[1:])

    return Flag(code, np.any(list(where.values()), axis=0), says)


def _straight(fit: Fit, crossed: dict[str, Bools]) -> dict[str, Any]:
    """Give the intervals of which some are crossed, these as nan."""
    return {
        name: np.where(where[:, None], np.nan, getattr(fit, name))
        for name, where in crossed.items()
        if where.any()
    }


def _missing(fit: Fit, name: str) -> Bools:
    """Say where an interval has no limits; of tau², which not every model has, where it has one."""
    limits = getattr(fit, name)
    some = np.asarray(~np.isfinite(limits).all(axis=1))
    if name == "tau2_ci":
        some &= np.isfinite(limits).any(axis=1) | np.isinf(limits).any(axis=1)
    return some


def _outside(fit: Fit, name: str) -> Bools:
    centre, limits = getattr(fit, CENTRES[name]), getattr(fit, name)
    slack = _ROUNDING * (np.maximum(1.0, centre) if name == "tau2_ci" else 1.0)
    beyond: Bools = (centre < limits[:, 0] - slack) | (centre > limits[:, 1] + slack)
    return beyond


def _tighter(fit: Fit) -> Bools:
    """Say where the prediction interval leaves out some of the estimate's."""
    ahead, here = fit.prediction, fit.ci
    within: Bools = (ahead[:, 0] > here[:, 0] + _ROUNDING) | (ahead[:, 1] < here[:, 1] - _ROUNDING)
    return within
