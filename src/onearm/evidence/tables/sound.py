"""What can still be audited when other rows are in error.

A row in error is left out. A study keeps its place with the wrong cells emptied, since its
counts could not be judged without it. What was left out is remembered: nothing may be called
missing that only stands in a row in error.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from onearm.evidence.findings import Finding
from onearm.evidence.tables.columns import TABLES, Table

__all__ = ["Sound", "sound_rows"]


@dataclass(frozen=True)
class Sound:
    """The rows without an error.

    Attributes
    ----------
    frames : dict of str to DataFrame
        Each table as text, indexed by spreadsheet row number.
    doubtful : frozenset of str
        The study_id and the outcomes of what was left out or emptied.
    """

    frames: dict[str, pd.DataFrame]
    doubtful: frozenset[str]


def sound_rows(
    frames_in: Mapping[str, pd.DataFrame | None],
    tables: Mapping[str, Table],
    errors: Collection[Finding],
) -> Sound | None:
    """Return the rows that `errors` leave, or None when a whole table cannot be used.

    Parameters
    ----------
    frames_in : mapping of str to DataFrame or None
        The tables as they were read, absent columns filled; None where one cannot be read.
    tables : mapping of str to Table
        What each of them holds.
    errors : collection of Finding
        Everything that is wrong with them.
    """
    frames: dict[str, pd.DataFrame] = {}
    doubtful: set[str] = set()
    for name, table in tables.items():
        raw, wrong = frames_in[name], [f for f in errors if f.file == table.file]
        if raw is None or not set(table.columns) <= set(raw.columns):
            return None
        if any(finding.row is None for finding in wrong):
            return None
        frame = raw[list(table.columns)]
        if name == "studies":
            emptied, wrong = _emptied(frame, wrong)
            doubtful |= _about(frame[(frame != emptied).any(axis=1)])
            frame = emptied
        stays = ~frame.index.isin([f.row for f in wrong])
        if "study_id" in frame:
            known = set(frames.get("studies", frame)["study_id"]) | {""}
            stays &= frame["study_id"].isin(known)
        doubtful |= _about(frame[~stays])
        frames[name] = frame[stays]
    studies = frames["studies"]
    there = studies["version_of"].isin(set(studies["study_id"]))
    frames["studies"] = studies.assign(version_of=studies["version_of"].where(there, ""))
    return Sound(frames, frozenset(doubtful))


def _emptied(frame: pd.DataFrame, wrong: Collection[Finding]) -> tuple[pd.DataFrame, list[Finding]]:
    """Empty the wrong cells; what is wrong with a whole row or its key remains."""
    out, remaining = frame.copy(), []
    for finding in wrong:
        if finding.column in frame.columns and finding.column not in TABLES["studies"].key:
            out.loc[finding.row, finding.column] = ""
        else:
            remaining.append(finding)
    return out, remaining


def _about(rows: pd.DataFrame) -> set[str]:
    columns = [column for column in ("study_id", "outcome") if column in rows]
    return {str(value) for column in columns for value in rows[column]}
