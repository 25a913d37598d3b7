"""The numbers of a report, for machines, and what differs between two reports.

``results.json`` is the contract between the report, its index, comparisons and tests. Of a
pool it has two records. ``shown`` is what a page shows, and so what may be quoted: of one study
its own proportion with its exact interval, where nobody (or everybody) had the event the exact
one-sided ``bound`` and no estimate. ``pooled`` is the raw result of the model, whatever it is
worth. ``results.csv`` prints what is shown.
"""

from __future__ import annotations

import csv
import io
import json
import math
import zipfile
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from onearm.words import spreadsheet_safe

SCHEMA = "onearm-results/1"
COLUMNS = (
    "outcome",
    "evidence_set",
    "analysis",
    "choice",
    "denominator",
    "model",
    "standing",
    "k",
    "patients",
    "events",
    "estimate",
    "ci_low",
    "ci_high",
    "prediction_low",
    "prediction_high",
    "bound_low",
    "bound_high",
    "mean_proportion",
    "tau2",
    "i2",
    "verdict",
    "agreement",
)
#: The verdict on the methods, of the plan's pools and strata; elsewhere nothing is compared.
METHODS = {True: "agree", False: "disagree: do not pool", None: None}
TOLERANCE = 1e-9
BY_LINE = (".html", ".bib", ".ris", "ro-crate-metadata.json")  # texts, compared byte for byte
TABLES = ("files/data/", "files/table-")  # as are its own tables and those that it was made from


def results_json(records: Mapping[str, object], about: Mapping[str, object]) -> str:
    """Return the file's text: sorted keys, one value a line, no NaN."""
    content = {"schema": SCHEMA, **about, **records}
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def results_csv(outcomes: Mapping[str, Any]) -> str:
    """Return one line a pool: the whole, the strata and every sensitivity."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for code, outcome in outcomes.items():
        for analysis, record in _pools(outcome):
            writer.writerow(_line(code, analysis, record))
    return text.getvalue()


def _pools(outcome: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for record in outcome["pools"].values():
        yield "protocol", record
    for splits in outcome["strata"].values():
        for by, split in splits.items():
            for record in split:
                yield f"stratum by {by}", record
    for record in outcome["models"]:
        yield "companion model", record
    for record in outcome["sensitivity"]:
        yield f"sensitivity to {record['axis']}", record


def _line(code: str, analysis: str, record: Mapping[str, Any]) -> dict[str, object]:
    pooled, shown = record["pooled"], record["shown"]
    low, high = shown["ci"]
    prediction_low, prediction_high = shown["prediction_interval"]
    bound_low, bound_high = shown["bound"]
    values = {
        "outcome": code,
        "analysis": analysis,
        "choice": spreadsheet_safe(record["label"]),
        "ci_low": low,
        "ci_high": high,
        "prediction_low": prediction_low,
        "prediction_high": prediction_high,
        "bound_low": bound_low,
        "bound_high": bound_high,
        "model": pooled["model"],
        "verdict": pooled["verdict"]["code"],
        "agreement": METHODS[record.get("agreement", {}).get("verdict")],
        **{
            name: record[name]
            for name in ("evidence_set", "denominator", "standing", "k", "patients", "events")
        },
        **{name: shown[name] for name in ("estimate", "mean_proportion", "tau2", "i2")},
    }
    return {name: "" if values[name] is None else values[name] for name in COLUMNS}


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
            yield from _first_difference(
                name, *(each.read_bytes() for each in (old / name, new / name))
            )
        elif name.endswith(".docx"):
            yield from _word_differences(name, old / name, new / name)


def _word_differences(name: str, old: Path, new: Path) -> Iterator[str]:
    """Compare the texts of two Word files, and not their pictures, which no two machines share."""
    with zipfile.ZipFile(old) as one, zipfile.ZipFile(new) as other:
        members = [set(archive.namelist()) for archive in (one, other)]
        for member in sorted(members[0] ^ members[1]):
            yield f"{name}, {member} {'is new' if member in members[1] else 'is no longer made'}"
        for member in sorted(members[0] & members[1]):
            if not member.startswith("word/media/"):
                texts = (archive.read(member) for archive in (one, other))
                yield from _first_difference(f"{name}, {member}", *texts)


def _json_differences(old: Path, new: Path, tolerance: float) -> Iterator[str]:
    one, other = (json.loads(path.read_text(encoding="utf-8")) for path in (old, new))
    for where, was, now in value_differences(one, other, tolerance=tolerance):
        yield f"{new.name}: {where} was {was!r}, is {now!r}"


def value_differences(
    old: object, new: object, *, tolerance: float = TOLERANCE, where: str = ""
) -> Iterator[tuple[str, object, object]]:
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


def _same(old: object, new: object, tolerance: float) -> bool:
    numbers = bool not in (type(old), type(new))
    if numbers and isinstance(old, int | float) and isinstance(new, int | float):
        return math.isclose(old, new, rel_tol=tolerance, abs_tol=tolerance)
    return bool(old == new)


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
