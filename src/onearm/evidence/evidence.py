"""The evidence: the tables and the plan, valid and typed, with the look-ups that rooms need."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.records import Cells, Count, Item, Judgement, Record, Row, Study

__all__ = ["Evidence"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """The evidence and the plan, valid and typed.

    Attributes
    ----------
    studies, counts, records, appraisal, judgements : tuple
        The rows of studies.csv, outcomes.csv, records.csv, appraisal.csv and certainty.csv,
        in their order. Empty where an optional table is absent.
    protocol : Protocol
        The analysis plan.
    supplied : frozenset of str
        The tables (``"records"``) and columns (``"outcomes.locator"``) that the folder has;
        the others hold their defaults.
    """

    studies: tuple[Study, ...]
    counts: tuple[Count, ...]
    records: tuple[Record, ...]
    appraisal: tuple[Item, ...]
    judgements: tuple[Judgement, ...]
    protocol: Protocol
    supplied: frozenset[str]

    @property
    def everything(self) -> tuple[Cells, ...]:
        """Every row of every table."""
        return (*self.studies, *self.counts, *self.records, *self.appraisal, *self.judgements)

    @cached_property
    def by_id(self) -> dict[str, Study]:
        """The studies by their study_id."""
        return {study.study_id: study for study in self.studies}

    def study(self, study_id: str) -> Study:
        """Return one study."""
        return self.by_id[study_id]

    @cached_property
    def listed(self) -> tuple[Row, ...]:
        """Every count beside its study, in the order of outcomes.csv."""
        return tuple(
            Row(count, self.by_id[count.study_id], self._label(count)) for count in self.counts
        )

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every count beside its study, by year, label and row_id."""
        return tuple(sorted(self.listed, key=lambda row: row.order))

    @cached_property
    def _by_outcome(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.count.outcome, []).append(row)
        return found

    def rows_of(self, outcome: str) -> tuple[Row, ...]:
        """Return the rows of one outcome, by year, label and row_id."""
        return tuple(self._by_outcome.get(outcome, ()))

    @cached_property
    def pooled_studies(self) -> frozenset[str]:
        """The studies with rows that may be pooled."""
        return frozenset(count.study_id for count in self.counts if count.may_be_pooled)

    @cached_property
    def counted(self) -> tuple[Row, ...]:
        """The rows of people that have both events and n, in the order of outcomes.csv."""
        unit = self.protocol.unit
        return tuple(row for row in self.listed if row.is_counted and row.count.unit == unit)

    @cached_property
    def sizes(self) -> dict[str, frozenset[int]]:
        """Every n of the rows of people, by study."""
        found: dict[str, set[int]] = {}
        for count in self.counts:
            if count.n is not None and count.unit == self.protocol.unit:
                found.setdefault(count.study_id, set()).add(count.n)
        return {study_id: frozenset(sizes) for study_id, sizes in found.items()}

    def has(self, table: str, column: str = "") -> bool:
        """Whether the folder has a table, or a column of it."""
        return (f"{table}.{column}" if column else table) in self.supplied

    def in_set(self, study_id: str, evidence_set: str) -> bool:
        """Whether a study belongs to an evidence set of the plan."""
        includes = self.protocol.set_named(evidence_set).includes
        return not includes or self.by_id[study_id].evidence_set in includes

    def values_of(self, column: str) -> tuple[str, ...]:
        """Return the values that rows have in a column, each once and in alphabetical order."""
        return tuple(sorted({row.value(column) for row in self.rows} - {""}))

    def _label(self, count: Count) -> str:
        label = self.by_id[count.study_id].label
        return label if count.is_whole else f"{label} ({part_name(count)})"


def part_name(count: Count) -> str:
    """Return the part of a study that a count is of, in words."""
    return count.population.replace("_", " ").replace("-", " ")
