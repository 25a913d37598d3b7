"""The first page: every outcome's answer, in words and numbers, at a glance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool, Review
from onearm.analysis.certainty import shown_bound, shown_interval
from onearm.analysis.plain import NEXT, next_patients
from onearm.evidence import Protocol, Standing
from onearm.figures.sparkline import sparkline
from onearm.report.kit.certainty import certainty_folded
from onearm.report.kit.html import Cell, Html, anchor, joined, link, prose, table
from onearm.report.kit.model_words import level_words
from onearm.report.kit.sentences import headed, within
from onearm.report.pages.outcome.tables import STATUS, pool_numbers
from onearm.robustness import disagree
from onearm.words import in_hundred, interval, listing, with_interval

__all__ = ["SIGNAL", "answers_table", "predicts_people", "strata_table", "subgroup_caption"]

SIGNAL = "Do not pool"


@dataclass(frozen=True)
class _Line:
    """A line of a table: the outcome's name, what is pooled, and the pool."""

    name: str
    label: str
    analysis: OutcomeAnalysis
    pool: Pool


def answers_table(review: Review, caption: str) -> Html:
    """Return every outcome's answer: a line an evidence set, the first with the full name.

    Parameters
    ----------
    review : Review
        Its outcomes in the order of the plan; those without a pool are named below.
    caption : str
        Of the table.
    """
    protocol = review.protocol
    lines = [
        _Line(
            analysis.plan.short if above else analysis.plan.label,
            protocol.set_named(name).short,
            analysis,
            pool,
        )
        for analysis in review.outcomes
        for above, (name, pool) in enumerate(_whole(analysis))
    ]
    silent = [each.plan.label for each in review.outcomes if not any(_whole(each))]
    said = prose(f"No poolable count: {listing(silent)}.", kind="muted") if silent else None
    if not lines:
        return said or prose("No outcome has a count that may be pooled.")
    found = _lines(
        review, caption, "Evidence" if protocol.has_several_sets else "", lines, "answers"
    )
    return joined(found, said) if said else found


def strata_table(
    review: Review, strata: Sequence[str], evidence_set: str, caption: str, *, again: bool = True
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
    again : bool
        Whether a subgroup that is all there is of an outcome has its line, though it says what
        the whole says.
    """
    lines = [
        _Line(analysis.plan.short, pool.label, analysis, pool)
        for analysis in review.outcomes
        for by in strata
        for pool in analysis.strata[evidence_set][by]
        if again or pool.selection.row_ids not in _wholes(analysis)
    ]
    if not lines:
        return None
    name = anchor(f"{evidence_set}.{strata[0]}", "by")
    return _lines(review, caption, review.protocol.strata[strata[0]].label, lines, name)


def _whole(analysis: OutcomeAnalysis) -> Iterator[tuple[str, Pool]]:
    """Yield the pools of the evidence sets; where the same rows meet again, once."""
    said: set[frozenset[str]] = set()
    for name, pool in analysis.pools.items():
        rows = pool.selection.row_ids
        if rows and rows not in said:
            yield name, pool
            said.add(rows)


def _wholes(analysis: OutcomeAnalysis) -> set[frozenset[str]]:
    return {pool.selection.row_ids for pool in analysis.pools.values()}


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
    ahead = f"Of the next\u00a0{NEXT}, new\u00a0{place}"
    heads = [
        f"Of 100 {people}",
        *([ahead] if predicts_people(protocol) else []),
        "0 to 100 %",
        f"Percent ({level_words(protocol)} interval)",
        "Prediction interval",
        "Studies",
        headed(people),
    ]
    return heads, [head for head in heads if head != "0 to 100 %"]


def predicts_people(protocol: Protocol) -> bool:
    """Whether the plan's model says how many of the next people have the event."""
    return protocol.primary.make(protocol.pooling.level).predicts_counts


def _numbers(analysis: OutcomeAnalysis, pool: Pool) -> list[Cell]:
    studies, people, _, _, prediction, _ = pool_numbers(pool, f"{analysis.code}.html")
    if pool.standing in (Standing.SINGLE, Standing.PROVISIONAL):
        studies = Markup("{} <small>{}</small>").format(studies, STATUS[pool.standing])
    ahead = next_patients(pool) if pool.standing is Standing.HEADLINE else None
    told = f"{ahead[0]} to {ahead[1]}" if ahead else "–"
    return [
        _of_hundred(pool),
        *([told] if predicts_people(analysis.review.protocol) else []),
        sparkline(pool, analysis.plan.threshold),
        _estimate(analysis, pool),
        prediction,
        studies,
        people,
    ]


def _of_hundred(pool: Pool) -> str:
    """Return whole people of a hundred, with limits; where all are alike the bound alone."""
    own = pool.own
    if pool.standing is Standing.SINGLE and own is None:
        return "–"
    least, most = map(in_hundred, shown_interval(pool))
    if pool.standing is Standing.NO_EVENT:
        return f"at most {most}"
    if pool.standing is Standing.ONLY_EVENTS:
        return f"at least {least}"
    return f"{in_hundred(own.proportion if own else pool.pooled.estimate)} ({least} to {most})"


def _estimate(analysis: OutcomeAnalysis, pool: Pool) -> Cell:
    """Return the one number and its limits: of the pool, of the study, or the exact bound.

    Where the methods disagree that is said, with the range of the studies and no pooled number.
    """
    if pool.standing is Standing.SINGLE:
        own = pool.own
        return with_interval(own.proportion, own.ci) if own else "–"
    if not pool.is_pooled:
        counts = f"{pool.pooled.events} of {pool.people}: {shown_bound(pool)}"
        return Markup("{} <br><small>exact one-sided bound</small>").format(counts)
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
