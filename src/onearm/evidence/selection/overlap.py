"""People who may be counted twice: which pairs of studies, and how many at most.

Two studies that share an overlap group *possibly* share people; two versions of one trial do
for certain. How many at most is a matter of the counts. Some outcomes are facts about a person,
the same in every report (the plan names them): so no more people can be in both studies than
the smaller number with the outcome plus the smaller number without it. Parts of a study are
compared one by one, and parts whose kinds exclude each other share nobody.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from onearm.evidence.evidence import Evidence
from onearm.evidence.plan.protocol import Protocol
from onearm.evidence.records import Row, Study, families
from onearm.words import listing

__all__ = ["OverlapPair", "may_share", "shared_groups", "study_pairs", "windows_meet"]


@dataclass(frozen=True)
class OverlapPair:
    """Two studies that possibly share people.

    Attributes
    ----------
    study_a, study_b : str
        Their study_id, the earlier publication first.
    group : str
        The overlap groups they share, separated by ``"; "``.
    bound : int or None
        At most so many people can be in both; None when the counts tell nothing.
    sentence : str
        The pair, the group, the enrolment windows and the bound with its arithmetic.
    """

    study_a: str
    study_b: str
    group: str
    bound: int | None
    sentence: str


def groups_of(study: Study) -> frozenset[str]:
    """Return the overlap groups of a study."""
    return frozenset(filter(None, study.overlap_group.split("; ")))


def shared_groups(a: Study, b: Study) -> str:
    """Return the overlap groups of both studies, in alphabetical order, or ``""``."""
    return "; ".join(sorted(groups_of(a) & groups_of(b)))


def windows_meet(a: Study, b: Study) -> bool | None:
    """Whether the enrolment windows overlap; None when one of them is not known."""
    if not all((a.enrol_start, a.enrol_end, b.enrol_start, b.enrol_end)):
        return None
    (a_first, a_last), (b_first, b_last) = _span(a), _span(b)
    return a_first <= b_last and b_first <= a_last


_KNOWN: WeakKeyDictionary[Evidence, tuple[OverlapPair, ...]] = WeakKeyDictionary()


def study_pairs(evidence: Evidence) -> tuple[OverlapPair, ...]:
    """Return every pair of studies that possibly shares people, found once an evidence.

    Returns
    -------
    tuple of OverlapPair
        In order of year and label. Versions of one trial are not among them: they share
        people for certain. Nor are studies whose kinds exclude each other.
    """
    if evidence not in _KNOWN:
        _KNOWN[evidence] = tuple(_pairs(evidence))
    return _KNOWN[evidence]


def _pairs(evidence: Evidence) -> list[OverlapPair]:
    grouped = [study for study in evidence.studies if study.overlap_group]
    grouped.sort(key=lambda study: (study.year or 0, study.label, study.study_id))
    place = {study.study_id: i for i, study in enumerate(grouped)}
    members: dict[str, list[Study]] = {}
    for study in grouped:
        for group in groups_of(study):
            members.setdefault(group, []).append(study)
    # Only studies of one group are held against each other: all pairs would be too many.
    meeting = {
        (a.study_id, b.study_id)
        for group in members.values()
        for a, b in itertools.combinations(group, 2)
    }
    head = families(evidence.studies)
    counts = _counts(evidence, {study_id for pair in meeting for study_id in pair})
    found = []
    for pair in sorted(meeting, key=lambda pair: (place[pair[0]], place[pair[1]])):
        a, b = (evidence.study(study_id) for study_id in pair)
        rows_a, rows_b = counts[a.study_id], counts[b.study_id]
        if head[a.study_id] != head[b.study_id] and _kinds_meet(rows_a, rows_b, evidence):
            bound = bound_on_shared(rows_a, rows_b, evidence.protocol)
            found.append(_pair(a, b, shared_groups(a, b), bound))
    return found


def _span(study: Study) -> tuple[str, str]:
    return study.enrol_start, study.enrol_end + "-12-31"[len(study.enrol_end) - 4 :]


def _counts(evidence: Evidence, studies: set[str]) -> dict[str, list[Row]]:
    """The counts of people of some studies, from one choice each: alternatives are left out."""
    found: dict[str, list[Row]] = {study_id: [] for study_id in studies}
    for row in evidence.counted:
        if row.study_id in found and row.count.use in ("pool", "context"):
            found[row.study_id].append(row)
    return found


def _kinds_meet(rows_a: Sequence[Row], rows_b: Sequence[Row], evidence: Evidence) -> bool:
    """Whether any rows of two studies may share people; studies without counts may."""
    if not rows_a or not rows_b:
        return True
    return any(may_share(a, b, evidence.protocol) for a, b in itertools.product(rows_a, rows_b))


def _pair(a: Study, b: Study, group: str, bound: Bound) -> OverlapPair:
    sentence = (
        f"{a.label} and {b.label} share the overlap group {group}. {_windows(a, b)} "
        f"{bound.sentence}"
    )
    return OverlapPair(a.study_id, b.study_id, group, bound.number, sentence)


def _windows(a: Study, b: Study) -> str:
    meet = windows_meet(a, b)
    if meet is None:
        return "Their enrolment windows are not both known."
    spans = " and ".join(f"{s.enrol_start} to {s.enrol_end}" for s in (a, b))
    return f"Their enrolment windows ({spans}) {'overlap' if meet else 'do not overlap'}."


@dataclass(frozen=True)
class Bound:
    """At most so many people are in two studies (None: not known), with the arithmetic."""

    number: int | None
    sentence: str


def may_share(a: Row, b: Row, protocol: Protocol) -> bool:
    """Whether one person can be counted by both rows, by the kinds that the plan declares.

    Parameters
    ----------
    a, b : Row
        The rows.
    protocol : Protocol
        Its `overlap`: the column, and what each value may stand for.
    """
    plan = protocol.overlap
    if plan.column is None:
        return True
    kinds = [plan.stands_for.get(row.value(plan.column)) for row in (a, b)]
    if kinds[0] is None or kinds[1] is None:
        return True  # a value that is not listed may stand for anything
    return bool(set(kinds[0]) & set(kinds[1]))


def bound_on_shared(rows_a: Sequence[Row], rows_b: Sequence[Row], protocol: Protocol) -> Bound:
    """Return how many people two studies can share at most.

    Parameters
    ----------
    rows_a, rows_b : sequence of Row
        The counts of people of each study, without alternative choices.
    protocol : Protocol
        Its facts, the denominator over which they are compared, and its words.
    """
    over = protocol.overlap.denominator or next(iter(protocol.all_denominators))
    size_a, size_b = _size(rows_a, over), _size(rows_b, over)
    if size_a is None or size_b is None:
        return Bound(None, "The counts do not limit how many.")
    smaller = min(size_a, size_b)
    people = protocol.words.person.many
    best = Bound(
        smaller, f"At most {smaller} {people} can be in both: the smaller study has no more."
    )
    for outcome in protocol.overlap.facts:
        parts_a = _parts(rows_a, outcome, over, size_a)
        parts_b = _parts(rows_b, outcome, over, size_b)
        meeting = [(p, q) for p in parts_a for q in parts_b if may_share(p, q, protocol)]
        if meeting and all(_same_definition(p, q) for p, q in meeting):
            number = sum(sum(_shared(p, q)) for p, q in meeting)
            if best.number is not None and number < best.number:
                told = _arithmetic(protocol, outcome, over, meeting, [*parts_a, *parts_b])
                best = Bound(number, told)
    return best


def _size(rows: Sequence[Row], over: str) -> int | None:
    """How many people a study has under one denominator, else under any."""
    wholes: dict[tuple[str, str], int] = {}
    of_it = [row for row in rows if row.count.denominator == over]
    for row in of_it or rows:
        if row.count.is_whole:
            wholes[row.count.outcome, row.row_id] = row.n
        else:
            key = (row.count.outcome, row.count.denominator)
            wholes[key] = wholes.get(key, 0) + row.n
    return max(wholes.values(), default=None)


def _parts(rows: Sequence[Row], outcome: str, over: str, size: int) -> list[Row]:
    """The rows of `outcome` that together hold everybody: the parts of the study if they do."""
    of_it = [r for r in rows if r.count.outcome == outcome and r.count.denominator == over]
    parts = [r for r in of_it if not r.count.is_whole]
    whole = [r for r in of_it if r.count.is_whole]
    for choice in (parts, whole[:1]):
        if choice and sum(r.n for r in choice) == size:
            return choice
    return []


def _same_definition(p: Row, q: Row) -> bool:
    """Whoever lies at the limit itself counts under ≤ or ≥ and not under < or >."""
    operators = {p.count.definition_operator, q.count.definition_operator}
    return len(operators) == 1 or ("" in operators and not operators & {"<", "<=", ">", ">="})


def _shared(p: Row, q: Row) -> tuple[int, int]:
    """At most so many people with the outcome, and so many without it, are in both."""
    return min(p.events, q.events), min(p.n - p.events, q.n - q.events)


def _arithmetic(
    protocol: Protocol,
    outcome: str,
    over: str,
    meeting: Sequence[tuple[Row, Row]],
    parts: Sequence[Row],
) -> str:
    name, number, told = protocol.short_name(outcome), 0, []
    for p, q in meeting:
        with_it, without = _shared(p, q)
        number += with_it + without
        told.append(
            f"{name} was {p.events} of {p.n} in {p.label} and {q.events} of {q.n} "
            f"in {q.label}, so at most {with_it} with it and {without} without it are shared "
            f"({with_it} + {without} = {with_it + without})"
        )
    met = {row.row_id for pair in meeting for row in pair}
    others = [f"{row.label}, {row.n}" for row in parts if row.row_id not in met]
    column = protocol.column_plan(protocol.overlap.column or "")
    kind = column.label.lower() if column else "kind"
    apart = f"; another {kind} excludes {listing(others)}" if others else ""
    counted = protocol.denominator_noun(over).count(number)
    return f"At most {counted} can be in both: {'; '.join(told)}{apart}."
