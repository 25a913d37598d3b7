"""Sensitivity: the same outcome under the other choices a careful reviewer could make.

Each axis is one function that yields alternatives; each alternative differs from the
protocol's pool in that one choice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from onearm.analysis import OutcomeAnalysis, Pool, fit
from onearm.evidence import Evidence, EvidenceSet, non_overlapping, select
from onearm.robustness.checks.agreement import agreement_record
from onearm.words import listing

Axis = Callable[[Evidence, str, EvidenceSet], Iterator[Pool]]


@dataclass(frozen=True)
class Alternative:
    """One other choice, and what it changes.

    Attributes
    ----------
    axis : str
        Which kind of choice: denominator, definition or overlap.
    pool : Pool
        The pool under that choice; its label says which one.
    difference : float
        Its estimate minus the protocol's, as a proportion; nan where that is no change: other
        studies meet, or either is not pooled.
    is_comparable : bool
        Whether the same studies meet, or the choice is to leave some of them out.
    """

    axis: str
    pool: Pool
    difference: float
    is_comparable: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe record."""
        known = self.difference == self.difference
        return {
            "axis": self.axis,
            "difference": self.difference if known else None,
            "is_comparable": self.is_comparable,
            **self.pool.to_dict(),
        }


def sensitivity(evidence: Evidence, reference: Pool) -> tuple[Alternative, ...]:
    """Fit every single-choice alternative to a pool of the protocol.

    Parameters
    ----------
    evidence : Evidence
        Tables and protocol.
    reference : Pool
        The protocol's pool of one outcome in one evidence set.

    Returns
    -------
    tuple of Alternative
        In the order of the axes; empty axes give none.
    """
    outcome, evidence_set = reference.selection.outcome.code, reference.selection.evidence_set
    return tuple(
        _alternative(name, pool, reference)
        for name, axis in AXES.items()
        for pool in axis(evidence, outcome, evidence_set)
    )


def _alternative(axis: str, pool: Pool, reference: Pool) -> Alternative:
    """Compare with the protocol's pool where the choice alone makes the difference."""
    here, there = (set(one.selection.rows["study_id"]) for one in (pool, reference))
    comparable = here == there or axis in LEAVES_OUT
    told = comparable and pool.is_pooled and reference.is_pooled
    change = pool.pooled.estimate - reference.pooled.estimate if told else math.nan
    return Alternative(axis, pool, change, comparable)


def analysis_record(evidence: Evidence, analysis: OutcomeAnalysis) -> dict[str, Any]:
    """Return the protocol's pools and strata, JSON-safe, each with whether the methods agree.

    Parameters
    ----------
    evidence : Evidence
        The plan, its models and its margin.
    analysis : OutcomeAnalysis
        Of one outcome.
    """

    def told(pool: Pool, record: Mapping[str, Any]) -> dict[str, Any]:
        return {**record, "agreement": agreement_record(pool, evidence.protocol)}

    record = analysis.to_dict(evidence)
    pools, strata = record["pools"], record["strata"]
    return record | {
        "pools": {name: told(pool, pools[name]) for name, pool in analysis.pools.items()},
        "strata": {
            name: {by: list(map(told, split, strata[name][by])) for by, split in splits.items()}
            for name, splits in analysis.strata.items()
        },
    }


def outcome_record(
    evidence: Evidence,
    analysis: OutcomeAnalysis,
    models: Mapping[str, Sequence[Pool]],
    alternatives: Mapping[str, Sequence[Alternative]],
) -> dict[str, Any]:
    """Return everything that was computed for an outcome, JSON-safe."""
    return {
        **analysis_record(evidence, analysis),
        "models": [pool.to_dict() for pools in models.values() for pool in pools],
        "sensitivity": [item.to_dict() for items in alternatives.values() for item in items],
    }


def _denominators(evidence: Evidence, outcome: str, evidence_set: EvidenceSet) -> Iterator[Pool]:
    for denominator in evidence.protocol.plan(outcome).sensitivity_denominators:
        selection = select(evidence, outcome, evidence_set=evidence_set, denominator=denominator)
        if selection.k:
            yield fit(evidence, selection, f"per {denominator} patient")


def _definitions(evidence: Evidence, outcome: str, evidence_set: EvidenceSet) -> Iterator[Pool]:
    protocol_rows = set(select(evidence, outcome, evidence_set=evidence_set).rows["row_id"])
    rows = evidence.outcomes
    offered = rows.loc[(rows["outcome"] == outcome) & (rows["use"] == "sensitivity"), "variant"]
    for variant in sorted(set(offered.dropna())):
        selection = select(evidence, outcome, evidence_set=evidence_set, variants=(variant,))
        if set(selection.rows["row_id"]) != protocol_rows:
            yield fit(evidence, selection, str(variant))


def _overlap(evidence: Evidence, outcome: str, evidence_set: EvidenceSet) -> Iterator[Pool]:
    whole = select(evidence, outcome, evidence_set=evidence_set)
    for choice in non_overlapping(whole):
        if choice.k < whole.k:
            left_out = [name for name in whole.labels if name not in choice.labels]
            yield fit(evidence, choice, f"without {listing(left_out)}")
    yield from _overlap_by_parts(evidence, outcome, evidence_set)


def _overlap_by_parts(
    evidence: Evidence, outcome: str, evidence_set: EvidenceSet
) -> Iterator[Pool]:
    """Keep the part of a study that cannot overlap where the whole of it might."""
    parts = select(evidence, outcome, evidence_set=evidence_set, level_of_detail="parts")
    sizes = parts.rows.groupby("study_id").size()
    for choice in non_overlapping(parts):
        kept = choice.rows.groupby("study_id").size()
        if any(kept[study] < sizes[study] for study in kept.index):
            yield fit(evidence, choice, f"by parts: {listing(choice.labels)} alone")


AXES: dict[str, Axis] = {
    "denominator": _denominators,
    "definition": _definitions,
    "overlap": _overlap,
}
#: Axes whose very choice is to leave a study out: what that moves is a change.
LEAVES_OUT = frozenset({"overlap"})
