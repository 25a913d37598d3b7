"""Studies: dates, labels, subgroups, whether a reader gets to their figures, and shared people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from onearm.evidence.audit.telling import NOTHING_TO_DO, grouped
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Count, families
from onearm.evidence.selection.overlap import study_pairs
from onearm.words import count, listing

__all__ = [
    "addresses",
    "certain_overlap",
    "dates",
    "labels",
    "malformed_dois",
    "possible_overlap",
    "second_hand",
    "subgroups",
    "superseded",
    "untraceable",
    "versions_mixed",
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


def possible_overlap(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for every pair of studies that possibly shares people.

    A warning when both have rows that may be pooled, else a note.
    """
    for pair in study_pairs(evidence):
        both = {pair.study_a, pair.study_b} <= evidence.pooled_studies
        first = evidence.study(pair.study_a)
        yield first.at("overlap_group").finding(
            "warning" if both else "note",
            "possible-overlap",
            pair.sentence,
            "Ask the authors. Until then both stay in a pool, with a caution and every choice "
            "without overlap beside it.",
        )


def certain_overlap(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every record that is another version of a trial."""
    for study in evidence.studies:
        if study.version_of:
            other = evidence.study(study.version_of).label
            yield study.at("version_of").note(
                "certain-overlap",
                f"{study.label} and {other} report the same trial: never both in one pool.",
                f"{NOTHING_TO_DO}: a pool keeps one of them.",
            )


def superseded(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note where two versions of a trial both have a row for the same pool."""
    head = families(evidence.studies)
    pooled = grouped(
        (count for count in evidence.counts if count.may_be_pooled), lambda count: count.study_id
    )
    for study in evidence.studies:
        trial = head[study.study_id]
        if trial == study.study_id:
            continue
        own, others = (
            {(count.outcome, count.denominator) for count in pooled.get(version, ())}
            for version in (study.study_id, trial)
        )
        if own & others:
            outcomes = sorted({outcome for outcome, _ in own & others})
            names = listing([evidence.protocol.outcome_name(outcome) for outcome in outcomes])
            yield study.at("version_of").note(
                "version-superseded",
                f"{study.label} stays out of the pools of {names}: the other version of the trial "
                "reports them.",
                f"{NOTHING_TO_DO}.",
            )


def versions_mixed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note where the counts of one trial come from different versions of it."""
    told: dict[str, list[str]] = {}
    for row in evidence.listed:
        if row.count.may_be_pooled:
            name = evidence.protocol.outcome_name(row.count.outcome)
            told.setdefault(row.study_id, []).append(f"{name} ({row.events} of {row.n})")
    for version, trial in families(evidence.studies).items():
        if trial != version and version in told and trial in told:
            study = evidence.study(version)
            yield study.at("version_of").note(
                "versions-mixed",
                f"Counts of one trial come from different versions: {study.label} gives "
                f"{listing(told[version])}, {evidence.study(trial).label} {listing(told[trial])}. "
                f"They need not count the same {evidence.protocol.words.person.many}.",
                "Take every count from the last version as soon as it reports them.",
            )
