"""Meta-regression: whether what is known of the studies goes with their proportions.

One moderator at a time in the binomial-normal model by maximum likelihood (Stijnen 2010,
10.1002/sim.4040), limits and tests by t and F on k less the number of coefficients: a Bayesian
model has no regression here. Aggregated and exploratory: what holds of studies need not hold of
people, and several moderators are looked at without correction (Thompson and Higgins 2002,
10.1002/sim.1187).
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from onearm.analysis import Pool, Review
from onearm.evidence import Protocol, Row, Selection
from onearm.models import Model, Regression, meta_regression
from onearm.robustness.base import Check, CheckResult, Line, Sheet, sheet, told
from onearm.words import NOT_ESTIMABLE, count, number, p_value, percent

__all__ = ["META_REGRESSION", "Moderator", "moderators", "offered"]

#: Subgroups of a stratum above which it is no moderator: each would be a coefficient.
MOST_LEVELS = 12


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
    values: tuple[object, ...]

    @property
    def known(self) -> Counter[str]:
        """How many rows have each value; those that do not say are in no regression."""
        return Counter(str(value) for value in self.values if value != "")


def moderators(pool: Pool, review: Review) -> CheckResult:
    """Regress the proportions of a pool on each moderator of the plan, one at a time.

    Parameters
    ----------
    pool : Pool
        k rows.
    review : Review
        Its plan: moderators and level.

    Returns
    -------
    CheckResult
        ``table``: a line a level, the reference included, or a number's unit: ``moderator``,
        ``level``, ``k`` (rows of the level, or all), ``reference``, ``odds_ratio``,
        ``ci_low``, ``ci_high``. ``data["tests"]``: a record a moderator, with its F test
        (``f``, ``df1``, ``df2``, ``pvalue``), ``r2``, the share of tau2 it accounts for, and
        ``tau2``, what is left. The verdict is always None: nothing here is a test of the answer.
    """
    selection, protocol = pool.selection, review.protocol
    level = protocol.pooling.level
    fits = []
    for item in offered(selection):
        values = {item.label: item.values}
        counts = selection.events, selection.n
        fits.append((item, meta_regression(*counts, values, model="glmm", level=level)))
    data = {
        "pool": pool.label,
        "exploratory": True,
        "warning": _warning(protocol),
        "model": "glmm",
        "ci": "t",
        "level": level,
        "tests": [_test(*fit) for fit in fits],
    }
    table = pd.DataFrame([line for fit in fits for line in _lines(*fit)])
    said = told(pool, _sentence(pool, data, protocol.primary.make()))
    return CheckResult("meta_regression", None, said, table, data)


def _warning(protocol: Protocol) -> str:
    return (
        "Exploratory: studies differ in other ways too, what holds of studies need not hold of "
        f"their {protocol.words.person.many}, and nothing is corrected for the number of tests. "
        "Rows of one study are taken as independent."
    )


def offered(selection: Selection) -> list[Moderator]:
    """Return the moderators that differ between the rows and leave enough of them free.

    They are those that the plan names, or every stratum whose groups are apart, then size and
    year. Time is the middle of enrolment where every row has one, else the year of publication.

    Parameters
    ----------
    selection : Selection
        The rows.
    """
    strata = selection.protocol.strata
    apart = tuple(name for name, stratum in strata.items() if not stratum.across)
    named = selection.protocol.moderators
    found = [
        _moderator(name, selection)
        for name in ((*apart, "size", "year") if named is None else named)
    ]
    # with no more than one row a coefficient, and one to spare, a line fits by itself
    return [
        item
        for item in found
        if 1 < _coefficients(item) < item.known.total() - 1
        and len(item.values) == selection.k
        and (item.unit or _coefficients(item) <= MOST_LEVELS)
    ]


def _moderator(name: str, selection: Selection) -> Moderator:
    if name in selection.protocol.strata:
        return _stratum(name, selection)
    if name == "size":
        people = selection.protocol.words.person.many
        values = tuple(np.log2(selection.n).tolist())
        return Moderator("Size of the study", f"twice the {people}", values)
    return _time(selection.rows)


def _stratum(name: str, selection: Selection) -> Moderator:
    """Give the subgroup of each row by a stratum; "" where a row is in none, or in several."""
    protocol = selection.protocol
    stratum = protocol.strata[name]
    found = [row.value(stratum.column) for row in selection.rows]
    groups = protocol.groups(name, tuple(sorted({value for value in found if value})))
    of_value = {
        value: [group.label for group in groups.values() if value in group.members]
        for value in set(found)
    }
    labels = (of_value[value] for value in found)
    return Moderator(stratum.label, "", tuple(one[0] if len(one) == 1 else "" for one in labels))


def _time(rows: Sequence[Row]) -> Moderator:
    middles = [_middle(row) for row in rows]
    if None not in middles:
        return Moderator("Middle of enrolment", "one year later", tuple(middles))
    years = tuple("" if row.year is None else float(row.year) for row in rows)
    return Moderator("Year of publication", "one year later", years)


def _middle(row: Row) -> float | None:
    """Return the middle of a row's enrolment as a year, None where it is not known."""
    ends = [_as_year(text) for text in (row.study.enrol_start, row.study.enrol_end)]
    start, end = ends
    return None if start is None or end is None else (start + end) / 2


def _as_year(text: str) -> float | None:
    """Return a day, month or year as a year with its fraction."""
    parts = [int(part) for part in text.split("-")] if text else []
    if not parts:
        return None
    day = datetime.date(*[*parts, 1, 1][:3])
    return day.year + (day.timetuple().tm_yday - 1) / 365.25


def _coefficients(item: Moderator) -> int:
    return min(len(item.known), 2) if item.unit else len(item.known)


def _lines(item: Moderator, fit: Regression) -> Iterator[dict[str, object]]:
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
) -> dict[str, object]:
    ratio, low, high = odds
    return {
        "moderator": item.label,
        "level": level,
        "k": k,
        "reference": reference,
        "odds_ratio": ratio,
        "ci_low": low,
        "ci_high": high,
    }


def _odds(value: float) -> float:
    """Return e to the value; what no float holds is as good as infinite."""
    return math.inf if value > 700 else math.exp(value)


def _test(item: Moderator, fit: Regression) -> dict[str, object]:
    return {
        "moderator": item.label,
        "k": fit.k,
        "f": fit.qm,
        "df1": fit.qm_df[0],
        "df2": fit.qm_df[1],
        "pvalue": fit.qm_pvalue,
        "r2": fit.r2,
        "tau2": fit.tau2,
        "cautions": [caution.sentence for caution in fit.cautions],
    }


def _sentence(pool: Pool, data: dict[str, Any], own: Model) -> str:
    tests = data["tests"]
    if not tests:
        return f"no moderator differs between enough of the {pool.cohorts}."
    looks = "; ".join(f"{test['moderator'].lower()}, p {p_value(test['pvalue'])}" for test in tests)
    why = "" if own.has_regression else ", because the plan's own model has no regression"
    return (
        f"{count(len(tests), 'moderator')} of {pool.cohorts}, one at a time "
        f"({looks}; F tests). By the binomial-normal GLMM with t limits{why}. {data['warning']}"
    )


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    tests = result.data["tests"]
    columns = {
        "Moderator": lambda r: r["moderator"],
        "Rows": lambda r: str(r["k"]),
        "F (df)": _f_test,
        "p": lambda r: p_value(r["pvalue"]),
        "R²": lambda r: percent(r["r2"]),
        "tau² left": lambda r: number(r["tau2"]),
    }
    cautions = " ".join(f"{test['moderator']}: {one}" for test in tests for one in test["cautions"])
    title = "Does it explain the differences? One moderator at a time, exploratory"
    yield sheet(title, tests, columns, note=cautions)
    columns = {
        "Moderator": lambda r: r["moderator"],
        "Level, or step": lambda r: r["level"],
        "Rows": lambda r: str(r["k"]),
        "Odds ratio": lambda r: "1" if _is_reference(r) else number(r["odds_ratio"]),
        "Interval": _ratio_interval,
    }
    title = "Odds ratios of the event, by the binomial-normal GLMM"
    yield sheet(title, result.rows, columns, words=("Level, or step",))


def _f_test(test: Line) -> str:
    f = number(test["f"])
    return f if f == NOT_ESTIMABLE else f"{f} ({test['df1']:.0f}, {test['df2']:.0f})"


def _is_reference(row: Line) -> bool:
    return bool(row["reference"]) and row["level"] == row["reference"]


def _ratio_interval(row: Line) -> str:
    if _is_reference(row):
        return "reference"
    low, high = number(row["ci_low"]), number(row["ci_high"])
    return NOT_ESTIMABLE if NOT_ESTIMABLE in (low, high) else f"{low} to {high}"


META_REGRESSION = Check(
    name="meta_regression",
    label="Meta-regression",
    needs=10,
    why="with fewer, a line through the studies fits by chance",
    heading="What explains the differences?",
    intro=(
        "Whether results differ by what is known of the studies. Aggregated figures can only "
        "suggest this: they tell of studies, not of people, and few studies differ in many ways."
    ),
    alike="there are no differences to explain",
    run=moderators,
    sheets=_sheets,
)
