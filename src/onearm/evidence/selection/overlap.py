"""People who may be counted twice: which pairs of studies, and how many at most.

Two studies that share an overlap group *possibly* share people; two versions of one trial do
for certain. How many at most is a matter of the counts: `onearm.evidence.selection.bounds`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from onearm.evidence.evidence import Evidence
from onearm.evidence.records import Row, Study, families
from onearm.evidence.selection.bounds import Bound, bound_on_shared, may_share

__all__ = ["OverlapPair", "shared_groups", "study_pairs", "windows_meet"]


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
