"""Studies: their dates, labels and subgroups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from onearm.evidence.audit.telling import about_study
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.words import count, listing

__all__ = ["dates", "labels", "subgroups"]


def dates(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where enrolment ends before it starts."""
    for study in evidence.studies:
        start, end = study.enrol_start, study.enrol_end
        known = min(len(start), len(end))
        if known and end[:known] < start[:known]:
            yield about_study(
                study,
                "enrolment-reversed",
                "warning",
                f"The enrolment of {study.label} ends ({end}) before it starts ({start}).",
                "Exchange or correct the two dates.",
                "enrol_end",
            )


def labels(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where two studies have the same label."""
    times = Counter(study.label for study in evidence.studies)
    for study in evidence.studies:
        if times[study.label] > 1:
            yield about_study(
                study,
                "label-duplicated",
                "warning",
                f"{count(times[study.label], 'study', 'studies')} have the label {study.label}: "
                "no reader can tell them apart.",
                "Add a letter or the place to each label.",
                "label",
            )


def subgroups(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding where a study in a pool has no value in the column of a stratum.

    A warning where the plan declares the column with its values, else a note.
    """
    protocol = evidence.protocol
    for stratum in protocol.strata.values():
        column, declared = stratum.column, protocol.columns.studies.get(stratum.column)
        asked = not (stratum.across or stratum.only) and evidence.has("studies", column)
        if not asked:
            continue
        values = list(declared.values) if declared else []
        for study in evidence.studies:
            if study.study_id in evidence.pooled_studies and not study.value(column):
                choose = f"Choose from: {listing(values, 'or')}." if values else "Fill in the cell."
                yield about_study(
                    study,
                    "subgroup-missing",
                    "warning" if values else "note",
                    f"{study.label} is in no subgroup of {stratum.label}: the cell is empty.",
                    choose,
                    column,
                )
