"""Meta-regression: whether what is known of the studies goes with their proportions.

One moderator at a time in the binomial-normal model by maximum likelihood (Stijnen 2010,
10.1002/sim.4040), limits and tests by t and F on k less the number of coefficients: the plan's
Bayesian model has no regression here. Aggregated and exploratory: what holds of studies need
not hold of patients, and several moderators are looked at without correction (Thompson and
Higgins 2002, 10.1002/sim.1187).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import Protocol, Selection
from onearm.models import Model, Regression, meta_regression
from onearm.robustness.base import CheckResult
from onearm.robustness.gates import closed_for
from onearm.words import count, p_value

__all__ = ["Moderator", "moderators", "offered"]

WARNING = (
    "Exploratory: the studies were not chosen to differ in these alone, what holds of studies "
    "need not hold of their patients, and nothing is corrected for the number of looks. Rows of "
    "one study are taken as independent."
)


@dataclass(frozen=True)
class Moderator:
    """One thing that is known of every row.

    Attributes
    ----------
    label : str
        What it is, in words.
    unit : str
        What an odds ratio of a number is for: "one year later"; "" for categories.
    values : tuple
        One a row, numbers or categories.
    """

    label: str
    unit: str
    values: tuple[Any, ...]

    @property
    def known(self) -> Counter[str]:
        """How many rows have each value; those that do not say are in no regression."""
        return Counter(str(value) for value in self.values if value != "")


def moderators(pool: Pool, protocol: Protocol) -> CheckResult:
    """Regress the proportions of a pool on setting, drugs, size and year, one at a time.

    Parameters
    ----------
    pool : Pool
        k rows.
    protocol : Protocol
        The plan: gates and level.

    Returns
    -------
    CheckResult
        ``table``: a line a level, the reference included, or a number's unit: ``moderator``,
        ``level``, ``k`` (rows of the level, or all), ``reference``, ``odds_ratio``,
        ``ci_low``, ``ci_high``. ``data["tests"]``: a record a moderator, with its F test
        (``f``, ``df1``, ``df2``, ``pvalue``), ``r2``, the share of tau2 it accounts for, and
        ``tau2``, what is left. The verdict is always None: nothing here is a test of the answer.
    """
    shut = closed_for("meta_regression", pool, protocol)
    if shut:
        return shut
    selection = pool.selection
    fits = [
        (item, meta_regression(
            selection.events, selection.n, {item.label: item.values}, model="glmm",
            level=protocol.pooling.level,
        ))
        for item in offered(selection)
    ]  # fmt: skip
    data = {
        "pool": pool.label, "exploratory": True, "warning": WARNING, "model": "glmm", "ci": "t",
        "level": protocol.pooling.level, "tests": [_test(*fit) for fit in fits],
    }  # fmt: skip
    table = pd.DataFrame([line for fit in fits for line in _lines(*fit)])
    said = _sentence(pool, data, protocol.primary.make())
    return CheckResult("meta_regression", None, said, table, data)


def offered(selection: Selection) -> list[Moderator]:
    """Return the moderators that differ between the rows and leave enough of them free.

    Time is the middle of enrolment where every row has one, else the year of publication.

    Parameters
    ----------
    selection : Selection
        The rows.
    """
    rows = selection.rows
    middle = _middles(rows)
    time = (
        Moderator("Year of publication", "one year later", tuple(map(float, rows["year"])))
        if middle is None
        else Moderator("Middle of enrolment", "one year later", middle)
    )
    found = [
        Moderator("Setting", "", tuple(rows["setting_label"])),
        Moderator("Drugs", "", tuple(rows["agent_group_label"])),
        Moderator("Size of the study", "twice the patients", tuple(np.log2(selection.n).tolist())),
        time,
    ]
    # with no more than one row a coefficient, and one to spare, a line fits by itself
    return [item for item in found if 1 < _coefficients(item) < item.known.total() - 1]


def _coefficients(item: Moderator) -> int:
    return min(len(item.known), 2) if item.unit else len(item.known)


def _middles(rows: pd.DataFrame) -> tuple[float, ...] | None:
    """Return the middle of every row's enrolment as a year, None unless all have one."""
    ends = [
        pd.to_datetime(rows[name].replace("", None), format="ISO8601", errors="coerce")
        for name in ("enrol_start", "enrol_end")
    ]
    start, end = (day.dt.year + (day.dt.day_of_year - 1) / 365.25 for day in ends)
    middle = (start + end) / 2
    return None if middle.isna().any() else tuple(map(float, middle))


def _lines(item: Moderator, fit: Regression) -> Iterator[dict[str, Any]]:
    """Yield a line a level, the reference first, or one for a number."""
    rows = item.known
    reference = "" if item.unit else min(rows)
    if reference:
        yield _line(item, reference, rows[reference], reference, (1.0, math.nan, math.nan))
    for coefficient in fit.coefficients[1:]:
        level = item.unit or coefficient.name.removeprefix(f"{item.label}: ")
        odds = [_odds(value) for value in (coefficient.estimate, *coefficient.ci)]
        yield _line(item, level, fit.k if item.unit else rows[level], reference, odds)


def _line(
    item: Moderator, level: str, k: int, reference: str, odds: Sequence[float]
) -> dict[str, Any]:
    ratio, low, high = odds
    return {"moderator": item.label, "level": level, "k": k, "reference": reference,
            "odds_ratio": ratio, "ci_low": low, "ci_high": high}  # fmt: skip


def _odds(value: float) -> float:
    """Return e to the value; what no float holds is as good as infinite."""
    return math.inf if value > 700 else math.exp(value)


def _test(item: Moderator, fit: Regression) -> dict[str, Any]:
    return {
        "moderator": item.label, "k": fit.k, "f": fit.qm, "df1": fit.qm_df[0],
        "df2": fit.qm_df[1], "pvalue": fit.qm_pvalue, "r2": fit.r2, "tau2": fit.tau2,
        "cautions": [caution.sentence for caution in fit.cautions],
    }  # fmt: skip


def _sentence(pool: Pool, data: dict[str, Any], own: Model) -> str:
    tests = data["tests"]
    if not tests:
        return (
            f"{pool.label}: nothing that is known of the {pool.cohorts} differs between enough of "
            "them to be a moderator."
        )
    looks = "; ".join(f"{test['moderator'].lower()}, p {p_value(test['pvalue'])}" for test in tests)
    why = "" if own.has_regression else ", for the plan's own model has no regression"
    return (
        f"{pool.label}: {count(len(tests), 'moderator')} of {pool.cohorts}, one at a time "
        f"({looks}; F tests). By the binomial-normal GLMM with t limits{why}. {WARNING}"
    )
