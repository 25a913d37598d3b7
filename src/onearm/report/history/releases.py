"""Releases: the evidence, the plan and the results of a version, frozen.

A release is a folder ``data/releases/<version>/`` that is never written again: the tables
and the plan as they were, ``results.json`` cut down to what is compared, and
``release.json`` with the hashes. It is itself a data folder that can be read and analysed.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onearm.analysis import Review
from onearm.errors import InputError, OnearmError
from onearm.evidence.findings import errors_among
from onearm.evidence.plan import PROTOCOL_FILE
from onearm.report.build.colophon import data_digest, protocol_digest, source_digest
from onearm.report.history.snapshot import cut

__all__ = ["FOLDER", "Release", "freeze", "releases"]

FOLDER = "releases"
SCHEMA = "onearm-release/1"
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){1,2}")


@dataclass(frozen=True)
class Release:
    """A frozen version.

    Attributes
    ----------
    version : str
        Such as "1.0".
    folder : Path
        Where it is.
    about : mapping
        The content of ``release.json``.
    """

    version: str
    folder: Path
    about: Mapping[str, Any]

    @property
    def results(self) -> dict[str, Any]:
        """The frozen results, by outcome."""
        text = (self.folder / "results.json").read_text(encoding="utf-8")
        outcomes: dict[str, Any] = json.loads(text)["outcomes"]
        return outcomes


def releases(data: str | Path) -> tuple[Release, ...]:
    """Return the releases of a data folder, the oldest first.

    Raises
    ------
    OnearmError
        When a release is damaged, or was changed since it was frozen.
    """
    folders = [path.parent for path in (Path(data) / FOLDER).glob("*/release.json")]
    found = [_read(folder) for folder in folders if _VERSION.fullmatch(folder.name)]
    return tuple(sorted(found, key=lambda release: _order(release.version)))


def freeze(version: str, data: Path, reports: Path) -> Release:
    """Freeze the current evidence, plan and results as a release.

    Parameters
    ----------
    version : str
        Its version: newer than every release, and the plan's.
    data, reports : Path
        The evidence, and the report made from it.

    Raises
    ------
    OnearmError
        When anything is not as it must be; nothing is written then.
    """
    _check_version(version, data)
    review = Review(data)
    errors = errors_among(review.findings)
    if errors:
        raise InputError("The evidence contradicts itself; nothing was frozen.", errors)
    protocol = review.protocol
    if protocol.version != version:
        raise OnearmError(
            f"{PROTOCOL_FILE} is version {protocol.version!r}, not {version!r}: set "
            f'version = "{version}" in it, make the report again, and then release'
        )
    made_from, results = _current(data, reports)
    about = {
        "schema": SCHEMA,
        "version": version,
        "data_frozen": protocol.status.data_frozen if protocol.status else None,
        **made_from,
    }
    target = data / FOLDER / version
    stage = target.with_name(f".{version}.part")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    for path in (*sorted(data.glob("*.csv")), data / PROTOCOL_FILE):
        shutil.copyfile(path, stage / path.name)
    _write(stage / "results.json", {"schema": SCHEMA, "outcomes": _cut(results)})
    _write(stage / "release.json", about)
    stage.replace(target)
    return Release(version, target, about)


def _check_version(version: str, data: Path) -> None:
    if not _VERSION.fullmatch(version):
        raise OnearmError(
            f"{version!r} is no version: give two or three numbers with points, such as 1.1"
        )
    there = releases(data)
    known = [release.version for release in there]
    if version in known:
        raise OnearmError(
            f"version {version} is released already, and a release never changes; "
            f"the next one could be {_next(known[-1])}"
        )
    if there and _order(version) <= _order(known[-1]):
        raise OnearmError(
            f"version {version} is not newer than {known[-1]}, the newest release; "
            f"the next one could be {_next(known[-1])}"
        )


def _current(data: Path, reports: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the hashes and the outcomes of a report, if it is of this data and source."""
    path = reports / "results.json"
    if not path.is_file():
        raise OnearmError(f"there is no {path}: make the report first (onearm report)")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        outcomes = dict(content["outcomes"])
    except (ValueError, KeyError, TypeError):
        raise OnearmError(f"{path} is no results of onearm: make the report again") from None
    now = {
        "data_sha256": data_digest(data),
        "protocol_sha256": protocol_digest(data),
        "source_sha256": source_digest(),
    }
    names = {
        "data_sha256": "other tables",
        "protocol_sha256": "another plan",
        "source_sha256": "another version of the program",
    }
    stale = [names[name] for name, value in now.items() if content.get(name) != value]
    if stale:
        raise OnearmError(
            f"{reports} was made from {' and '.join(stale)} than there is now: make the report "
            "again (onearm report), and then release"
        )
    return now | {"onearm": str(content.get("onearm", ""))}, outcomes


def _cut(outcomes: dict[str, Any]) -> dict[str, Any]:
    return {code: cut(outcome) for code, outcome in outcomes.items()}


def _read(folder: Path) -> Release:
    try:
        about = dict(json.loads((folder / "release.json").read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise OnearmError(
            f"release {folder.name} cannot be read: its release.json is damaged. "
            f"Restore {FOLDER}/{folder.name} from the history of the project"
        ) from None
    for name, found in (
        ("data_sha256", data_digest(folder)),
        ("protocol_sha256", protocol_digest(folder)),
    ):
        if about.get(name) != found:
            raise OnearmError(
                f"release {folder.name} was changed since it was frozen ({name} differs): "
                f"restore {FOLDER}/{folder.name} from the history of the project"
            )
    return Release(folder.name, folder, about)


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _order(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 1.10 comes after 1.9, and 1.0.0 is 1.0."""
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def _next(version: str) -> str:
    first, second, *_ = _order(version)
    return f"{first}.{second + 1}"
