"""The rows of the tables as typed, frozen values, made once when a folder is read.

A column that the plan declares is in `topic`; every other one is a field, so that a renamed
column is found by the type checker. Texts are ``""`` when empty; counts and years are None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from onearm.evidence.findings import Place

__all__ = ["Cells", "Count", "Item", "Judgement", "Record", "Row", "Study", "families"]


class Cells:
    """What the rows of every table have: their cells as text, and their places."""

    __slots__ = ()
    file: ClassVar[str]
    topic: Mapping[str, str]
    line: int

    def value(self, column: str) -> str:
        """Return the cell of a column, declared by the plan or built in, as text."""
        if column in self.topic:
            return self.topic[column]
        known = column in self.__slots__ and column not in ("topic", "line")
        value = getattr(self, column) if known else None
        return "" if value is None else str(value)

    def at(self, column: str) -> Place:
        """Return the place of the cell of a column, for a finding."""
        keys = (self.value(key) or None for key in ("row_id", "study_id"))
        return Place(self.file, self.line, column, self.value(column), *keys)


@dataclass(frozen=True, slots=True)
class Study(Cells):
    """A row of studies.csv: one report of people."""

    file = "studies.csv"
    study_id: str
    label: str
    year: int | None = None
    citation: str = ""
    doi: str = ""
    source_type: str = ""
    evidence_set: str = ""
    design: str = ""
    country: str = ""
    centres: str = ""
    enrol_start: str = ""
    enrol_end: str = ""
    overlap_group: str = ""
    version_of: str = ""
    notes: str = ""
    topic: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Count(Cells):
    """A row of outcomes.csv: one count of people, or that it is not known."""

    file = "outcomes.csv"
    row_id: str
    study_id: str
    population: str
    outcome: str
    definition: str
    definition_operator: str
    events: int | None
    n: int | None
    denominator: str
    unit: str
    basis: str
    derivation: str
    printed: str
    printed_percent: str
    printed_ci_low: str
    printed_ci_high: str
    printed_ci_level: str
    use: str
    use_reason: str
    variant: str
    missing_reason: str
    source: str
    locator: str
    notes: str
    topic: Mapping[str, str] = field(default_factory=dict)
    line: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it counts the whole study, and not a part of it."""
        return self.population == "all"

    @property
    def may_be_pooled(self) -> bool:
        """Whether the row is marked for the pools of the plan."""
        return self.use == "pool"


@dataclass(frozen=True, slots=True)
class Record(Cells):
    """A row of records.csv: what was met, and what became of it."""

    file = "records.csv"
    record_id: str
    citation: str
    doi: str
    met_by: str
    study_id: str
    evidence_set: str
    stage: str
    decision: str
    reason: str
    notes: str
    topic: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Item(Cells):
    """A row of appraisal.csv: the judgement on one item of an appraisal tool."""

    file = "appraisal.csv"
    study_id: str
    tool: str
    item: int
    question: str
    judgement: str
    reason: str
    topic: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Judgement(Cells):
    """A row of certainty.csv: what people judged of one domain of GRADE."""

    file = "certainty.csv"
    outcome: str
    evidence_set: str
    domain: str
    downgrade: int
    reason: str
    topic: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A count beside its study, as pools hold it.

    Attributes
    ----------
    count : Count
        The count.
    study : Study
        Its study.
    label : str
        Names the row in reports: the study, and the part of it where the row counts a part.
    """

    count: Count
    study: Study
    label: str

    @property
    def row_id(self) -> str:
        """The row's own name."""
        return self.count.row_id

    @property
    def study_id(self) -> str:
        """The study's own name."""
        return self.count.study_id

    @property
    def year(self) -> int | None:
        """The year of publication, when known."""
        return self.study.year

    @property
    def events(self) -> int:
        """Number with the outcome; only of rows whose count is known."""
        return _known(self.count.events, self.row_id)

    @property
    def n(self) -> int:
        """Number at risk; only of rows whose count is known."""
        return _known(self.count.n, self.row_id)

    @property
    def is_counted(self) -> bool:
        """Whether events and n are both known."""
        return self.count.events is not None and self.count.n is not None

    @property
    def order(self) -> tuple[int, str, str]:
        """By year, label and row_id; a study without a year comes first."""
        return self.study.year or 0, self.label, self.row_id

    def value(self, column: str) -> str:
        """Return the cell of a column of outcomes.csv, else of studies.csv, as text."""
        return self.count.value(column) or self.study.value(column)

    def at(self, column: str) -> Place:
        """Return the place of the cell of a column of outcomes.csv, for a finding."""
        return self.count.at(column)


def families(studies: Iterable[Study]) -> dict[str, str]:
    """Map every study_id to the study that stands for its trial (itself, unless a version)."""
    target = {study.study_id: study.version_of for study in studies}
    heads = {}
    for study in target:
        head, seen = study, {study}
        while target.get(head) and target[head] not in seen:
            head = target[head]
            seen.add(head)
        # Two records that name each other have no last version: the first name stands for both.
        heads[study] = min(seen) if target.get(head) else head
    return heads


def _known(number: int | None, row_id: str) -> int:
    if number is None:
        raise ValueError(f"row {row_id} has no count")
    return number
