"""The table of all pools: evidence sets and subgroups, with what a page shows of each."""

from __future__ import annotations

import math
from collections.abc import Iterator

from onearm.analysis import OutcomeAnalysis, Pool, Review
from onearm.analysis.certainty import shown_bound
from onearm.report.kit.sentences import headed, level_words
from onearm.report.manuscript.cells import (
    EMPTY,
    STATUS,
    Table,
    ahead_cell,
    short_names,
    studies_cell,
)
from onearm.robustness import disagree
from onearm.words import interval, listing, number, percent

__all__ = ["pools"]

_ADVISED_AGAINST = "methods disagree: pooling advised against"


def pools(review: Review) -> Table:
    """Return every pool of the plan: evidence sets and subgroups, each set of rows once."""
    protocol = review.protocol
    level = level_words(protocol)
    columns = (
        "Outcome",
        "Pool",
        "Studies",
        headed(protocol.words.person.many),
        "Events",
        f"Proportion, % ({level} interval)",
        "Prediction interval, %",
        "tau",
        "I², %",
        "Status",
    )
    rows = tuple(
        (analysis.plan.short, label, *_numbers(analysis, pool))
        for analysis in review.outcomes
        for label, pool in _every(analysis)
    )
    same = "A pool of the same rows as one above it is left out."
    notes = (*_kinds(review), same, *short_names(review))
    return Table("table-results", "Results of all pools", columns, rows, notes)


def _kinds(review: Review) -> Iterator[str]:
    """Say what the intervals of pooled proportions are, and those of single studies."""
    every = (pool for analysis in review.outcomes for pool in analysis.every_pool())
    kinds = sorted({f"{pool.interval_kind}s" for pool in every if pool.is_pooled})
    if kinds:
        told = f"{level_words(review.protocol)} {listing(kinds)}"
        yield f"Intervals of pooled proportions are {told}."
    yield "Intervals of single studies are exact."


def _every(analysis: OutcomeAnalysis) -> Iterator[tuple[str, Pool]]:
    """Yield every pool with studies once, widest first, each under its label."""
    seen: set[frozenset[str]] = set()
    protocol = analysis.review.protocol
    for name, whole in reversed(list(analysis.pools.items())):
        few = f", {protocol.set_named(name).short}" if whole is not analysis.widest else ""
        found = [(whole.label, whole)]
        for by, split in analysis.strata[name].items():
            label = protocol.strata[by].label
            found += [(f"{label}: {part.label}{few}", part) for part in split]
        for label, pool in found:
            rows = pool.selection.row_ids
            if rows and rows not in seen:
                seen.add(rows)
                yield label, pool


def _numbers(analysis: OutcomeAnalysis, pool: Pool) -> tuple[str, ...]:
    shown, selection = pool.shown, pool.selection
    advised = pool.is_pooled and disagree(pool, analysis.review)
    tau2, scale = shown["tau2"], pool.pooled.method.tau_scale
    return (
        studies_cell(pool),
        str(pool.people),
        str(sum(row.events for row in selection.rows)),
        _estimate(pool),
        ahead_cell(analysis, pool, always=True),
        number(math.sqrt(tau2)) if tau2 is not None and scale == "logit" else EMPTY,
        EMPTY if shown["i2"] is None else percent(shown["i2"]).removesuffix(" %"),
        _ADVISED_AGAINST if advised else "one study" if pool.own else STATUS[pool.standing],
    )


def _estimate(pool: Pool) -> str:
    shown = pool.shown
    if pool.standing.is_alike:
        return shown_bound(pool).removesuffix(" %")
    if shown["estimate"] is None:
        return EMPTY
    return f"{percent(shown['estimate']).removesuffix(' %')} ({interval(*shown['ci'])})"
