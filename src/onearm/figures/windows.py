"""Enrolment windows by overlap group: what the timeline draws, before anything is drawn."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from onearm.evidence import Evidence, Study, study_pairs
from onearm.evidence.records import families
from onearm.evidence.selection.overlap import groups_of

Span = tuple[float, float]  # in years, from the first moment to the last


@dataclass(frozen=True)
class Window:
    """When a study enrolled, as reported ("" where it is not)."""

    study_id: str
    study: str
    start: str
    end: str

    @property
    def span(self) -> Span | None:
        """First and last moment in years; None when an end is not reported."""
        if not (self.start and self.end):
            return None
        return _moment(self.start, 0), _moment(self.end, 1)

    @property
    def words(self) -> str:
        """The window as reported."""
        if self.span:
            return f"{self.start} to {self.end}"
        if self.start or self.end:
            return f"from {self.start}" if self.start else f"until {self.end}"
        return "not reported"


@dataclass(frozen=True)
class Pair:
    """Two windows of a group, and what the studies may share."""

    one: Window
    other: Window
    certain: bool  # two reports of one trial
    bound: int | None  # most people in both, where the counts tell
    people: str = ""  # the same with their noun

    @property
    def shared(self) -> Window | None:
        """The time in which both enrolled; None when there is none, or it is not known."""
        if self.one.span is None or self.other.span is None:
            return None
        later = max((self.one, self.other), key=lambda window: _moment(window.start, 0))
        sooner = min((self.one, self.other), key=lambda window: _moment(window.end, 1))
        both = Window("", "", later.start, sooner.end)
        return both if both.span and both.span[0] < both.span[1] else None

    @property
    def sentence(self) -> str:
        """Both names, whether the windows overlap, and the most people in both."""
        who = f"{self.one.study} and {self.other.study}"
        shared = self.shared
        if shared:
            told = f"windows overlap {shared.words}"
        elif self.one.span and self.other.span:
            told = "windows do not overlap"
        else:
            told = "windows not both known"
        sure = ", the same trial" if self.certain else ""
        most = "" if self.bound is None else f", at most {self.people} in both"
        return f"{who}: {told}{sure}{most}."


@dataclass(frozen=True)
class Group:
    """Studies that may share people, or reports of one trial."""

    label: str
    windows: tuple[Window, ...]
    pairs: tuple[Pair, ...]

    def shared_by(self, window: Window) -> list[Span]:
        """Return the spans that a window shares with others of the group, joined."""
        shared = (pair.shared for pair in self.pairs if window in (pair.one, pair.other))
        joined: list[Span] = []
        for low, high in sorted(both.span for both in shared if both and both.span):
            if joined and low <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(high, joined[-1][1])
            else:
                joined.append((low, high))
        return joined


def groups(evidence: Evidence) -> tuple[tuple[Group, ...], int]:
    """Return the overlap groups, then trials reported twice; and how many studies are in none.

    A study of several groups is in each of them.
    """
    windows = {study.study_id: _window(study) for study in evidence.studies}
    members: dict[str, list[Window]] = {}
    for study in evidence.studies:
        for slug in groups_of(study):
            members.setdefault(slug, []).append(windows[study.study_id])
    inside: dict[str, list[Pair]] = {}
    for pair in study_pairs(evidence):
        one, other = windows[pair.study_a], windows[pair.study_b]
        people = "" if pair.bound is None else evidence.protocol.people(pair.bound)
        for slug in pair.group.split("; "):
            inside.setdefault(slug, []).append(Pair(one, other, False, pair.bound, people))
    found = [
        Group(f"Overlap group {slug}", _sorted(members[slug]), tuple(inside.get(slug, ())))
        for slug in sorted(members)
    ]
    found += _reported_twice(evidence, windows)
    inside_any = {window.study_id for group in found for window in group.windows}
    return tuple(found), len(windows.keys() - inside_any)


def _reported_twice(evidence: Evidence, windows: dict[str, Window]) -> Iterator[Group]:
    members: dict[str, list[Window]] = {}
    for study, head in families(evidence.studies).items():
        members.setdefault(head, []).append(windows[study])
    for head, reports in members.items():
        if len(reports) > 1:
            ordered = _sorted(reports)
            pairs = [
                Pair(one, other, True, None)
                for place, one in enumerate(ordered)
                for other in ordered[place + 1 :]
            ]
            yield Group(f"One trial, several reports: {windows[head].study}", ordered, tuple(pairs))


def _sorted(windows: Sequence[Window]) -> tuple[Window, ...]:
    return tuple(sorted(windows, key=lambda w: (w.span is None, w.span or (0.0, 0.0), w.study)))


def _window(study: Study) -> Window:
    return Window(study.study_id, study.label, study.enrol_start, study.enrol_end)


def _moment(reported: str, end: int) -> float:
    """Return when a year, month or day begins (`end` = 0) or is over (1), in years."""
    parts = [int(part) for part in reported.split("-")]
    if len(parts) == 1:
        return float(parts[0] + end)
    if len(parts) == 2:
        return parts[0] + (parts[1] - 1 + end) / 12
    day = date(*parts).timetuple().tm_yday
    return parts[0] + (day - 1 + end) / (366 if isleap(parts[0]) else 365)
