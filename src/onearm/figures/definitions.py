"""How the source of each row defines the outcome: short beside the row, whole at the foot."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from onearm.analysis import Pool
from onearm.evidence import OutcomePlan, Row
from onearm.words import count

BADGE = 48  # letters of a definition that is quoted in a badge
NAMED = 12  # rows that share a definition are named up to this many, and beyond it counted
NOT_STATED = "definition not stated"
_SIGNS = {"<=": "≤", ">=": "≥"}
_GAP = re.compile(r"(?:\b(\w+) )?\bnot (?:defined|given|stated)\b")


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
