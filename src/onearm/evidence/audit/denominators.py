"""Whom the figures of a study count: several groups at once are a trap for the reader."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.percents import sizes_in_use
from onearm.evidence.audit.rounding import prints
from onearm.evidence.audit.telling import about_row, counted, outcome_name, row_name
from onearm.evidence.findings import Finding
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.tables.reading import Evidence
from onearm.words import listing

__all__ = ["mixed_in_one_place", "several_for_one_outcome", "unfit_for_pooling"]


def mixed_in_one_place(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where one passage prints percentages over different groups."""
    passages: dict[tuple[str, ...], list[Row]] = {}
    for row in counted(evidence):
        if row["printed_percent"] and row["locator"] and row["use"] != "excluded":
            # The arms of a trial are different people: their sizes differ rightly.
            key = tuple(row[c] for c in ("study_id", "population", "source", "locator"))
            passages.setdefault(key, []).append(row)
    for rows in passages.values():
        over: dict[int, list[Row]] = {}
        for row in rows:
            over.setdefault(_size_printed_over(evidence, row), []).append(row)
        if len(over) > 1:
            yield _mixed(evidence, rows, over)


def _size_printed_over(evidence: Evidence, row: Row) -> int:
    """The n that the printed percentage is of: the row's own unless another one fits."""
    events, n, printed = int(row["events"]), int(row["n"]), row["printed_percent"]
    if prints(events, n, printed):
        return n
    others = sorted(s for s in sizes_in_use(evidence, row["study_id"]) if s >= max(events, 1))
    return next((s for s in others if prints(events, s, printed)), n)


def _mixed(evidence: Evidence, rows: list[Row], over: dict[int, list[Row]]) -> Finding:
    told = [
        f"over {n}: "
        + listing(
            [
                f"{outcome_name(evidence, r['outcome'])} {r['events']} ({r['printed_percent']} %)"
                for r in group
            ]
        )
        for n, group in sorted(over.items())
    ]
    headings = sorted({int(r["n"]) for n, group in over.items() for r in group if int(r["n"]) != n})
    contradicts = (
        f" The text itself speaks of {listing([str(n) for n in headings])} patients there."
        if headings
        else ""
    )
    first = next((r for n, group in over.items() for r in group if int(r["n"]) != n), rows[0])
    return about_row(
        first,
        "mixed-denominators",
        "warning" if headings else "note",
        f"{row_name(evidence, first)} prints percentages over different groups in "
        f"one passage ({first['locator']}): {'; '.join(told)}.{contradicts}",
        "Trust the counts; compute every percentage anew from events and n.",
        "n",
    )


def several_for_one_outcome(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note where a study counts one outcome over several groups."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in counted(evidence):
        if row["use"] == "pool":
            key = (row["study_id"], row["population"], row["outcome"])
            groups.setdefault(key, []).append(row)
    for rows in groups.values():
        if len({row["denominator"] for row in rows}) > 1:
            told = [f"{r['events']} of {r['n']} {r['denominator'].replace('_', ' ')}" for r in rows]
            yield about_row(
                rows[0],
                "mixed-denominators",
                "note",
                f"{row_name(evidence, rows[0])} has {outcome_name(evidence, rows[0]['outcome'])} "
                f"over several groups: {listing(told)}.",
                "Nothing to mend: a pool takes the one denominator that it is asked for.",
                "denominator",
            )


def unfit_for_pooling(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for rows marked pool that no pool can take."""
    outcomes = evidence.outcomes
    for row in rows_of(outcomes[outcomes["use"] == "pool"]):
        whose = f"{row_name(evidence, row)} ({outcome_name(evidence, row['outcome'])})"
        if row["unit"] != "patients":
            yield about_row(
                row,
                "pool-mixes-units",
                "warning",
                f"{whose} counts {row['unit']} and is marked pool: pools are of "
                "patients, and leave it out.",
                "Mark it context or excluded, with the reason.",
                "unit",
            )
        if row["denominator"] == "unstated":
            yield about_row(
                row,
                "denominator-unstated",
                "warning",
                f"{whose} is marked pool, and whom its n = {row['n']} counts is not stated.",
                "Find out, or mark it context.",
                "denominator",
            )
