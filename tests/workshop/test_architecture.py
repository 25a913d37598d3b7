"""docs/architecture.md is a map: it names what is there, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "onearm"
ENTRY = re.compile(r"^\| `([\w/]+\.py)` \| (.+) \|$", re.MULTILINE)
ROOM = re.compile(r"^## `(\w+)/`", re.MULTILINE)


def page() -> str:
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def in_the_tree() -> set[str]:
    """Every module but those that only say what their room gives away."""
    paths = (path for path in SOURCE.rglob("*.py") if path.name != "__init__.py")
    return {path.relative_to(SOURCE).as_posix() for path in paths}


def test_every_module_is_on_the_map_once_and_exists() -> None:
    named = [name for name, _ in ENTRY.findall(page())]
    assert sorted(named) == sorted(in_the_tree())


def test_every_room_is_on_the_map_and_exists() -> None:
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    named = ROOM.findall(page())
    assert sorted(named) == sorted(rooms)


def test_a_module_stands_under_its_own_room() -> None:
    for part in re.split(r"^(?=## )", page(), flags=re.MULTILINE):
        room = ROOM.match(part)
        for name, words in ENTRY.findall(part):
            assert name.split("/")[0] == room[1] if room else "/" not in name
            assert len(words) > 10, f"{name} is not explained"


def test_the_links_of_the_map_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page()):
        assert (ROOT / "docs" / target).exists(), target
