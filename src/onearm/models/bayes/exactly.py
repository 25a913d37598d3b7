"""The Bayesian fit with intervals that are exact for the sizes of the studies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.special import expit, logit

from onearm.models.arrays import Floats, Ints
from onearm.models.exact_interval.answers import (
    exact_interval,
    exact_prediction_level,
)
from onearm.models.exact_interval.promise import PRECISION, Promise, Table, is_enumerated
from onearm.models.fit import Fit, Flag


def exact_fit(
    fit: Fit,
    events: Ints,
    n: Ints,
    promise: Promise,
    predict: Callable[[Ints, Ints, float], Floats],
) -> Fit:
    """Put exact intervals, and prediction intervals of the level that holds, into a fit.

    Where no exact interval can be had the credible ones stay.

    Parameters
    ----------
    fit : Fit
        With credible intervals.
    events, n : ndarray of int, shape (k, d)
    promise : Promise
    predict : callable
        Gives prediction intervals, as logits, of some datasets at a level.
    """
    d = n.shape[1]
    ci, new = fit.ci.copy(), fit.details["new_logit_ci"].copy()
    level, drawn = np.full(d, np.nan), np.full(d, np.nan)
    k = (n > 0).sum(axis=0)
    tables = {int(j): Table.of(events[:, j], n[:, j]) for j in np.flatnonzero(k > 1)}
    # those of one design after each other, so that none is laid out twice
    for j in sorted(tables, key=lambda j: tables[j].sizes):
        table = tables[j]
        limits = exact_interval(table, promise, fit.ci[j])
        if np.isnan(limits[0]):
            continue
        ci[j] = limits
        level[j] = exact_prediction_level(table.sizes, promise)
        drawn[j] = not is_enumerated(table.sizes, promise)
    known = np.isfinite(level)
    for value in np.unique(level[known]):
        here = level == value
        new[here] = predict(events[:, here], n[:, here], float(value))
    with np.errstate(divide="ignore"):
        details = {**fit.details, "mu_ci": logit(ci), "new_logit_ci": new}
    details |= {"credible_ci": fit.ci, "prediction_level": level, "drawn": drawn}
    prediction = np.where(known[:, None], expit(new), fit.prediction)
    return replace(fit, ci=ci, prediction=prediction, details=details)


def exact_flags(fit: Fit, n: Ints, promise: Promise) -> tuple[Flag, ...]:
    """Say what exact intervals rest on: the largest spread, and drawn tables.

    Parameters
    ----------
    fit : Fit
        Of :func:`exact_fit`.
    n : ndarray of int, shape (k, d)
    promise : Promise
    """
    k, tau, drawn = (n > 0).sum(axis=0), fit.details["tau_median"], fit.details["drawn"]
    return (
        Flag(
            "two-studies",
            k == 2,
            lambda j: (
                "Only two studies: what is said about the spread between studies rests largely "
                f"on the prior of tau, {promise.tau_prior}, and the width of the interval on the "
                f"largest tau that is allowed for, {promise.tau_max:g}."
            ),
        ),
        Flag(
            "tau-above-maximum",
            np.isfinite(drawn) & (tau > promise.tau_max),
            lambda j: (
                f"Tau is estimated at {tau[j]:.2f}, and the exact interval holds its level only "
                f"where tau is at most {promise.tau_max:g}: a larger tau_max is needed."
            ),
        ),
        Flag(
            "no-exact-interval",
            (k > 1) & np.isnan(drawn),
            lambda j: (
                f"Studies of these sizes have too many possible results for the limits of an exact "
                f"interval to be found within {100 * PRECISION:g} percentage points: the credible "
                "interval is given."
            ),
        ),
        Flag(
            "drawn-tables",
            drawn == 1,
            lambda j: (
                "Studies of these sizes have too many possible results to go through: results "
                "were drawn with a fixed seed, and the exact interval uses the upper 99 % "
                "confidence limit of the p-value, so it is a little wider than it need be."
            ),
        ),
    )
