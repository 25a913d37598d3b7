"""Studies and rows against what accounts for them: the plan, the flow, and the judgements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from onearm.evidence.audit.telling import grouped, row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding, Place
from onearm.evidence.plan.outcomes import OutcomePlan
from onearm.evidence.records import Record, Study
from onearm.evidence.tables.codes import lines_to_add, sets_with_rows, strange_codes
from onearm.evidence.tables.columns import JUDGED_DOMAINS, TABLES
from onearm.words import count

__all__ = [
    "appraisal",
    "idle_judgements",
    "outcomes_not_judged",
    "outcomes_without_rows",
    "outside_the_question",
    "records",
    "rows_without_outcome",
]

_FILE = TABLES["certainty"].file


def outcomes_without_rows(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every outcome of the plan that no row may be pooled for."""
    there = {(c.outcome, c.denominator) for c in evidence.counts if c.may_be_pooled}
    for number, plan in enumerate(evidence.protocol.outcome, start=1):
        if (plan.code, plan.denominator) not in there:
            noun = evidence.protocol.denominator_noun(plan.denominator).one
            yield Place("protocol.toml", None, f"outcome {number}", plan.code).warning(
                "outcome-without-rows",
                f"The plan asks for {plan.label} (per {noun}), and no row of it may be pooled.",
                "Add the rows, or record the deviation from the plan.",
            )


def rows_without_outcome(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every row meant for a pool whose outcome nobody knows."""
    used = ((count.at("outcome"), count.use) for count in evidence.counts)
    yield from strange_codes(used, evidence.protocol)


def outside_the_question(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every row marked for a pool that no group of its stratum takes.

    Only of the strata whose groups are the whole question (`only` in the plan).
    """
    protocol = evidence.protocol
    for name, stratum in protocol.strata.items():
        if not stratum.only:
            continue
        groups = protocol.groups(name, evidence.values_of(stratum.column))
        members = {member for group in groups.values() for member in group.members}
        for row in evidence.counted:
            value, count = row.value(stratum.column), row.count
            meant = count.use in ("pool", "sensitivity") and count.outcome in protocol.short_names
            if meant and value not in members:
                shown = protocol.value_label(stratum.column, value) or "not stated"
                yield row.at(stratum.column).warning(
                    "outside-the-question",
                    f"{row_name(evidence, row)}: {stratum.label} is {shown}, which is in none of "
                    f"the plan's groups. The row is marked {count.use}, and every pool leaves it "
                    "out.",
                    "Mark it context or excluded, with the reason, or add its value to a group.",
                )


def records(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where the flow of records and the tables of studies do not balance."""
    if not evidence.has("records"):
        return
    sets_given = evidence.has("records", "evidence_set") and evidence.has("studies", "evidence_set")
    for record in evidence.records:
        place = record.at("decision")
        if record.study_id and sets_given:
            own = evidence.study(record.study_id).evidence_set
            if record.evidence_set != own:
                yield place.warning(
                    "records-unbalanced",
                    f"The evidence set of the record is {record.evidence_set or 'empty'}, and "
                    f"that of its study is {own or 'empty'}.",
                    "Give both the same evidence set.",
                )
        if record.decision == "included" and record.study_id not in evidence.pooled_studies:
            yield place.warning(
                "records-unbalanced",
                "The record is included, and no row of it may be pooled.",
                "Decide included_not_pooled with the reason, or mark its rows pool.",
            )
    met = grouped(evidence.records, lambda record: record.study_id)
    for study in evidence.studies:
        yield from _unbalanced(evidence, study, met.get(study.study_id, ()))


def _unbalanced(evidence: Evidence, study: Study, met: Sequence[Record]) -> Iterator[Finding]:
    if not met:
        sentence = f"{study.label} is in no record, so the flow does not count it."
        mend = "Add the record by which it was found."
    elif study.study_id in evidence.pooled_studies and not any(
        record.decision == "included" for record in met
    ):
        sentence = f"{study.label} has rows that may be pooled, and no record of it is included."
        mend = "Correct the decision, or the rows."
    else:
        return
    yield study.at("study_id").warning("records-unbalanced", sentence, mend)


def appraisal(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for every study in a pool that was not, or not wholly, appraised."""
    if not evidence.has("appraisal"):
        return
    protocol = evidence.protocol
    judged: dict[str, Counter[str]] = {}
    for item in evidence.appraisal:
        judged.setdefault(item.study_id, Counter())[item.tool] += 1
    for study in evidence.studies:
        tools = judged.get(study.study_id, Counter())
        if study.study_id in evidence.pooled_studies and not tools:
            first = evidence.in_set(study.study_id, protocol.sets[0].name)
            yield study.at("study_id").finding(
                "warning" if first else "note",
                "appraisal-missing",
                f"{study.label} is not appraised: its risk of bias is not known.",
                "Judge each item of the tool for its design in appraisal.csv.",
            )
        for tool, items in sorted(tools.items()):
            needed = protocol.all_tools[tool].items
            if items != needed:
                yield study.at("study_id").warning(
                    "appraisal-incomplete",
                    f"{study.label} has {count(items, 'judgement')} of the {needed} items of "
                    f"{protocol.all_tools[tool].label}.",
                    "Judge the items that are missing.",
                )


def outcomes_not_judged(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every outcome with rows to pool whose certainty nobody has judged.

    Without the table nothing is said; where it has no line, one note says it for all.
    """
    if not evidence.has("certainty"):
        return
    judged = {judgement.outcome for judgement in evidence.judgements}
    if not judged:
        yield Place(_FILE).note(
            "certainty-not-judged",
            "The certainty of the evidence is not judged.",
            f"Fill {_FILE}: for every outcome and evidence set, the domains "
            f"{', '.join(JUDGED_DOMAINS)}.",
        )
        return
    for number, plan in enumerate(evidence.protocol.outcome, start=1):
        sets = _sets(evidence, plan)
        if sets and plan.code not in judged:
            lines = " ".join(lines_to_add(plan.code, name, JUDGED_DOMAINS) for name in sets)
            yield Place("protocol.toml", None, f"outcome {number}", plan.code).warning(
                "certainty-not-judged",
                f"The certainty of {plan.label} is not judged.",
                f"Add to certainty.csv, each with a number and a reason: {lines}.",
            )


def idle_judgements(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every outcome that is judged, and that the plan does not pool."""
    plans = {plan.code: plan for plan in evidence.protocol.outcome}
    judged = grouped(evidence.judgements, lambda judgement: judgement.outcome)
    for code, lines in sorted(judged.items()):
        plan = plans.get(code)
        if plan is None or not _sets(evidence, plan):
            why = "no row of it may be pooled" if plan else "the plan has no such outcome"
            yield (
                lines[0]
                .at("outcome")
                .note(
                    "certainty-idle",
                    f"“{code}” is judged, but {why}. No page shows the judgement.",
                    "Remove its lines, or leave them for when there are rows.",
                )
            )


def _sets(evidence: Evidence, plan: OutcomePlan) -> tuple[str, ...]:
    """The evidence sets that have rows to pool for an outcome."""
    there = {
        row.study.evidence_set
        for row in evidence.rows_of(plan.code)
        if row.count.may_be_pooled and row.count.denominator == plan.denominator
    }
    return sets_with_rows(there, evidence.protocol)
