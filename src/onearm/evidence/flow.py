"""The flow of records (PRISMA 2020): every box, its exits, and that they add up.

The boxes are counted by the stage that records reached, their exits by what was decided;
neither is computed from the other, so that a record decided at a stage where it cannot be
makes them disagree. Reports are records that were looked for; several can be of one study.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from onearm.errors import InputError
from onearm.evidence.evidence import Evidence
from onearm.evidence.records import Record
from onearm.evidence.tables.columns import EXITS
from onearm.evidence.tables.versions import families
from onearm.words import count, listing

__all__ = ["Exit", "FlowColumn", "flow_columns"]

ALL = "All records"


@dataclass(frozen=True)
class Exit:
    """Records that left at one place: how many, and for which reasons."""

    number: int
    reasons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class FlowColumn:
    """One column of the diagram, checked: every box is the sum of its exits.

    Attributes
    ----------
    title : str
        How its records were met.
    met_by : tuple of (str, int)
        The ways of meeting, in words, with their records.
    screened, sought, assessed : int
        Records, and the reports among them that were looked for and read.
    exits : dict of (str, str) to Exit
        By stage and decision, every one of `EXITS`.
    studies, pooled_studies : int
        Studies that the included reports are of; those with rows that may be pooled.
    """

    title: str
    met_by: tuple[tuple[str, int], ...]
    screened: int
    sought: int
    assessed: int
    exits: dict[tuple[str, str], Exit]
    studies: int
    pooled_studies: int

    @property
    def included(self) -> int:
        """Reports included, pooled or described."""
        pooled, described = self.exits["assessed", "included"], self.described
        return pooled.number + described.number

    @property
    def described(self) -> Exit:
        """Reports included and not pooled."""
        return self.exits["assessed", "included_not_pooled"]


def flow_columns(evidence: Evidence) -> tuple[FlowColumn, ...]:
    """Return the columns of the flow diagram, and last the sum of all of them.

    The plan's `flow` names the columns, and the ways of meeting that belong in each.

    Raises
    ------
    InputError
        When a box is not the sum of its exits, with the numbers and the records at fault.
    """
    heads = families(evidence.studies)
    protocol = evidence.protocol
    columns = [*((part.title, part.ways) for part in protocol.flow), (ALL, protocol.ways)]
    return tuple(
        _column(title, ways, [row for row in evidence.records if row.met_by in ways], heads)
        for title, ways in columns
    )


def _studies(records: Sequence[Record], heads: Mapping[str, str]) -> int:
    """Count the studies that records report: two versions of one trial are one study."""
    return len({heads[row.study_id] for row in records if row.study_id})


def _column(
    title: str, ways: Mapping[str, str], rows: Sequence[Record], heads: Mapping[str, str]
) -> FlowColumn:
    met = Counter(row.met_by for row in rows)
    exits = {way: _exit([row for row in rows if (row.stage, row.decision) == way]) for way in EXITS}
    reached = Counter(row.stage for row in rows)
    included = [row for row in rows if row.decision in ("included", "included_not_pooled")]
    pooled = [row for row in included if row.decision == "included"]
    column = FlowColumn(
        title,
        tuple((words, met[way]) for way, words in ways.items()),
        len(rows),
        reached["sought"] + reached["assessed"],
        reached["assessed"],
        exits,
        _studies(included, heads),
        _studies(pooled, heads),
    )
    _balance(column, rows)
    return column


def _exit(rows: Sequence[Record]) -> Exit:
    reasons = Counter(row.reason.strip() for row in rows if row.reason.strip())
    in_order = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return Exit(len(rows), tuple(in_order))


def _balance(column: FlowColumn, rows: Sequence[Record]) -> None:
    """Hold every box against the sum of what leaves it."""
    exits = {way: found.number for way, found in column.exits.items()}
    boxes = {
        "met and screened": (
            column.screened,
            exits["screened", "excluded"] + exits["screened", "awaiting"] + column.sought,
        ),
        "sought": (
            column.sought,
            exits["sought", "not_retrieved"] + exits["sought", "awaiting"] + column.assessed,
        ),
        "assessed": (column.assessed, exits["assessed", "excluded"] + column.included),
    }
    for name, (box, left) in boxes.items():
        if box != left:
            strange = [
                f"{row.record_id} ({row.decision.replace('_', ' ')} when {row.stage})"
                for row in rows
                if (row.stage, row.decision) not in EXITS
            ]
            raise InputError(
                f"records.csv: the flow does not balance. {column.title}: "
                f"{count(box, 'record')} {name}, and {left} left or went on. Correct stage or "
                f"decision of {listing(strange)}."
            )
