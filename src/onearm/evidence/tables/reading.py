"""Read the data folder: its tables and the plan, or every reason why that cannot be.

Where rows are in error, the others can still be audited. A row in error is left out; a study
keeps its place with the wrong cells emptied, since its counts could not be judged without it.
What was left out is remembered: nothing may be called missing that only stands in a row in
error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pandas as pd

from onearm.errors import InputError
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding, Place, errors_among
from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.plan.reading import PlanReading, read_plan
from onearm.evidence.records import Count, Item, Judgement, Record, Study
from onearm.evidence.tables.codes import strange_codes, wrong_lines
from onearm.evidence.tables.columns import TABLES, Table, tables_of
from onearm.evidence.tables.csvfile import RawTable, read_csv
from onearm.evidence.tables.defaults import completed
from onearm.evidence.tables.rules import (
    broken_references,
    broken_rows,
    circular_versions,
    repeated_counts,
)
from onearm.evidence.tables.schemas import schema_findings
from onearm.words import count

__all__ = ["Reading", "read_evidence", "survey"]


@dataclass(frozen=True)
class Reading:
    """A data folder as far as it can be read.

    Attributes
    ----------
    evidence : Evidence or None
        The rows without an error; None when a table or the plan cannot be used at all.
    errors : tuple of Finding
        Everything that is wrong, in order.
    doubtful : frozenset of str
        The studies and outcomes of which rows are in error.
    """

    evidence: Evidence | None
    errors: tuple[Finding, ...]
    doubtful: frozenset[str] = frozenset()


def read_evidence(data_dir: str | Path) -> Evidence:
    """Read a data folder.

    Parameters
    ----------
    data_dir : str or Path
        The folder with studies.csv, outcomes.csv and protocol.toml; records.csv,
        appraisal.csv and certainty.csv are optional.

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        If anything in the folder breaks a rule; its `findings` hold every problem at once.
    """
    reading = survey(Path(data_dir))
    if reading.errors or reading.evidence is None:
        number = count(len(reading.errors), "problem")
        raise InputError(f"The evidence cannot be used: {number} to correct.", reading.errors)
    return reading.evidence


def survey(folder: Path) -> Reading:
    """Read of a data folder what can be read, without raising."""
    if not folder.is_dir():
        name = folder.name or str(folder)
        missing = Place(name).error(
            "folder-missing",
            f"There is no data folder “{name}”.",
            "Name the folder that holds studies.csv.",
        )
        return Reading(None, (missing,))
    plan = read_plan(folder)
    tables = _tables(plan)
    raws = {name: read_csv(folder, table) for name, table in tables.items()}
    frames = {name: _completed(tables[name], raw, plan.sound) for name, raw in raws.items()}
    found = _table_findings(raws, frames, tables, plan.sound)
    errors = errors_among([*plan.findings, *found])
    sound = sound_rows(frames, tables, errors)
    if plan.sound is None or sound is None:
        return Reading(None, errors)
    evidence = _evidence(sound.frames, plan.sound, _supplied(raws))
    return Reading(evidence, errors, sound.doubtful)


def _tables(plan: PlanReading) -> dict[str, Table]:
    """What the tables hold; where the plan cannot be read, as far as every review has it."""
    if plan.sound is not None:
        return tables_of(plan.sound, plan.left_out)
    anything = Protocol.model_validate({"title": "?", "outcome": [{"code": "any", "label": "?"}]})
    unread = frozenset(type(anything).model_fields)
    return tables_of(anything, unread)


def _completed(table: Table, raw: RawTable, protocol: Protocol | None) -> pd.DataFrame | None:
    if raw.frame is None or protocol is None:
        return raw.frame
    return completed(table, raw.frame, protocol)


def _supplied(raws: Mapping[str, RawTable]) -> frozenset[str]:
    there = {name: raw for name, raw in raws.items() if raw.is_there and raw.frame is not None}
    columns = {
        f"{name}.{column}"
        for name, raw in there.items()
        if raw.frame is not None
        for column in raw.frame.columns
    }
    return frozenset({*there, *columns})


def _table_findings(
    raws: Mapping[str, RawTable],
    frames: Mapping[str, pd.DataFrame | None],
    tables: Mapping[str, Table],
    protocol: Protocol | None,
) -> Iterator[Finding]:
    readable = {name: frame for name, frame in frames.items() if frame is not None}
    for name, raw in raws.items():
        yield from raw.findings
        frame = frames[name]
        if frame is None or raw.frame is None:
            continue
        table, whole = tables[name], frame.drop(index=sorted(raw.ragged))
        absent = set(frame.columns) - set(raw.frame.columns)
        yield from schema_findings(_only_there(table, whole), whole)
        yield from broken_rows(table, whole, absent)
        yield from repeated_counts(table, whole)
        yield from broken_references(table, whole, readable)
        if name == "studies":
            yield from circular_versions(whole)
        if name == "outcomes" and protocol is not None:
            yield from strange_codes(_used(whole), protocol)
    if protocol is not None:
        yield from wrong_lines(readable, protocol)


def _only_there(table: Table, frame: pd.DataFrame) -> Table:
    """Of the columns that may be absent, those there: a default can rest on a missing one."""
    there = tuple(f for f in table.fields if f.compulsory or f.name in frame)
    return replace(table, fields=there)


def _used(frame: pd.DataFrame) -> Iterator[tuple[Place, str]]:
    if {"outcome", "use", "row_id", "study_id"} <= set(frame.columns):
        for line, row in _rows(frame):
            yield TABLES["outcomes"].at(line, "outcome", row), row["use"]


_Made = TypeVar("_Made")


def _evidence(
    frames: Mapping[str, pd.DataFrame], protocol: Protocol, supplied: frozenset[str]
) -> Evidence:
    own = protocol.columns

    def made(
        name: str, kind: Callable[..., _Made], topic: Mapping[str, object]
    ) -> tuple[_Made, ...]:
        return tuple(_typed(kind, row, line, topic) for line, row in _rows(frames[name]))

    return Evidence(
        studies=made("studies", Study, own.studies),
        counts=made("outcomes", Count, own.outcomes),
        records=made("records", Record, own.records),
        appraisal=made("appraisal", Item, {}),
        judgements=made("certainty", Judgement, {}),
        protocol=protocol,
        supplied=supplied,
    )


def _rows(frame: pd.DataFrame) -> Iterator[tuple[int, dict[str, str]]]:
    names = [str(name) for name in frame.columns]
    columns = (frame[name].tolist() for name in names)
    for line, *cells in zip(frame.index, *columns, strict=True):
        yield int(line), dict(zip(names, cells, strict=True))


_WHOLE_NUMBERS = frozenset(
    field.name
    for table in TABLES.values()
    for field in table.fields
    if field.kind in ("integer", "year") or field.name == "downgrade"
)


def _typed(
    kind: Callable[..., _Made], row: Mapping[str, str], line: int, topic: Mapping[str, object]
) -> _Made:
    """Make a typed row of text cells; the plan's own columns go into `topic`."""
    built_in = {
        name: (int(cell) if cell else None) if name in _WHOLE_NUMBERS else cell
        for name, cell in row.items()
        if name not in topic
    }
    return kind(**built_in, topic={name: row[name] for name in topic}, line=line)


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
