"""Single rows and cells that a reader should know about.

Rows that are derived, small, missing, or nothing but a zero; text that a spreadsheet would
change, or run.
"""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import NOTHING_TO_DO, row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Cells
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.schemas import is_spreadsheet_date

__all__ = ["derived", "formulas", "missing", "small", "spreadsheet_dates", "zeros"]

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def derived(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every count in a pool that the source does not state."""
    for row in evidence.counted:
        if row.count.may_be_pooled and row.count.basis == "derived":
            yield row.at("basis").note(
                "derived-row",
                f"{row.label}: {row.events} of {row.n} "
                f"({evidence.protocol.outcome_name(row.count.outcome)}) is derived, not stated: "
                f"{row.count.derivation}.",
                "Replace it when the source or the authors state the count.",
            )


def small(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every single-case report and every row below the plan's minimum n."""
    protocol = evidence.protocol
    minimum = {plan.code: plan.min_n or protocol.pooling.minimum_n for plan in protocol.outcome}
    for row in evidence.counted:
        least = minimum.get(row.count.outcome)
        if least is None or row.n >= least:
            continue
        design = protocol.all_designs.get(row.study.design)
        single = design is not None and design.kind == "single_case"
        if single or row.count.may_be_pooled:
            what = f"is a {design.label}" if single and design else f"has n = {row.n}"
            yield row.at("n").note(
                "case-report" if single else "small-n",
                f"{row.label} {what} ({protocol.outcome_name(row.count.outcome)}, "
                f"{row.events} of {row.n}). Pools need n of at least {least} and leave it out.",
                f"{NOTHING_TO_DO}.",
            )


def missing(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every outcome of the plan that a study does not report."""
    planned = evidence.protocol.short_names
    for row in evidence.listed:
        count = row.count
        if count.events is None and count.outcome in planned and count.use != "excluded":
            yield row.at("events").note(
                "missing-outcome",
                f"{row.label} gives no count for {evidence.protocol.outcome_name(count.outcome)}: "
                f"{count.missing_reason}. It is missing, not zero.",
                "Ask the authors; leave the cell empty.",
            )


def zeros(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every zero in a pool that no words of the source support."""
    if not evidence.has("outcomes", "printed"):
        return
    for row in evidence.counted:
        count = row.count
        stated = count.printed.strip() or count.printed_percent or count.derivation.strip()
        if count.may_be_pooled and row.events == 0 and not stated:
            yield row.at("printed").warning(
                "zero-without-statement",
                f"{row_name(evidence, row)}: 0 of {row.n}, and printed quotes no words for it.",
                "Quote the words that say none. If the source is silent, the count is missing.",
            )


def formulas(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every text that a spreadsheet would run as a formula."""
    for record, column, value in _texts(evidence):
        if value.startswith(_STARTS):
            yield record.at(column).warning(
                "formula-text",
                f"{column} begins with “{value[0]}”. A spreadsheet would run it as a formula; "
                "here it is shown as text.",
                "Begin with another character.",
            )


def spreadsheet_dates(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every text that looks as if a spreadsheet made a date of it."""
    for record, column, value in _texts(evidence):
        # A fraction such as 3/10 is a figure as printed; the name of a month is a spreadsheet's.
        if is_spreadsheet_date(value) and any(letter.isalpha() for letter in value):
            yield record.at(column).warning(
                "spreadsheet-date",
                f"“{value}” in {column} looks like a date that a spreadsheet made of a figure.",
                "Format the column as text and type the figure again.",
            )


def _texts(evidence: Evidence) -> Iterator[tuple[Cells, str, str]]:
    """Yield every filled cell of free text: its row, its column, and what it holds."""
    free = {
        table.file: [field.name for field in table.fields if field.kind in ("text", "line")]
        for table in TABLES.values()
    }
    for record in evidence.everything:
        for column in (*free[record.file], *record.topic):
            if value := record.value(column):
                yield record, column, value
