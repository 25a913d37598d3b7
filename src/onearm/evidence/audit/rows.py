"""Single rows that a reader should know about: derived, small, missing, nothing but a zero."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import about_row, counted, outcome_name, row_name
from onearm.evidence.findings import Finding
from onearm.evidence.frames import rows_of
from onearm.evidence.tables.reading import Evidence

__all__ = ["derived", "missing", "small", "zeros"]


def derived(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every count in a pool that the source does not state."""
    for row in counted(evidence):
        if row["use"] == "pool" and row["basis"] == "derived":
            yield about_row(
                row,
                "derived-row",
                "note",
                f"{row_name(evidence, row)}: {row['events']} of {row['n']} "
                f"({outcome_name(evidence, row['outcome'])}) is derived, not stated: "
                f"{row['derivation']}.",
                "Replace it when the source or the authors state the count.",
                "basis",
            )


def small(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every case report and every row below the plan's minimum n."""
    designs = dict(zip(evidence.studies["study_id"], evidence.studies["design"], strict=True))
    minimum = {
        plan.code: plan.min_n or evidence.protocol.pooling.minimum_n
        for plan in evidence.protocol.outcome
    }
    for row in counted(evidence):
        if row["outcome"] not in minimum or row["n"] >= minimum[row["outcome"]]:
            continue
        case = designs[row["study_id"]] == "case_report"
        if case or row["use"] == "pool":
            what = "is a case report" if case else f"has n = {row['n']}"
            yield about_row(
                row,
                "case-report" if case else "small-n",
                "note",
                f"{row_name(evidence, row)} {what} ({outcome_name(evidence, row['outcome'])}, "
                f"{row['events']} of {row['n']}): pools ask for n of at least "
                f"{minimum[row['outcome']]}, and leave it out.",
                "Nothing to mend: single cases are published for their outcome.",
                "n",
            )


def missing(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every outcome of the plan that a study does not report."""
    codes = {plan.code for plan in evidence.protocol.outcome}
    outcomes = evidence.outcomes
    for row in rows_of(outcomes[outcomes["events"].isna() & outcomes["outcome"].isin(codes)]):
        if row["use"] != "excluded":
            yield about_row(
                row,
                "missing-outcome",
                "note",
                f"{row_name(evidence, row)} gives no count for "
                f"{outcome_name(evidence, row['outcome'])}: {row['missing_reason']}. It is "
                "missing, not zero.",
                "Ask the authors; leave the cell empty.",
                "events",
            )


def zeros(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every zero in a pool that no words of the source stand behind."""
    for row in counted(evidence):
        stated = row["printed"].strip() or row["printed_percent"] or row["derivation"].strip()
        if row["use"] == "pool" and row["events"] == 0 and not stated:
            yield about_row(
                row,
                "zero-without-statement",
                "warning",
                f"{row_name(evidence, row)}: 0 of {row['n']} "
                f"({outcome_name(evidence, row['outcome'])}), and printed shows no words for it.",
                "Quote the words that say none; silence of the source is missing, not zero.",
                "printed",
            )
