"""How often the interval of each method is right, for studies of just these sizes.

Nothing here looks at events: the sizes alone decide, so that a method can be chosen by it
without choosing the answer. Every table that the studies could have shown is fitted once by
every method; coverage under any truth is then one weighted sum over the tables, free of
Monte Carlo error. An interval that a method leaves undefined counts as the whole range from
0 to 1: it never misses, and it is as wide as can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from onearm.models import Model, ModelError
from onearm.models.arrays import as_counts, as_whole
from onearm.robustness.base import CheckResult
from onearm.robustness.calibration.designs import (
    Tables,
    distinct,
    draw_tables,
    enumerate_tables,
)
from onearm.robustness.calibration.methods import (
    MEMORY,
    Limits,
    Methods,
    build_methods,
    cut,
    families,
    family_limits,
    memory_needed,
    piece_limits,
)
from onearm.robustness.calibration.scores import Scenarios, score_limits, standard_error
from onearm.robustness.calibration.words import calibration_sentence, trade_off

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
    executor: Executor | None = None,
) -> pd.DataFrame:
    """Give coverage and width of every method's intervals for studies of these sizes.

    Studies' true logits are normal with centre logit(p) and standard deviation tau, their
    events binomial. A confidence interval is right when it contains p, the true median
    proportion; a prediction interval is right as often as the true rate of a new study
    falls into it. An undefined interval is scored as [0, 1].

    Parameters
    ----------
    sizes : array_like of int, shape (k,)
        People per study, in any order.
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
    executor : Executor, optional
        Where tables are fitted, some thousand of them by one family of methods a task, as
        :func:`onearm.executors.opened` gives it; here and now when None.

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
        If a size, a scenario or a method makes no sense, or the sizes are so large that
        what has to be kept of every possible result would not fit in memory.
    """
    counts = as_counts(sizes, "sizes")
    if counts.ndim != 1 or not len(counts) or (counts < 1).any():
        raise ModelError(f"sizes must be one whole number of at least 1 a study; got {sizes!r}.")
    scenarios = Scenarios(_numbers(p, "p"), _numbers(tau, "tau"))
    if not all(0 < value < 1 for value in scenarios.p):
        raise ModelError("p must lie between 0 and 1, both excluded.")
    if not all(value >= 0 for value in scenarios.tau):
        raise ModelError("tau must not be negative.")
    cap, draws = as_whole(cap, "cap", 0), as_whole(draws, "draws", 1)
    seed = as_whole(seed, "seed", 0)
    models = build_methods(methods, level)
    if not models:
        raise ModelError("methods must name one method at least.")
    ordered = tuple(sorted(counts.tolist()))
    _afford(ordered, models, scenarios)
    exact = distinct(ordered) <= cap
    tables = _all_tables(ordered) if exact else draw_tables(ordered, *scenarios.cells, draws, seed)
    groups = [(lead, tuple(members)) for lead, members in families(models.values()).items()]
    found: Iterable[dict[Model, Limits]]
    if executor is not None:
        found = _elsewhere(tables, groups, executor)
    elif exact:
        found = (_all_limits(ordered, lead, members) for lead, members in groups)
    else:
        found = (family_limits(tables, lead, members) for lead, members in groups)
    limits = {model: pair for part in found for model, pair in part.items()}
    return _frame({label: limits[model] for label, model in models.items()}, tables, scenarios)


def _afford(sizes: tuple[int, ...], models: dict[str, Model], scenarios: Scenarios) -> None:
    """Refuse what would not fit in memory, before anything is computed."""
    needed = memory_needed(sizes, models.values(), len(scenarios.cells[0]))
    if needed > MEMORY:
        raise ModelError(
            f"Studies of up to {max(sizes):,} people are too large for these methods: about "
            f"{needed / 2**30:,.0f} GiB would be needed, and {MEMORY / 2**30:g} GiB are allowed. "
            "Choose methods that need no likelihood of every result (methods=, on the command line "
            "--method), such as 'Logit, conservative Knapp–Hartung', or ask about smaller studies."
        )


def _elsewhere(
    tables: Tables, groups: Sequence[tuple[Model, tuple[Model, ...]]], executor: Executor
) -> Iterator[dict[Model, Limits]]:
    """Send the pieces of all families at once, and put each family together in its order."""
    pieces = [cut(tables, lead, members) for lead, members in groups]
    done = executor.map(piece_limits, [piece for of_family in pieces for piece in of_family])
    for (lead, members), of_family in zip(groups, pieces, strict=True):
        # the pieces run out first, so that nothing is taken of what the next family is owed
        yield family_limits(tables, lead, members, zip(of_family, done, strict=False))


def _numbers(values: ArrayLike, name: str) -> tuple[float, ...]:
    try:
        found = np.atleast_1d(np.asarray(values, dtype=float)).ravel()
    except (TypeError, ValueError) as error:
        raise ModelError(f"{name} must be numbers; got {values!r}.") from error
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


def calibration(
    frame: pd.DataFrame, *, level: float = 0.95, interval: str = "confidence", own: str = ""
) -> CheckResult:
    """Say which methods hold their level over all scenarios, and which of them is narrowest.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`operating_characteristics`.
    level : float
        What is to be held; drawn tables are given two standard errors.
    interval : {"confidence", "prediction"}
    own : str
        Label of the method that is in use, if it is to be judged.

    Returns
    -------
    CheckResult
        The table has one row a method, those that hold first and the narrower ones before:
        ``method``, ``least`` and ``median`` coverage over the scenarios, ``mean_width``,
        the scenario of the least (``p``, ``tau``), ``missed_below`` and ``missed_above``, the
        largest probability that the truth lies below, or above, the interval, ``holds``, and
        ``surely_fails``: whether the least is short of the level by more than three standard
        errors. ``data["trade_off"]`` says what it means that the method in use falls short. The
        verdict is whether the method in use holds, None without one.
    """
    here = frame[frame["interval"] == interval]
    table = pd.DataFrame([_summary(str(m), part, level) for m, part in here.groupby("method")])
    table = table.sort_values(
        ["holds", "mean_width", "method"], ascending=[False, True, True], ignore_index=True
    )
    verdict = None
    if own in set(table["method"]):
        verdict = bool(table.loc[table["method"] == own, "holds"].iloc[0])
    return CheckResult(
        name="calibration",
        verdict=verdict,
        sentence=calibration_sentence(table, here, level, interval, own),
        table=table,
        data={
            "level": level,
            "interval": interval,
            "own": own or None,
            "trade_off": trade_off(table, own, level) if verdict is False else "",
        },
    )


def _summary(method: str, part: pd.DataFrame, level: float) -> dict[str, object]:
    coverage = part["coverage"].to_numpy(dtype=float)
    worst = part.iloc[int(coverage.argmin())]
    slack = 2 * part["monte_carlo_se"].to_numpy(dtype=float)
    return {
        "method": method,
        "least": float(coverage.min()),
        "median": float(np.median(coverage)),
        "mean_width": float(part["mean_width"].mean()),
        "p": float(worst["p"]),
        "tau": float(worst["tau"]),
        "missed_below": float(part["missed_below"].max()),
        "missed_above": float(part["missed_above"].max()),
        # a limit of 95 % that is kept to rounding is kept
        "holds": bool((coverage + slack >= level - 1e-9).all()),
        "surely_fails": bool(coverage.min() + 3 * worst["monte_carlo_se"] < level - 1e-9),
    }
