"""Studies against the tables that account for them: the flow of records, and the appraisal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from onearm.evidence.audit.telling import about_study, grouped
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Record, Study
from onearm.evidence.tables.columns import TABLES
from onearm.words import count

__all__ = ["appraisal", "records"]


def records(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where the flow of records and the tables of studies do not balance."""
    if not evidence.has("records"):
        return
    sets_given = evidence.has("records", "evidence_set") and evidence.has("studies", "evidence_set")
    for record in evidence.records:
        if record.study_id and sets_given:
            own = evidence.study(record.study_id).evidence_set
            if record.evidence_set != own:
                yield _record(
                    record,
                    f"The evidence set of the record is {record.evidence_set or 'empty'}, and "
                    f"that of its study is {own or 'empty'}.",
                    "Give both the same evidence set.",
                )
        if record.decision == "included" and record.study_id not in evidence.pooled_studies:
            yield _record(
                record,
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
    yield about_study(study, "records-unbalanced", "warning", sentence, mend, "study_id")


def _record(record: Record, sentence: str, mend: str) -> Finding:
    return Finding(
        "records-unbalanced",
        "warning",
        sentence,
        mend,
        TABLES["records"].file,
        record.line,
        "decision",
        record.decision,
        None,
        record.study_id or None,
    )


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
            yield about_study(
                study,
                "appraisal-missing",
                "warning" if first else "note",
                f"{study.label} is not appraised: its risk of bias is not known.",
                "Judge each item of the tool for its design in appraisal.csv.",
                "study_id",
            )
        for tool, items in sorted(tools.items()):
            needed = protocol.all_tools[tool].items
            if items != needed:
                yield about_study(
                    study,
                    "appraisal-incomplete",
                    "warning",
                    f"{study.label} has {count(items, 'judgement')} of the {needed} items of "
                    f"{protocol.all_tools[tool].label}.",
                    "Judge the items that are missing.",
                    "study_id",
                )
