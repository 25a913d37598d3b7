"""The pandera schemas of the tables, and what they object to, cell by cell, in plain words.

Cells are validated as text, before anything is coerced: then every wrong cell is reported
at once, as it was written.
"""

from __future__ import annotations

import datetime
import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from onearm.evidence.findings import Finding, Place, in_order
from onearm.evidence.plan.base import is_one_line, suggested
from onearm.evidence.tables.columns import Field, Table
from onearm.words import listing

__all__ = [
    "PATTERNS",
    "explain",
    "is_date",
    "is_spreadsheet_date",
    "make_schema",
    "schema_findings",
]

#: What a filled cell of each kind looks like, as a regular expression.
PATTERNS = {
    "key": r"[A-Za-z0-9][A-Za-z0-9_.\-]*",
    "code": r"[a-z][a-z0-9_]*",
    "integer": r"[0-9]{1,9}",
    "year": r"(19|20)[0-9]{2}",
    "number": r"[0-9]+(\.[0-9]+)?",
    "slugs": r"[a-z0-9][a-z0-9_\-]*(; [a-z0-9][a-z0-9_\-]*)*",
}
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SPREADSHEET_DATE = re.compile(
    rf"\d{{1,4}}[-/ ]{_MONTH}([-/ ]\d{{2,4}})?|{_MONTH}[-/ ]\d{{1,4}}"
    r"|\d{1,4}/\d{1,2}(/\d{2,4})?",
    re.IGNORECASE,
)
#: kind -> (code, what the cell should be)
_KIND_CODES = {
    "key": ("key-malformed", "a short name of letters, digits, - and _"),
    "code": ("code-malformed", "a code in lower_snake_case, such as any_event"),
    "integer": ("not-integer", "a whole number, 0 or more"),
    "year": ("not-year", "a year of four digits"),
    "number": ("not-number", "a number with a point for its decimals, without a % sign"),
    "date": ("not-iso-date", "a date written YYYY, YYYY-MM or YYYY-MM-DD"),
    "slugs": ("slugs-malformed", "lower-case slugs separated by a semicolon and a space"),
    "choice": ("not-in-list", "one of the values in the list"),
    "line": ("not-one-line", "one line of visible characters"),
}


def is_date(value: str) -> bool:
    """Whether `value` is a real date written YYYY, YYYY-MM or YYYY-MM-DD."""
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", value):
        return False
    try:
        datetime.date.fromisoformat((value + "-01-01")[:10])
    except ValueError:
        return False
    return True


def is_spreadsheet_date(value: str) -> bool:
    """Whether `value` looks like what a spreadsheet makes of 3/10 or 2021-05: 3-Oct, May-21."""
    return _SPREADSHEET_DATE.fullmatch(value.strip()) is not None


def _fits(field: Field, value: str) -> bool:
    """Whether a filled cell is of its column's kind; an empty one is judged elsewhere."""
    if value == "" or field.kind == "text":
        return True
    if field.kind == "choice":
        return value in field.choices
    if field.kind == "date":
        return is_date(value)
    if field.kind == "line":
        return is_one_line(value)
    return re.fullmatch(PATTERNS[field.kind], value) is not None


def _check(rule: Callable[[str], bool], code: str) -> pa.Check:
    return pa.Check(rule, element_wise=True, name=code, error=code)


def _column(field: Field) -> pa.Column:
    checks = []
    if field.required:
        checks.append(_check(lambda value: value.strip() != "", "cell-empty"))
    if field.kind != "text":
        checks.append(_check(partial(_fits, field), _KIND_CODES[field.kind][0]))
    return pa.Column(str, checks, description=field.description, metadata={"kind": field.kind})


@cache
def make_schema(table: Table) -> pa.DataFrameSchema:
    """Return the schema of a table: its columns as text, in any order, and its key."""
    return pa.DataFrameSchema(
        {field.name: _column(field) for field in table.fields},
        name=table.name,
        title=table.title,
        strict=not table.is_open,
        unique=list(table.key),
        report_duplicates="exclude_first",
    )


def explain(field: Field, code: str, value: str) -> tuple[str, str, str]:
    """Say what is wrong with a cell.

    Returns
    -------
    code, sentence, mend : str
        The code may be sharper than the one given: a number with a thousands separator, a
        date made by a spreadsheet and stray spaces each have their own.
    """
    if code == "cell-empty":
        return code, f"“{field.name}” is empty.", f"Fill it in: {field.description}."
    if field.kind not in ("text", "line", "choice") and is_spreadsheet_date(value):
        return (
            "spreadsheet-date",
            f"“{value}” looks like a date that a spreadsheet made of something else.",
            f"Format the column as text and type {_KIND_CODES[field.kind][1]} again.",
        )
    if field.kind == "line":
        return code, f"“{field.name}” has a line break or a control character.", _mend(field, value)
    if value != value.strip() and _fits(field, value.strip()):
        return code, f"“{value}” has spaces around it.", f"Write {value.strip()} without spaces."
    return code, f"“{value}” is not {_KIND_CODES[field.kind][1]}.", _mend(field, value)


def _mend(field: Field, value: str) -> str:
    if field.kind == "choice":
        near = suggested(
            value, dict(zip(field.choices, field.meanings or field.choices, strict=True))
        )
        hint = f"Perhaps {near} is meant. " if near else ""
        return f"{hint}Choose from: {', '.join(field.choices)}."
    if field.kind == "line":
        return "Write it as one line, without tabs or control characters."
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+", value):
        return f"Write {value.replace(',', '')} without a thousands separator."
    if re.fullmatch(r"[0-9]+\.0+", value) and field.kind == "integer":
        return f"Write {value.split('.')[0]}."
    if field.kind == "integer":
        return "Counts are whole numbers: enter the count, never a percentage or a share."
    if re.fullmatch(r"[0-9]+,[0-9]+|[0-9.]+ ?%", value):
        return f"Write {value.replace(',', '.').rstrip(' %')}."
    return f"Write {_KIND_CODES[field.kind][1]}."


def schema_findings(table: Table, frame: pd.DataFrame) -> tuple[Finding, ...]:
    """Judge a table against its schema.

    Parameters
    ----------
    table : Table
        Which table.
    frame : DataFrame
        Its cells as text, indexed by spreadsheet row number.

    Returns
    -------
    tuple of Finding
        Every cell, column and key that breaks a rule, at once and in order.
    """
    try:
        make_schema(table).validate(frame, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        columns = (cases["check"], cases["column"], cases["failure_case"], cases["index"])
        found = list(zip(*columns, strict=True))
        missing = [str(value) for check, _, value, _ in found if check == "column_in_dataframe"]
        return in_order(
            [
                *_missing(table, missing),
                *(
                    _finding(table, frame, str(check), column, value, index)
                    for check, column, value, index in found
                    if check != "column_in_dataframe"
                ),
            ]
        )
    return ()


def _missing(table: Table, names: Sequence[str]) -> Iterator[Finding]:
    """Yield one finding for all columns that are missing."""
    if not names:
        return
    told = listing([f"“{name}”" for name in table.columns if name in names])
    yield Place(table.file, 1, ", ".join(name for name in table.columns if name in names)).error(
        "column-missing",
        f"{table.file} lacks the column{'' if len(names) == 1 else 's'} {told}.",
        f"Add {'it' if len(names) == 1 else 'them'} to the header. {table.file} needs "
        f"{listing(list(table.compulsory))}; every other column may be absent.",
    )


def _finding(
    table: Table, frame: pd.DataFrame, check: str, column: object, value: object, index: object
) -> Finding:
    if check == "column_in_schema":
        return Place(table.file, 1, str(value), str(value)).error(
            "column-unknown",
            f"“{value}” is not a column of {table.file}.",
            _mend_unknown(table, str(value)),
        )
    line = int(str(index))
    if check == "multiple_fields_uniqueness":
        return _duplicate(table, frame, line)
    field = next(f for f in table.fields if f.name == column)
    code, sentence, mend = explain(field, check, str(value))
    return _place(table, frame, line, field.name, str(value)).error(code, sentence, mend)


def _mend_unknown(table: Table, name: str) -> str:
    near = difflib.get_close_matches(name.strip().lower(), table.columns, 1)
    meant = f"Perhaps {near[0]} is meant. " if near else ""
    return (
        f"{meant}Rename or remove it, or declare it in the plan: [columns.{table.name}.{name}] "
        f"with a label. The columns are: {', '.join(table.columns)}."
    )


def _duplicate(table: Table, frame: pd.DataFrame, line: int) -> Finding:
    key = frame.loc[line, list(table.key)]
    first = int(frame.index[(frame[list(table.key)] == key).all(axis=1)][0])
    names = " and ".join(table.key)
    value = ", ".join(str(part) for part in key)
    return _place(table, frame, line, table.key[0], value).error(
        "duplicate-row",
        f"“{value}” is the {names} of row {first} already.",
        f"Give every row of {table.file} a {names} of its own.",
    )


def _place(table: Table, frame: pd.DataFrame, line: int, column: str, value: str) -> Place:
    cells = {str(name): str(cell) for name, cell in frame.loc[line].items()}
    return table.at(line, column, cells | {column: value})
