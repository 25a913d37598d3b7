"""Read `protocol.toml`: the plan, or every reason why it cannot be used.

A plan with errors is still read as far as it can be, so that the tables can be judged beside
it and every problem of a folder is told at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from onearm.evidence.findings import Finding
from onearm.evidence.plan.messages import findings_of
from onearm.evidence.plan.protocol import Protocol

__all__ = ["PROTOCOL_FILE", "PlanReading", "read_plan"]

PROTOCOL_FILE = "protocol.toml"
_TRIES = 5  # each try leaves out what the last one could not use


@dataclass(frozen=True)
class PlanReading:
    """A plan as far as it can be read.

    Attributes
    ----------
    protocol : Protocol or None
        The plan; None when anything in it is wrong.
    sound : Protocol or None
        The plan without its parts in error, by which tables can be judged; None when there
        is no such plan.
    findings : tuple of Finding
        Every problem at once, in plain words.
    left_out : frozenset of str
        The parts of the plan that `sound` lacks.
    """

    protocol: Protocol | None
    sound: Protocol | None
    findings: tuple[Finding, ...] = ()
    left_out: frozenset[str] = frozenset()


def read_plan(folder: Path) -> PlanReading:
    """Read the plan of a data folder, without raising.

    Parameters
    ----------
    folder : Path
        The data folder.
    """
    try:
        content = tomllib.loads((folder / PROTOCOL_FILE).read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return _unreadable(
            "file-missing",
            f"There is no {PROTOCOL_FILE} in the data folder.",
            "Add the analysis plan; a title and one [[outcome]] with code and label will do.",
        )
    except OSError as error:
        return _unreadable(
            "file-unreadable",
            f"{PROTOCOL_FILE} cannot be opened: {error.strerror}.",
            "See that it is a readable file.",
        )
    except UnicodeDecodeError:
        return _unreadable(
            "file-not-utf8", f"{PROTOCOL_FILE} is not UTF-8 text.", "Save it as UTF-8."
        )
    except tomllib.TOMLDecodeError as error:
        return _unreadable(
            "toml-malformed",
            f"{PROTOCOL_FILE} is not valid TOML: {error}.",
            "Correct that place; texts stand between quotation marks.",
        )
    try:
        protocol = Protocol.model_validate(content)
    except ValidationError as error:
        findings = findings_of(error, Protocol, PROTOCOL_FILE)
        sound, left_out = _as_far_as_possible(content, error)
        return PlanReading(None, sound, findings, left_out)
    return PlanReading(protocol, protocol)


def _unreadable(code: str, sentence: str, mend: str) -> PlanReading:
    return PlanReading(None, None, (Finding(code, "error", sentence, mend, PROTOCOL_FILE),))


def _as_far_as_possible(
    content: Mapping[str, Any], error: ValidationError
) -> tuple[Protocol | None, frozenset[str]]:
    """Leave out the parts in error until the rest is a plan; None if no rest is one."""
    rest = dict(content)
    for _ in range(_TRIES):
        rest = _without(rest, error)
        try:
            sound = Protocol.model_validate(rest)
        except ValidationError as again:
            error = again
        else:
            changed = {key for key in content if rest.get(key) != content[key]}
            return sound, frozenset(changed)
    return None, frozenset()


def _without(content: Mapping[str, Any], error: ValidationError) -> dict[str, Any]:
    """Leave out the keys, or the entries of a list, that an error names."""
    places = [detail["loc"] for detail in error.errors() if detail["loc"]]
    rest = {key: value for key, value in content.items() if (key,) not in places}
    for key in {place[0] for place in places if len(place) > 1}:
        if key not in rest:
            continue
        inner = {place[1] for place in places if len(place) > 1 and place[0] == key}
        value = rest[key]
        if isinstance(value, Mapping):
            rest[key] = {name: each for name, each in value.items() if name not in inner}
        elif isinstance(value, list):
            rest[key] = [each for place, each in enumerate(value) if place not in inner]
        else:
            del rest[key]
    if "title" in {place[0] for place in places}:
        rest["title"] = "Untitled"
    if any(not detail["loc"] for detail in error.errors()):  # parts that contradict each other
        for key in ("strata", "moderators", "overlap", "companions"):
            rest.pop(key, None)
    return rest
