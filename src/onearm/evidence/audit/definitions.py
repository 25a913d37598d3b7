"""What was counted: definitions that differ, and parts that do not make the whole."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import about_row, grouped, row_name
from onearm.evidence.evidence import Evidence, part_name
from onearm.evidence.findings import Finding
from onearm.words import listing

__all__ = ["operators_differ", "parts_against_whole"]

#: Operators of which the second includes the limit itself, and the first does not.
_STRICT_AND_WIDE = (("<", "<="), (">", ">="))


def operators_differ(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where a strict and a wide limit could meet in one pool."""
    pooled = (row for row in evidence.counted if row.count.may_be_pooled)
    groups = grouped(pooled, lambda row: (row.count.outcome, row.count.denominator))
    for (outcome, denominator), rows in groups.items():
        by_sign = grouped(rows, lambda row: row.count.definition_operator)
        for strict, wide in _STRICT_AND_WIDE:
            if strict not in by_sign or wide not in by_sign:
                continue
            told = [
                f"{_words(evidence, outcome, sign)} in "
                f"{listing([row.label for row in by_sign[sign]])}"
                for sign in (strict, wide)
            ]
            unknown = listing([row.label for row in by_sign.get("", [])])
            silent = f"; not stated in {unknown}" if unknown else ""
            noun = evidence.protocol.denominator_noun(denominator).one
            yield about_row(
                by_sign[strict][0],
                "definition-operators-differ",
                "warning",
                f"Definitions of {evidence.protocol.outcome_name(outcome)} (per {noun}) differ: "
                f"{'; '.join(told)}{silent}. A value at the limit itself counts under “{wide}” "
                "only.",
                "Show the pool under the alternative count beside it; do not convert.",
                "definition_operator",
            )


def _words(evidence: Evidence, outcome: str, operator: str) -> str:
    said = [
        words
        for plan in evidence.protocol.outcome
        for sign, words in plan.operators.items()
        if (plan.code, sign) == (outcome, operator)
    ]
    return f"“{operator}” ({said[0]})" if said else f"“{operator}”"


def parts_against_whole(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where the parts of a study do not add up to the whole."""
    pooled = (row for row in evidence.counted if row.count.may_be_pooled)
    groups = grouped(pooled, lambda r: (r.study_id, r.count.outcome, r.count.denominator))
    for rows in groups.values():
        whole = [row for row in rows if row.count.is_whole]
        parts = [row for row in rows if not row.count.is_whole]
        events, n = sum(row.events for row in parts), sum(row.n for row in parts)
        if whole and parts and (events, n) != (whole[0].events, whole[0].n):
            told = " + ".join(f"{r.events}/{r.n} {part_name(r.count)}" for r in parts)
            yield about_row(
                whole[0],
                "parts-do-not-sum",
                "warning",
                f"{row_name(evidence, whole[0])} has {whole[0].events}/{whole[0].n}, and its "
                f"parts give {told} = {events}/{n}.",
                "Check that the parts are disjoint and complete; until then the whole is pooled.",
                "events",
            )
