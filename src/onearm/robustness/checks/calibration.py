"""The calibration of a pool: how often each method is right for studies of its sizes.

So that a report does not take long, up to 20,000 distinct tables all are enumerated; above
that tables are drawn: 20,000 for methods that are a formula, 10,000 for the others, enough
for a standard error of a coverage below one point (for more than eight studies, of these
others only the plan's own). `onearm.operating_characteristics` itself has no such limits.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache

import pandas as pd

from onearm import cache
from onearm.analysis import Pool, Review
from onearm.models import Cost, Model, make_model
from onearm.robustness.base import Check, CheckResult, Line, Sheet, as_independent, sheet, told
from onearm.robustness.calibration.characteristics import (
    TAU,
    P,
    calibration,
    operating_characteristics,
)
from onearm.robustness.calibration.designs import distinct
from onearm.robustness.calibration.methods import MEMORY, METHODS, memory_needed
from onearm.robustness.calibration.words import coverage_percent
from onearm.words import count, percent

__all__ = ["CALIBRATION", "least_coverage"]

CAP = 20_000  # distinct tables up to which all are enumerated
DRAWS, DRAWS_SLOW = 20_000, 10_000
FEW_DRAWS = 2_000  # where only those far from their level are to be told from the others
SURE = 0.01  # standard error of a coverage above which it decides nothing
OWN = "The plan's primary model"
FEW = 8  # studies up to which drawn tables are read by methods that are not quick too
_SOURCE = ("onearm.models", "onearm.robustness.calibration")
MOST = 20  # studies above which nothing is drawn: every draw would be a fit of them all


def _run(pool: Pool, review: Review) -> CheckResult:
    """Say how often each method's interval is right for studies of these sizes.

    The table is that of `onearm.robustness.calibration` for the confidence intervals, and has
    in addition ``prediction_least`` and ``prediction_median``, the coverage of the prediction
    intervals. ``data`` has ``prediction``, a sentence on them, ``frame``, the scores in every
    scenario, ``exact``, ``left_out``, the methods that were not examined here, and ``unsure``,
    those drawn too seldom for a verdict: who falls short by more than three standard errors
    falls short however few the draws.
    """
    sizes = tuple(sorted(int(n) for n in pool.selection.n))
    if len(sizes) > MOST:
        studies = count(MOST, "study", "studies")
        return CALIBRATION.not_computed(f"not computed for more than {studies}: it takes too long.")
    level, exact = review.protocol.pooling.level, distinct(sizes) <= CAP
    primary = review.protocol.primary.make(level)
    if not pool.pooled.exactness:
        primary = primary.quicker()  # the page shows no exact interval, so none is judged
    promise = "" if exact else primary.description.promise
    specs, own, left_out = _methods(sizes, primary, exact)
    frame = _characteristics(sizes, tuple(specs.items()), level)
    result = calibration(frame, level=level, own=own)
    error = frame.groupby("method")["monte_carlo_se"].max()
    fails = set(result.table.loc[result.table["surely_fails"], "method"])
    unsure = [str(label) for label in error.index[error > SURE] if label not in fails]
    sure = frame[~frame["method"].isin(unsure)]
    verdict, said = result.verdict, result.sentence
    if own in unsure:
        verdict, said = None, _unsure(frame, result, own, error)
    elif promise:
        verdict, said = True, f"The plan's own interval is right by construction: {promise}"
    elif unsure:
        said = f"Of methods drawn often enough: {calibration(sure, level=level, own=own).sentence}"
    ahead = calibration(sure, level=level, interval="prediction", own=own)
    data = {"frame": frame, "exact": exact, "left_out": left_out, "unsure": sorted(unsure)}
    return CheckResult(
        result.name,
        verdict,
        told(pool, f"{said} {_how(exact, left_out)}{as_independent(pool)}"),
        _with_prediction(result.table, frame),
        result.data | data | {"prediction": _ahead(pool, ahead, own)},
    )


def least_coverage(
    sizes: tuple[int, ...], models: Mapping[str, Model], level: float
) -> dict[str, float]:
    """Return the least coverage that methods may have for studies of some sizes.

    Every table is gone through where that is quick; else tables are drawn for the methods that
    are a formula, and what three standard errors allow is added.

    Parameters
    ----------
    sizes : tuple of int
        In increasing order.
    models : mapping of str to Model
        By label.
    level : float
        Of the intervals.

    Returns
    -------
    dict of str to float
        Of those that were examined: none for more than :data:`MOST` studies, or where a method
        takes too long.
    """
    if len(sizes) > MOST:
        return {}
    few = distinct(sizes) <= CAP
    some = {label: model for label, model in models.items() if few or _quick(model)}
    quick = {label: model for label, model in some.items() if _quick(model)}
    if memory_needed(sizes, some.values(), len(P) * len(TAU)) > MEMORY:
        some = quick
    if not some:
        return {}
    frame = _characteristics(sizes, tuple(some.items()), level, FEW_DRAWS)
    here = frame[frame["interval"] == "confidence"]
    highest = here["coverage"] + 3 * here["monte_carlo_se"]
    return {
        str(label): float(least) for label, least in highest.groupby(here["method"]).min().items()
    }


def _methods(
    sizes: tuple[int, ...], primary: Model, exact: bool
) -> tuple[dict[str, Model], str, list[str]]:
    """Return the methods that are examined, the label of the plan's own, and those left out."""
    known = {label: make_model(level=primary.level, **spec) for label, spec in METHODS.items()}
    own = next((label for label, model in known.items() if model == primary), OWN)
    every = {own: primary} | known
    few = exact or len(sizes) <= FEW
    some = {label: model for label, model in known.items() if few or label == own or _quick(model)}
    specs = _affordable(sizes, {own: primary} | some, own)
    if not exact and primary.description.promise and own in specs:
        del specs[own]  # its level holds by construction, and to count it anew takes too long
    return specs, own, [label for label in every if label not in specs]


def _how(exact: bool, left_out: list[str]) -> str:
    how = "Exact, by enumeration of every table these sizes can show."
    if not exact:
        how = (
            f"From seeded draws, {DRAWS:,} for the methods that are a formula and {DRAWS_SLOW:,} "
            "for others: all tables are too many to enumerate here."
        )
    missing = f" Not examined here, for time or memory: {'; '.join(left_out)}."
    return how + missing if left_out else how


def _quick(model: Model) -> bool:
    return model.cost is Cost.QUICK


def _affordable(sizes: tuple[int, ...], specs: dict[str, Model], own: str) -> dict[str, Model]:
    """Leave out likelihoods of studies too large for them, the plan's own last."""
    quick = {label: model for label, model in specs.items() if _quick(model)}
    for some in (specs, {own: specs[own]} | quick):
        if memory_needed(sizes, some.values(), len(P) * len(TAU)) <= MEMORY:
            return some
    return quick


def _with_prediction(table: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Add the coverage of the prediction intervals to the lines of the methods."""
    ahead = frame[frame["interval"] == "prediction"].groupby("method")["coverage"]
    names = {"min": "prediction_least", "median": "prediction_median"}
    return table.join(ahead.agg(list(names)).rename(columns=names), on="method")


def _ahead(pool: Pool, ahead: CheckResult, own: str) -> str:
    """Say whether prediction intervals hold the rate of a new study as often as they claim."""
    level = f"{100 * float(ahead.data['level']):g} %"
    mine = ahead.table[ahead.table["method"] == own].to_dict("records")
    said = "".join(
        f"the prediction interval of {own} contains the true rate of a new study in "
        f"{coverage_percent(row['least'])} of cases at least and {coverage_percent(row['median'])} "
        "in the median of the scenarios; "
        for row in mine
    )
    holding = "; ".join(ahead.table.loc[ahead.table["holds"], "method"])
    throughout = f"{level} is held throughout by {holding}."
    others = throughout if holding else f"no prediction interval examined holds {level} throughout."
    return told(pool, said + others)


def _unsure(frame: pd.DataFrame, result: CheckResult, own: str, error: pd.Series[float]) -> str:
    """Say of the methods that were drawn often enough what can be said, and so of the own."""
    level = float(result.data["level"])
    (line,) = result.table[result.table["method"] == own].to_dict("records")
    said = (
        f"{own} covers {coverage_percent(line['least'])} at least and "
        f"{coverage_percent(line['median'])} in the "
        f"median of the scenarios, with a standard error of up to {percent(error[own])}: too few "
        f"draws to say whether it holds {100 * level:g} %."
    )
    surely = frame[frame["method"].map(error) <= SURE]
    if surely.empty:
        return said
    return f"{said} Of methods drawn often enough: {calibration(surely, level=level).sentence}"


@lru_cache(maxsize=64)
def _characteristics(
    sizes: tuple[int, ...],
    specs: tuple[tuple[str, Model], ...],
    level: float,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Examine methods once, and keep on disk what this or another process found before."""

    def compute() -> dict[Hashable, list[object]]:
        return dict(_examined(sizes, dict(specs), level, draws).to_dict("list"))

    if not all(type(model).__module__.startswith("onearm.models.") for _, model in specs):
        return pd.DataFrame(compute())  # the source that decides is not ours to watch
    key = {
        "sizes": sizes,
        "methods": [[label, repr(model)] for label, model in specs],
        "level": level,
        "tables": [CAP, draws, min(draws, DRAWS_SLOW)],
    }
    return pd.DataFrame(cache.remembered("calibration", key, compute, source=_SOURCE))


def _examined(
    sizes: tuple[int, ...], specs: dict[str, Model], level: float, draws: int
) -> pd.DataFrame:
    """Examine methods, the quick ones by more draws where tables are drawn."""
    quick = {label: model for label, model in specs.items() if _quick(model)}
    slow = {label: model for label, model in specs.items() if not _quick(model)}
    parts = [
        operating_characteristics(sizes, methods=some, level=level, cap=CAP, draws=many)
        for some, many in ((quick, draws), (slow, min(draws, DRAWS_SLOW)))
        if some
    ]
    return pd.concat(parts, ignore_index=True)


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    unsure = result.data.get("unsure", ())

    def holds(line: Line) -> str:
        if line["method"] in unsure:
            return "too few draws"
        return "yes" if line["holds"] else "no"

    columns = {
        "Method": lambda r: r["method"],
        "Least coverage": lambda r: coverage_percent(r["least"]),
        "where (median, tau)": lambda r: f"{percent(r['p'])}, {r['tau']:g}",
        "Median coverage": lambda r: coverage_percent(r["median"]),
        "Mean width": lambda r: f"{100 * r['mean_width']:.1f} points",
        "Truth below, at most": lambda r: percent(r["missed_below"]),
        "Truth above, at most": lambda r: percent(r["missed_above"]),
        "Prediction: least": lambda r: coverage_percent(r["prediction_least"]),
        "Prediction: median": lambda r: coverage_percent(r["prediction_median"]),
        "Holds its level": holds,
    }
    yield sheet(
        "How often each method's interval is right for studies of these sizes",
        result.rows,
        columns,
        words=("where (median, tau)", "Holds its level"),
        note=result.data["prediction"],
    )


CALIBRATION = Check(
    name="calibration",
    label="Exact calibration of the methods",
    needs=2,
    why="with one study nothing is pooled",
    heading="Are the methods' intervals honest for studies of these sizes?",
    intro=(
        "How often each interval contains the true median proportion in each scenario, how often "
        "the truth lies below or above it at worst, and how often the prediction interval "
        "contains the true rate of a new study. This depends on the sizes of the studies alone, "
        "never on their events, so it can guide the choice of a method."
    ),
    question="Does the plan's own interval hold its level for studies of these sizes?",
    run=_run,
    sheets=_sheets,
)
