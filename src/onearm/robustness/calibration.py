"""How often the interval of each method is right, for studies of just these sizes.

Nothing here looks at events: the sizes alone decide, so that a method can be chosen by it
without choosing the answer. Every table that the studies could have shown is fitted once by
every method; coverage under any truth is then one weighted sum over the tables, free of
Monte Carlo error. An interval that a method leaves undefined counts as the whole range from
0 to 1: it never misses, and it is as wide as can be.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from onearm.models import Model, ModelError
from onearm.models.arrays import as_counts
from onearm.robustness.designs import (
    Tables,
    distinct,
    draw_tables,
    enumerate_tables,
)
from onearm.robustness.methods import (
    Limits,
    Methods,
    build_methods,
    families,
    family_limits,
)
from onearm.robustness.scores import Scenarios, score_limits, standard_error

P = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
"""True median proportions: by symmetry 1 - p gives what p gives, with the tails exchanged."""

TAU = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Standard deviations of the true logits: at 1, rates of 12 % and 50 % are 2 tau apart."""

CAP = 1_000_000
DRAWS = 20_000
SEED = 20_240_229


def operating_characteristics(
    sizes: ArrayLike,
    *,
    methods: Methods = None,
    p: ArrayLike = P,
    tau: ArrayLike = TAU,
    level: float = 0.95,
    cap: int = CAP,
    draws: int = DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Give coverage and width of every method's intervals for studies of these sizes.

    Studies' true logits are normal with centre logit(p) and standard deviation tau, their
    events binomial. A confidence interval is right when it contains p, the true median
    proportion; a prediction interval is right as often as the true rate of a new study
    falls into it. An undefined interval is scored as [0, 1].

    Parameters
    ----------
    sizes : array_like of int, shape (k,)
        Patients per study, in any order.
    methods : None, sequence of str, or mapping
        All of :data:`onearm.robustness.METHODS`; some of its labels; or, by labels of one's
        own, models or their names and options.
    p : array_like of float
        True median proportions, between 0 and 1.
    tau : array_like of float
        True standard deviations between studies, on the logit scale.
    level : float
        Level of the intervals.
    cap : int
        Up to so many distinct tables (those that differ in more than the order of
        equal-sized studies) all are enumerated; above it, tables are drawn.
    draws, seed : int
        Number of tables that are drawn in that case, and the seed.

    Returns
    -------
    DataFrame
        One row a method, scenario and kind of interval: ``method``, ``p``, ``tau``,
        ``interval`` ("confidence" or "prediction"), ``coverage``, ``mean_width``,
        ``missed_below`` (the truth lies below the interval), ``missed_above`` (above it)
        and ``monte_carlo_se`` (of the coverage; 0 when exact).

    Raises
    ------
    ModelError
        If a size, a scenario or a method makes no sense.
    """
    counts = as_counts(sizes, "sizes")
    if counts.ndim != 1 or not len(counts) or (counts < 1).any():
        raise ModelError(f"sizes must be one whole number of at least 1 a study; got {sizes!r}.")
    scenarios = Scenarios(_numbers(p, "p"), _numbers(tau, "tau"))
    if not all(0 < value < 1 for value in scenarios.p):
        raise ModelError("p must lie between 0 and 1, both excluded.")
    if not all(value >= 0 for value in scenarios.tau):
        raise ModelError("tau must not be negative.")
    models = build_methods(methods, level)
    ordered = tuple(sorted(counts.tolist()))
    if distinct(ordered) <= cap:
        tables = _all_tables(ordered)
        limits = {
            model: pair
            for lead, members in families(models.values()).items()
            for model, pair in _all_limits(ordered, lead, tuple(members)).items()
        }
    else:
        tables = draw_tables(ordered, *scenarios.cells, draws, seed)
        limits = {
            model: pair
            for lead, members in families(models.values()).items()
            for model, pair in family_limits(tables, lead, members).items()
        }
    return _frame({label: limits[model] for label, model in models.items()}, tables, scenarios)


def _numbers(values: ArrayLike, name: str) -> tuple[float, ...]:
    found = np.atleast_1d(np.asarray(values, dtype=float)).ravel()
    if not len(found) or not np.isfinite(found).all():
        raise ModelError(f"{name} must be numbers; got {values!r}.")
    return tuple(float(value) for value in found)


@lru_cache(maxsize=4)
def _all_tables(sizes: tuple[int, ...]) -> Tables:
    return enumerate_tables(sizes)


@lru_cache(maxsize=16)
def _all_limits(
    sizes: tuple[int, ...], lead: Model, members: tuple[Model, ...]
) -> dict[Model, Limits]:
    """Fit all tables of a design: kept, for they serve every truth that is asked about."""
    return family_limits(_all_tables(sizes), lead, members)


def _frame(limits: dict[str, Limits], tables: Tables, scenarios: Scenarios) -> pd.DataFrame:
    """Score every method and put the scores into one row a scenario."""
    p, tau = scenarios.cells
    scores = score_limits(limits, tables, scenarios)
    parts = [
        pd.DataFrame(
            {
                "method": label,
                "p": p,
                "tau": tau,
                "interval": kind,
                "coverage": 1 - score[1] - score[2],
                "mean_width": score[0],
                "missed_below": score[1],
                "missed_above": score[2],
                "monte_carlo_se": standard_error(score, tables),
            }
        )
        for (label, kind), score in scores.items()
    ]
    return pd.concat(parts, ignore_index=True)
