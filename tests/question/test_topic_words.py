"""Nothing in the package knows the shipped topic: all of it is declared in the plan."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (".py", ".j2", ".css", ".js", ".json", ".ipynb", ".toml", ".html")
#: Words of the question and its field, whatever the plan says.
FIELD = (
    "tumou?r",
    "viable",
    "resect",
    "surg",
    r"\blung\b",
    r"\balk\b",
    r"\balk_",
    "egfr",
    r"\btki",
    "immunotherap",
    "salvage",
    "neoadjuvant",
    "seed document",
)
#: Values and codes of the shipped plan that are words of the package's own language too.
GENERAL = {"all", "mixed", "setting", "search", "citation", "evaluable", "alive", "enrolled"}
GENERAL |= {"treated", "patients", "procedures", "female", "recurrence", "cells", "seed"}


def plan_words() -> set[str]:
    """The codes, values and names that the shipped plan declares."""
    plan = tomllib.loads((ROOT / "data" / "protocol.toml").read_text(encoding="utf-8"))
    words = {outcome["code"] for outcome in plan["outcome"]} | set(plan["other_outcomes"])
    words |= set(plan["denominators"]) | {each["name"] for each in plan["evidence_set"]}
    words |= {value for each in plan["evidence_set"] for value in each["includes"]}
    words |= {way for part in plan["flow"] for way in part["ways"]}
    for columns in plan["columns"].values():
        for name, column in columns.items():
            words |= {name, *column.get("values", {})}
    for name, stratum in plan["strata"].items():
        words |= {name, *stratum.get("groups", {})}
    return words - GENERAL


def shipped_files() -> list[Path]:
    files = [p for p in (ROOT / "src").rglob("*") if p.suffix in SOURCES]
    return sorted([*files, *(ROOT / "notebooks").glob("*.ipynb")])


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file; of a notebook its cells without their stored outputs."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n".join("".join(cell["source"]) for cell in cells)
    yield from enumerate(text.splitlines(), start=1)


def test_the_plan_declares_words() -> None:
    assert {"pcr", "alk_tki", "resected", "core", "extended", "agent_class"} <= plan_words()


@pytest.mark.parametrize("path", shipped_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_word_of_the_field(path: Path) -> None:
    pattern = re.compile("|".join(FIELD), re.IGNORECASE)
    found = [f"{number}: {line.strip()}" for number, line in lines(path) if pattern.search(line)]
    assert found == []


@pytest.mark.parametrize("path", shipped_files(), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_code_or_value_of_the_plan(path: Path) -> None:
    """As a literal: a quoted word."""
    words = "|".join(map(re.escape, sorted(plan_words())))
    quoted = re.compile(rf"""["'`]({words})["'`]""")
    found = [f"{number}: {line.strip()}" for number, line in lines(path) if quoted.search(line)]
    assert found == []
