"""The judgements of certainty against the plan."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import grouped
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.plan.outcomes import OutcomePlan
from onearm.evidence.tables.columns import JUDGED_DOMAINS, TABLES
from onearm.evidence.tables.judgements import lines_to_add, sets_with_rows

__all__ = ["idle_judgements", "outcomes_not_judged"]

_FILE = TABLES["certainty"].file


def outcomes_not_judged(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every outcome with rows to pool whose certainty nobody has judged.

    Without the table nothing is said; where it has no line, one note says it for all.
    """
    if not evidence.has("certainty"):
        return
    judged = {judgement.outcome for judgement in evidence.judgements}
    if not judged:
        yield Finding(
            "certainty-not-judged",
            "note",
            "The certainty of the evidence is not judged.",
            f"Fill {_FILE}: for every outcome and evidence set, the domains "
            f"{', '.join(JUDGED_DOMAINS)}.",
            _FILE,
        )
        return
    for number, plan in enumerate(evidence.protocol.outcome, start=1):
        sets = _sets(evidence, plan)
        if sets and plan.code not in judged:
            lines = " ".join(lines_to_add(plan.code, name, JUDGED_DOMAINS) for name in sets)
            yield Finding(
                "certainty-not-judged",
                "warning",
                f"The certainty of {plan.label} is not judged.",
                f"Add to certainty.csv, each with a number and a reason: {lines}.",
                "protocol.toml",
                None,
                f"outcome {number}",
                plan.code,
            )


def idle_judgements(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every outcome that is judged, and that the plan does not pool."""
    plans = {plan.code: plan for plan in evidence.protocol.outcome}
    judged = grouped(evidence.judgements, lambda judgement: judgement.outcome)
    for code, lines in sorted(judged.items()):
        plan = plans.get(code)
        if plan is None or not _sets(evidence, plan):
            why = "no row of it may be pooled" if plan else "the plan has no such outcome"
            yield Finding(
                "certainty-idle",
                "note",
                f"“{code}” is judged, but {why}. No page shows the judgement.",
                "Remove its lines, or leave them for when there are rows.",
                _FILE,
                lines[0].line,
                "outcome",
                code,
            )


def _sets(evidence: Evidence, plan: OutcomePlan) -> tuple[str, ...]:
    """The evidence sets that have rows to pool for an outcome."""
    there = {
        row.study.evidence_set
        for row in evidence.rows_of(plan.code)
        if row.count.may_be_pooled and row.count.denominator == plan.denominator
    }
    return sets_with_rows(there, evidence.protocol)
