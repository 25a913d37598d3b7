"""A selection: the rows that meet in one pool, those that do not, and its cautions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from onearm.cautions import Caution
from onearm.errors import InputError
from onearm.evidence.plan.outcomes import OPERATORS, OutcomePlan
from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.records import Row
from onearm.evidence.selection.choices import maximal_choices
from onearm.evidence.selection.gates import Gate, gate
from onearm.evidence.selection.overlap import OverlapPair, groups_of, may_share
from onearm.words import count, listing

__all__ = ["Excluded", "NonOverlapping", "Selection", "non_overlapping"]

Counts = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Excluded:
    """A row of the outcome that stays out of a pool, and why."""

    row: Row
    reason: str


@dataclass(frozen=True, eq=False)
class Selection:
    """The rows of one outcome that meet in one pool.

    Attributes
    ----------
    outcome : OutcomePlan
        What the plan says of the outcome.
    evidence_set : str
        The name of the evidence set that it was selected from.
    denominator : str
        Whom n counts, the same for every row.
    rows : tuple of Row
        By year, then label; each population of a study once.
    excluded : tuple of Excluded
        All other rows of the outcome, each with its reason.
    overlaps : tuple of OverlapPair
        The pairs of studies in `rows` that possibly share people.
    protocol : Protocol
        The plan, whose rules decide the gate and whose words the cautions use.
    """

    outcome: OutcomePlan
    evidence_set: str
    denominator: str
    rows: tuple[Row, ...]
    excluded: tuple[Excluded, ...]
    overlaps: tuple[OverlapPair, ...]
    protocol: Protocol

    def __post_init__(self) -> None:
        for what, kinds in (
            ("outcomes", {row.count.outcome for row in self.rows}),
            ("denominators", {row.count.denominator for row in self.rows}),
            ("units", {row.count.unit for row in self.rows}),
        ):
            if len(kinds) > 1:
                raise InputError(f"One pool never mixes {what}: {listing(sorted(kinds))} meet.")
        if len({(row.study_id, row.count.population) for row in self.rows}) < self.k:
            raise InputError("A pool counts a population of a study once, and one is here twice.")

    @property
    def k(self) -> int:
        """Number of rows that meet."""
        return len(self.rows)

    @property
    def studies(self) -> int:
        """Number of distinct studies among the rows: arms of one trial are one study."""
        return len({row.study_id for row in self.rows})

    @property
    def events(self) -> Counts:
        """Events, shape (k,)."""
        return np.array([row.events for row in self.rows], dtype=np.int64)

    @property
    def n(self) -> Counts:
        """Numbers at risk, shape (k,)."""
        return np.array([row.n for row in self.rows], dtype=np.int64)

    @property
    def labels(self) -> tuple[str, ...]:
        """The rows' names as reports show them."""
        return tuple(row.label for row in self.rows)

    @property
    def row_ids(self) -> frozenset[str]:
        """The rows' own names."""
        return frozenset(row.row_id for row in self.rows)

    @property
    def people(self) -> int:
        """Sum of n."""
        return sum(row.n for row in self.rows)

    @property
    def cohorts(self) -> str:
        """How many rows meet, in words: arms of one trial are cohorts of one study."""
        words = count(self.studies, "study", "studies")
        return words if self.studies == self.k else f"{count(self.k, 'cohort')} of {words}"

    @property
    def gate(self) -> Gate:
        """What so many studies are worth under the plan."""
        return gate(self.k, self.protocol.pooling, self.studies)

    @property
    def cautions(self) -> tuple[Caution, ...]:
        """Possible overlap, definitions, mixed strata, sources, derived counts."""
        return tuple(_cautions(self))

    def only(self, row_ids: Collection[str], reason: str) -> Selection:
        """Return the selection with these rows alone.

        Parameters
        ----------
        row_ids : collection of str
            The rows that stay.
        reason : str
            Why the others go; it is written beside them in `excluded`.
        """
        kept = frozenset(row_ids)
        stays = tuple(row for row in self.rows if row.row_id in kept)
        gone = [Excluded(row, reason) for row in self.rows if row.row_id not in kept]
        excluded = sorted([*self.excluded, *gone], key=lambda each: each.row.order)
        overlaps = pairs_within(stays, self.overlaps, self.protocol)
        return replace(self, rows=stays, excluded=tuple(excluded), overlaps=overlaps)


@dataclass(frozen=True)
class NonOverlapping:
    """The choices of rows without possible overlap; `note` says what is left out, if anything."""

    selections: tuple[Selection, ...]
    note: str


def non_overlapping(selection: Selection) -> NonOverlapping:
    """Return every maximal choice of rows in which no two possibly share people.

    Parameters
    ----------
    selection : Selection
        When nothing in it overlaps, it is the only choice.
    """
    reason = "left out of this choice: it possibly shares people with a row that is in it"
    ids = [row.row_id for row in selection.rows]
    choices = maximal_choices(ids, _conflicts(selection.rows, selection.protocol))
    if len(choices.found) == 1 and len(choices.found[0]) == selection.k:
        return NonOverlapping((selection,), "")
    out = {row.row_id: Excluded(row, reason) for row in selection.rows}
    every = sorted([*selection.excluded, *out.values()], key=lambda each: each.row.order)
    # Nothing in a choice overlaps, so that no pair has to be looked for again.
    found = []
    for choice in map(frozenset, choices.found):
        rows = tuple(row for row in selection.rows if row.row_id in choice)
        excluded = tuple(each for each in every if each.row.row_id not in choice)
        found.append(replace(selection, rows=rows, excluded=excluded, overlaps=()))
    return NonOverlapping(tuple(found), choices.sentence)


def pairs_within(
    rows: Sequence[Row], pairs: Sequence[OverlapPair], protocol: Protocol
) -> tuple[OverlapPair, ...]:
    """Return the pairs of studies that concern some rows.

    Parameters
    ----------
    rows : sequence of Row
        The rows that meet.
    pairs : sequence of OverlapPair
        Every pair in the evidence.
    protocol : Protocol
        What excludes a shared person.
    """
    study_of = {row.row_id: row.study_id for row in rows}
    meeting = {frozenset((study_of[a], study_of[b])) for a, b in _conflicts(rows, protocol)}
    return tuple(p for p in pairs if frozenset((p.study_a, p.study_b)) in meeting)


def _conflicts(rows: Sequence[Row], protocol: Protocol) -> list[tuple[str, str]]:
    """The pairs of rows of different studies that possibly share people, each once."""
    members: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        for group in groups_of(row.study):
            members.setdefault(group, []).append(place)
    pairs = {(a, b) for places in members.values() for a in places for b in places if a < b}
    return [
        (rows[a].row_id, rows[b].row_id)
        for a, b in sorted(pairs)
        if rows[a].study_id != rows[b].study_id and may_share(rows[a], rows[b], protocol)
    ]


def _cautions(selection: Selection) -> Iterator[Caution]:
    for pair in selection.overlaps:
        yield Caution("possible-overlap", pair.sentence)
    yield from _operators(selection)
    yield from _mixed(selection)
    yield from _second_hand(selection)
    times = Counter(row.study.label for row in selection.rows)
    several = [label for label, number in times.items() if number > 1]
    if several:
        yield Caution(
            "parts-of-one-study",
            f"{listing(several)} {'counts' if len(several) == 1 else 'count'} by separate parts: "
            f"different {selection.protocol.words.person.many}, same "
            f"{selection.protocol.words.place.many}.",
        )
    derived = [row.label for row in selection.rows if row.count.basis == "derived"]
    if derived:
        yield Caution(
            "derived-row",
            f"{count(len(derived), 'count')} of {selection.k} "
            f"{'is' if len(derived) == 1 else 'are'} derived, not stated: {listing(derived)}.",
        )


def _operators(selection: Selection) -> Iterator[Caution]:
    """Say where a strict and a wide limit meet: whoever lies at the limit counts in one only."""
    for strict, wide in (("<", "<="), (">", ">=")):
        of = {
            sign: [r.label for r in selection.rows if r.count.definition_operator == sign]
            for sign in (strict, wide)
        }
        if of[strict] and of[wide]:
            told = [f"{OPERATORS[sign]} in {listing(labels)}" for sign, labels in of.items()]
            yield Caution("definition-operators-differ", f"Definitions differ: {'; '.join(told)}.")


def _mixed(selection: Selection) -> Iterator[Caution]:
    """Say where rows of several subgroups meet, or people of kinds that are not separated."""
    protocol, rows = selection.protocol, selection.rows
    for name, stratum in protocol.strata.items():
        if stratum.across:
            continue
        declared = protocol.column_plan(stratum.column)
        found = [row.value(stratum.column) for row in rows]
        groups = protocol.groups(name, tuple(dict.fromkeys(filter(None, found))))
        label_of = {value: group.label for group in groups.values() for value in group.members}
        labels = list(dict.fromkeys(_subgroup(value, label_of) for value in found))
        if len(labels) > 1:
            yield Caution(
                f"mixed-{name}",
                f"{stratum.label} is mixed ({'; '.join(labels)}); see the subgroups.",
            )
        elif declared and set(found) & set(declared.several):
            yield Caution(
                f"mixed-{name}", f"{stratum.label} is mixed within one group: {labels[0]}."
            )


def _subgroup(value: str, label_of: dict[str, str]) -> str:
    if not value:
        return "not stated"
    return label_of.get(value) or value.replace("_", " ")


def _second_hand(selection: Selection) -> Iterator[Caution]:
    for name, source in selection.protocol.all_source_types.items():
        labels = [row.label for row in selection.rows if row.study.source_type == name]
        if labels and source.second_hand:
            yield Caution(
                "secondary-source",
                f"Figures of {listing(labels)} were read second-hand ({source.label}).",
            )
