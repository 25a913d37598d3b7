"""Which rows meet in one pool, and why every other row of the outcome stays out."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from onearm.errors import InputError
from onearm.evidence.evidence import Evidence
from onearm.evidence.records import Row, families
from onearm.evidence.selection.eligibility import Request, Subgroup, decided, reasons
from onearm.evidence.selection.overlap import study_pairs
from onearm.evidence.selection.selected import Excluded, Selection, pairs_within
from onearm.words import listing

__all__ = ["select", "strata"]


def select(
    evidence: Evidence,
    outcome_code: str,
    *,
    evidence_set: str | None = None,
    denominator: str | None = None,
    minimum_n: int | None = None,
    stratum: str | None = None,
    group: str | None = None,
    parts: bool = False,
    variants: Sequence[str] = (),
) -> Selection:
    """Select the rows of one outcome that may meet in one pool.

    Parameters
    ----------
    evidence : Evidence
        The tables and the plan.
    outcome_code : str
        One outcome of the plan.
    evidence_set : str, optional
        One evidence set of the plan, by its name; the first unless given.
    denominator : str, optional
        Whom n counts; the outcome's own unless another is named. Always one: rows over
        different denominators never meet.
    minimum_n : int, optional
        Rows with a smaller n stay out; the outcome's own minimum, else the plan's.
    stratum, group : str, optional
        Only this subgroup; the names are those of the plan.
    parts : bool
        False: one row a study where the study has one, else its disjoint parts; True: the
        disjoint parts wherever they add up to the whole.
    variants : sequence of str
        Names of sensitivity variants; each replaces the row of its study.

    Returns
    -------
    Selection

    Raises
    ------
    InputError
        If something is asked for that the plan or the tables do not know, or that would
        mix outcomes, denominators or units in one pool.
    """
    request = _request(
        evidence,
        outcome_code,
        evidence_set=evidence_set or evidence.protocol.sets[0].name,
        denominator=denominator,
        minimum_n=minimum_n,
        subgroup=_subgroup(evidence, stratum, group),
        parts=parts,
        variants=tuple(variants),
    )
    rows, alone = _decided(evidence, request)
    judged = reasons(rows, alone, request)
    kept = tuple(row for row, reason in zip(rows, judged, strict=True) if not reason)
    return Selection(
        outcome=request.plan,
        evidence_set=request.evidence_set,
        denominator=request.denominator,
        rows=kept,
        excluded=tuple(
            Excluded(row, reason) for row, reason in zip(rows, judged, strict=True) if reason
        ),
        overlaps=pairs_within(kept, study_pairs(evidence), evidence.protocol),
        protocol=evidence.protocol,
    )


def strata(
    evidence: Evidence,
    outcome_code: str,
    by: str,
    *,
    evidence_set: str | None = None,
    denominator: str | None = None,
    minimum_n: int | None = None,
    variants: Sequence[str] = (),
) -> dict[str, Selection]:
    """Select an outcome once for each subgroup of a stratum of the plan.

    By a column of outcomes.csv a study counts by its parts where these add up to the whole;
    by one of studies.csv it counts whole.

    Parameters
    ----------
    evidence, outcome_code, evidence_set, denominator, minimum_n, variants
        As in `select`.
    by : str
        The stratum, by its name in the plan.

    Returns
    -------
    dict of str to Selection
        By the subgroup's label, in the plan's order; a subgroup without rows has k = 0.
    """
    _one_of("stratum", by, tuple(evidence.protocol.strata))
    column = evidence.protocol.strata[by].column
    groups = evidence.protocol.groups(by, evidence.values_of(column))
    return {
        each.label: select(
            evidence,
            outcome_code,
            evidence_set=evidence_set,
            denominator=denominator,
            minimum_n=minimum_n,
            stratum=by,
            group=name,
            parts=counts_by_parts(evidence, by),
            variants=variants,
        )
        for name, each in groups.items()
    }


def counts_by_parts(evidence: Evidence, stratum: str) -> bool:
    """Whether studies count by their parts in a stratum: where its column is of the counts."""
    column = evidence.protocol.strata[stratum].column
    own = evidence.protocol.columns.outcomes
    return column in own or column in _OF_COUNTS


_OF_COUNTS = ("population", "basis", "definition_operator", "denominator")


def _subgroup(evidence: Evidence, stratum: str | None, group: str | None) -> Subgroup | None:
    if stratum is None and group is None:
        return None
    if stratum is None or group is None:
        raise InputError("A subgroup is named by its stratum and its group: give both.")
    _one_of("stratum", stratum, tuple(evidence.protocol.strata))
    column = evidence.protocol.strata[stratum].column
    groups = evidence.protocol.groups(stratum, evidence.values_of(column))
    _one_of(f"group of {stratum}", group, tuple(groups))
    return Subgroup(stratum, column, groups[group])


def _request(
    evidence: Evidence,
    code: object,
    *,
    evidence_set: str,
    denominator: object,
    minimum_n: int | None,
    subgroup: Subgroup | None,
    parts: bool,
    variants: tuple[str, ...],
) -> Request:
    protocol = evidence.protocol
    if not isinstance(code, str):
        raise InputError("One pool is of one outcome: name a single outcome.")
    if denominator is not None and not isinstance(denominator, str):
        raise InputError("One pool has one denominator: name a single denominator.")
    plan = protocol.plan(code)
    protocol.set_named(evidence_set)
    chosen = denominator or plan.denominator
    _one_of("denominator", chosen, tuple(protocol.all_denominators))
    offered = sorted({row.count.variant for row in evidence.rows_of(code)} - {""})
    for variant in variants:
        _one_of("variant", variant, offered)
    least = minimum_n if minimum_n is not None else plan.min_n or protocol.pooling.minimum_n
    return Request(
        evidence, plan, evidence_set, chosen, least, subgroup, parts, variants, _trials(evidence)
    )


def _one_of(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        there = f"there is {listing(known)}" if known else "there is none"
        raise InputError(f"There is no {what} “{value}”; {there}.")


_Decisions = dict[tuple[str, str, str], list[str]]
_DECIDED: WeakKeyDictionary[Evidence, _Decisions] = WeakKeyDictionary()


def _decided(evidence: Evidence, request: Request) -> tuple[Sequence[Row], list[str]]:
    """Decide each row of an outcome once an evidence set and denominator."""
    rows = evidence.rows_of(request.plan.code)
    known = _DECIDED.setdefault(evidence, {})
    key = (request.plan.code, request.evidence_set, request.denominator)
    if key not in known:
        known[key] = decided(rows, request)
    return rows, known[key]


_TRIALS: WeakKeyDictionary[Evidence, dict[str, str]] = WeakKeyDictionary()


def _trials(evidence: Evidence) -> dict[str, str]:
    if evidence not in _TRIALS:
        _TRIALS[evidence] = families(evidence.studies)
    return _TRIALS[evidence]
