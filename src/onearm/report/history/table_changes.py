"""What differs between two data folders: rows, cells, and values of the plan."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from onearm.evidence.plan import PROTOCOL_FILE, Protocol
from onearm.evidence.tables.columns import TABLES, Table
from onearm.evidence.tables.defaults import completed
from onearm.report.build.results import value_differences

__all__ = ["Edit", "TableChange", "people_of", "plan_changes", "table_changes", "thresholds"]

Line = Mapping[str, str]


@dataclass(frozen=True)
class Edit:
    """One cell that is not as it was: the key of its row, its column, before and now."""

    key: str
    column: str
    old: str
    new: str


@dataclass(frozen=True)
class TableChange:
    """What happened to one table.

    Attributes
    ----------
    added, withdrawn : mapping of str to mapping of str to str
        Rows by key: those that are new, and those that are gone.
    edited : tuple of Edit
        Cells of the rows that stayed.
    """

    added: Mapping[str, Line]
    withdrawn: Mapping[str, Line]
    edited: tuple[Edit, ...]

    @property
    def corrected(self) -> tuple[str, ...]:
        """The keys of the rows with an edited cell, in order."""
        return tuple(dict.fromkeys(edit.key for edit in self.edited))

    @property
    def is_none(self) -> bool:
        """Whether nothing happened."""
        return not (self.added or self.withdrawn or self.edited)


def table_changes(old: Path, new: Path, protocol: Protocol) -> dict[str, TableChange]:
    """Compare the tables of two folders by their keys, cell by cell, as text.

    Parameters
    ----------
    old, new : Path
        Folders of tables; one that a folder does not have counts as empty.
    protocol : Protocol
        Today's plan, by which rows without a key of their own are named.
    """
    return {
        name: _change(_lines(old, table, protocol), _lines(new, table, protocol))
        for name, table in TABLES.items()
    }


def plan_changes(old: Path, new: Path) -> tuple[tuple[str, str, str], ...]:
    """Return (place, before, now) of every value of the plan that differs, comments aside."""
    differing = value_differences(_plan(old), _plan(new))
    return tuple((where, _told(was), _told(now)) for where, was, now in differing)


def thresholds(folder: Path) -> dict[str, float]:
    """Return the thresholds by outcome, of a plan that may be an old one."""
    outcomes = _plan(folder).get("outcome", {})
    return {code: item["threshold"] for code, item in outcomes.items() if "threshold" in item}


def people_of(folder: Path, protocol: Protocol) -> dict[str, int]:
    """Return the people of every study: the most that any of its rows counts.

    Parameters
    ----------
    folder : Path
        Of the tables.
    protocol : Protocol
        Today's plan, for the unit of rows that count people.
    """
    unit = protocol.unit
    most: dict[str, int] = {}
    for line in _lines(folder, TABLES["outcomes"], protocol).values():
        if line.get("unit", unit) == unit and line.get("n", "").isdigit():
            study = line["study_id"]
            most[study] = max(most.get(study, 0), int(line["n"]))
    return most


def _lines(folder: Path, table: Table, protocol: Protocol) -> dict[str, Line]:
    """Return the rows of a table as text, by key."""
    path = folder / table.file
    if not path.is_file():
        return {}
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    keys = completed(table, frame, protocol)[list(table.key)].itertuples(index=False)
    lines = (dict(zip(frame.columns, line, strict=True)) for line in frame.itertuples(index=False))
    return {" · ".join(map(str, key)): line for key, line in zip(keys, lines, strict=True)}


def _change(old: dict[str, Line], new: dict[str, Line]) -> TableChange:
    edits = (
        Edit(key, column, was.get(column, ""), new[key].get(column, ""))
        for key, was in old.items()
        if key in new
        for column in dict.fromkeys([*was, *new[key]])
        if was.get(column, "") != new[key].get(column, "")
    )
    return TableChange(
        {key: line for key, line in new.items() if key not in old},
        {key: line for key, line in old.items() if key not in new},
        tuple(edits),
    )


def _plan(folder: Path) -> dict[str, Any]:
    """Return the plan as nested values, its lists of tables by code or label."""
    content = tomllib.loads((folder / PROTOCOL_FILE).read_bytes().decode("utf-8-sig"))
    return {key: _keyed(value) for key, value in content.items()}


def _keyed(value: object) -> object:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return value
    for name in ("code", "label", "what"):
        keys = [item.get(name) for item in value]
        if all(keys) and len(set(keys)) == len(keys):
            return {str(item[name]): item for item in value}
    return value


def _told(value: object) -> str:
    """Return a value of the plan in words."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{key} = {_told(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_told(item) for item in value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
