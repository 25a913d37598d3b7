"""The page of the methods: what its notebook shows, one piece a method."""

from __future__ import annotations

from onearm.analysis import Review
from onearm.report.build.colophon import colophon
from onearm.report.kit.html import Html
from onearm.report.kit.references import bibtex_details, reference_list
from onearm.report.pages.methods import gathering, models, plan, text
from onearm.report.pages.methods.checks import checks
from onearm.report.pages.methods.prisma import prisma_table

__all__ = ["MethodsPage"]


class MethodsPage:
    """How the numbers are made, written from the plan; a piece without data shows nothing.

    Parameters
    ----------
    review : Review
        The evidence and the plan.
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        self.evidence = review.evidence
        self.protocol = review.protocol

    def question(self) -> Html | None:
        """Return the question."""
        return plan.question(self.protocol)

    def frozen(self) -> Html | None:
        """Say when the plan was frozen."""
        return plan.frozen(self.protocol)

    def status(self) -> Html | None:
        """Return where the living review stands."""
        return plan.status_table(self.protocol)

    def not_supplied(self) -> Html | None:
        """List the tables and columns that were not supplied, with their defaults."""
        return gathering.not_supplied(self.evidence)

    def eligibility(self) -> Html:
        """Say which rows are pooled."""
        return text.eligibility(self.evidence)

    def collection(self) -> Html:
        """Say how the counts were collected."""
        return gathering.collection(self.evidence)

    def denominators(self) -> Html:
        """Say over whom proportions are counted."""
        return text.denominators(self.protocol)

    def estimands(self) -> Html:
        """Say what is estimated."""
        return text.estimands(self.protocol)

    def primary(self) -> Html:
        """Describe the primary model."""
        return models.primary(self.protocol)

    def rationale(self) -> Html:
        """Say why this model."""
        return models.rationale(self.protocol)

    def companions(self) -> Html | None:
        """Describe the companion models."""
        return models.companions(self.protocol)

    def single_studies(self) -> Html:
        """Say how the interval of one study is made."""
        return models.single_studies(self.protocol)

    def heterogeneity(self) -> Html:
        """Say how heterogeneity is measured."""
        return models.heterogeneity(self.protocol)

    def prediction(self) -> Html:
        """Say what the prediction interval is."""
        return models.prediction(self.protocol)

    def standing(self) -> Html:
        """Say how many studies make a pooled result."""
        return text.standing(self.protocol)

    def synthesis(self) -> Html:
        """Say which pools and subgroups are made."""
        return text.synthesis(self.protocol)

    def overlap(self) -> Html | None:
        """Say what is done where people may be counted twice."""
        return text.overlap(self.evidence)

    def checks(self) -> Html:
        """Say how robustness is examined."""
        return checks(self.protocol)

    def gates(self) -> Html:
        """Return the fewest studies for each diagnostic."""
        return plan.gates_table(self.protocol)

    def certainty(self) -> Html | None:
        """Say how certainty is judged."""
        return gathering.certainty(self.evidence)

    def appraisal(self) -> Html | None:
        """Say how studies were appraised."""
        return gathering.appraisal(self.evidence)

    def outcomes(self) -> Html:
        """Return the outcomes of the plan."""
        return plan.outcomes_table(self.protocol)

    def thresholds(self) -> Html | None:
        """Return the decision thresholds of the plan."""
        return plan.thresholds_table(self.protocol)

    def deviations(self) -> Html:
        """Return every departure from the plan."""
        return plan.deviations_table(self.protocol)

    def software(self) -> Html:
        """Return the software with its versions."""
        return plan.software_table()

    def materials(self) -> Html:
        """Say which files there are."""
        return gathering.materials()

    def prisma(self) -> Html:
        """Return where each item of PRISMA 2020 is reported."""
        return prisma_table(self.evidence)

    def references(self) -> Html:
        """Return the literature."""
        return reference_list()

    def bibtex(self) -> Html:
        """Return the literature as BibTeX."""
        return bibtex_details()

    def colophon(self) -> Html:
        """Return what the page was made from."""
        return colophon(self.review)
