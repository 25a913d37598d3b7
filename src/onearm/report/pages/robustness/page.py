"""The robustness page of an outcome: what each cell of its notebook shows."""

from __future__ import annotations

from onearm.analysis import OutcomeAnalysis
from onearm.figures import Drawing
from onearm.report.build.colophon import colophon
from onearm.report.build.record import Record
from onearm.report.kit.html import Html, Shown
from onearm.report.pages.robustness import sections

__all__ = ["RobustnessPage"]


class RobustnessPage:
    """What another defensible choice would have changed, for one outcome.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        The outcome.
    definition : Html
        What it is, and how it is counted.
    """

    def __init__(self, analysis: OutcomeAnalysis, definition: Html) -> None:
        self.analysis = analysis
        self._definition = definition

    def definition(self) -> Html:
        """Return what the outcome is, and how it is counted and pooled."""
        return self._definition

    def in_short(self) -> Html:
        """Return one question a line, and its answer for every evidence set."""
        return sections.robustness_in_short(self.analysis)

    def gates(self) -> Html:
        """Return which analyses this many studies allow."""
        return sections.gates_table(self.analysis)

    def checks(self) -> Shown | None:
        """Return every registered check under its heading."""
        return sections.every_check(self.analysis)

    def curve(self) -> Html:
        """Return what the analyses of the specification curve come to."""
        return sections.curve_section(self.analysis)

    def curve_figure(self) -> Drawing | None:
        """Return the specification curve."""
        return sections.curve_figure(self.analysis)

    def record(self) -> Record:
        """Return what the checks found, for results.json."""
        name = f"robustness_{self.analysis.code}"
        return Record(name, sections.robustness_record(self.analysis))

    def colophon(self) -> Html:
        """Return how the page was made."""
        return colophon(self.analysis.review, outcome=self.analysis.code)
