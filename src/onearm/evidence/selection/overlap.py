"""Patients who may be counted twice: which pairs of studies, and how many at most.

Two studies that share an overlap group *possibly* share patients; two versions of one trial
do for certain. How many at most is a matter of the counts: `onearm.evidence.selection.bounds`.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from onearm.evidence.findings import Finding
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.selection.bounds import bound_on_shared, may_share
from onearm.evidence.tables.columns import TABLES

__all__ = [
    "OverlapPair",
    "circular_versions",
    "families",
    "maximal_choices",
    "shared_groups",
    "study_pairs",
    "windows_meet",
]


@dataclass(frozen=True)
class OverlapPair:
    """Two studies that possibly share patients.

    Attributes
    ----------
    study_a, study_b : str
        Their study_id, the earlier publication first.
    group : str
        The overlap groups they share, separated by ``"; "``.
    bound : int or None
        At most so many operated patients can be in both; None when the counts tell nothing.
    sentence : str
        The pair, the group, the enrolment windows and the bound with its arithmetic.
    """

    study_a: str
    study_b: str
    group: str
    bound: int | None
    sentence: str


def shared_groups(group_a: str, group_b: str) -> str:
    """Return the slugs that both cells name, in alphabetical order, or ``""``."""
    return "; ".join(sorted(set(filter(None, group_a.split("; "))) & set(group_b.split("; "))))


def windows_meet(a: Row, b: Row) -> bool | None:
    """Whether the enrolment windows overlap; None when one of them is not known."""
    ends = [a["enrol_start"], a["enrol_end"], b["enrol_start"], b["enrol_end"]]
    if not all(ends):
        return None
    (a_first, a_last), (b_first, b_last) = _span(a), _span(b)
    return a_first <= b_last and b_first <= a_last


def families(studies: pd.DataFrame) -> dict[str, str]:
    """Map every study_id to the study that stands for its trial (itself, unless a version)."""
    target = {s: v for s, v in zip(studies["study_id"], studies["version_of"], strict=True) if v}
    heads = {}
    for study in studies["study_id"]:
        head, seen = study, {study}
        while head in target and target[head] not in seen:
            head = target[head]
            seen.add(head)
        # Two records that name each other have no last version: the first name stands for both.
        heads[study] = min(seen) if head in target else head
    return heads


def circular_versions(studies: pd.DataFrame) -> Iterator[Finding]:
    """Yield an error for every study that is, by way of others, a version of itself.

    Parameters
    ----------
    studies : DataFrame
        studies.csv as text, indexed by spreadsheet row number.
    """
    if not {"study_id", "version_of"} <= set(studies.columns):
        return
    target = {s: v for s, v in zip(studies["study_id"], studies["version_of"], strict=True) if v}
    for line, study in zip(studies.index, studies["study_id"], strict=True):
        chain = [study]
        while (following := target.get(chain[-1])) and following not in chain:
            chain.append(following)
        if following == study and len(chain) > 1:
            yield Finding(
                "version-circular", "error",
                f"The versions go in a circle: {' → '.join([*chain, study])}.",
                "Name the latest record in the others, and empty its own cell.",
                TABLES["studies"].file, int(line), "version_of", target[study], None, study,
            )  # fmt: skip


def study_pairs(
    studies: pd.DataFrame,
    outcomes: pd.DataFrame,
    among: Collection[str] | None = None,
    names: Mapping[str, str] | None = None,
) -> tuple[OverlapPair, ...]:
    """Return every pair of studies that possibly shares patients.

    Parameters
    ----------
    studies, outcomes : DataFrame
        The tables of an `Evidence`.
    among : collection of str, optional
        Only pairs of these studies; of all unless given.
    names : mapping of str to str, optional
        The plan's short names of outcomes by code, for the sentences.

    Returns
    -------
    tuple of OverlapPair
        In order of year and label. Versions of one trial are not among them: they share
        patients for certain. Nor are studies of drugs that exclude each other.
    """
    grouped = studies[studies["overlap_group"] != ""]
    if among is not None:
        grouped = grouped[grouped["study_id"].isin(list(among))]
    records = rows_of(grouped.sort_values(["year", "label", "study_id"]))
    head = families(studies)
    counts = {study["study_id"]: _counts_of(study, outcomes) for study in records}
    pairs = []
    for a, b in itertools.combinations(records, 2):
        group = shared_groups(a["overlap_group"], b["overlap_group"])
        rows_a, rows_b = counts[a["study_id"]], counts[b["study_id"]]
        one_trial = head[a["study_id"]] == head[b["study_id"]]
        if group and not one_trial and _drugs_meet(rows_a, rows_b):
            pairs.append(_pair(a, b, group, bound_on_shared(rows_a, rows_b, names or {})))
    return tuple(pairs)


def maximal_choices(
    members: Iterable[str], conflicts: Iterable[tuple[str, str]]
) -> Iterator[tuple[str, ...]]:
    """Yield every largest-possible choice of `members` that holds no conflicting pair.

    Parameters
    ----------
    members : iterable of str
        What is chosen from, in the order in which choices list them.
    conflicts : iterable of (str, str)
        Pairs that never go together.

    Yields
    ------
    tuple of str
        Maximal: nothing can be added to it. The maximal cliques of the graph of members
        that go together (Bron and Kerbosch 1973, doi:10.1145/362342.362367).
    """
    order = list(members)
    apart: dict[str, set[str]] = {member: {member} for member in order}
    for a, b in conflicts:
        apart[a].add(b)
        apart[b].add(a)

    def grow(chosen: list[str], open_: list[str], done: list[str]) -> Iterator[tuple[str, ...]]:
        if not open_ and not done:
            yield tuple(m for m in order if m in chosen)
        for member in list(open_):
            yield from grow(
                [*chosen, member],
                [m for m in open_ if m not in apart[member]],
                [m for m in done if m not in apart[member]],
            )
            open_ = [m for m in open_ if m != member]
            done = [*done, member]

    yield from grow([], order, [])


def _span(study: Row) -> tuple[str, str]:
    return study["enrol_start"], study["enrol_end"] + "-12-31"[len(study["enrol_end"]) - 4 :]


def _counts_of(study: Row, outcomes: pd.DataFrame) -> list[Row]:
    """The study's counts of patients, from one choice each: alternatives are left out."""
    rows = outcomes[
        (outcomes["study_id"] == study["study_id"])
        & (outcomes["unit"] == "patients")
        & outcomes["use"].isin(["pool", "context"])
        & outcomes["events"].notna()
        & outcomes["n"].notna()
    ]
    return [{**row, "label": study["label"]} for row in rows_of(rows)]


def _drugs_meet(rows_a: list[Row], rows_b: list[Row]) -> bool:
    classes = itertools.product(
        {r["agent_class"] for r in rows_a} or {"mixed"},
        {r["agent_class"] for r in rows_b} or {"mixed"},
    )
    return any(may_share(a, b) for a, b in classes)


def _pair(a: Row, b: Row, group: str, shared: tuple[int | None, str]) -> OverlapPair:
    bound, arithmetic = shared
    sentence = (
        f"{a['label']} and {b['label']} share the overlap group {group}. {_windows(a, b)} "
        f"{arithmetic}"
    )
    return OverlapPair(a["study_id"], b["study_id"], group, bound, sentence)


def _windows(a: Row, b: Row) -> str:
    meet = windows_meet(a, b)
    if meet is None:
        return "Their enrolment windows are not both known."
    spans = " and ".join(f"{s['enrol_start']} to {s['enrol_end']}" for s in (a, b))
    return f"Their enrolment windows ({spans}) {'overlap' if meet else 'do not overlap'}."
