"""A review with its pages: what a notebook asks, and shows."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from onearm.analysis import Review as Computed
from onearm.errors import InputError
from onearm.evidence import Evidence
from onearm.report.pages.changes.page import ChangesPage
from onearm.report.pages.evidence.page import EvidencePage
from onearm.report.pages.methods.page import MethodsPage
from onearm.report.pages.outcome.page import OutcomePage
from onearm.report.pages.synopsis.page import Synopsis
from onearm.robustness import unknown_gates
from onearm.words import count

__all__ = ["Review"]


class Review(Computed):
    """The evidence of a data folder, what the plan asks of it, and how pages show it.

    Everything is computed once, when it is asked for.

    Parameters
    ----------
    data : str, Path, Evidence or Review
        The data folder, read once; evidence at hand; or a review, which is taken as it is.

    Raises
    ------
    InputError
        If anything in the folder breaks a rule; its `findings` hold every problem at once.

    Examples
    --------
    >>> import onearm
    >>> review = onearm.Review("data")  # doctest: +SKIP
    >>> review.outcome("pain").answer()  # doctest: +SKIP
    """

    _outcome_kind = OutcomePage

    def __init__(self, data: str | Path | Evidence | Computed) -> None:
        if isinstance(data, Computed):
            self.__dict__ = data.__dict__
        else:
            super().__init__(data)
            problems = unknown_gates(self.protocol)
            if problems:
                number = count(len(problems), "problem")
                raise InputError(f"The plan cannot be used: {number} to correct.", problems)

    def outcome(self, code: str = "") -> OutcomePage:
        """Return one outcome of the plan, with what its pages show.

        Parameters
        ----------
        code : str
            Its code; the first outcome unless given.

        Raises
        ------
        InputError
            If the plan has no such outcome.
        """
        found = super().outcome(code)
        assert isinstance(found, OutcomePage)
        return found

    @cached_property
    def synopsis(self) -> Synopsis:
        """The first page: every outcome at a glance."""
        return Synopsis(self)

    @cached_property
    def evidence_page(self) -> EvidencePage:
        """What is included, and why."""
        return EvidencePage(self)

    @cached_property
    def methods(self) -> MethodsPage:
        """How the numbers are made."""
        return MethodsPage(self)

    @cached_property
    def changes(self) -> ChangesPage:
        """What changed since the last release."""
        return ChangesPage(self)
