"""The rules by which a row of an outcome stays out of a pool, each with its reason in words.

What is asked of a row by itself is decided once an evidence set (`decided`); what depends on
the subgroup, or on which other rows are still in, is decided on those that are left
(`reasons`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from onearm.errors import InputError
from onearm.evidence.evidence import Evidence
from onearm.evidence.plan.outcomes import Group, OutcomePlan
from onearm.evidence.records import Row

__all__ = ["Request", "Subgroup", "decided", "reasons"]


@dataclass(frozen=True)
class Subgroup:
    """One group of a stratum: the column, and the group."""

    stratum: str
    column: str
    group: Group


@dataclass(frozen=True)
class Request:
    """What is asked for, complete and checked.

    Attributes
    ----------
    evidence, plan
        The tables with the whole plan, and what it says of the outcome.
    evidence_set, denominator, minimum_n, variants
        As in `onearm.evidence.select`.
    subgroup : Subgroup or None
        Only rows of this group.
    parts : bool
        Whether disjoint parts are preferred to the whole of a study.
    trial_of : mapping of str to str
        Every study_id to the one that stands for its trial.
    """

    evidence: Evidence
    plan: OutcomePlan
    evidence_set: str
    denominator: str
    minimum_n: int
    subgroup: Subgroup | None
    parts: bool
    variants: tuple[str, ...]
    trial_of: Mapping[str, str]


#: A rule looks at the rows still in and says, row by row, why one goes out ("" = stays).
_Rule = Callable[[Sequence[Row], Request], list[str]]


def decided(rows: Sequence[Row], request: Request) -> list[str]:
    """Say of every row whether it is out by itself, whatever the subgroup.

    Parameters
    ----------
    rows : sequence of Row
        All rows of the outcome, in their order.
    request : Request
        What is asked for; its evidence set and denominator alone matter here.

    Returns
    -------
    list of str
        One for each row: the first reason that applies, or ``""``.
    """
    return [next(filter(None, (rule(row, request) for rule in _ALONE)), "") for row in rows]


def reasons(rows: Sequence[Row], alone: Sequence[str], request: Request) -> list[str]:
    """Say of every row why it stays out of the pool.

    Parameters
    ----------
    rows : sequence of Row
        All rows of the outcome, in their order.
    alone : sequence of str
        What `decided` says of them.
    request : Request
        What is asked for.

    Returns
    -------
    list of str
        One for each row: the first reason that applies, or ``""`` for those that stay.
    """
    out = list(alone)
    for rule in _TOGETHER:
        still = [i for i, reason in enumerate(out) if not reason]
        judged = rule([rows[i] for i in still], request)
        for i, reason in zip(still, judged, strict=True):
            out[i] = reason
    return out


def _outside_evidence_set(row: Row, request: Request) -> str:
    if request.evidence.in_set(row.study_id, request.evidence_set):
        return ""
    own = [
        each.label
        for each in request.evidence.protocol.sets
        if row.study.evidence_set in each.includes
    ]
    label = request.evidence.protocol.set_named(request.evidence_set).label
    return f"not in this evidence set ({label}); in {own[0]}" if own else f"not in {label}"


def _not_for_pooling(row: Row, _: Request) -> str:
    count = row.count
    if count.use in ("pool", "sensitivity"):
        return ""
    if count.missing_reason:
        return f"not known: {count.missing_reason}"
    return f"not for pooling: {count.use_reason}"


def _outside_the_question(row: Row, request: Request) -> str:
    protocol = request.evidence.protocol
    for name, stratum in protocol.strata.items():
        value = row.value(stratum.column)
        if stratum.only and not any(
            value in group.members for group in protocol.groups(name).values()
        ):
            shown = protocol.value_label(stratum.column, value) or "not stated"
            return f"outside the question: {stratum.label.lower()} is {shown}"
    return ""


def _other_denominator(row: Row, request: Request) -> str:
    protocol, count = request.evidence.protocol, row.count
    if count.unit != protocol.unit:
        return f"counts {count.unit}, not {protocol.words.person.many}"
    if count.denominator == request.denominator:
        return ""
    own = protocol.denominator_noun(count.denominator).one
    asked = protocol.denominator_noun(request.denominator).one
    return f"counted per {own}, and this pool is per {asked}"


def _other_stratum(rows: Sequence[Row], request: Request) -> list[str]:
    subgroup = request.subgroup
    if subgroup is None:
        return [""] * len(rows)
    return [
        ""
        if row.value(subgroup.column) in subgroup.group.members
        else f"another subgroup: {_shown(row, subgroup, request)}"
        for row in rows
    ]


def _shown(row: Row, subgroup: Subgroup, request: Request) -> str:
    """Return the subgroup that a row belongs to, in words."""
    protocol, value = request.evidence.protocol, row.value(subgroup.column)
    for group in protocol.groups(subgroup.stratum).values():
        if value in group.members and not protocol.strata[subgroup.stratum].across:
            return group.label
    return protocol.value_label(subgroup.column, value) or "not stated"


def _variants(rows: Sequence[Row], request: Request) -> list[str]:
    """Keep the variants that were named, and drop the rows that they stand for."""
    replaced: dict[tuple[str, str], str] = {}
    for row in rows:
        count = row.count
        if count.use == "sensitivity" and count.variant in request.variants:
            other = replaced.setdefault((row.study_id, count.population), count.variant)
            if other != count.variant:
                raise InputError(
                    f"“{other}” and “{count.variant}” stand for the same row of {row.label}: "
                    "name one of them."
                )
    return [_replaced(row, replaced) for row in rows]


def _replaced(row: Row, replaced: Mapping[tuple[str, str], str]) -> str:
    count = row.count
    variant = replaced.get((row.study_id, count.population))
    if count.use == "sensitivity":
        if variant == count.variant:
            return ""
        return f"an alternative choice ({count.variant}): {count.use_reason}"
    # A variant of the whole speaks for the parts too: they would no longer add up to it.
    variant = variant or replaced.get((row.study_id, "all"))
    return f"replaced by the alternative choice ({variant})" if variant else ""


def _whole_or_parts(rows: Sequence[Row], request: Request) -> list[str]:
    out = dict.fromkeys((row.row_id for row in rows), "")
    for _, of_study in groupby(sorted(rows, key=_study), _study):
        found = list(of_study)
        whole = [row for row in found if row.count.is_whole]
        parts = [row for row in found if not row.count.is_whole]
        if not whole or not parts:
            continue
        total = sum(row.events for row in parts), sum(row.n for row in parts)
        adds_up = total == (whole[0].events, whole[0].n)
        if request.parts and adds_up:
            out |= {row.row_id: "its parts are counted instead" for row in whole}
        else:
            also = "" if adds_up else ", and the parts do not add up to it"
            out |= {r.row_id: f"a part of a study that is counted whole{also}" for r in parts}
    return list(out.values())


def _counted_by_parts(rows: Sequence[Row], request: Request) -> list[str]:
    """Before the strata: a whole that is counted by its parts is in no stratum of its own."""
    if not request.parts or request.variants:
        return [""] * len(rows)
    pooled = [row for row in rows if row.count.may_be_pooled]
    judged = dict(
        zip((row.row_id for row in pooled), _whole_or_parts(pooled, request), strict=True)
    )
    return [judged.get(row.row_id, "") if row.count.is_whole else "" for row in rows]


def _study(row: Row) -> str:
    return row.study_id


def _too_small(rows: Sequence[Row], request: Request) -> list[str]:
    designs = request.evidence.protocol.all_designs

    def judged(row: Row) -> str:
        if row.n >= request.minimum_n:
            return ""
        design = designs.get(row.study.design)
        single = f"a {design.label}, " if design and design.kind == "single_case" else ""
        return f"{single}n = {row.n}, and the plan asks for at least {request.minimum_n}"

    return [judged(row) for row in rows]


def _other_version(rows: Sequence[Row], request: Request) -> list[str]:
    """Of the versions of one trial, keep the one that the others name, else the latest."""
    kept: dict[str, Row] = {}

    def rank(row: Row, trial: str) -> tuple[bool, int, str]:
        return row.study_id == trial, row.year or 0, row.study_id

    for row in rows:
        trial = request.trial_of[row.study_id]
        best = kept.setdefault(trial, row)
        if rank(row, trial) > rank(best, trial):
            kept[trial] = row
    winners = [kept[request.trial_of[row.study_id]] for row in rows]
    return [
        ""
        if row.study_id == winner.study_id
        else f"another version of the trial that {winner.study.label} reports"
        for row, winner in zip(rows, winners, strict=True)
    ]


_ALONE: tuple[Callable[[Row, Request], str], ...] = (
    _outside_evidence_set,
    _not_for_pooling,
    _outside_the_question,
    _other_denominator,
)
# The stratum comes before the variants: one of the whole says nothing about a part's stratum.
_TOGETHER: tuple[_Rule, ...] = (
    _counted_by_parts,
    _other_stratum,
    _variants,
    _whole_or_parts,
    _too_small,
    _other_version,
)
