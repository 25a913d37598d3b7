"""Patients who may be, or are, in more than one study."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import about_study, outcome_name
from onearm.evidence.findings import Finding
from onearm.evidence.frames import rows_of
from onearm.evidence.selection.overlap import families, study_pairs
from onearm.evidence.tables.reading import Evidence
from onearm.words import listing

__all__ = ["certain_overlap", "possible_overlap", "superseded", "versions_mixed"]


def possible_overlap(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for every pair of studies that possibly shares patients.

    A warning when both have rows that may be pooled, else a note.
    """
    studies = {row["study_id"]: row for row in rows_of(evidence.studies)}
    pooled = set(evidence.outcomes.loc[evidence.outcomes["use"] == "pool", "study_id"])
    names = evidence.protocol.short_names
    for pair in study_pairs(evidence.studies, evidence.outcomes, names=names):
        both = {pair.study_a, pair.study_b} <= pooled
        yield about_study(
            studies[pair.study_a],
            "possible-overlap",
            "warning" if both else "note",
            pair.sentence,
            "Ask the authors. Until then both stay in a pool, with a caution and every choice "
            "without overlap beside it.",
            "overlap_group",
        )


def certain_overlap(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every record that is another version of a trial."""
    studies = {row["study_id"]: row for row in rows_of(evidence.studies)}
    for study in studies.values():
        if study["version_of"]:
            other = studies[study["version_of"]]["label"]
            yield about_study(
                study,
                "certain-overlap",
                "note",
                f"{study['label']} and {other} report the same trial: never both in one pool.",
                "Nothing to mend: a pool keeps one of them.",
                "version_of",
            )


def superseded(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note where two versions of a trial both have a row for the same pool."""
    head = families(evidence.studies)
    outcomes = evidence.outcomes[evidence.outcomes["use"] == "pool"]
    counted = {(r["study_id"], r["outcome"], r["denominator"]) for r in rows_of(outcomes)}
    for study in rows_of(evidence.studies):
        trial = head[study["study_id"]]
        if trial == study["study_id"]:
            continue
        both = sorted(
            {o for s, o, d in counted if s == study["study_id"] and (trial, o, d) in counted}
        )
        if both:
            names = listing([outcome_name(evidence, outcome) for outcome in both])
            yield about_study(
                study,
                "version-superseded",
                "note",
                f"{study['label']} stays out of the pools of {names}: the other version of the "
                "trial has them.",
                "Nothing to mend.",
                "version_of",
            )


def versions_mixed(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note where the counts of one trial come from different versions of it."""
    head = families(evidence.studies)
    studies = {row["study_id"]: row for row in rows_of(evidence.studies)}
    pooled = rows_of(evidence.outcomes[evidence.outcomes["use"] == "pool"])
    told: dict[str, list[str]] = {study: [] for study in studies}
    for row in pooled:
        said = f"{outcome_name(evidence, row['outcome'])} ({row['events']} of {row['n']})"
        told[row["study_id"]].append(said)
    for study, trial in head.items():
        if trial != study and told[study] and told[trial]:
            yield about_study(
                studies[study],
                "versions-mixed",
                "note",
                f"Counts of one trial come from different versions: {studies[study]['label']} "
                f"gives {listing(told[study])}, {studies[trial]['label']} "
                f"{listing(told[trial])}. They need not count the same patients, so do not hold "
                "one against the other.",
                "Take every count from the last version as soon as it gives them.",
                "version_of",
            )
