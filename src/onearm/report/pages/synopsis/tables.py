"""The first page: every outcome's answer, in words and numbers, at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool, Review
from onearm.analysis.certainty import shown_bound
from onearm.evidence import Protocol, Standing
from onearm.figures.sparkline import sparkline
from onearm.report.kit.html import Cell, Html, anchor, bullets, joined, link, prose, table
from onearm.report.kit.sentences import certainty_folded, headed, level_words, within
from onearm.report.pages.outcome.answer import by_group, contradicted, own_values
from onearm.report.pages.outcome.tables import STATUS, pool_numbers
from onearm.robustness import disagree
from onearm.words import interval, listing, percent, with_interval

__all__ = ["SIGNAL", "answers_table", "lead", "strata_table", "subgroup_caption"]

SIGNAL = "Do not pool"


@dataclass(frozen=True)
class _Line:
    """A line of a table: the outcome's name, what is pooled, and the pool."""

    name: str
    label: str
    analysis: OutcomeAnalysis
    pool: Pool


def lead(review: Review) -> Html:
    """Return one sentence an outcome, of the widest evidence; those without data together."""
    told = [_sentence(each) for each in review.outcomes if each.widest.selection.k]
    silent = [each.plan.label for each in review.outcomes if not each.widest.selection.k]
    found = bullets(told, none="No outcome has a count that may be pooled.")
    if not silent:
        return found
    return joined(found, prose(f"No poolable count: {listing(silent)}.", kind="muted"))


def _sentence(analysis: OutcomeAnalysis) -> Markup:
    pool = analysis.widest
    name = link(f"{analysis.code}.html", analysis.plan.label)
    if pool.own is not None:
        own = pool.own
        told = f"{own.events} of {own.n} in one study"
    elif pool.standing is Standing.SINGLE or disagree(pool, analysis.review):
        told = f"{own_values(pool)}; not pooled"
    elif pool.standing.is_alike:
        told = f"{pool.pooled.events} of {pool.people}; {shown_bound(pool)}"
    else:
        level = f"{100 * pool.pooled.level:g} %"
        provisional = ", provisional" if pool.standing is Standing.PROVISIONAL else ""
        told = (
            f"{percent(pool.pooled.estimate)} ({level} interval {interval(*pool.pooled.ci)})"
            f"{provisional}"
        )
    people = analysis.review.protocol.people(pool.people)
    besides = contradicted(analysis)
    more = " ".join(filter(None, (by_group(analysis), f"{besides}." if besides else "")))
    return Markup("{}: <strong>{}</strong> ({}, {}){}").format(
        name, told, pool.cohorts, people, f". {more}" if more else ""
    )


def answers_table(review: Review, caption: str, evidence_set: str) -> Html | None:
    """Return a line an outcome that has a row in an evidence set; None without any.

    Parameters
    ----------
    review : Review
        Its outcomes in the order of the plan.
    caption : str
        Of the table.
    evidence_set : str
        Whose pools are shown.
    """
    pools = [(each, each.pools[evidence_set]) for each in review.outcomes]
    lines = [
        _Line(each.plan.label, pool.label, each, pool) for each, pool in pools if pool.selection.k
    ]
    name = "answers" if evidence_set == review.protocol.widest.name else ""
    return _lines(review, caption, "", lines, name) if lines else None


def strata_table(
    review: Review, strata: Sequence[str], evidence_set: str, caption: str
) -> Html | None:
    """Return one line an outcome and subgroup, for those that have any study.

    Parameters
    ----------
    review : Review
        Its outcomes in the order of the plan.
    strata : sequence of str
        By their names in the plan; the first one's label is the head of the column.
    evidence_set : str
        Whose subgroups.
    caption : str
        Of the table.
    """
    lines = [
        _Line(analysis.plan.short, pool.label, analysis, pool)
        for analysis in review.outcomes
        for by in strata
        for pool in analysis.strata[evidence_set][by]
    ]
    if not lines:
        return None
    name = anchor(f"{evidence_set}.{strata[0]}", "by")
    return _lines(review, caption, review.protocol.strata[strata[0]].label, lines, name)


def _lines(review: Review, caption: str, what: str, lines: Iterable[_Line], name: str) -> Html:
    """Return a table of pools, each in words and numbers; without `what`, no column of labels."""
    lines = list(lines)
    words, numeric = _columns(review.protocol)
    graded = bool(review.evidence.judgements)
    return table(
        caption,
        ["Outcome", *([what] if what else []), *words, *(["Certainty"] if graded else [])],
        [
            [
                link(f"{line.analysis.code}.html", line.name),
                *([line.label] if what else []),
                *_numbers(line.analysis, line.pool),
                *([certainty_folded(line.analysis.certainty(line.pool))] if graded else []),
            ]
            for line in lines
        ],
        name=name,
        numeric=numeric,
        classes=[
            "" if line.pool.standing is Standing.HEADLINE else line.pool.standing.value
            for line in lines
        ],
    )


def _columns(protocol: Protocol) -> tuple[list[str], list[str]]:
    """Return the heads of the numbers, and those of them that are set flush right."""
    people, place = protocol.words.person.many, protocol.words.place.one
    axis = "0 to 100 %"
    heads = [
        axis,
        f"Percent ({level_words(protocol)} interval)",
        f"Prediction, new {place}",
        "Studies",
        headed(people),
    ]
    return heads, [head for head in heads if head != axis]


def _numbers(analysis: OutcomeAnalysis, pool: Pool) -> list[Cell]:
    studies, people, _, _, prediction, _ = pool_numbers(pool, f"{analysis.code}-appendix.html")
    if pool.standing in (Standing.SINGLE, Standing.PROVISIONAL):
        studies = Markup("{} <small>{}</small>").format(studies, STATUS[pool.standing])
    refused = disagree(pool, analysis.review)
    return [
        sparkline(pool, analysis.plan.threshold),
        _estimate(analysis, pool),
        "–" if refused else prediction,
        studies,
        people,
    ]


def _estimate(analysis: OutcomeAnalysis, pool: Pool) -> Cell:
    """Return the one number and its limits: of the pool, of the study, or the exact bound.

    Where the methods disagree that is said, with the range of the studies and no pooled number.
    """
    if pool.standing is Standing.SINGLE:
        own = pool.own
        return with_interval(own.proportion, own.ci) if own else "–"
    if not pool.is_pooled:
        counts = f"{pool.pooled.events} of {pool.people}: {shown_bound(pool)}"
        exact = pool.pooled.exactness
        wider = f"; if studies differ, {interval(*pool.pooled.ci)} %" if exact else ""
        return Markup("{} <br><small>exact one-sided bound{}</small>").format(counts, wider)
    if not disagree(pool, analysis.review):
        return with_interval(pool.pooled.estimate, pool.pooled.ci)
    own_values = [study.proportion for study in pool.pooled.studies]
    return Markup("<strong>{}</strong> <br>studies {} %").format(
        SIGNAL, interval(min(own_values), max(own_values))
    )


def subgroup_caption(review: Review, stratum: str, evidence_set: str) -> str:
    """Return the caption of a table of subgroups; one evidence set alone is not named.

    Parameters
    ----------
    review : Review
        Its plan has the labels.
    stratum, evidence_set : str
        By their names in the plan.
    """
    protocol = review.protocol
    by = f"By {within(protocol.strata[stratum].label)}"
    if not protocol.has_several_sets:
        return by
    return f"{by}, {within(protocol.set_named(evidence_set).label)}"
