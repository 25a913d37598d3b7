"""Studies, their records in the flow of screening, and their appraisal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from onearm.evidence.audit.telling import about_study
from onearm.evidence.findings import Finding
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.reading import Evidence
from onearm.words import count

__all__ = ["appraisal", "dates", "labels", "records", "settings"]

#: Items of each tool: Munn 2020, doi:10.11124/JBISRIR-D-19-00099; Murad 2018,
#: doi:10.1136/bmjebm-2017-110853.
_ITEMS = {"jbi_case_series": 10, "murad_case_report": 8}


def dates(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where enrolment ends before it starts."""
    for study in rows_of(evidence.studies):
        start, end = study["enrol_start"], study["enrol_end"]
        known = min(len(start), len(end))
        if known and end[:known] < start[:known]:
            yield about_study(
                study,
                "enrolment-reversed",
                "warning",
                f"The enrolment of {study['label']} ends ({end}) before it starts ({start}).",
                "Exchange or correct the two dates.",
                "enrol_end",
            )


def labels(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where two studies bear the same label."""
    times = Counter(evidence.studies["label"])
    for study in rows_of(evidence.studies):
        if times[study["label"]] > 1:
            yield about_study(
                study,
                "label-duplicated",
                "warning",
                f"{count(times[study['label']], 'study', 'studies')} are called "
                f"{study['label']}: no reader can tell them apart.",
                "Add a letter or the place to each label.",
                "label",
            )


def settings(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where a study in a pool belongs to no setting."""
    pooled = set(evidence.outcomes.loc[evidence.outcomes["use"] == "pool", "study_id"])
    for study in rows_of(evidence.studies):
        if study["study_id"] in pooled and not study["setting"]:
            yield about_study(
                study,
                "setting-missing",
                "warning",
                f"{study['label']} has no setting, so no stratum shows it.",
                "Enter salvage or neoadjuvant.",
                "setting",
            )


def records(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where the flow of records and the tables of studies do not balance."""
    pooled = set(evidence.outcomes.loc[evidence.outcomes["use"] == "pool", "study_id"])
    sets = dict(zip(evidence.studies["study_id"], evidence.studies["evidence_set"], strict=True))
    met: dict[str, list[Row]] = {}
    for record in rows_of(evidence.records):
        study = record["study_id"]
        if study:
            met.setdefault(study, []).append(record)
            if record["evidence_set"] != sets[study]:
                yield _record(
                    record,
                    f"The record is {record['evidence_set']}, and its study is {sets[study]}.",
                    "Give both the same evidence set.",
                )
        if record["decision"] == "included" and study not in pooled:
            yield _record(
                record,
                "The record is included, and no row of it may be pooled.",
                "Decide included_not_pooled with the reason, or mark its rows pool.",
            )
    for study in rows_of(evidence.studies):
        own = met.get(study["study_id"], [])
        included = any(record["decision"] == "included" for record in own)
        if not own:
            yield about_study(
                study,
                "records-unbalanced",
                "warning",
                f"{study['label']} is in no record, so the flow does not count it.",
                "Add the record by which it was met.",
                "study_id",
            )
        elif study["study_id"] in pooled and not included:
            yield about_study(
                study,
                "records-unbalanced",
                "warning",
                f"{study['label']} has rows that may be pooled, and no record of it is included.",
                "Correct the decision, or the rows.",
                "study_id",
            )


def _record(record: Row, sentence: str, mend: str) -> Finding:
    return Finding(
        "records-unbalanced",
        "warning",
        sentence,
        mend,
        TABLES["records"].file,
        int(record["line"]),
        "decision",
        record["decision"],
        None,
        record["study_id"] or None,
    )


def appraisal(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for every study in a pool that was not, or not wholly, appraised."""
    pooled = set(evidence.outcomes.loc[evidence.outcomes["use"] == "pool", "study_id"])
    judged = Counter(zip(evidence.appraisal["study_id"], evidence.appraisal["tool"], strict=True))
    for study in rows_of(evidence.studies):
        tools = {t: k for (s, t), k in judged.items() if s == study["study_id"]}
        if study["study_id"] in pooled and not tools:
            core = study["evidence_set"] == "core"
            yield about_study(
                study,
                "appraisal-missing",
                "warning" if core else "note",
                f"{study['label']} is not appraised: its risk of bias is not known.",
                "Judge each item of the tool for its design in appraisal.csv.",
                "study_id",
            )
        for tool, items in sorted(tools.items()):
            if items != _ITEMS[tool]:
                yield about_study(
                    study,
                    "appraisal-incomplete",
                    "warning",
                    f"{study['label']} has {count(items, 'judgement')} of the {_ITEMS[tool]} items "
                    f"of {tool}.",
                    "Judge the items that are not there.",
                    "study_id",
                )
