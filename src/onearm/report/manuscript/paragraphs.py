"""The results of an outcome as a journal prints them: sentences to paste.

Every number is of the pools that the report shows, so each is in ``results.json``; a count that
is told and not pooled is in ``outcomes.csv``. Where the methods disagree the studies' own range
is told, and no pooled number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.evidence import Protocol, Row, Standing
from onearm.evidence.records import families
from onearm.report.kit.sentences import within
from onearm.report.manuscript.phrases import (
    bound,
    cohorts,
    compared,
    heterogeneity,
    own_count,
    people,
    proportions,
    ranged,
    with_limits,
)
from onearm.robustness import agreement, disagree, sensitivity
from onearm.words import count, listing, number, percent

__all__ = ["results_paragraph", "subgroups_paragraph"]

#: Up to so many counts that are not pooled are named, of more their number is told.
_NAMED = 8


def results_paragraph(analysis: OutcomeAnalysis) -> str:
    """Return the result of an outcome as one paragraph, ready to paste.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Its widest evidence set is told first, then how others differ from it.

    Returns
    -------
    str
        Plain text. `subgroups_paragraph` has the subgroups.
    """
    said = [
        *_of_widest(analysis),
        *_of_other_sets(analysis),
        *_other_choices(analysis),
        *_not_pooled(analysis),
        *_certainty(analysis),
    ]
    return " ".join(said)


def subgroups_paragraph(analysis: OutcomeAnalysis) -> str:
    """Return the subgroups of an outcome as one paragraph; "" where nothing is split."""
    evidence_set = analysis.widest.selection.evidence_set
    plans = analysis.review.protocol.strata
    said = []
    for by in analysis.compared:
        split = analysis.strata[evidence_set][by]
        if len(split) < 2:
            continue
        told = "; ".join(f"{part.label}: {proportions(analysis, part)}" for part in split)
        said.append(f"By {within(plans[by].label)}, the proportions were as follows. {told}.")
        test = analysis.differences(evidence_set, by)
        if test.q is not None and test.df is not None:
            said.append(
                f"Test for subgroup differences: Q = {number(test.q)}, {test.df:g} df, "
                f"p {compared(test.p)}."
            )
    return " ".join(said)


def _of_widest(analysis: OutcomeAnalysis) -> Iterator[str]:
    pool, label = analysis.widest, within(analysis.plan.label)
    if pool.standing is Standing.NONE:
        yield f"No study gave a count of {label} that could be pooled."
        return
    were = "was" if pool.selection.k == 1 else "were"
    protocol = analysis.review.protocol
    of = f" ({within(protocol.widest.label)})" if protocol.has_several_sets else ""
    who = f"For {label}, {cohorts(pool)} with {people(pool)} {were}"
    if not pool.is_pooled:
        yield f"{who} eligible{of}."
        yield from _unpooled(pool)
    elif disagree(pool, analysis.review):
        yield f"{who} eligible{of}."
        yield f"{ranged(pool)}."
        yield _why_not(analysis, pool)
    else:
        yield f"{who} pooled{of}."
        estimate = f"{percent(pool.pooled.estimate)}{with_limits(pool)}"
        yield f"The pooled (median) proportion was {estimate}."
        yield f"{ranged(pool)}."
        yield from heterogeneity(pool)
        if pool.standing is Standing.PROVISIONAL:
            yield "The estimate is provisional: so few studies cannot show how much studies differ."


def _unpooled(pool: Pool) -> Iterator[str]:
    if pool.own is not None:
        yield f"The study found {own_count(pool)}; nothing was pooled."
    elif pool.standing is Standing.SINGLE:
        counts = [f"{row.events} of {row.n} in {row.label}" for row in pool.selection.rows]
        yield f"These were too few to pool: {listing(counts)}."
    else:
        none = pool.standing is Standing.NO_EVENT
        who = f"None of the {people(pool)}" if none else f"All {people(pool)}"
        yield f"{who} had the outcome: {bound(pool)}."


def _why_not(analysis: OutcomeAnalysis, pool: Pool) -> str:
    """Say why no pooled number is given, with how far the methods lay apart."""
    found = agreement(pool, analysis.review).data
    said = (
        "We report no pooled proportion because the result depends on the method: the estimates "
        f"of the methods that hold their level lay {100 * found['spread']:.1f} percentage points "
        f"apart, and the plan allows {100 * found['margin']:g}"
    )
    both = "; whole intervals lay on both sides of the decision threshold"
    return f"{said}{both if len(found['sides']) > 1 else ''}."


def _of_other_sets(analysis: OutcomeAnalysis) -> Iterator[str]:
    """Say what the narrower evidence sets give, where other rows meet in them."""
    widest = analysis.widest.selection
    for pool in analysis.pools.values():
        rows, label = pool.selection.row_ids, within(pool.label)
        if pool is analysis.widest or not widest.k:
            continue
        if rows == widest.row_ids:
            whole = "This study belongs" if widest.k == 1 else "All of these belong"
            yield f"{whole} to the {label}."
        elif not rows:
            yield f"The {label} has no such count."
        else:
            yield f"Within the {label}, the result was {proportions(analysis, pool)}."


def _other_choices(analysis: OutcomeAnalysis) -> Iterator[str]:
    """Say between which estimates the sensitivity analyses and the other models lie."""
    pool = analysis.widest
    if not pool.is_pooled or disagree(pool, analysis.review):
        return
    evidence_set = pool.selection.evidence_set
    choices = [
        item.pool.pooled.estimate
        for item in sensitivity(analysis, evidence_set)
        if item.is_comparable and item.pool.is_pooled
    ]
    models = [
        each.pooled.estimate
        for each in analysis.companions[evidence_set]
        if not each.pooled.method.comparison_only
    ]
    for what, found in (("sensitivity analysis", choices), ("other model", models)):
        known = [value for value in found if math.isfinite(value)]
        if known:
            many = "sensitivity analyses" if what == "sensitivity analysis" else "other models"
            low, high = percent(min(known)), percent(max(known))
            told = f"was {low}" if low == high else f"lay between {low} and {high}"
            yield f"In {count(len(known), what, many)} the estimate {told}."


def _not_pooled(analysis: OutcomeAnalysis) -> Iterator[str]:
    """Name the counts of further studies that are known and in no pool of the outcome."""
    rows = _further_rows(analysis)
    if not rows:
        return
    noun = analysis.review.protocol.denominator_noun
    if len(rows) > _NAMED:
        studies = len({row.study_id for row in rows})
        yield f"Counts of {count(studies, 'further study', 'further studies')} were not pooled."
        return
    told = [
        f"{row.label}, {row.events} of {noun(row.count.denominator).count(row.n)}" for row in rows
    ]
    yield f"Reported elsewhere and not pooled: {'; '.join(told)}."


def _further_rows(analysis: OutcomeAnalysis) -> list[Row]:
    """Return the counts of studies that are in no pool, over one denominator each."""
    evidence = analysis.review.evidence
    heads = families(evidence.studies)
    pooled = {heads[row.study_id] for pool in analysis.every_pool() for row in pool.selection.rows}
    found: dict[str, list[Row]] = {}
    for each in analysis.widest.selection.excluded:
        row = each.row
        asked = (
            row.is_counted and row.count.use != "sensitivity" and heads[row.study_id] not in pooled
        )
        if asked and _is_within_question(row, evidence.protocol):
            found.setdefault(row.study_id, []).append(row)
    return [
        row
        for rows in found.values()
        for row in rows
        if row.count.denominator == rows[0].count.denominator
    ]


def _is_within_question(row: Row, protocol: Protocol) -> bool:
    """Whether a row is in a group of every stratum outside which nothing is asked."""
    return all(
        any(row.value(plan.column) in group.members for group in protocol.groups(by).values())
        for by, plan in protocol.strata.items()
        if plan.only
    )


def _certainty(analysis: OutcomeAnalysis) -> Iterator[str]:
    graded = analysis.certainty(analysis.widest)
    if not graded.level:
        return
    lowered = [
        f"{within(domain.name)}{' (2 levels)' if domain.downgrade == 2 else ''}"
        for domain in graded.downgrades
    ]
    why = f", lowered for {listing(lowered)}" if lowered else ""
    yield f"The certainty of the evidence was {graded.word}{why}."
