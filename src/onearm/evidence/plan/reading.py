"""Read `protocol.toml`: the plan, or every reason why it cannot be used.

A plan with errors is still read as far as it can be, so that the tables can be judged beside
it and every problem of a folder is told at once. An error can hide another: of a table that is
no table, nothing inside is judged. So what is in error is taken out, or given a stand-in where
its name matters elsewhere, and the rest is read again.
"""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from onearm.evidence.findings import Finding, Place
from onearm.evidence.plan.consistency import contradictions
from onearm.evidence.plan.messages import contradiction, findings_of
from onearm.evidence.plan.protocol import PARTLY, Protocol

__all__ = ["PROTOCOL_FILE", "PlanReading", "Where", "read_plan"]

PROTOCOL_FILE = "protocol.toml"
_TRIES = 12  # each try leaves out what the last one could not use
Where = tuple[str | int, ...]

_GONE = object()
#: Tables whose keys are names that other parts and the tables may use: with a word as value.
_NAMED = ("denominators", "designs", "source_types", "other_outcomes", "values", "ways")
#: Keys whose loss takes no name away that the tables may use.
_NAMELESS = ("several", "required", "short", "part_of", "known", "kind", "second_hand", "reference")


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
    content: Mapping[str, object],
) -> tuple[Protocol | None, tuple[Finding, ...], frozenset[str]]:
    """Read what can be read, with every finding on the way and the parts that were left out."""
    draft = Draft(content)
    findings: list[Finding] = []
    for _ in range(_TRIES):
        try:
            sound = Protocol.model_validate(draft.rest(), context=PARTLY)
        except ValidationError as error:
            details = error.errors()
            for detail in details:
                detail["loc"] = draft.place(detail["loc"])
                if not draft.is_mine(detail["type"], detail["loc"]):
                    findings += findings_of(detail, Protocol, PROTOCOL_FILE)
            for detail in details:
                draft.leave_out(detail["type"], detail["loc"])
        else:
            return sound, tuple(dict.fromkeys(findings)), frozenset(draft.lost)
    return None, tuple(dict.fromkeys(findings)), frozenset()


def _codes(content: Mapping[str, object]) -> frozenset[str]:
    """The codes of outcomes as they are written, in error or not."""
    outcomes = content.get("outcome")
    entries = outcomes if isinstance(outcomes, list) else []
    return frozenset(str(each.get("code")) for each in entries if isinstance(each, Mapping))


def _names(content: Mapping[str, object], part: str) -> frozenset[str]:
    table = content.get(part)
    return frozenset(table) if isinstance(table, Mapping) else frozenset()


class Draft:
    """The content of a plan, and what was left out of it.

    Parameters
    ----------
    content : mapping
        The plan as it is written; it is not changed.

    Attributes
    ----------
    touched : set of tuple
        The places that were left out or given a stand-in.
    lost : set of str
        The parts of the plan of which a name may have gone.
    """

    def __init__(self, content: Mapping[str, object]) -> None:
        self._content: dict[str, object] = copy.deepcopy(dict(content))
        self.touched: set[Where] = set()
        self.lost: set[str] = set()

    def rest(self) -> dict[str, object]:
        """Return what is left."""
        left = _compact(self._content)
        assert isinstance(left, dict)
        return left

    def place(self, found: Sequence[str | int]) -> Where:
        """Return a place in the rest as it is in the plan: entries before it may be gone."""
        inner: object = self._content
        out: list[str | int] = []
        for step in found:
            if isinstance(inner, list) and isinstance(step, int):
                step = [i for i, each in enumerate(inner) if each is not _GONE][step]
            out.append(step)
            inner = _within(inner, step)
        return tuple(out)

    def is_mine(self, kind: str, place: Where) -> bool:
        """Whether a part is missing, or a list too short, only because of what is in error."""
        if kind == "too_short" and self._at(place):
            return True  # its entries are wrong, each in its own way, and do not count
        return kind in ("missing", "too_short") and any(
            each[: len(place)] == place for each in self.touched
        )

    def leave_out(self, kind: str, place: Where) -> None:
        """Leave out what is in error, or give it a stand-in where its name matters elsewhere.

        Parameters
        ----------
        kind : str
            The type of the error.
        place : tuple
            Where it is in the plan.
        """
        if kind == "too_short" and self._at(place):
            return
        place = tuple(step for step in place if step != "[key]")
        there = place if kind == "missing" else self._as_far_as_it_is(place)
        while there and there in self.touched:
            there = there[:-1]
        if there:
            self.touched.add(there)
            value = _GONE if kind == "extra_forbidden" else self._stand_in(there)
            self._put(there, value)
            if value is _GONE and kind != "extra_forbidden" and there[-1] not in _NAMELESS:
                self.lost.add(str(there[0]))

    def _at(self, place: Where) -> object:
        inner: object = self._content
        for step in place:
            inner = _within(inner, step)
        return inner

    def _as_far_as_it_is(self, place: Where) -> Where:
        inner: object = self._content
        for number, step in enumerate(place):
            inner = _within(inner, step)
            if inner is None:
                return place[:number]
        return place

    def _stand_in(self, place: Where) -> object:
        name = str(place[-1])
        if name in ("label", "title", "noun"):
            return " ".join(str(step) for step in place)
        if len(place) > 1 and place[-2] in _NAMED:
            return name
        if len(place) == 3 and place[0] == "columns":
            return {"label": name}
        return _GONE

    def _put(self, place: Where, value: object) -> None:
        inner: object = self._content
        for step in place[:-1]:
            inner = _within(inner, step)
        if isinstance(inner, dict | list):
            inner[place[-1]] = value  # type: ignore[index]


def _within(inner: object, step: str | int) -> object:
    if isinstance(inner, dict):
        return inner.get(step)
    if isinstance(inner, list) and isinstance(step, int) and step < len(inner):
        return inner[step]
    return None


def _compact(value: object) -> object:
    if isinstance(value, dict):
        return {name: _compact(each) for name, each in value.items() if each is not _GONE}
    if isinstance(value, list):
        return [_compact(each) for each in value if each is not _GONE]
    return value
