"""Single rows that a reader should know about: derived, small, missing, nothing but a zero."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import NOTHING_TO_DO, about_row, row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding

__all__ = ["derived", "missing", "small", "zeros"]


def derived(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every count in a pool that the source does not state."""
    for row in evidence.counted:
        if row.count.may_be_pooled and row.count.basis == "derived":
            yield about_row(
                row,
                "derived-row",
                "note",
                f"{row.label}: {row.events} of {row.n} "
                f"({evidence.protocol.outcome_name(row.count.outcome)}) is derived, not stated: "
                f"{row.count.derivation}.",
                "Replace it when the source or the authors state the count.",
                "basis",
            )


def small(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every single-case report and every row below the plan's minimum n."""
    protocol = evidence.protocol
    minimum = {plan.code: plan.min_n or protocol.pooling.minimum_n for plan in protocol.outcome}
    for row in evidence.counted:
        least = minimum.get(row.count.outcome)
        if least is None or row.n >= least:
            continue
        design = protocol.all_designs.get(row.study.design)
        single = design is not None and design.kind == "single_case"
        if single or row.count.may_be_pooled:
            what = f"is a {design.label}" if single and design else f"has n = {row.n}"
            yield about_row(
                row,
                "case-report" if single else "small-n",
                "note",
                f"{row.label} {what} ({protocol.outcome_name(row.count.outcome)}, "
                f"{row.events} of {row.n}). Pools need n of at least {least} and leave it out.",
                f"{NOTHING_TO_DO}.",
                "n",
            )


def missing(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every outcome of the plan that a study does not report."""
    planned = evidence.protocol.short_names
    for row in evidence.listed:
        count = row.count
        if count.events is None and count.outcome in planned and count.use != "excluded":
            yield about_row(
                row,
                "missing-outcome",
                "note",
                f"{row.label} gives no count for {evidence.protocol.outcome_name(count.outcome)}: "
                f"{count.missing_reason}. It is missing, not zero.",
                "Ask the authors; leave the cell empty.",
                "events",
            )


def zeros(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every zero in a pool that no words of the source support."""
    if not evidence.has("outcomes", "printed"):
        return
    for row in evidence.counted:
        count = row.count
        stated = count.printed.strip() or count.printed_percent or count.derivation.strip()
        if count.may_be_pooled and row.events == 0 and not stated:
            yield about_row(
                row,
                "zero-without-statement",
                "warning",
                f"{row_name(evidence, row)}: 0 of {row.n}, and printed quotes no words for it.",
                "Quote the words that say none. If the source is silent, the count is missing.",
                "printed",
            )
