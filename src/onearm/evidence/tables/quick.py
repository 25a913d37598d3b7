"""Counts from any CSV file: the columns study, events and n, whatever else stands there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from onearm.errors import InputError
from onearm.evidence.findings import Finding, in_order
from onearm.evidence.tables.columns import Field, Table
from onearm.evidence.tables.csvfile import read_csv
from onearm.evidence.tables.schemas import schema_findings
from onearm.words import count

__all__ = ["read_counts"]

FIELDS = (
    Field("study", "Name of the study", "text", True, True),
    Field("events", "Number with the outcome", "integer", True, True),
    Field("n", "Number at risk", "integer", True, True),
)


def read_counts(path: str | Path) -> pd.DataFrame:
    """Read studies with their counts.

    Parameters
    ----------
    path : str or Path
        A CSV file with at least the columns study, events and n.

    Returns
    -------
    DataFrame
        study (text), events and n (int), in the order of the file; rows may share a study.

    Raises
    ------
    InputError
        If the file or any cell cannot be used; its findings hold every problem at once.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path} is a folder: name a CSV file in it.")
    if not path.is_file():
        raise InputError(f"There is no file {path}.")
    if path.suffix.lower() != ".csv":
        raise InputError(f"{path.name} is not a CSV file: save the table as “CSV UTF-8”.")
    table = Table(path.name[: -len(path.suffix)], "Counts", FIELDS, (), optional=False)
    raw = read_csv(path.parent, table)
    findings = list(raw.findings)
    if raw.frame is not None:
        wanted = [name for name in table.columns if name in raw.frame.columns]
        frame = raw.frame.drop(index=sorted(raw.ragged))[wanted]
        findings += [*schema_findings(table, frame), *_impossible(table, frame)]
    if findings or raw.frame is None:
        number = count(len(findings), "problem")
        raise InputError(f"{path.name} cannot be used: {number} to correct.", in_order(findings))
    return frame.astype({"events": int, "n": int}).reset_index(drop=True)


def _impossible(table: Table, frame: pd.DataFrame) -> Iterator[Finding]:
    """Yield the rows whose events exceed n, or that have nobody at risk."""
    if not {"events", "n"} <= set(frame.columns):
        return
    for line, events, n in zip(frame.index, frame["events"], frame["n"], strict=True):
        if not (events.isdigit() and n.isdigit()):
            continue  # the schema has spoken of it
        if int(events) > int(n):
            yield Finding(
                "events-exceed-n",
                "error",
                f"{events} events among {n}: more than there are.",
                "Correct one of the two counts.",
                table.file,
                int(line),
                "events",
                events,
            )
        elif int(n) == 0:
            yield Finding(
                "n-is-zero",
                "error",
                "n is 0: nobody was at risk.",
                "Correct n, or remove the row.",
                table.file,
                int(line),
                "n",
                n,
            )
