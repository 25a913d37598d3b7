"""The page of the evidence: what its notebook shows, one piece a method."""

from __future__ import annotations

from onearm import figures
from onearm.analysis import Review
from onearm.figures import Drawing
from onearm.report.build.colophon import colophon
from onearm.report.build.record import Record
from onearm.report.kit.html import Html, joined, prose
from onearm.report.kit.sentences import scope_sentence
from onearm.report.pages.evidence import appraisal, flow, tables
from onearm.report.pages.methods.plan import deviations_table
from onearm.report.pages.outcome.answer import findings_table

__all__ = ["EvidencePage"]


class EvidencePage:
    """What is included, and why; a piece without data shows nothing.

    Parameters
    ----------
    review : Review
        The evidence and the plan.
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        self.evidence = review.evidence

    def in_short(self) -> Html:
        """Return the question, how much evidence there is, and the files to download."""
        question = self.evidence.protocol.question
        return joined(
            *([prose(question)] if question else []),
            prose(scope_sentence(self.evidence)),
            *([came] if (came := flow.extracted_words(self.evidence)) else []),
            tables.take_tables(self.evidence),
        )

    def flow_words(self) -> Html | None:
        """Say how records were searched, and how many reports are included."""
        return flow.flow_words(self.evidence)

    def flow(self) -> Drawing | None:
        """Draw the flow of records."""
        title = "Flow of records (PRISMA 2020)"
        return figures.flow(self.evidence, name="flow", title=title)

    def flow_table(self) -> Html | None:
        """Return the flow of records in numbers."""
        return flow.flow_table(self.evidence)

    def records(self) -> Html | None:
        """Return every record, by what became of it."""
        return flow.records_table(self.evidence)

    def findings(self) -> Html:
        """Return what the audit found that may change a number."""
        found = [item for item in self.review.findings if item.severity != "note"]
        listed = findings_table(found, "Findings that may change a number")
        return listed or prose("No finding that may change a number.", kind="muted")

    def notes(self) -> Html | None:
        """Return, folded, what else the audit noted."""
        found = [item for item in self.review.findings if item.severity == "note"]
        return tables.findings_folded(found, "Notes")

    def studies(self) -> Html:
        """Return the characteristics of every study."""
        return tables.studies_table(self.evidence)

    def timeline(self) -> Drawing | None:
        """Draw when studies enrolled, where any study says it."""
        title = "Enrolment windows, and possible overlap"
        return figures.timeline(self.evidence, name="timeline", title=title)

    def references(self) -> Html | None:
        """Return the reference of every study."""
        return tables.studies_references(self.evidence)

    def appraisal(self) -> Html | None:
        """Return the judgement on every item of every study."""
        return appraisal.appraisal_lights(self.evidence)

    def appraisal_reasons(self) -> Html | None:
        """Return what each judgement rests on."""
        return appraisal.appraisal_reasons(self.evidence)

    def rows(self) -> Html:
        """Return every extracted row, pooled or not."""
        return tables.all_rows_table(self.evidence)

    def deviations(self) -> Html:
        """Return every departure from the plan."""
        return deviations_table(self.evidence.protocol)

    def record(self) -> Record:
        """Return the findings of the audit for ``results.json``."""
        return Record("audit", {"findings": [item.to_dict() for item in self.review.findings]})

    def colophon(self) -> Html:
        """Return what the page was made from."""
        return colophon(self.review)
