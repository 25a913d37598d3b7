"""How the source of each row defines the outcome: short beside the row, whole at the foot."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from onearm.analysis import Pool
from onearm.evidence import OutcomePlan
from onearm.evidence.frames import Row, rows_of

BADGE = 48  # letters of a definition that is quoted in a badge
OPERATORS = {
    "<": "viable tumour < 10 %",
    "<=": "viable tumour ≤ 10 %",
    "=": "no viable tumour",
}
NOT_STATED = "definition not stated"
_SIGNS = {"<=": "≤", ">=": "≥"}
_GAP = re.compile(r"\bnot (defined|given|stated)\b")


def badge(row: Row, plan: OutcomePlan) -> str:
    """Return a row's definition in a few words, or that its source gives none."""
    operator = OPERATORS.get(str(row.get("definition_operator") or ""))
    if operator:
        return operator
    words = _signs(str(row.get("definition") or ""))
    if _GAP.search(words):
        return "grade not stated" if "grad" in words else NOT_STATED
    named = words.casefold().startswith(plan.label.casefold())
    # A horizon in the outcome's name defines it; any other name alone does not.
    if named and not re.search(r"\d", plan.label):
        words = words[len(plan.label) :].strip(" ,")
    return textwrap.shorten(words.split(", ")[0], BADGE, placeholder="…") or NOT_STATED


def definitions(pools: Iterable[Pool]) -> str:
    """Return every definition that meets in some pools, whole, and the rows it is of."""
    found: dict[str, dict[str, None]] = {}
    for pool in pools:
        for row in rows_of(pool.selection.rows):
            words = _signs(str(row.get("definition") or "")) or "none given"
            found.setdefault(words, {})[str(row["label"])] = None
    if len(found) == 1:
        return f"Definition in every source: {next(iter(found))}."
    told = [f"{words} ({', '.join(labels)})" for words, labels in found.items()]
    return f"Definitions in the sources: {'; '.join(told)}." if told else ""


def _signs(words: str) -> str:
    for typed, sign in _SIGNS.items():
        words = words.replace(typed, sign)
    return words
