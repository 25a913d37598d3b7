"""The page of an outcome: what each cell of its notebook shows."""

from __future__ import annotations

import math
from functools import cached_property

from onearm.analysis import OutcomeAnalysis
from onearm.evidence.selection import counts_by_parts
from onearm.figures import Drawing, forest, shrinkage
from onearm.report.build.colophon import colophon
from onearm.report.build.record import Record
from onearm.report.explorer.explorer import explorer
from onearm.report.kit.html import Html, Shown, folded, joined, prose, shown, slug
from onearm.report.kit.sentences import plan_sentence, within
from onearm.report.manuscript.paragraphs import results_paragraph, subgroups_paragraph
from onearm.report.pages.evidence.appraisal import contributing
from onearm.report.pages.methods.text import methods
from onearm.report.pages.outcome.answer import (
    agreement_list,
    answer,
    cautions_list,
    findings_of,
    findings_table,
    first_cautions,
)
from onearm.report.pages.outcome.rows import excluded_table, rows_table
from onearm.report.pages.outcome.short import more, sensitivity_plot, subgroups_plot
from onearm.report.pages.outcome.tables import (
    heterogeneity_table,
    models_table,
    pools_table,
    sensitivity_table,
)
from onearm.report.pages.robustness.page import RobustnessPage
from onearm.report.pages.synopsis.findings_summary import certainty_of
from onearm.robustness import outcome_record
from onearm.words import listing

__all__ = ["OutcomePage"]

_CAUTIONS = 5


class OutcomePage(OutcomeAnalysis):
    """One outcome, with the tables and figures of its page.

    Each method returns what a cell of a notebook shows, and None where the evidence or the
    plan has nothing for it: the page then leaves the section out.

    Parameters
    ----------
    review : Review
        The evidence and the plan.
    plan : OutcomePlan
        What the plan says of the outcome.
    """

    def definition(self) -> Html:
        """Return what the outcome is, and how it is counted and pooled."""
        said = [self.plan.definition.rstrip(".") + "."] if self.plan.definition else []
        return prose(*said, plan_sentence(self.plan, self.review.protocol))

    def answer(self) -> Html:
        """Return the result of every evidence set, and what weakens it."""
        return answer(self)

    def pools_table(self) -> Html | None:
        """Return the numbers of the whole pools."""
        pools = [pool for pool in self.pools.values() if pool.selection.k]
        return pools_table(self, pools, f"{self.plan.label}: pooled results", name="pools")

    def forest_plots(self) -> Shown | None:
        """Return a forest plot of every evidence set that has a study."""
        return shown(*(self.forest(name) for name in self.pools))

    def forest(self, evidence_set: str | None = None) -> Drawing | None:
        """Return the forest plot of one evidence set.

        Parameters
        ----------
        evidence_set : str, optional
            Its name; the widest set unless given.
        """
        protocol = self.review.protocol
        name = evidence_set or protocol.widest.name
        pool = self.pools[name]
        if not pool.selection.k:
            return None
        figure = f"forest-{slug(name)}" if protocol.has_several_sets else "forest"
        return forest(pool, name=figure, title=self._titled(self.plan.label, name))

    def meaning(self) -> Html | None:
        """Return what is counted, in a sentence."""
        said = self.plan.definition.rstrip(".")
        noun = self.review.protocol.denominator_noun(self.plan.denominator)
        per = f"Counted per {noun.one}."
        return prose(f"{said}. {per}" if said else per, kind="muted")

    def studies(self) -> Html | Drawing | None:
        """Return the forest plot, with a box at each study where it can be left out."""
        return explorer(self) or self.forest()

    def cautions(self) -> Html | None:
        """Return what a reader of the pooled result must know first."""
        return first_cautions(self, _CAUTIONS)

    def every_caution(self) -> Html | None:
        """Return the cautions of every evidence set."""
        return cautions_list(self)

    def subgroups_plot(self) -> Html | None:
        """Return the subgroups as small forest plots."""
        return subgroups_plot(self)

    def sensitivity_plot(self) -> Html | None:
        """Return what other choices give as a small forest plot."""
        return sensitivity_plot(self)

    def paragraph(self) -> Html:
        """Return the results as a paragraph to paste, folded."""
        said = [results_paragraph(self), subgroups_paragraph(self)]
        return folded("Results paragraph to paste", prose(*filter(None, said)))

    def more(self) -> Html:
        """Return where everything else stands."""
        return more(self)

    def rows(self) -> Html | None:
        """Return the rows of every pool, each with its source."""
        return rows_table(self)

    def excluded(self) -> Html | None:
        """Return the rows in no pool, and why."""
        return excluded_table(self)

    def appraisal(self) -> Html | None:
        """Return the appraisal of the studies of the widest pool."""
        if not self.review.evidence.appraisal or not self.widest.selection.k:
            return None
        return contributing(self.review.evidence, self.widest)

    def certainty_table(self) -> Html | None:
        """Return how certain every pool is, and why."""
        return certainty_of(self)

    def heterogeneity(self) -> Html | None:
        """Return how much the studies differ."""
        return heterogeneity_table(self)

    def shrinkage(self) -> Drawing | Html | None:
        """Return the studies' observed rates beside those of the model, or that it gives none."""
        rates = [study.shrunken for study in self.widest.pooled.studies]
        if not self.widest.is_pooled:
            return None
        if not any(map(math.isfinite, rates)):
            return prose("The model of this pool gives no rates of single studies: none is drawn.")
        title = f"{self.plan.label}: observed rates and rates of the model"
        return shrinkage(self.widest, name="shrinkage", title=title)

    def subgroups(self) -> Shown | None:
        """Return a table and a forest plot of every stratum, and tables of the other sets."""
        protocol = self.review.protocol
        widest = protocol.widest.name
        parts = [self._stratum_shown(by, widest) for by in protocol.strata]
        others = [self._strata_table(each.name) for each in protocol.sets if each.name != widest]
        return shown(self._how_split(), *parts, *others) if any([*parts, *others]) else None

    def _stratum_shown(self, by: str, evidence_set: str) -> Shown | None:
        stratum, split = self.review.protocol.strata[by], self.strata[evidence_set][by]
        by_label = stratum.label if stratum.across else f"By {within(stratum.label)}"
        caption = self._titled(by_label, evidence_set)
        return shown(pools_table(self, split, caption), self._split_forest(by, evidence_set))

    def _split_forest(self, by: str, evidence_set: str) -> Drawing | None:
        split = self.strata[evidence_set][by]
        if not split:
            return None
        label = f"{self.plan.label} by {within(self.review.protocol.strata[by].label)}"
        return forest(
            self.pools[evidence_set],
            blocks=split,
            name=f"subgroups-{slug(by)}",
            title=self._titled(label, evidence_set),
            test=self.differences(evidence_set, by) if by in self.compared else None,
        )

    def _strata_table(self, evidence_set: str) -> Html | None:
        pools = [pool for split in self.strata[evidence_set].values() for pool in split]
        return pools_table(self, pools, self._titled("Subgroups", evidence_set))

    def _how_split(self) -> Html:
        protocol = self.review.protocol
        parts = [
            within(protocol.strata[by].label)
            for by in self.compared
            if counts_by_parts(self.review.evidence, by)
        ]
        by_parts = (
            f"By {listing(parts)} a study counts by its separate groups, where it reports them."
        )
        return prose(
            "Subgroups describe the studies; nobody was randomised between them.",
            *([by_parts] if parts else []),
        )

    def models_side_by_side(self) -> Html | None:
        """Return the plan's models on the same rows, and whether they agree."""
        tables = [models_table(self, pool) for pool in self.pools.values()]
        there = [found for found in tables if found]
        return joined(*there, agreement_list(self)) if there else None

    def sensitivity(self) -> Html | None:
        """Return what other choices of denominator, definition and overlap give."""
        tables = [sensitivity_table(self, name) for name in self.pools]
        there = [found for found in tables if found]
        return joined(*there) if there else None

    def findings(self) -> Html | None:
        """Return what the audit says of the rows."""
        return findings_table(findings_of(self), self.plan.label)

    def method(self) -> Html:
        """Return the method in short."""
        return methods(self.review.protocol)

    def record(self) -> Record:
        """Return the results as data, for results.json."""
        return Record(self.code, outcome_record(self))

    def colophon(self) -> Html:
        """Return how the page was made."""
        return colophon(self.review, outcome=self.code)

    @cached_property
    def robustness(self) -> RobustnessPage:
        """The page on how robust the outcome is."""
        return RobustnessPage(self, self.definition())

    def _titled(self, title: str, evidence_set: str) -> str:
        """Add the evidence set to a title; one alone is not named."""
        protocol = self.review.protocol
        if not protocol.has_several_sets:
            return title
        return f"{title}, {within(protocol.set_named(evidence_set).label)}"
