"""A CSV file as text cells with the row numbers that a spreadsheet shows.

Everything that can be wrong with the file itself is told here, before any rule about its
contents is asked: missing, empty, not UTF-8, a workbook in disguise, another separator, a
broken quotation, a header with a name twice, rows that are too long or too short.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from onearm.evidence.findings import Finding, Place, Severity
from onearm.evidence.tables.columns import Table

__all__ = ["RawTable", "read_csv"]


@dataclass(frozen=True)
class RawTable:
    """Text cells as they stand in the file.

    Attributes
    ----------
    frame : DataFrame or None
        All rows as text, indexed by spreadsheet row number; None when there is no table.
    ragged : frozenset of int
        Rows whose number of cells is wrong: present in `frame`, cut or padded, so that other
        tables may still refer to them, but not to be judged cell by cell.
    findings : tuple of Finding
        What is wrong with the file itself.
    is_there : bool
        Whether there is such a file; an optional one may be absent.
    """

    frame: pd.DataFrame | None
    ragged: frozenset[int]
    findings: tuple[Finding, ...]
    is_there: bool = True


class _UnreadableError(Exception):
    """Carries the one finding that stops the reading of a file."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence)
        self.finding = finding


def read_csv(folder: Path, table: Table) -> RawTable:
    """Read one table as text.

    Parameters
    ----------
    folder : Path
        The data folder.
    table : Table
        Which table; its `file` is looked for in `folder`.

    Returns
    -------
    RawTable
        Never raises for anything that a file may contain.
    """
    if table.optional and not (folder / table.file).exists():
        empty = pd.DataFrame(columns=list(table.columns), dtype=str)
        return RawTable(empty, frozenset(), (), is_there=False)
    try:
        text = _text(folder / table.file, table.file)
        header, rows = _rows(text, table)
    except _UnreadableError as stop:
        return RawTable(None, frozenset(), (stop.finding,))
    ragged = frozenset(number for number, cells in rows.items() if len(cells) != len(header))
    frame = pd.DataFrame(
        [(cells + [""] * len(header))[: len(header)] for cells in rows.values()],
        index=pd.Index(list(rows), dtype=int),
        columns=header,
        dtype=str,
    )
    findings = [_ragged(table, number, rows[number], header) for number in sorted(ragged)]
    if not rows:
        findings.append(_no_rows(table))
    return RawTable(frame, ragged, tuple(findings))


def _stop(
    file: str, code: str, sentence: str, mend: str, row: int | None = None
) -> _UnreadableError:
    return _UnreadableError(Place(file, row).error(code, sentence, mend))


def _text(path: Path, file: str) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise _stop(
            file,
            "file-missing",
            f"There is no {file} in the data folder.",
            "Add the file, with its header even when it has no rows.",
        ) from None
    except OSError as error:
        raise _stop(
            file,
            "file-unreadable",
            f"{file} cannot be opened: {error.strerror}.",
            "See that it is a file and that you may read it.",
        ) from None
    if data.startswith(b"PK\x03\x04"):
        raise _stop(
            file,
            "file-is-workbook",
            f"{file} is a spreadsheet workbook by content.",
            "Open it in a spreadsheet and save it as “CSV UTF-8”.",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise _stop(
            file,
            "file-not-utf8",
            f"{file} is not UTF-8 text: the first letter that cannot be read is in line {row}.",
            "Save it as “CSV UTF-8”.",
            row,
        ) from None
    if not text.strip():
        raise _stop(file, "file-empty", f"{file} is empty.", "Give it at least its header.")
    return text


def _rows(text: str, table: Table) -> tuple[list[str], dict[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[int, list[str]] = {}
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                rows[number] = cells
    except csv.Error as error:
        raise _stop(
            table.file,
            "csv-malformed",
            f"After row {number} the quotation marks do not pair up ({error}).",
            "Put a cell that holds a quotation mark between "
            "quotation marks, and double the one inside.",
            number + 1,
        ) from None
    if not rows:
        raise _stop(
            table.file,
            "file-empty",
            f"{table.file} holds separators and nothing else.",
            "Give it at least its header.",
        )
    first = min(rows)
    header = [name.strip() for name in rows.pop(first)]
    _judge_header(header, table)
    return header, rows


def _judge_header(header: list[str], table: Table) -> None:
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        found = "semicolons" if ";" in header[0] else "tabs"
        raise _stop(
            table.file,
            "separator-wrong",
            f"The columns of {table.file} are separated by {found}, not by commas.",
            "Save it with commas as the separator.",
            1,
        )
    twice = [name for name, times in Counter(header).items() if times > 1]
    if twice:
        names = ", ".join(f"“{name}”" for name in twice)
        raise _stop(
            table.file,
            "header-duplicated",
            f"The header names {names} more than once.",
            "Keep one column of each name, and name every column.",
            1,
        )


def _ragged(table: Table, number: int, cells: list[str], header: list[str]) -> Finding:
    return Place(table.file, number).error(
        "row-ragged",
        f"The row has {len(cells)} cells, and the header has {len(header)}.",
        "Give it one cell a column; a comma inside a cell needs quotation marks around the cell.",
    )


def _no_rows(table: Table) -> Finding:
    severity: Severity = "warning" if table.optional else "error"
    sentence = f"{table.file} has a header and no rows."
    return Place(table.file).finding(severity, "table-empty", sentence, "Add the rows.")
