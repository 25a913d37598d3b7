"""What a schema objects to, cell by cell, as findings."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

import pandas as pd
from pandera.errors import SchemaErrors

from onearm.evidence.findings import Finding, Place, in_order
from onearm.evidence.tables.columns import Table
from onearm.evidence.tables.schemas import explain, make_schema
from onearm.words import listing

__all__ = ["schema_findings"]


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
    return Finding(
        code, "error", sentence, mend, table.file, line, field.name, str(value), *_keys(frame, line)
    )


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
    return Finding(
        "duplicate-row",
        "error",
        f"“{value}” is the {names} of row {first} already.",
        f"Give every row of {table.file} a {names} of its own.",
        table.file,
        line,
        table.key[0],
        value,
        *_keys(frame, line),
    )


def _keys(frame: pd.DataFrame, line: int) -> tuple[str | None, str | None]:
    row = frame.loc[line]
    return row.get("row_id") or None, row.get("study_id") or None
