"""Studies: their dates, labels and subgroups, and whether a reader can get to their figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Count
from onearm.words import count, listing

__all__ = [
    "addresses",
    "dates",
    "labels",
    "malformed_dois",
    "second_hand",
    "subgroups",
    "untraceable",
]

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ADDRESS = re.compile(r"https?://\S+|(?<![\w.@/-])(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)
#: A handle (hdl:) leads to a repository's copy, not to the report: it is not among these.
_TRACEABLE = re.compile(
    r"PMID:? ?\d+|PMC\d+|NCT\d{8}|ChiCTR\w+|PII \S+|\d+ ?(\(\S+\))? ?: ?e?\d+|\b10\.\d{4,9}/"
)
#: Identifiers have digits and colons of their own, which are no volume and page.
_HANDLE = re.compile(r"\bhdl:\S+", re.IGNORECASE)


def dates(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where enrolment ends before it starts."""
    for study in evidence.studies:
        start, end = study.enrol_start, study.enrol_end
        known = min(len(start), len(end))
        if known and end[:known] < start[:known]:
            yield study.at("enrol_end").warning(
                "enrolment-reversed",
                f"The enrolment of {study.label} ends ({end}) before it starts ({start}).",
                "Exchange or correct the two dates.",
            )


def labels(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where two studies have the same label."""
    times = Counter(study.label for study in evidence.studies)
    for study in evidence.studies:
        if times[study.label] > 1:
            yield study.at("label").warning(
                "label-duplicated",
                f"{count(times[study.label], 'study', 'studies')} have the label {study.label}: "
                "no reader can tell them apart.",
                "Add a letter or the place to each label.",
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
                yield study.at(column).finding(
                    "warning" if values else "note",
                    "subgroup-missing",
                    f"{study.label} is in no subgroup of {stratum.label}: the cell is empty.",
                    choose,
                )


def second_hand(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every study that pools rest on and that was read second-hand."""
    kinds = evidence.protocol.all_source_types
    for study in evidence.studies:
        kind = kinds.get(study.source_type)
        if study.study_id in evidence.pooled_studies and kind and kind.second_hand:
            yield study.at("source_type").warning(
                "secondary-source",
                f"The figures of {study.label} were read second-hand ({kind.label}), not in the "
                "report itself.",
                "Obtain the primary report, and check every row against it.",
            )


def malformed_dois(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every cell of a doi column that is not a bare DOI."""
    for record in (*evidence.studies, *evidence.records):
        doi = record.value("doi")
        if doi and not _DOI.fullmatch(doi):
            inner = _DOI.search(doi)
            mend = f"Write {inner.group()}." if inner else "Correct it, or leave it empty."
            yield record.at("doi").warning("doi-malformed", f"“{doi}” is not a bare DOI.", mend)


def addresses(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where a page's address stands for a citation: addresses change."""
    for record in (*evidence.studies, *evidence.records, *evidence.counts):
        for column in ("source",) if isinstance(record, Count) else ("citation", "doi"):
            found = _ADDRESS.search(record.value(column))
            if found and "doi.org/" not in found.group():
                yield record.at(column).warning(
                    "mirror-address",
                    f"“{found.group()}” is the address of a page, perhaps of a copy.",
                    "Cite the DOI, the PMID or the journal.",
                )


def untraceable(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every study that no identifier leads to."""
    if not (evidence.has("studies", "citation") or evidence.has("studies", "doi")):
        return
    for study in evidence.studies:
        if not study.doi and not _TRACEABLE.search(_HANDLE.sub("", study.citation)):
            handle = _HANDLE.search(study.citation)
            only = " A repository's handle alone is no reference." if handle else ""
            yield study.at("citation").warning(
                "uncited-study",
                f"{study.label} has no DOI, PMID, registry number, or volume and page.{only}",
                "Add the identifier that leads a reader to it.",
            )
