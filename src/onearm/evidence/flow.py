"""The flow of records (PRISMA 2020): every box, its exits, and that they add up.

The boxes are counted by the stage that records reached, their exits by what was decided;
neither is computed from the other, so that a record decided at a stage where it cannot be
makes them disagree. Reports are records that were looked for; several can be of one study.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from onearm.errors import InputError
from onearm.evidence.evidence import Evidence
from onearm.evidence.plan.vocabulary import FlowPlan
from onearm.evidence.records import Record, families
from onearm.evidence.tables.columns import EXITS
from onearm.words import count, listing

__all__ = ["Exit", "FlowColumn", "flow_columns"]


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

    In the sum, a study that was met in both columns is one study.

    Raises
    ------
    InputError
        When a box is not the sum of its exits, with the numbers and the records at fault.
    """
    heads = families(evidence.studies)
    total = FlowPlan(title="All records", ways=evidence.protocol.ways)
    return tuple(
        _column(plan, [record for record in evidence.records if record.met_by in plan.ways], heads)
        for plan in (*evidence.protocol.flow, total)
    )


def _studies(records: list[Record], heads: dict[str, str]) -> int:
    """Count the studies that records report: two versions of one trial are one study."""
    return len({heads[record.study_id] for record in records if record.study_id})


def _column(plan: FlowPlan, records: list[Record], heads: dict[str, str]) -> FlowColumn:
    met = Counter(record.met_by for record in records)
    exits = {way: _exit([record for record in records if _way(record) == way]) for way in EXITS}
    reached = Counter(record.stage for record in records)
    included = [each for each in records if each.decision in ("included", "included_not_pooled")]
    pooled = [record for record in included if record.decision == "included"]
    column = FlowColumn(
        plan.title,
        tuple((words, met[way]) for way, words in plan.ways.items()),
        len(records),
        reached["sought"] + reached["assessed"],
        reached["assessed"],
        exits,
        _studies(included, heads),
        _studies(pooled, heads),
    )
    _balance(column, records)
    return column


def _exit(records: list[Record]) -> Exit:
    reasons = Counter(record.reason.strip() for record in records if record.reason.strip())
    in_order = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return Exit(len(records), tuple(in_order))


def _way(record: Record) -> tuple[str, str]:
    return record.stage, record.decision


def _balance(column: FlowColumn, records: list[Record]) -> None:
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
                f"{each.record_id} ({each.decision.replace('_', ' ')} when {each.stage})"
                for each in records
                if _way(each) not in EXITS
            ]
            raise InputError(
                f"records.csv: the flow does not balance. {column.title}: "
                f"{count(box, 'record')} {name}, and {left} left or went on. Correct stage or "
                f"decision of {listing(strange)}."
            )
