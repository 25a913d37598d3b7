"""The tables of the first page: all outcomes at a glance."""

from __future__ import annotations

from collections.abc import Sequence

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.reporting.html import Cell, Html, link, table
from onearm.reporting.outcome_tables import POOL_NUMBERS, pool_numbers

COLUMNS = ["Outcome", *POOL_NUMBERS, "Standing"]


def synopsis_table(analyses: Sequence[OutcomeAnalysis], evidence_set: str, caption: str) -> Html:
    """Return one line an outcome for one evidence set; the numbers point at their rows."""
    pools = [(analysis, analysis.pools[evidence_set]) for analysis in analyses]
    return table(
        caption,
        COLUMNS,
        [_line(analysis, pool) for analysis, pool in pools],
        name=evidence_set.replace("+", "-"),
        numeric=POOL_NUMBERS,
        classes=["" if pool.standing == "headline" else pool.standing for _, pool in pools],
    )


def _line(analysis: OutcomeAnalysis, pool: Pool) -> list[Cell]:
    page = f"{analysis.outcome.code}.html"
    name = link(page, analysis.outcome.label)
    return [name, *pool_numbers(pool, page), pool.standing]


def strata_synopsis(
    analyses: Sequence[OutcomeAnalysis], evidence_set: str, by: str, caption: str
) -> Html:
    """Return one line an outcome and stratum, for those that have any study."""
    lines: list[list[Cell]] = []
    kinds = []
    for analysis in analyses:
        page = f"{analysis.outcome.code}.html"
        for pool in analysis.strata[evidence_set][by]:
            lines.append([analysis.outcome.short, pool.label, *pool_numbers(pool, page),
                          pool.standing])  # fmt: skip
            kinds.append("" if pool.standing == "headline" else pool.standing)
    columns = ["Outcome", "Stratum", *POOL_NUMBERS, "Standing"]
    return table(caption, columns, lines, numeric=POOL_NUMBERS, classes=kinds)
