"""The codes of outcomes in the tables, held against those of the plan."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from onearm.evidence.findings import Finding, Place, Severity
from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.tables.columns import TABLES

__all__ = ["UsedCode", "strange_codes"]

#: How near a strange code has to be to one of the plan's to be taken for a slip of it.
_NEAR = 0.8


@dataclass(frozen=True)
class UsedCode:
    """The code of one row, and what the row is for."""

    line: int
    outcome: str
    use: str
    row_id: str
    study_id: str


def strange_codes(used: Iterable[UsedCode], protocol: Protocol) -> Iterator[Finding]:
    """Yield a finding for every row meant for a pool whose outcome nobody knows.

    Parameters
    ----------
    used : iterable of UsedCode
        The rows of outcomes.csv.
    protocol : Protocol
        Its outcomes, and the other outcomes that it names.

    Yields
    ------
    Finding
        An error where the code is near one of the plan: the row would leave its pool in
        silence; else a warning.
    """
    planned = protocol.short_names
    for row in used:
        known = row.outcome in planned or row.outcome in protocol.other_outcomes
        if row.use not in ("pool", "sensitivity") or not row.outcome or known:
            continue
        near = _nearest(row.outcome, planned)
        severity: Severity = "error" if near else "warning"
        yield Place(
            TABLES["outcomes"].file, row.line, "outcome", row.outcome, row.row_id, row.study_id
        ).finding(
            severity,
            "outcome-misspelt" if near else "outcome-unplanned",
            f"The row is marked {row.use}, and the plan has no outcome “{row.outcome}”: "
            "no pool would show it.",
            f"Perhaps {near} is meant."
            if near
            else "Correct the code, plan the outcome, name it in other_outcomes, or mark the "
            "row context.",
        )


def _nearest(code: str, planned: Collection[str]) -> str:
    """The planned code that `code` is a slip of, or ""; another number is no slip."""
    alike = [plan for plan in sorted(planned) if _digits(plan) == _digits(code)]
    # In a short code two letters that changed places are much of it, and still a slip.
    swapped = [plan for plan in alike if sorted(plan) == sorted(code)]
    return next(iter(swapped or difflib.get_close_matches(code, alike, 1, _NEAR)), "")


def _digits(code: str) -> list[str]:
    return re.findall(r"\d+", code)
