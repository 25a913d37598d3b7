"""Sensitivity: the same outcome under the other choices a careful reviewer could make.

Each axis is one function that yields alternatives; each alternative differs from the
plan's pool in that one choice.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.evidence import Selection, non_overlapping
from onearm.robustness.checks.agreement import agreement_record
from onearm.robustness.checks.overlap import left_out
from onearm.robustness.unpooled import known
from onearm.words import count

__all__ = ["Alternative", "analysis_record", "outcome_record", "sensitivity", "sensitivity_note"]

Axis = Callable[[OutcomeAnalysis, str], Iterator[Pool]]

MOST_OVERLAP = 20  # choices without overlap, beyond which nobody reads them one by one


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
        Its estimate minus the plan's, as a proportion; nan where that is no change: other
        studies meet, or either is not pooled.
    is_comparable : bool
        Whether the same studies meet, or the choice is to leave some of them out.
    """

    axis: str
    pool: Pool
    difference: float
    is_comparable: bool = True

    def to_dict(self) -> dict[str, object]:
        """Return a JSON-safe record."""
        known = self.difference == self.difference
        return {
            "axis": self.axis,
            "difference": self.difference if known else None,
            "is_comparable": self.is_comparable,
            **self.pool.to_dict(),
        }


def sensitivity(analysis: OutcomeAnalysis, evidence_set: str) -> tuple[Alternative, ...]:
    """Fit every single-choice alternative to a pool of the plan, once a review.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of one outcome.
    evidence_set : str
        Which of its pools.

    Returns
    -------
    tuple of Alternative
        In the order of the axes; empty axes give none.
    """
    reference = analysis.pools[evidence_set]
    return analysis.review.once(
        ("sensitivity", analysis.code, evidence_set),
        lambda: tuple(
            _alternative(name, pool, reference)
            for name, axis in AXES.items()
            for pool in axis(analysis, evidence_set)
        ),
    )


def _alternative(axis: str, pool: Pool, reference: Pool) -> Alternative:
    """Compare with the plan's pool where the choice alone makes the difference."""
    here, there = ({row.study_id for row in one.selection.rows} for one in (pool, reference))
    comparable = here == there or axis in LEAVES_OUT
    told = comparable and pool.is_pooled and reference.is_pooled
    change = pool.pooled.estimate - reference.pooled.estimate if told else math.nan
    return Alternative(axis, pool, change, comparable)


def analysis_record(analysis: OutcomeAnalysis) -> dict[str, object]:
    """Return the plan's pools and subgroups, JSON-safe, each with whether the methods agree."""

    def told(pool: Pool, record: dict[str, object]) -> dict[str, object]:
        return {**record, "agreement": agreement_record(pool, analysis.review)}

    record = analysis.to_dict()
    pools, strata = record["pools"], record["strata"]
    return record | {
        "pools": {name: told(pool, pools[name]) for name, pool in analysis.pools.items()},
        "strata": {
            name: {by: list(map(told, split, strata[name][by])) for by, split in splits.items()}
            for name, splits in analysis.strata.items()
        },
    }


def outcome_record(analysis: OutcomeAnalysis) -> dict[str, object]:
    """Return everything that was computed for an outcome, JSON-safe."""
    return {
        **analysis_record(analysis),
        "models": [pool.to_dict() for pools in analysis.companions.values() for pool in pools],
        "sensitivity": [
            item.to_dict() for name in analysis.pools for item in sensitivity(analysis, name)
        ],
        "known": [each.to_dict() for each in known(analysis)],
    }


def _denominators(analysis: OutcomeAnalysis, evidence_set: str) -> Iterator[Pool]:
    review = analysis.review
    for denominator in analysis.plan.sensitivity_denominators:
        selection = review.select(analysis.code, evidence_set=evidence_set, denominator=denominator)
        if selection.k:
            noun = review.protocol.denominator_noun(denominator)
            yield review.tried(selection, f"per {noun.one}")


def _definitions(analysis: OutcomeAnalysis, evidence_set: str) -> Iterator[Pool]:
    review, own = analysis.review, analysis.pools[evidence_set].selection.row_ids
    rows = review.evidence.rows_of(analysis.code)
    offered = {row.count.variant for row in rows if row.count.use == "sensitivity"} - {""}
    for variant in sorted(offered):
        selection = review.select(analysis.code, evidence_set=evidence_set, variants=(variant,))
        if selection.row_ids != own:
            yield review.tried(selection, variant)


def _overlap(analysis: OutcomeAnalysis, evidence_set: str) -> Iterator[Pool]:
    whole = analysis.pools[evidence_set].selection
    for choice in _choices(whole):
        if choice.k < whole.k:
            yield analysis.review.tried(choice, left_out(whole, choice))
    yield from _overlap_by_parts(analysis, evidence_set)


def _overlap_by_parts(analysis: OutcomeAnalysis, evidence_set: str) -> Iterator[Pool]:
    """Keep the part of a study that cannot overlap where the whole of it might."""
    parts = analysis.review.select(analysis.code, evidence_set=evidence_set, parts=True)
    sizes = Counter(row.study_id for row in parts.rows)
    for choice in _choices(parts):
        kept = Counter(row.study_id for row in choice.rows)
        if any(kept[study] < sizes[study] for study in kept):
            yield analysis.review.tried(choice, f"by parts: {left_out(parts, choice)}")


def _choices(selection: Selection) -> tuple[Selection, ...]:
    return non_overlapping(selection).selections[:MOST_OVERLAP]


def sensitivity_note(analysis: OutcomeAnalysis, evidence_set: str) -> str:
    """Say how many choices without overlap are not among the alternatives; "" for none.

    Parameters
    ----------
    analysis, evidence_set
        As for `sensitivity`.
    """
    found = non_overlapping(analysis.pools[evidence_set].selection)
    if len(found.selections) <= MOST_OVERLAP:
        return ""
    return f"Only the first {count(MOST_OVERLAP, 'choice')} without overlap are shown."


AXES: dict[str, Axis] = {
    "denominator": _denominators,
    "definition": _definitions,
    "overlap": _overlap,
}
#: Axes whose very choice is to leave a study out: what that moves is a change.
LEAVES_OUT = frozenset({"overlap"})
