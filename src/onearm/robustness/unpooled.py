"""Counts that exist and are not pooled, each with what it would do to the estimate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from onearm.analysis import OutcomeAnalysis
from onearm.evidence import Row
from onearm.models import Pooled
from onearm.words import shorten

__all__ = ["Known", "known"]

_WORDS = 44  # letters of a reason, where there is room for a few words


@dataclass(frozen=True)
class Known:
    """A count that stays out of a pool.

    Attributes
    ----------
    row : Row
        The count.
    reason : str
        Why it stays out, in a few words.
    instead : tuple of Row
        The rows of the pool that count the same people, or some of them.
    pooled : Pooled or None
        What the plan's model makes of the pool if the count stood instead of these; None
        where nothing is pooled.
    """

    row: Row
    reason: str
    instead: tuple[Row, ...]
    pooled: Pooled | None

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe record."""
        return {
            "row": self.row.row_id,
            "events": self.row.events,
            "n": self.row.n,
            "reason": self.reason,
            "instead": [row.row_id for row in self.instead],
            "estimate": self.pooled.estimate if self.pooled else None,
            "ci": list(self.pooled.ci) if self.pooled else None,
        }


def known(analysis: OutcomeAnalysis) -> tuple[Known, ...]:
    """Return the counts of an outcome that the widest pool leaves out, once a review.

    Counts of people who are in the pool anyway, as a part of a whole that is counted, are no
    news and are not among them; nor is what was not reported.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of the outcome.
    """
    return analysis.review.once(("known", analysis.code), lambda: tuple(_known(analysis)))


def _known(analysis: OutcomeAnalysis) -> Iterator[Known]:
    selection = analysis.widest.selection
    whole = {row.study_id for row in selection.rows if row.count.is_whole}
    for each in selection.excluded:
        row = each.row
        if not row.is_counted or (not row.count.is_whole and row.study_id in whole):
            continue
        instead = tuple(other for other in selection.rows if _same_people(other, row))
        yield Known(row, brief(each.reason), instead, _if_counted(analysis, row, instead))


def _if_counted(analysis: OutcomeAnalysis, row: Row, instead: tuple[Row, ...]) -> Pooled | None:
    pool, review = analysis.widest, analysis.review
    if not pool.is_pooled:
        return None
    others = [other for other in pool.selection.rows if other not in instead]
    rows = sorted([*others, row], key=lambda one: one.order)
    return review.pooled_rows(rows, review.protocol.primary.quicker())


def _same_people(one: Row, other: Row) -> bool:
    """Whether two counts of a study are of the same people, or of some of them."""
    populations = {one.count.population, other.count.population}
    shared = len(populations) == 1 or one.count.is_whole or other.count.is_whole
    return one.study_id == other.study_id and shared


def brief(reason: str) -> str:
    """Return the first words of a reason.

    Examples
    --------
    >>> brief("not for pooling: One case, published because it went well: no proportion")
    'One case'
    >>> brief("counted per enrolled person, and this pool is per treated person")
    'counted per enrolled person'
    """
    words = reason.removeprefix("not for pooling: ")
    for mark in (":", ",", ";", " (", ". "):
        words = words.split(mark)[0]
    return shorten(words, _WORDS)
