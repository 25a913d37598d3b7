"""Text that a spreadsheet would change, or run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Count, Item, Judgement, Record, Study
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.schemas import is_spreadsheet_date

__all__ = ["formulas", "spreadsheet_dates"]

_STARTS = ("=", "+", "-", "@", "\t", "\r")
_Record = Study | Count | Record | Item | Judgement


def formulas(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every text that a spreadsheet would run as a formula."""
    for file, record, column, value in _texts(evidence):
        if value.startswith(_STARTS):
            yield _finding(
                "formula-text",
                f"{column} begins with “{value[0]}”. A spreadsheet would run it as a formula; "
                "here it is shown as text.",
                "Begin with another character.",
                (file, record, column, value),
            )


def spreadsheet_dates(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every text that looks as if a spreadsheet made a date of it."""
    for file, record, column, value in _texts(evidence):
        # A fraction such as 3/10 is a figure as printed; the name of a month is a spreadsheet's.
        if is_spreadsheet_date(value) and any(letter.isalpha() for letter in value):
            yield _finding(
                "spreadsheet-date",
                f"“{value}” in {column} looks like a date that a spreadsheet made of a figure.",
                "Format the column as text and type the figure again.",
                (file, record, column, value),
            )


def _finding(code: str, sentence: str, mend: str, cell: tuple[str, _Record, str, str]) -> Finding:
    file, record, column, value = cell
    return Finding(
        code,
        "warning",
        sentence,
        mend,
        file,
        record.line,
        column,
        value,
        getattr(record, "row_id", None),
        getattr(record, "study_id", None) or None,
    )


def _texts(evidence: Evidence) -> Iterator[tuple[str, _Record, str, str]]:
    """Yield every filled cell of free text, with the place where it stands."""
    tables: dict[str, Sequence[_Record]] = {
        "studies": evidence.studies,
        "outcomes": evidence.counts,
        "records": evidence.records,
        "appraisal": evidence.appraisal,
        "certainty": evidence.judgements,
    }
    for name, records in tables.items():
        table = TABLES[name]
        columns = [field.name for field in table.fields if field.kind in ("text", "line")]
        for record in records:
            cells = {column: str(getattr(record, column)) for column in columns}
            for column, value in {**cells, **record.topic}.items():
                if value:
                    yield table.file, record, column, value
