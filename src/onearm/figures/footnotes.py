"""What stands at the foot of a figure: definitions, and figures printed otherwise than counted."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from string import ascii_lowercase

from onearm.analysis import Pool
from onearm.evidence import OutcomePlan, Row
from onearm.evidence.audit.percents import how_printed, prints_as, share
from onearm.models import StudyResult
from onearm.words import count, interval, percent, with_interval

_HOW = {"twice": ", rounded twice", "cut": ", cut off and not rounded"}
BADGE = 48  # letters of a definition that is quoted in a badge
NAMED = 12  # rows that share a definition are named up to this many, and beyond it counted
NOT_STATED = "definition not stated"
_SIGNS = {"<=": "≤", ">=": "≥"}
_GAP = re.compile(r"(?:\b(\w+) )?\bnot (?:defined|given|stated)\b")


def letter(place: int) -> str:
    """Return the mark of a footnote: a to z, then aa, ab and so on.

    Examples
    --------
    >>> letter(0), letter(25), letter(26)
    ('a', 'z', 'aa')
    """
    first, last = divmod(place, len(ascii_lowercase))
    return (letter(first - 1) if first else "") + ascii_lowercase[last]


def footnotes(pool: Pool) -> list[str]:
    """Return, for every study of a pool, what its source prints otherwise; "" where it does not.

    A derived count has no printed figure of its own. Then the figure that the source prints
    over another denominator is told, which is the one a reader will find there.
    """
    drawn = zip(pool.selection.rows, pool.pooled.studies, strict=True)
    return [_footnote(row, study, pool) for row, study in drawn]


def _footnote(row: Row, study: StudyResult, pool: Pool) -> str:
    if row.count.basis == "derived" and not row.count.printed_percent:
        left_out = (each.row for each in pool.selection.excluded)
        other = next((other for other in left_out if _same_people(row, other)), None)
        return _elsewhere(other, row, study, pool) if other else ""
    parts = [_percentage(row, study), _interval(row, study, pool.pooled.level)]
    return "; ".join(part for part in parts if part)


def _same_people(row: Row, other: Row) -> bool:
    """Whether a row counts the same people's events over another denominator, as printed."""
    one, two = row.count, other.count
    return (
        (one.study_id, one.population, one.topic) == (two.study_id, two.population, two.topic)
        and two.may_be_pooled
        and two.denominator != one.denominator
        and bool(two.printed_percent)
        and two.n is not None
    )


def _elsewhere(other: Row, row: Row, study: StudyResult, pool: Pool) -> str:
    count, noun = other.count, pool.selection.protocol.denominator_noun
    low, high = count.printed_ci_low, count.printed_ci_high
    its = f" at {count.printed_ci_level} %" if count.printed_ci_level else ""
    limits = f" ({low} to {high}{its})" if low and high else ""
    return (
        f"printed {count.printed_percent} %{limits} of {noun(count.denominator).count(other.n)}, "
        f"recomputed {with_interval(study.proportion, study.ci)} at "
        f"{100 * pool.pooled.level:g} % of {noun(row.count.denominator).count(study.n)}"
    )


def _percentage(row: Row, study: StudyResult) -> str:
    printed = row.count.printed_percent
    if not printed:
        return ""
    way = how_printed(share(study.events, study.n), printed)
    if way == "once":
        return ""
    return f"printed {printed} %{_HOW.get(way or '', '')}, recomputed {percent(study.proportion)}"


def _interval(row: Row, study: StudyResult, level: float) -> str:
    count = row.count
    low, high, its = count.printed_ci_low, count.printed_ci_high, count.printed_ci_level
    if not (low and high):
        return ""
    same_level = its != "" and abs(float(its) - 100 * level) < 1e-9
    pairs = zip(study.ci, (low, high), strict=True)
    if same_level and all(prints_as(100 * limit, shown, "once") for limit, shown in pairs):
        return ""
    at = f"at {its} %" if its else "without a level"
    return f"printed {low} to {high} {at}, recomputed {interval(*study.ci)} at {100 * level:g} %"


def are_defined(pools: Iterable[Pool]) -> bool:
    """Whether any row of some pools has a definition: without one nothing is said of them."""
    return any(
        row.count.definition or row.count.definition_operator
        for pool in pools
        for row in pool.selection.rows
    )


def badge(row: Row, plan: OutcomePlan) -> str:
    """Return a row's definition in a few words, or that its source gives none.

    Parameters
    ----------
    row : Row
        Its definition and operator.
    plan : OutcomePlan
        The outcome's name, and its words for operators.
    """
    operator = row.count.definition_operator
    if operator in plan.operators:
        return plan.operator_words(operator)
    words = _signs(row.count.definition)
    gap = _GAP.search(words)
    if gap:
        what = gap[1] or ""  # what is not given: "grading", or the outcome's own name
        known = not what or what.casefold() in plan.label.casefold().split()
        return NOT_STATED if known else gap[0]
    named = words.casefold().startswith(plan.label.casefold())
    # A horizon in the outcome's name defines it; any other name alone does not.
    if named and not re.search(r"\d", plan.label):
        words = words[len(plan.label) :].strip(" ,")
    short = textwrap.shorten(words.split(", ")[0], BADGE, placeholder="…")
    return short or (plan.operator_words(operator) if operator else NOT_STATED)


def definitions(pools: Iterable[Pool]) -> str:
    """Return every definition in some pools, whole, with the rows that have it."""
    found: dict[str, dict[str, None]] = {}
    for pool in pools:
        for row in pool.selection.rows:
            words = _signs(row.count.definition) or "none given"
            found.setdefault(words, {})[row.label] = None
    if set(found) <= {"none given"}:
        return ""
    if len(found) == 1:
        return f"Definition in every source: {next(iter(found))}."
    told = [f"{words} ({_rows(list(labels))})" for words, labels in found.items()]
    return f"Definitions in the sources: {'; '.join(told)}."


def _rows(labels: list[str]) -> str:
    return ", ".join(labels) if len(labels) <= NAMED else count(len(labels), "row")


def _signs(words: str) -> str:
    for typed, sign in _SIGNS.items():
        words = words.replace(typed, sign)
    return words
