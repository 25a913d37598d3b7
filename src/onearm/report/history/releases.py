"""Releases: the evidence, the plan and the results of a version, frozen.

A release is a folder ``data/releases/<version>/`` that is never written again: the tables
and the plan as they were, ``results.json`` cut down to what is compared, and
``release.json`` with the hashes. It is itself a data folder that can be read and analysed.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onearm.analysis import Review
from onearm.errors import InputError, OnearmError
from onearm.evidence import Protocol
from onearm.evidence.findings import errors_among
from onearm.evidence.plan import PROTOCOL_FILE
from onearm.report.build.colophon import data_digest, protocol_digest, source_digest
from onearm.report.build.record import rounded
from onearm.robustness.sensitivity import analysis_record

__all__ = [
    "COMPANION",
    "FOLDER",
    "WHOLE",
    "Release",
    "cut",
    "cut_now",
    "freeze",
    "pools_of",
    "releases",
]

FOLDER = "releases"
SCHEMA = "onearm-release/1"
_VERSION = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){1,2}")
WHOLE = "All studies"
COMPANION = "Model: "  # what the part of a companion model starts with
Record = dict[str, Any]
_OWN = ("label", "evidence_set", "denominator", "standing", "k", "patients", "events", "rows")
_SHOWN = ("estimate", "ci", "prediction_interval", "mean_proportion", "tau2")


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
    frozen = {code: cut(outcome) for code, outcome in results.items()}
    _write(stage / "results.json", {"schema": SCHEMA, "outcomes": frozen})
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


def _write(path: Path, content: Mapping[str, object]) -> None:
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _order(version: str) -> tuple[int, ...]:
    """Return a version as numbers, so that 1.10 comes after 1.9, and 1.0.0 is 1.0."""
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def _next(version: str) -> str:
    first, second, *_ = _order(version)
    return f"{first}.{second + 1}"


def cut_now(review: Review, code: str) -> Record:
    """Analyse an outcome and return what is compared of it, as ``results.json`` would hold it.

    Parameters
    ----------
    review : Review
        The evidence and the plan.
    code : str
        An outcome of the plan.
    """
    analysis = review.outcome(code)
    models = [pool.to_dict() for pools in analysis.companions.values() for pool in pools]
    return cut(rounded({**analysis_record(analysis), "models": models}))


def cut(outcome: Mapping[str, Any]) -> Record:
    """Return what is compared of an outcome's entry in ``results.json``."""
    return {
        "label": outcome["label"],
        "pools": {name: _cut(pool) for name, pool in outcome["pools"].items()},
        "strata": {
            name: {by: [_cut(pool) for pool in split] for by, split in splits.items()}
            for name, splits in outcome["strata"].items()
        },
        "models": [_cut(pool) for pool in outcome["models"]],
    }


def pools_of(outcome: Mapping[str, Any], protocol: Protocol) -> Iterator[tuple[str, str, Record]]:
    """Yield (evidence set, part, record) of every pool: whole, subgroups, companion models.

    Parameters
    ----------
    outcome : mapping
        As `cut` gives it, of today or of a release.
    protocol : Protocol
        Today's plan, for the labels of evidence sets and strata; one that it does not have
        keeps its name, and its only evidence set is not named.
    """
    several = protocol.has_several_sets
    sets = {each.name: each.label if several else "" for each in protocol.sets}
    strata = {name: plan.label for name, plan in protocol.strata.items()}
    for name, pool in outcome["pools"].items():
        yield sets.get(name, name), WHOLE, pool
    for name, splits in outcome["strata"].items():
        for by, split in splits.items():
            for pool in split:
                yield sets.get(name, name), f"{strata.get(by, by)}: {pool['label']}", pool
    for pool in outcome["models"]:
        name = pool["evidence_set"]
        yield sets.get(name, name), f"{COMPANION}{pool['label']}", pool


def _cut(pool: Mapping[str, Any]) -> Record:
    """Keep what a page shows: what is not shown cannot change."""
    shown = pool["shown"]
    alike = pool["standing"] in ("no-event", "only-events")
    return {
        **{name: pool[name] for name in _OWN},
        **{name: shown[name] for name in _SHOWN},
        "model": pool["pooled"]["model"],
        "shown": list(shown["bound" if alike else "ci"]),  # the one interval that is printed
        "certainty": _certainty(pool.get("certainty")),
        "agreement": pool.get("agreement", {}).get("verdict"),  # a companion model has none
    }


def _certainty(graded: Mapping[str, Any] | None) -> Record | None:
    """Keep the level and what lowers it; a companion model is not judged."""
    if graded is None:
        return None
    lowered = {domain["name"]: domain["downgrade"] for domain in graded["domains"]}
    return {"word": graded["word"], "lowered": lowered}
