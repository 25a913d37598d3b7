"""Shared by the checks: the names that findings use, and findings about a row or a study."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding, Severity
from onearm.evidence.records import Row

__all__ = ["NOTHING_TO_DO", "Check", "about_row", "grouped", "row_name"]

#: A check looks at all the evidence and yields what it finds.
Check = Callable[[Evidence], Iterable[Finding]]
NOTHING_TO_DO = "No action needed"

_Item = TypeVar("_Item")
_Key = TypeVar("_Key", bound=Hashable)


def grouped(items: Iterable[_Item], key: Callable[[_Item], _Key]) -> dict[_Key, list[_Item]]:
    """Return the items by their key, both in the order in which they come.

    Parameters
    ----------
    items : iterable
        What is grouped.
    key : callable
        What the members of a group share.
    """
    groups: dict[_Key, list[_Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return groups


def row_name(evidence: Evidence, row: Row) -> str:
    """Return the row's label and its outcome, such as ``Smith 2023 (Any event)``."""
    return f"{row.label} ({evidence.protocol.outcome_name(row.count.outcome)})"


def about_row(
    row: Row, code: str, severity: Severity, sentence: str, mend: str, column: str
) -> Finding:
    """Return a finding about one cell of outcomes.csv."""
    return row.at(column).finding(severity, code, sentence, mend)
