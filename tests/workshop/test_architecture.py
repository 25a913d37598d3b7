"""docs/architecture.md is a map: it names every room that is there, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "onearm"
ROOM = re.compile(r"^## `(\w+)/`", re.MULTILINE)
INNER = re.compile(r"^\| `(\w+(?:/\w+)+)/` \| (.+) \|$", re.MULTILINE)
BASE = re.compile(r"^\| `(\w+\.py)` \| (.+) \|$", re.MULTILINE)
MODULES = sorted(path for path in SOURCE.rglob("*.py"))


def page() -> str:
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def packages() -> set[str]:
    return {path.parent.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("__init__.py")}


def test_every_room_is_on_the_map_and_exists() -> None:
    assert sorted(ROOM.findall(page())) == sorted(
        p for p in packages() if "/" not in p and p != "."
    )


def test_every_room_within_a_room_is_on_the_map_once_and_exists() -> None:
    named = [name for name, _ in INNER.findall(page().split("## Outside")[0])]
    assert sorted(named) == sorted(p for p in packages() if "/" in p)


def test_a_room_stands_under_the_one_that_it_is_in() -> None:
    for part in re.split(r"^(?=## )", page().split("## Outside")[0], flags=re.MULTILINE):
        room = ROOM.match(part)
        for name, words in INNER.findall(part):
            assert room
            assert name.split("/")[0] == room[1]
            assert len(words) > 10, f"{name} is not explained"


def test_the_modules_below_all_rooms_are_on_the_map() -> None:
    there = {path.name for path in SOURCE.glob("*.py")} - {"__init__.py"}
    assert {name for name, _ in BASE.findall(page())} == there


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(SOURCE).as_posix())
def test_a_module_says_in_its_first_line_what_it_does(path: Path) -> None:
    words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert words
    assert len(words.splitlines()[0]) > 10


def test_the_links_of_the_map_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page()):
        assert (ROOT / "docs" / target).exists(), target
