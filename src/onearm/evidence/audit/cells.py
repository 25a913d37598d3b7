"""Text that a spreadsheet would change, or run."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.findings import Finding
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.reading import Evidence
from onearm.evidence.tables.schemas import is_spreadsheet_date

__all__ = ["formulas", "spreadsheet_dates"]

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def formulas(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every text that a spreadsheet would run as a formula."""
    for file, row, column, value in _texts(evidence):
        if value.startswith(_STARTS):
            yield Finding(
                "formula-text",
                "warning",
                f"{column} begins with “{value[0]}”: a spreadsheet would run it as a formula; "
                "here it is text, and shown as text.",
                "Begin with another character.",
                file,
                int(row["line"]),
                column,
                value,
                row.get("row_id"),
                row.get("study_id") or None,
            )


def spreadsheet_dates(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every text that looks as if a spreadsheet made a date of it."""
    for file, row, column, value in _texts(evidence):
        # A fraction such as 3/10 is a figure as printed; the name of a month is a spreadsheet's.
        if is_spreadsheet_date(value) and any(letter.isalpha() for letter in value):
            yield Finding(
                "spreadsheet-date",
                "warning",
                f"“{value}” in {column} looks like a date that a spreadsheet made of a figure.",
                "Format the column as text and type the figure again.",
                file,
                int(row["line"]),
                column,
                value,
                row.get("row_id"),
                row.get("study_id") or None,
            )


def _texts(evidence: Evidence) -> Iterator[tuple[str, Row, str, str]]:
    for name, table in TABLES.items():
        columns = [field.name for field in table.fields if field.kind == "text"]
        for row in rows_of(evidence.table(name)):
            for column in columns:
                yield table.file, row, column, row[column]
