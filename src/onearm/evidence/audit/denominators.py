"""Whom and what the figures of a study count: groups, definitions, and parts of the whole."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.percents import prints
from onearm.evidence.audit.telling import NOTHING_TO_DO, grouped, row_name
from onearm.evidence.evidence import Evidence, part_name
from onearm.evidence.findings import Finding
from onearm.evidence.records import Row
from onearm.words import listing

__all__ = [
    "mixed_in_one_place",
    "operators_differ",
    "parts_against_whole",
    "several_for_one_outcome",
    "unfit_for_pooling",
]

#: Operators of which the second includes the limit itself, and the first does not.
_STRICT_AND_WIDE = (("<", "<="), (">", ">="))


def mixed_in_one_place(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where one passage prints percentages over different groups."""
    printed = (
        row
        for row in evidence.counted
        if row.count.printed_percent and row.count.locator and row.count.use != "excluded"
    )
    # The arms of a trial are different people: their sizes differ rightly.
    passages = grouped(
        printed, lambda r: (r.study_id, r.count.population, r.count.source, r.count.locator)
    )
    for rows in passages.values():
        over = grouped(rows, lambda row: _size_printed_over(evidence, row))
        if len(over) > 1:
            yield _mixed(evidence, rows, over)


def _size_printed_over(evidence: Evidence, row: Row) -> int:
    """The n that the printed percentage is of: the row's own unless another one fits."""
    events, n, printed = row.events, row.n, row.count.printed_percent
    if prints(events, n, printed):
        return n
    others = sorted(s for s in evidence.sizes[row.study_id] if s >= max(events, 1))
    return next((s for s in others if prints(events, s, printed)), n)


def _mixed(evidence: Evidence, rows: list[Row], over: dict[int, list[Row]]) -> Finding:
    protocol = evidence.protocol
    told = [
        f"over {n}: "
        + listing(
            [
                f"{protocol.outcome_name(r.count.outcome)} {r.events} ({r.count.printed_percent} %)"
                for r in group
            ]
        )
        for n, group in sorted(over.items())
    ]
    strange = [row for n, group in over.items() for row in group if row.n != n]
    headings = listing([str(n) for n in sorted({row.n for row in strange})])
    contradicts = (
        f" The text itself speaks of {headings} {protocol.words.person.many} there."
        if strange
        else ""
    )
    first = strange[0] if strange else rows[0]
    return first.at("n").finding(
        "warning" if strange else "note",
        "mixed-denominators",
        f"{first.label} prints percentages over different groups in one passage "
        f"({first.count.locator}): {'; '.join(told)}.{contradicts}",
        "Trust the counts; compute every percentage anew from events and n.",
    )


def several_for_one_outcome(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note where a study counts one outcome over several groups."""
    pooled = (row for row in evidence.counted if row.count.may_be_pooled)
    groups = grouped(pooled, lambda r: (r.study_id, r.count.population, r.count.outcome))
    for rows in groups.values():
        if len({row.count.denominator for row in rows}) > 1:
            told = [f"{row.events} of {_noun(evidence, row, row.n)}" for row in rows]
            first = rows[0]
            yield first.at("denominator").note(
                "mixed-denominators",
                f"{row_name(evidence, first)} is counted over several groups: {listing(told)}.",
                f"{NOTHING_TO_DO}: a pool uses one denominator.",
            )


def _noun(evidence: Evidence, row: Row, number: int) -> str:
    return evidence.protocol.denominator_noun(row.count.denominator).count(number)


def unfit_for_pooling(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for rows marked pool that no pool can take."""
    protocol = evidence.protocol
    unknown = {name for name, plan in protocol.denominators.items() if not plan.known}
    for row in evidence.listed:
        if not row.count.may_be_pooled:
            continue
        whose = row_name(evidence, row)
        if row.count.unit != protocol.unit:
            yield row.at("unit").warning(
                "pool-mixes-units",
                f"{whose} counts {row.count.unit} and is marked pool. Pools count "
                f"{protocol.unit} and leave it out.",
                "Mark it context or excluded, with the reason.",
            )
        if row.count.denominator in unknown:
            yield row.at("denominator").warning(
                "denominator-unstated",
                f"{whose} is marked pool, and whom its n = {row.count.n} counts is not stated.",
                "Find out, or mark it context.",
            )


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
            first = by_sign[strict][0]
            yield first.at("definition_operator").warning(
                "definition-operators-differ",
                f"Definitions of {evidence.protocol.outcome_name(outcome)} (per {noun}) differ: "
                f"{'; '.join(told)}{silent}. A value at the limit itself counts under “{wide}” "
                "only.",
                "Show the pool under the alternative count beside it; do not convert.",
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
        whole = next((row for row in rows if row.count.is_whole), None)
        parts = [row for row in rows if not row.count.is_whole]
        events, n = sum(row.events for row in parts), sum(row.n for row in parts)
        if whole and parts and (events, n) != (whole.events, whole.n):
            told = " + ".join(f"{r.events}/{r.n} {part_name(r.count)}" for r in parts)
            yield whole.at("events").warning(
                "parts-do-not-sum",
                f"{row_name(evidence, whole)} has {whole.events}/{whole.n}, and its parts give "
                f"{told} = {events}/{n}.",
                "Check that the parts are disjoint and complete; until then the whole is pooled.",
            )
