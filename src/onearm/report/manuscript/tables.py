"""The tables of the manuscript, in the words and numbers that they are printed with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from onearm.analysis import Certainty, OutcomeAnalysis, Pool, Review
from onearm.analysis.certainty import shown_interval
from onearm.evidence import Evidence, Standing, Study
from onearm.report.kit.sentences import headed, level_words
from onearm.report.manuscript.cells import (
    EMPTY,
    STATUS,
    Table,
    ahead_cell,
    short_names,
    short_sets,
    studies_cell,
)
from onearm.report.manuscript.pools_table import pools
from onearm.report.manuscript.references import included_studies
from onearm.robustness import disagree
from onearm.words import in_hundred

__all__ = ["all_tables", "certainty_reasons", "characteristics", "findings"]


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
        tuple(short_names(review)) if "Pooled for" in columns else (),
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
            studies_cell(pool),
            str(pool.people),
            _of_hundred(analysis, pool),
            ahead_cell(analysis, pool),
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
    notes = tuple(short_sets(protocol))
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
        return STATUS[pool.standing]
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
    notes = tuple(short_sets(review.protocol))
    return Table("table-certainty", title, tuple(heads), tuple(rows), notes)
