"""The first page of a report: what each cell of its notebook shows."""

from __future__ import annotations

from markupsafe import Markup

from onearm.analysis import Review
from onearm.evidence import EvidenceSetPlan
from onearm.figures import Drawing, overview
from onearm.report.build.colophon import colophon
from onearm.report.kit.html import Html, Shown, folded, joined, link, prose, shown
from onearm.report.kit.sentences import level_words, warnings_list, when_pooled, within
from onearm.report.manuscript.links import downloads
from onearm.report.pages.synopsis.findings_summary import summary
from onearm.report.pages.synopsis.tables import (
    answers_table,
    lead,
    strata_table,
    subgroup_caption,
)

__all__ = ["Synopsis"]

_WARNINGS = 5


class Synopsis:
    """Every outcome of a review on one page.

    Each method returns what a cell of a notebook shows, and None where there is nothing.

    Parameters
    ----------
    review : Review
        The evidence and the plan.
    """

    def __init__(self, review: Review) -> None:
        self.review = review

    def question(self) -> Html | None:
        """Return the question of the review."""
        asked = self.review.protocol.question
        return prose(asked) if asked else None

    def lead(self) -> Html:
        """Return one sentence an outcome."""
        return lead(self.review)

    def answers(self) -> Html | None:
        """Return every outcome's answer; the narrower evidence sets are folded below it."""
        protocol = self.review.protocol
        first = answers_table(self.review, "Every outcome", protocol.widest.name)
        others = [self._alone(each) for each in protocol.sets if each is not protocol.widest]
        there = [found for found in (first, *others) if found]
        return joined(*there) if there else None

    def _alone(self, narrower: EvidenceSetPlan) -> Html | None:
        caption = f"Every outcome, {within(narrower.label)} alone"
        found = answers_table(self.review, caption, narrower.name)
        return folded(caption, found) if found else None

    def subgroups(self) -> Html | None:
        """Return the subgroups by which the question is asked, in the widest evidence set.

        They are those of the strata that the plan marks `only`; the groups across them are
        folded below each, and `by_stratum` has the other strata.
        """
        strata, widest = self.review.protocol.strata, self.review.protocol.widest.name
        tables = []
        for by in self._asked():
            caption = subgroup_caption(self.review, by, widest)
            tables.append(strata_table(self.review, [by], widest, caption))
            column = strata[by].column
            across = [name for name, each in strata.items() if each.column == column]
            tables += [self._folded(name) for name in across if name not in self._asked()]
        there = [found for found in tables if found]
        return joined(*there) if there else None

    def by_stratum(self) -> Html | None:
        """Return the other subgroups of every evidence set, folded by stratum."""
        strata = self.review.protocol.strata
        asked = {strata[by].column for by in self._asked()}
        there = [self._folded(by) for by, each in strata.items() if each.column not in asked]
        found = [part for part in there if part]
        return joined(*found) if found else None

    def _asked(self) -> list[str]:
        return [by for by, each in self.review.protocol.strata.items() if each.only]

    def _folded(self, by: str) -> Html | None:
        review = self.review
        tables = [
            strata_table(review, [by], each.name, subgroup_caption(review, by, each.name))
            for each in review.protocol.sets
        ]
        there = [found for found in tables if found]
        label = within(review.protocol.strata[by].label)
        return folded(f"Subgroups by {label}", *there) if there else None

    def how_to_read(self) -> Html:
        """Say what a line of the tables means, in the words of the plan."""
        protocol = self.review.protocol
        person, place, level = protocol.words.person, protocol.words.place, level_words(protocol)
        sets = [f"{each.short}, {within(each.label)}" for each in protocol.sets]
        thresholds = any(plan.threshold is not None for plan in protocol.outcome)
        said = [
            f"Evidence: {'; '.join(sets)}." if protocol.has_several_sets else "",
            f"Percent: how many of 100 {person.many} have the outcome, with the {level} interval. "
            f"Prediction: the range of rates to expect in a new {place.one}.",
            "Do not pool: methods in use disagree by more than the margin of the plan, so the "
            "number depends on the method. The study count links to the rows.",
            f"{when_pooled(protocol.pooling)} What is provisional is muted, with a dashed or "
            "hollow mark. Where nobody or everybody had the outcome, the counts and their exact "
            "bound replace the estimate.",
            "In the small drawings the mark is the estimate, the thick line its interval and the "
            "thin line the prediction interval"
            + ("; a dotted line is the decision threshold." if thresholds else "."),
        ]
        return prose(*filter(None, said))

    def overview(self) -> Drawing:
        """Return the results of all outcomes as a figure."""
        return overview(self.review.outcomes, name="overview", title="Results of all outcomes")

    def summary_of_findings(self) -> Shown | None:
        """Return the summary of findings of every evidence set."""
        return shown(*(summary(self.review, each.name) for each in self.review.protocol.sets))

    def downloads(self) -> Html:
        """Link the manuscript, its tables and the references of the studies."""
        return downloads(self.review)

    def warnings(self) -> Html:
        """Return the first warnings of the audit, and where the others are."""
        return warnings_list(self.review.findings, _WARNINGS)

    def more(self) -> Html:
        """Return where the rest of the report stands, and what can be downloaded."""
        places = (
            ("Summary of findings", "findings.html"),
            ("What changed since the last release", "changes.html"),
            ("Studies, rows and audit", "evidence.html"),
            ("Everything on one page, to print", "everything.html"),
            ("All results (CSV)", "results.csv"),
            ("All results (JSON)", "results.json"),
            ("References (BibTeX)", "references.bib"),
        )
        return prose(Markup(" · ").join(link(place, words) for words, place in places))

    def colophon(self) -> Html:
        """Return how the page was made."""
        return colophon(self.review)
