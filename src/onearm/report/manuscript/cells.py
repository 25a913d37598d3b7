"""What the tables of the manuscript share: a table as it is printed, and cells of a pool."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from onearm.analysis import OutcomeAnalysis, Pool, Review
from onearm.evidence import Protocol, Standing
from onearm.report.kit.sentences import within
from onearm.robustness import disagree
from onearm.words import interval, spreadsheet_safe

__all__ = ["EMPTY", "STATUS", "Table", "ahead_cell", "short_names", "short_sets", "studies_cell"]

EMPTY = "–"
STATUS = {
    Standing.NONE: "no count that could be pooled",
    Standing.SINGLE: "too few studies, not pooled",
    Standing.PROVISIONAL: "pooled, provisional",
    Standing.HEADLINE: "pooled",
    Standing.NO_EVENT: "exact one-sided bound",
    Standing.ONLY_EVENTS: "exact one-sided bound",
}


@dataclass(frozen=True)
class Table:
    """A table as it is printed.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    title : str
        What it shows, without its number.
    columns : tuple of str
    rows : tuple of tuple of str
        A cell a column; the first names the row.
    notes : tuple of str
        Printed below it.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def csv(self) -> str:
        """Return the same cells as CSV."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([spreadsheet_safe(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def studies_cell(pool: Pool) -> str:
    """Return how many studies meet, and cohorts where these are more."""
    selection = pool.selection
    cohorts = f" ({selection.k} cohorts)" if selection.k != selection.studies else ""
    return f"{selection.studies}{cohorts}"


def ahead_cell(analysis: OutcomeAnalysis, pool: Pool, *, always: bool = False) -> str:
    """Return the prediction interval of a pool.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of the outcome.
    pool : Pool
        One of its pools.
    always : bool
        Whether it is told of a pool that is advised against too.
    """
    low, high = pool.shown["prediction_interval"]
    if low is None or (not always and disagree(pool, analysis.review)):
        return EMPTY
    return interval(low, high)


def short_names(review: Review) -> Iterator[str]:
    """Say what the short names of outcomes stand for, where they differ from the labels."""
    plans = [plan for plan in review.protocol.outcome if plan.short != plan.label]
    if plans:
        yield f"{'; '.join(f'{plan.short}: {within(plan.label)}' for plan in plans)}."


def short_sets(protocol: Protocol) -> Iterator[str]:
    """Say the same of the evidence sets."""
    told = [f"{each.short}: {within(each.label)}" for each in protocol.sets]
    if protocol.has_several_sets:
        yield f"Evidence. {'; '.join(told)}."
