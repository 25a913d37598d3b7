"""Write a data folder from plain values, for tests that make up reviews."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Rows = Sequence[Mapping[str, object]]


def write_folder(folder: Path, plan: Mapping[str, Any], tables: Mapping[str, Rows]) -> Path:
    """Write the plan and the tables of a review, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "protocol.toml").write_text(toml(plan), encoding="utf-8")
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns or ["study_id"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def toml(plan: Mapping[str, Any]) -> str:
    """Return plain values as TOML: every nested table inline, which TOML allows."""
    return "".join(f"{name} = {_value(value)}\n" for name, value in plan.items())


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_text(str(key))} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for those of letters beyond the basic plane.
    return json.dumps(text, ensure_ascii=False)
