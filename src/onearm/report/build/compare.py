"""Compare two reports: numbers to a tolerance, pages byte for byte."""

from __future__ import annotations

import json
import math
import zipfile
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

TOLERANCE = 1e-9
BY_LINE = (".html", ".bib", ".ris", "ro-crate-metadata.json")  # texts, compared byte for byte
TABLES = ("files/data/", "files/table-")  # as are its own tables and those that it was made from


def differences(old: Path, new: Path, *, tolerance: float = TOLERANCE) -> Iterator[str]:
    """Yield what differs between two report folders, one sentence each.

    Parameters
    ----------
    old, new : Path
        Report folders.
    tolerance : float
        Largest difference, absolute and relative, between two numbers of
        ``results.json`` that counts as none.

    Yields
    ------
    str
        Missing files first, then numbers, then texts with their first differing line.
    """
    names = {
        side: {p.relative_to(side).as_posix() for p in side.rglob("*") if p.is_file()}
        for side in (old, new)
    }
    for name in sorted(names[old] - names[new]):
        yield f"{name} is no longer made"
    for name in sorted(names[new] - names[old]):
        yield f"{name} is new"
    for name in sorted(names[old] & names[new]):
        if name == "results.json":
            yield from _json_differences(old / name, new / name, tolerance)
        elif name.endswith(BY_LINE) or name.startswith(TABLES):
            yield from _first_difference(name, (old / name).read_bytes(), (new / name).read_bytes())
        elif name.endswith(".docx"):
            yield from _part_differences(name, old / name, new / name)


def _json_differences(old: Path, new: Path, tolerance: float) -> Iterator[str]:
    one, other = (json.loads(path.read_text(encoding="utf-8")) for path in (old, new))
    for where, was, now in value_differences(one, other, tolerance=tolerance):
        yield f"{new.name}: {where} was {was!r}, is {now!r}"


def value_differences(
    old: Any, new: Any, *, tolerance: float = TOLERANCE, where: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Yield (place, old, new) for every differing leaf of two JSON values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            place = f"{where}.{key}" if where else str(key)
            yield from value_differences(
                old.get(key), new.get(key), tolerance=tolerance, where=place
            )
    elif isinstance(old, list) and isinstance(new, list):
        for position, (was, now) in enumerate(zip_longest(old, new)):
            yield from value_differences(
                was, now, tolerance=tolerance, where=f"{where}[{position}]"
            )
    elif not _same(old, new, tolerance):
        yield where, old, new


def _same(old: Any, new: Any, tolerance: float) -> bool:
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (old, new))
    if numbers:
        return math.isclose(old, new, rel_tol=tolerance, abs_tol=tolerance)
    return bool(old == new)


def _part_differences(name: str, old: Path, new: Path) -> Iterator[str]:
    """Compare the texts in a Word file: its pictures are drawn otherwise on other machines."""
    with zipfile.ZipFile(old) as one, zipfile.ZipFile(new) as other:
        for part in sorted({*one.namelist(), *other.namelist()}):
            if part.endswith(".xml"):
                texts = (z.read(part) if part in z.namelist() else b"" for z in (one, other))
                yield from _first_difference(f"{name}, {part}", *texts)


def _first_difference(name: str, old: bytes, new: bytes) -> Iterator[str]:
    if old == new:
        return
    lines = zip_longest(*(text.decode("utf-8").splitlines() for text in (old, new)))
    for number, (was, now) in enumerate(lines, start=1):
        if was != now:
            yield f"{name}, line {number}: was {_around(was, now)!r}, is {_around(now, was)!r}"
            return
    yield f"{name}: only the line ends differ"


def _around(line: str | None, other: str | None) -> str | None:
    """Return the part of a long line where it leaves the other one."""
    if line is None or other is None:
        return line if line is None else line[:120]
    first = next(
        (i for i, (a, b) in enumerate(zip(line, other, strict=False)) if a != b),
        min(len(line), len(other)),
    )
    return line[max(0, first - 40) : first + 80]
