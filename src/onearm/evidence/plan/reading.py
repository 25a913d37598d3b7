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

from onearm.evidence.findings import Finding, Place
from onearm.evidence.plan.consistency import contradictions
from onearm.evidence.plan.draft import Draft
from onearm.evidence.plan.messages import contradiction, findings_of
from onearm.evidence.plan.protocol import PARTLY, Protocol

__all__ = ["PROTOCOL_FILE", "PlanReading", "read_plan"]

PROTOCOL_FILE = "protocol.toml"
_TRIES = 12  # each try leaves out what the last one could not use


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
        The parts of the plan of which `sound` lacks a name.
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
    sound, findings, left_out = _as_far_as_possible(content)
    if sound is not None:
        strange = contradictions(sound, _codes(content), _names(content, "strata"))
        findings += tuple(contradiction(problem, PROTOCOL_FILE) for problem in strange)
    return PlanReading(None if findings else sound, sound, findings, left_out)


def _unreadable(code: str, sentence: str, mend: str) -> PlanReading:
    return PlanReading(None, None, (Place(PROTOCOL_FILE).error(code, sentence, mend),))


def _as_far_as_possible(
    content: Mapping[str, Any],
) -> tuple[Protocol | None, tuple[Finding, ...], frozenset[str]]:
    """Read what can be read, with every finding on the way and the parts that were left out."""
    draft = Draft(content)
    findings: list[Finding] = []
    for _ in range(_TRIES):
        try:
            sound = Protocol.model_validate(draft.rest(), context=PARTLY)
        except ValidationError as error:
            details: list[dict[str, Any]] = [dict(detail) for detail in error.errors()]
            for detail in details:
                detail["loc"] = draft.place(detail["loc"])
                if not draft.is_mine(detail["type"], detail["loc"]):
                    findings += findings_of(detail, Protocol, PROTOCOL_FILE)
            for detail in details:
                draft.leave_out(detail["type"], detail["loc"])
        else:
            return sound, tuple(dict.fromkeys(findings)), frozenset(draft.lost)
    return None, tuple(dict.fromkeys(findings)), frozenset()


def _codes(content: Mapping[str, Any]) -> frozenset[str]:
    """The codes of outcomes as they are written, in error or not."""
    outcomes = content.get("outcome")
    entries = outcomes if isinstance(outcomes, list) else []
    return frozenset(str(each.get("code")) for each in entries if isinstance(each, Mapping))


def _names(content: Mapping[str, Any], part: str) -> frozenset[str]:
    table = content.get(part)
    return frozenset(table) if isinstance(table, Mapping) else frozenset()
