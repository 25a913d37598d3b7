"""The calibration of a pool: how often each method is right for studies of its sizes.

So that a report does not take long, up to 20,000 distinct tables all are enumerated; above
that tables are drawn: 20,000 for the inverse-variance methods, 10,000 for the others, enough
for a standard error of a coverage below one point (for more than eight studies, of these
others only the plan's own). `onearm.operating_characteristics` itself has no such limits.
"""

from __future__ import annotations

import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import Protocol
from onearm.models import Cost, Model, make_model
from onearm.robustness.base import CheckResult
from onearm.robustness.calibration.characteristics import (
    TAU,
    P,
    calibration,
    operating_characteristics,
)
from onearm.robustness.calibration.designs import distinct
from onearm.robustness.calibration.methods import MEMORY, METHODS, memory_needed
from onearm.robustness.calibration.words import coverage_percent
from onearm.words import percent

__all__ = ["calibrate"]

CAP = 20_000  # distinct tables up to which all are enumerated
DRAWS, DRAWS_SLOW = 20_000, 10_000
SURE = 0.01  # standard error of a coverage above which it decides nothing
OWN = "The plan's primary model"
FEW = 8  # studies up to which drawn tables are read by methods that are not quick too


def calibrate(pool: Pool, protocol: Protocol) -> CheckResult:
    """Say how often each method's interval is right for studies of these sizes.

    Returns
    -------
    CheckResult
        As `onearm.robustness.calibration.characteristics` gives it for the confidence
        intervals; the table has in addition ``prediction_least`` and ``prediction_median``, the
        coverage of the prediction intervals, and ``data`` has ``prediction``, a sentence on
        them, ``frame``, the scores in every scenario, ``exact``, ``left_out``, the methods that
        were not examined here, and ``unsure``, those drawn too seldom for a verdict: who falls
        short by more than three standard errors falls short however few the draws.
    """
    sizes = sorted(int(n) for n in pool.selection.n)
    level, exact = protocol.pooling.level, distinct(tuple(sizes)) <= CAP
    primary = protocol.primary.make(level)
    known = {label: make_model(level=level, **spec) for label, spec in METHODS.items()}
    own = next((label for label, model in known.items() if model == primary), OWN)
    few = exact or len(sizes) <= FEW
    specs = {label: model for label, model in known.items() if few or label == own or _quick(model)}
    specs = _affordable(sizes, {own: primary} | specs, own)
    left_out = [label for label in {own: primary} | known if label not in specs]
    frame = _characteristics(sizes, specs, level)
    result = calibration(frame, level=level, own=own)
    how = "Exact, by enumeration of every table these sizes can show."
    if not exact:
        how = (
            f"From seeded draws, {DRAWS:,} for the inverse-variance methods and {DRAWS_SLOW:,} "
            "for others: all tables are too many to enumerate here."
        )
    if left_out:
        how += f" Not examined here, for time or memory: {'; '.join(left_out)}."
    error = frame.groupby("method")["monte_carlo_se"].max()
    fails = set(result.table.loc[result.table["surely_fails"], "method"])
    unsure = [str(label) for label in error.index[error > SURE] if label not in fails]
    verdict, said = result.verdict, result.sentence
    if own in unsure:
        verdict, said = None, _unsure(frame, result, own, error)
    elif unsure:
        judged = calibration(frame[~frame["method"].isin(unsure)], level=level, own=own)
        said = f"Of methods drawn often enough: {judged.sentence}"
    ahead = calibration(
        frame[~frame["method"].isin(unsure)], level=level, interval="prediction", own=own
    )
    return CheckResult(
        result.name, verdict, f"{pool.label}: {said} {how}", _with_prediction(result.table, frame),
        result.data | {"frame": frame, "exact": exact, "left_out": left_out,
                       "unsure": sorted(unsure), "prediction": _ahead(pool, ahead, own)},
    )  # fmt: skip


def _quick(model: Model) -> bool:
    return model.cost is Cost.QUICK


def _affordable(sizes: list[int], specs: dict[str, Model], own: str) -> dict[str, Model]:
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
        f"that of {own} holds the true rate of a new study in {coverage_percent(row['least'])} of "
        f"cases at least and {coverage_percent(row['median'])} in the median of the scenarios; "
        for row in mine
    )
    holding = "; ".join(ahead.table.loc[ahead.table["holds"], "method"])
    others = f"{level} is held throughout by {holding}." if holding else (
        f"no method examined holds {level} throughout."
    )  # fmt: skip
    return f"{pool.label}, prediction intervals: {said}{others}"


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


def _characteristics(sizes: list[int], specs: dict[str, Model], level: float) -> pd.DataFrame:
    """Examine the quick methods by more draws than the others, where tables are drawn."""
    quick = {label: model for label, model in specs.items() if _quick(model)}
    slow = {label: model for label, model in specs.items() if label not in quick}
    parts = [
        operating_characteristics(sizes, methods=some, level=level, cap=CAP, draws=many)
        for some, many in ((quick, DRAWS), (slow, DRAWS_SLOW))
        if some
    ]
    return pd.concat(parts, ignore_index=True)
