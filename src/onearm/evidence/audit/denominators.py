"""Whom the figures of a study count: several groups at once mislead the reader."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.rounding import prints
from onearm.evidence.audit.telling import NOTHING_TO_DO, about_row, grouped, row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Row
from onearm.words import listing

__all__ = ["mixed_in_one_place", "several_for_one_outcome", "unfit_for_pooling"]


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
    return about_row(
        first,
        "mixed-denominators",
        "warning" if strange else "note",
        f"{first.label} prints percentages over different groups in one passage "
        f"({first.count.locator}): {'; '.join(told)}.{contradicts}",
        "Trust the counts; compute every percentage anew from events and n.",
        "n",
    )


def several_for_one_outcome(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note where a study counts one outcome over several groups."""
    pooled = (row for row in evidence.counted if row.count.may_be_pooled)
    groups = grouped(pooled, lambda r: (r.study_id, r.count.population, r.count.outcome))
    for rows in groups.values():
        if len({row.count.denominator for row in rows}) > 1:
            told = [f"{row.events} of {_noun(evidence, row, row.n)}" for row in rows]
            yield about_row(
                rows[0],
                "mixed-denominators",
                "note",
                f"{row_name(evidence, rows[0])} is counted over several groups: {listing(told)}.",
                f"{NOTHING_TO_DO}: a pool uses one denominator.",
                "denominator",
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
            yield about_row(
                row,
                "pool-mixes-units",
                "warning",
                f"{whose} counts {row.count.unit} and is marked pool. Pools count "
                f"{protocol.unit} and leave it out.",
                "Mark it context or excluded, with the reason.",
                "unit",
            )
        if row.count.denominator in unknown:
            yield about_row(
                row,
                "denominator-unstated",
                "warning",
                f"{whose} is marked pool, and whom its n = {row.count.n} counts is not stated.",
                "Find out, or mark it context.",
                "denominator",
            )
