"""The tables of the manuscript, in the words and numbers that they are printed with."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from onearm.analysis import Certainty, OutcomeAnalysis, Pool, Review
from onearm.analysis.certainty import shown_bound, shown_interval
from onearm.evidence import Evidence, Protocol, Standing, Study
from onearm.report.kit.sentences import headed, level_words, within
from onearm.report.manuscript.references import included_studies
from onearm.robustness import disagree
from onearm.words import in_hundred, interval, listing, number, percent, spreadsheet_safe

__all__ = ["Table", "all_tables", "certainty_reasons", "characteristics", "findings", "pools"]

EMPTY = "–"
_STATUS = {
    Standing.NONE: "no count that could be pooled",
    Standing.SINGLE: "too few studies, not pooled",
    Standing.PROVISIONAL: "pooled, provisional",
    Standing.HEADLINE: "pooled",
    Standing.NO_EVENT: "exact one-sided bound",
    Standing.ONLY_EVENTS: "exact one-sided bound",
}
_ADVISED_AGAINST = "methods disagree: pooling advised against"


@dataclass(frozen=True)
class Table:
    """A table as it is printed.

    Attributes
    ----------
    name : str
        Of its file, without the ending.
    title : str
        What it shows, without its number.
    columns : tuple of str
    rows : tuple of tuple of str
        A cell a column; the first names the row.
    notes : tuple of str
        Printed below it.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def csv(self) -> str:
        """Return the same cells as CSV."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([spreadsheet_safe(cell) for cell in row] for row in self.rows)
        return text.getvalue()


def all_tables(review: Review) -> tuple[Table, ...]:
    """Return the tables of a review that has them, in the order of their numbers."""
    found = (characteristics(review), findings(review), pools(review), certainty_reasons(review))
    return tuple(table for table in found if table.rows)


def characteristics(review: Review) -> Table:
    """Return the characteristics of the included studies; a column without a value is left out."""
    evidence = review.evidence
    studies = included_studies(evidence)
    columns = {
        head: cells
        for head, tell in _characteristics(review).items()
        if any(cells := [tell(study) for study in studies])
    }
    rows = tuple(
        (study.label, *(cells[place] or EMPTY for cells in columns.values()))
        for place, study in enumerate(studies)
    )
    return Table(
        "table-characteristics",
        "Characteristics of the included studies",
        ("Study", *columns),
        rows,
        tuple(_short_names(review)) if "Pooled for" in columns else (),
    )


def _characteristics(review: Review) -> dict[str, Callable[[Study], str]]:
    evidence = review.evidence
    protocol = evidence.protocol

    def declared(name: str) -> Callable[[Study], str]:
        return lambda study: protocol.value_label(name, study.value(name))

    designs = {name: each.label for name, each in protocol.all_designs.items()}
    sources = {name: each.label for name, each in protocol.all_source_types.items()}
    pooled = _pooled_for(review)
    return {
        **{plan.label: declared(name) for name, plan in protocol.columns.studies.items()},
        "Design": lambda study: designs.get(study.design, study.design),
        "Country": lambda study: study.country,
        "Centres": lambda study: study.centres,
        "Enrolled": lambda study: " to ".join(filter(None, (study.enrol_start, study.enrol_end))),
        headed(protocol.words.person.many): lambda study: _size(evidence, study),
        "Source read": lambda study: sources.get(study.source_type, study.source_type),
        "Pooled for": lambda study: ", ".join(pooled.get(study.study_id, ())),
    }


def _size(evidence: Evidence, study: Study) -> str:
    """Return the largest number of people that a study counts."""
    sizes = evidence.sizes.get(study.study_id)
    return str(max(sizes)) if sizes else ""


def _pooled_for(review: Review) -> dict[str, list[str]]:
    """Return the outcomes in whose widest pool a study is, by study."""
    found: dict[str, list[str]] = {}
    if len(review.outcomes) < 2:
        return found
    for analysis in review.outcomes:
        for study_id in dict.fromkeys(row.study_id for row in analysis.widest.selection.rows):
            found.setdefault(study_id, []).append(analysis.plan.short)
    return found


def findings(review: Review) -> Table:
    """Return the summary of findings: a line an outcome and evidence set."""
    protocol, judged = review.protocol, bool(review.evidence.judgements)
    several, people = protocol.has_several_sets, protocol.words.person.many
    rows = [
        (
            analysis.plan.label,
            *([protocol.set_named(name).short] if several else []),
            _studies(pool),
            str(pool.people),
            _of_hundred(analysis, pool),
            _ahead(analysis, pool),
            *(_graded(analysis.certainty(pool)) if judged else []),
        )
        for analysis in review.outcomes
        for name, pool in _distinct(analysis)
    ]
    columns = (
        "Outcome",
        *(["Evidence"] if several else []),
        "Studies",
        headed(people),
        f"Of 100 {people} ({level_words(protocol)} interval)",
        "Prediction interval, %",
        *(["Certainty", "Lowered for"] if judged else []),
    )
    notes = tuple(_short_sets(protocol))
    return Table("table-summary-of-findings", "Summary of findings", columns, tuple(rows), notes)


def _distinct(analysis: OutcomeAnalysis) -> Iterator[tuple[str, Pool]]:
    """Yield the pools of the evidence sets, the widest first; where the same rows meet, once."""
    seen: set[frozenset[str]] = set()
    for name, pool in reversed(list(analysis.pools.items())):
        rows = pool.selection.row_ids
        if rows not in seen and (rows or not seen):
            seen.add(rows)
            yield name, pool


def _of_hundred(analysis: OutcomeAnalysis, pool: Pool) -> str:
    """Return whole people of a hundred; where nothing is pooled what is known in its place."""
    own = pool.own
    if pool.standing is Standing.NONE:
        return "no count that could be pooled"
    if pool.standing is Standing.SINGLE and own is None:
        return _STATUS[pool.standing]
    if pool.is_pooled and disagree(pool, analysis.review):
        rates = [study.proportion for study in pool.pooled.studies]
        return f"not pooled; studies {in_hundred(min(rates))} to {in_hundred(max(rates))}"
    least, most = map(in_hundred, shown_interval(pool))
    if pool.standing.is_alike:
        none = pool.standing is Standing.NO_EVENT
        return f"at most {most}" if none else f"at least {least}"
    rate = in_hundred(own.proportion if own else pool.pooled.estimate)
    return f"{rate} ({least} to {most}){', one study' if own else ''}"


def _graded(graded: Certainty) -> tuple[str, str]:
    lowered = [f"{domain.name} (−{domain.downgrade})" for domain in graded.downgrades]
    word = f"{graded.symbols} {graded.word}".strip()
    return word, ", ".join(lowered) or EMPTY


def pools(review: Review) -> Table:
    """Return every pool of the plan: evidence sets and subgroups, each set of rows once."""
    protocol = review.protocol
    level = level_words(protocol)
    columns = (
        "Outcome",
        "Pool",
        "Studies",
        headed(protocol.words.person.many),
        "Events",
        f"Proportion, % ({level} interval)",
        "Prediction interval, %",
        "tau",
        "I², %",
        "Status",
    )
    rows = tuple(
        (analysis.plan.short, label, *_numbers(analysis, pool))
        for analysis in review.outcomes
        for label, pool in _every(analysis)
    )
    same = "A pool of the same rows as one above it is left out."
    notes = (*_kinds(review), same, *_short_names(review))
    return Table("table-results", "Results of all pools", columns, rows, notes)


def _kinds(review: Review) -> Iterator[str]:
    """Say what the intervals of pooled proportions are, and those of single studies."""
    every = (pool for analysis in review.outcomes for pool in analysis.every_pool())
    kinds = sorted({f"{pool.interval_kind}s" for pool in every if pool.is_pooled})
    if kinds:
        told = f"{level_words(review.protocol)} {listing(kinds)}"
        yield f"Intervals of pooled proportions are {told}."
    yield "Intervals of single studies are exact."


def _short_names(review: Review) -> Iterator[str]:
    """Say what the short names of outcomes stand for, where they differ from the labels."""
    plans = [plan for plan in review.protocol.outcome if plan.short != plan.label]
    if plans:
        yield f"{'; '.join(f'{plan.short}: {within(plan.label)}' for plan in plans)}."


def _short_sets(protocol: Protocol) -> Iterator[str]:
    """Say the same of the evidence sets."""
    told = [f"{each.short}: {within(each.label)}" for each in protocol.sets]
    if protocol.has_several_sets:
        yield f"Evidence. {'; '.join(told)}."


def _every(analysis: OutcomeAnalysis) -> Iterator[tuple[str, Pool]]:
    """Yield every pool with studies once, widest first, each under its label."""
    seen: set[frozenset[str]] = set()
    protocol = analysis.review.protocol
    for name, whole in reversed(list(analysis.pools.items())):
        few = f", {protocol.set_named(name).short}" if whole is not analysis.widest else ""
        found = [(whole.label, whole)]
        for by, split in analysis.strata[name].items():
            label = protocol.strata[by].label
            found += [(f"{label}: {part.label}{few}", part) for part in split]
        for label, pool in found:
            rows = pool.selection.row_ids
            if rows and rows not in seen:
                seen.add(rows)
                yield label, pool


def _numbers(analysis: OutcomeAnalysis, pool: Pool) -> tuple[str, ...]:
    shown, selection = pool.shown, pool.selection
    advised = pool.is_pooled and disagree(pool, analysis.review)
    tau2, scale = shown["tau2"], pool.pooled.method.tau_scale
    return (
        _studies(pool),
        str(pool.people),
        str(sum(row.events for row in selection.rows)),
        _estimate(pool),
        _ahead(analysis, pool, always=True),
        number(math.sqrt(tau2)) if tau2 is not None and scale == "logit" else EMPTY,
        EMPTY if shown["i2"] is None else percent(shown["i2"]).removesuffix(" %"),
        _ADVISED_AGAINST if advised else "one study" if pool.own else _STATUS[pool.standing],
    )


def _estimate(pool: Pool) -> str:
    shown = pool.shown
    if pool.standing.is_alike:
        return shown_bound(pool).removesuffix(" %")
    if shown["estimate"] is None:
        return EMPTY
    return f"{percent(shown['estimate']).removesuffix(' %')} ({interval(*shown['ci'])})"


def _ahead(analysis: OutcomeAnalysis, pool: Pool, *, always: bool = False) -> str:
    """Return the prediction interval, of a pool that is advised against only where all is told."""
    low, high = pool.shown["prediction_interval"]
    if low is None or (not always and disagree(pool, analysis.review)):
        return EMPTY
    return interval(low, high)


def _studies(pool: Pool) -> str:
    selection = pool.selection
    cohorts = f" ({selection.k} cohorts)" if selection.k != selection.studies else ""
    return f"{selection.studies}{cohorts}"


def certainty_reasons(review: Review) -> Table:
    """Return why each certainty is lowered; without judgements a table without rows."""
    several = review.protocol.has_several_sets
    rows = [
        (
            analysis.plan.label,
            *([review.protocol.set_named(name).short] if several else []),
            domain.name,
            f"−{domain.downgrade}",
            domain.reason,
        )
        for analysis in review.outcomes
        for name, pool in _distinct(analysis)
        for domain in analysis.certainty(pool).downgrades
    ]
    heads: Sequence[str] = (
        "Outcome",
        *(["Evidence"] if several else []),
        "Domain",
        "Levels",
        "Reason",
    )
    title = "Certainty of the evidence: reasons for lowering it"
    notes = tuple(_short_sets(review.protocol))
    return Table("table-certainty", title, tuple(heads), tuple(rows), notes)
