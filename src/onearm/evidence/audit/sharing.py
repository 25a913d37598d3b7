"""People who may be, or are, in more than one study."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import NOTHING_TO_DO, grouped
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import families
from onearm.evidence.selection.overlap import study_pairs
from onearm.words import listing

__all__ = ["certain_overlap", "possible_overlap", "superseded", "versions_mixed"]


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
