"""What an absent column holds: the defaults that make a small review small.

A default is filled in before anything is judged, so that every rule sees a whole table. What
was not supplied is remembered, and the page of methods says it once.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.tables.columns import Table

__all__ = ["completed"]

_Rule = Callable[[pd.DataFrame, Protocol], list[str]]


def completed(table: Table, frame: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """Return a table with every column that may be absent.

    Parameters
    ----------
    table : Table
        Which table.
    frame : DataFrame
        Its cells as text.
    protocol : Protocol
        The plan, which decides some of the defaults.

    Returns
    -------
    DataFrame
        The same rows. Columns that must be there are not added, nor those whose default
        rests on such a column.
    """
    out = frame.copy()
    for field in table.fields:
        if field.name in out or field.compulsory:
            continue
        rule, needed = _RULES.get((table.name, field.name), (_empty, ()))
        if set(needed) <= set(out):
            out[field.name] = pd.Series(rule(out, protocol), index=out.index, dtype=str)
    return out


def _empty(frame: pd.DataFrame, _: Protocol) -> list[str]:
    return [""] * len(frame)


def _counted(frame: pd.DataFrame) -> list[bool]:
    return [bool(e.strip() and n.strip()) for e, n in zip(frame["events"], frame["n"], strict=True)]


def _population(frame: pd.DataFrame, _: Protocol) -> list[str]:
    return ["all"] * len(frame)


def _row_id(frame: pd.DataFrame, _: Protocol) -> list[str]:
    """Name a row by what it counts; of several rows alike, number the later ones."""
    parts = [frame["study_id"], frame["outcome"]]
    if "population" in frame:
        parts.append(frame["population"].where(frame["population"] != "all", ""))
    times: dict[str, int] = {}
    names: dict[str, None] = {}
    for cells in zip(*parts, strict=True):
        first = name = ".".join(cell.strip() for cell in cells if cell.strip()) or "row"
        while name in names:
            times[first] = times.get(first, 1) + 1
            name = f"{first}.{times[first]}"
        names[name] = None
    return list(names)


def _denominator(frame: pd.DataFrame, protocol: Protocol) -> list[str]:
    own = {plan.code: plan.denominator for plan in protocol.outcome}
    first = next(iter(protocol.all_denominators))
    return [own.get(code, first) for code in frame["outcome"]]


def _unit(frame: pd.DataFrame, protocol: Protocol) -> list[str]:
    return [protocol.unit] * len(frame)


def _basis(frame: pd.DataFrame, _: Protocol) -> list[str]:
    return ["stated" if known else "" for known in _counted(frame)]


def _use(frame: pd.DataFrame, _: Protocol) -> list[str]:
    return ["pool" if known else "context" for known in _counted(frame)]


def _use_reason(frame: pd.DataFrame, _: Protocol) -> list[str]:
    return ["" if known else "not reported" for known in _counted(frame)]


def _evidence_set(frame: pd.DataFrame, protocol: Protocol) -> list[str]:
    return [protocol.sets[0].name] * len(frame)


_COUNT = ("events", "n")
#: The rule of each default, and the columns that it reads; without them there is no default.
_RULES: dict[tuple[str, str], tuple[_Rule, tuple[str, ...]]] = {
    ("outcomes", "row_id"): (_row_id, ("study_id", "outcome")),
    ("outcomes", "population"): (_population, ()),
    ("outcomes", "denominator"): (_denominator, ("outcome",)),
    ("outcomes", "unit"): (_unit, ()),
    ("outcomes", "basis"): (_basis, _COUNT),
    ("outcomes", "use"): (_use, _COUNT),
    ("outcomes", "use_reason"): (_use_reason, _COUNT),
    ("outcomes", "missing_reason"): (_use_reason, _COUNT),
    ("certainty", "evidence_set"): (_evidence_set, ()),
}
