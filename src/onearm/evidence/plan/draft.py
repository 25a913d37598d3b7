"""A plan with errors, from which the parts in error are left out one after the other.

An error can hide another: of a table that is no table, nothing inside is judged. So what is in
error is taken out, or given a stand-in where its name matters elsewhere, and the rest is read
again, until everything that is wrong has been told at once.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["Draft", "Place"]

Place = tuple[str | int, ...]

_GONE = object()
#: Tables whose keys are names that other parts and the tables may use: with a word as value.
_NAMED = ("denominators", "designs", "source_types", "other_outcomes", "values", "ways")
#: Keys whose loss takes no name away that the tables may use.
_NAMELESS = ("several", "required", "short", "part_of", "known", "kind", "second_hand", "reference")


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

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content: dict[str, Any] = copy.deepcopy(dict(content))
        self.touched: set[Place] = set()
        self.lost: set[str] = set()

    def rest(self) -> dict[str, Any]:
        """Return what is left."""
        left = _compact(self._content)
        assert isinstance(left, dict)
        return left

    def place(self, found: Sequence[str | int]) -> Place:
        """Return a place in the rest as it is in the plan: entries before it may be gone."""
        inner: Any = self._content
        out: list[str | int] = []
        for step in found:
            if isinstance(inner, list) and isinstance(step, int):
                step = [i for i, each in enumerate(inner) if each is not _GONE][step]
            out.append(step)
            inner = _within(inner, step)
        return tuple(out)

    def is_mine(self, kind: str, place: Place) -> bool:
        """Whether a part is missing, or a list too short, only because of what is in error."""
        if kind == "too_short" and self._at(place):
            return True  # its entries are wrong, each in its own way, and do not count
        return kind in ("missing", "too_short") and any(
            each[: len(place)] == place for each in self.touched
        )

    def leave_out(self, kind: str, place: Place) -> None:
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

    def _at(self, place: Place) -> object:
        inner: Any = self._content
        for step in place:
            inner = _within(inner, step)
        return inner

    def _as_far_as_it_is(self, place: Place) -> Place:
        inner: Any = self._content
        for number, step in enumerate(place):
            inner = _within(inner, step)
            if inner is None:
                return place[:number]
        return place

    def _stand_in(self, place: Place) -> object:
        name = str(place[-1])
        if name in ("label", "title", "noun"):
            return " ".join(str(step) for step in place)
        if len(place) > 1 and place[-2] in _NAMED:
            return name
        if len(place) == 3 and place[0] == "columns":
            return {"label": name}
        return _GONE

    def _put(self, place: Place, value: object) -> None:
        inner: Any = self._content
        for step in place[:-1]:
            inner = _within(inner, step)
        if isinstance(inner, dict | list):
            inner[place[-1]] = value  # type: ignore[index]


def _within(inner: object, step: str | int) -> Any:
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
