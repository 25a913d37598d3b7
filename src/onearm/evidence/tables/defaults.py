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

Texts = pd.Series
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
        The same rows. Columns that must be there are not added.
    """
    out = frame.copy()
    for field in table.fields:
        if field.name in out or field.compulsory:
            continue
        rule = _RULES.get((table.name, field.name))
        able = rule is not None and {"study_id", "outcome", "events", "n"} <= {
            *out,
            *_NEEDED_ELSEWHERE.get(table.name, ()),
        }
        out[field.name] = rule(out, protocol) if rule and able else ""
    return out


#: Columns that the rules of a table do not read.
_NEEDED_ELSEWHERE = {"certainty": ("study_id", "outcome", "events", "n")}


def _counted(frame: pd.DataFrame) -> list[bool]:
    return [bool(e.strip() and n.strip()) for e, n in zip(frame["events"], frame["n"], strict=True)]


def _population(frame: pd.DataFrame, _: Protocol) -> list[str]:
    return ["all"] * len(frame)


def _row_id(frame: pd.DataFrame, _: Protocol) -> list[str]:
    """Name a row by what it counts; of several rows alike, number the later ones."""
    parts = [frame["study_id"], frame["outcome"]]
    if "population" in frame:
        parts.append(frame["population"].where(frame["population"] != "all", ""))
    seen: dict[str, int] = {}
    names = []
    for cells in zip(*parts, strict=True):
        name = ".".join(cell.strip() for cell in cells if cell.strip()) or "row"
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return names


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


_RULES: dict[tuple[str, str], _Rule] = {
    ("outcomes", "row_id"): _row_id,
    ("outcomes", "population"): _population,
    ("outcomes", "denominator"): _denominator,
    ("outcomes", "unit"): _unit,
    ("outcomes", "basis"): _basis,
    ("outcomes", "use"): _use,
    ("outcomes", "use_reason"): _use_reason,
    ("outcomes", "missing_reason"): _use_reason,
    ("certainty", "evidence_set"): _evidence_set,
}
