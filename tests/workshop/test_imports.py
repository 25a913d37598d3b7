"""Imports flow one way through the rooms, so that each can be read without those after it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "onearm"
BASE = ("cache", "cautions", "errors", "jsonable", "words")  # below every room
SEAM = "executors"  # below every room too, and above those
STREET = (
    ("models",),
    ("evidence",),
    ("analysis",),
    ("robustness",),
    ("figures",),
    ("report",),
    ("cli",),
)
PLACE = {
    **dict.fromkeys(BASE, -1),
    SEAM: 0,
    **{room: place for place, rooms in enumerate(STREET, start=1) for room in rooms},
}
FRONT = "onearm"  # the package itself: it re-exports evidence and models


def modules() -> list[str]:
    """Every module of the rooms, as a dotted name below the package."""
    paths = (path.relative_to(SOURCE) for path in SOURCE.rglob("*.py"))
    return sorted(
        ".".join(path.with_suffix("").parts)
        for path in paths
        if path.parts[0] not in ("__init__.py", "__main__.py")
    )


def imported(tree: ast.AST, module: str) -> Iterator[str]:
    """Yield the dotted name of everything of ours that a module imports when it runs.

    ``from onearm.x import y`` gives ``onearm.x``; ``from onearm import y`` gives ``onearm.y``
    when y is a room, else ``onearm``. What only a type checker sees does not run.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for statement in node.orelse:
                yield from imported(ast.Module([statement], []), module)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] == FRONT)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, module)
        else:
            yield from imported(node, module)


def _imported_from(node: ast.ImportFrom, module: str) -> Iterator[str]:
    origin = node.module or ""
    if node.level:
        above = [FRONT, *module.split(".")][: -node.level]
        origin = ".".join([*above, *([origin] if origin else [])])
    if origin == FRONT:
        for name in node.names:
            yield f"{FRONT}.{name.name}" if name.name in PLACE else FRONT
    elif origin.startswith(f"{FRONT}."):
        yield origin


def against_the_street(source: str, module: str) -> list[str]:
    """Return the imports of a module that a room in its place must not have."""
    own = module.split(".")[0]
    return [name for name in imported(ast.parse(source), module) if not allowed(own, name)]


def allowed(own: str, name: str) -> bool:
    room = name.split(".")[1] if "." in name else FRONT
    if room == own:
        return True
    place = PLACE["evidence"] if room == FRONT else PLACE.get(room, len(STREET) + 1)
    return place < PLACE[own]


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_from_the_left_only(module: str) -> None:
    path = SOURCE.joinpath(*module.split("."))
    source = path.with_suffix(".py").read_text(encoding="utf-8")
    assert against_the_street(source, module) == []


def test_every_room_has_a_place_and_every_place_a_room() -> None:
    rooms = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    files = {path.stem for path in SOURCE.glob("*.py")} - {"__init__", "__main__"}
    assert rooms == {room for rooms in STREET for room in rooms}
    assert files == {*BASE, SEAM}


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("words", "from onearm.evidence import select"),
        ("models.pool", "from onearm.evidence import select"),
        ("evidence.read", "import onearm"),
        ("evidence.read", "from onearm import pool"),
        ("models.pooling", "import onearm.evidence.selection.select"),
        ("models.pooling", "from ..evidence import select"),
        ("analysis.pools", "def f():\n    from onearm.robustness import sensitivity"),
        ("robustness.sensitivity", "from onearm import figures"),
        ("figures.forest", "if TYPE_CHECKING:\n    pass\nelse:\n    import onearm.report"),
        ("report.build", "from onearm.cli.app import app"),
        ("report.build", "from onearm.attic import box"),
    ],
)
def test_a_wrong_import_is_seen(module: str, line: str) -> None:
    assert against_the_street(line, module)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("errors", "if TYPE_CHECKING:\n    from onearm.evidence.findings import Finding"),
        ("evidence.read", "from onearm.errors import InputError"),
        ("evidence.plan", "from onearm.models.registry import MODELS"),
        ("evidence.read", "from onearm.evidence.tables.columns import TABLES"),
        ("models.pooling", "from .registry import make_model"),
        ("robustness.sensitivity", "from onearm.analysis import fit"),
        ("report.colophon", "import onearm"),
        ("cli.app", "from onearm import figures"),
        ("figures.drawing", "import matplotlib as mpl"),
    ],
)
def test_a_right_import_passes(module: str, line: str) -> None:
    assert against_the_street(line, module) == []
