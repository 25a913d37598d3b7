"""The page of changes: what its notebook shows, one piece a method."""

from __future__ import annotations

from functools import cached_property

from onearm.analysis import Review
from onearm.report.build.colophon import colophon
from onearm.report.history.changes import Changes, changes
from onearm.report.kit.html import Html
from onearm.report.pages.changes import tables
from onearm.report.pages.methods import plan

__all__ = ["ChangesPage"]


class ChangesPage:
    """What changed since the last release: rows, plan and results, each with its cause.

    Parameters
    ----------
    review : Review
        Today's evidence and plan, read from the folder that has the releases.
    """

    def __init__(self, review: Review) -> None:
        self.review = review

    @cached_property
    def found(self) -> Changes | None:
        """What differs from the release; None when nothing was released yet."""
        return changes(self.review)

    def in_short(self) -> Html:
        """Say in one sentence and one table what changed."""
        return tables.in_short(self.found, self.review.protocol)

    def status(self) -> Html | None:
        """Return where the living review stands."""
        return plan.status_table(self.review.protocol)

    def studies(self) -> Html | None:
        """Return the studies that changed."""
        return tables.studies(self.found)

    def rows(self) -> Html | None:
        """Return the rows and cells that changed."""
        return tables.rows(self.found)

    def plan(self) -> Html | None:
        """Return the values of the plan that changed."""
        return tables.plan_values(self.found)

    def frozen(self) -> Html | None:
        """Say when the plan was frozen."""
        return plan.frozen(self.review.protocol)

    def deviations(self) -> Html:
        """Return every departure from the plan."""
        return plan.deviations_table(self.review.protocol)

    def results(self) -> Html | None:
        """Return every pool that differs, with the cause."""
        return tables.results(self.found)

    def causes(self) -> Html | None:
        """Say how causes are told apart."""
        return tables.software(self.found)

    def colophon(self) -> Html:
        """Return what the page was made from."""
        return colophon(self.review)
