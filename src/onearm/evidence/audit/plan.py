"""The analysis plan against the tables."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import about_row, counted, outcome_name, row_name
from onearm.evidence.findings import Finding
from onearm.evidence.plan.codes import strange_codes
from onearm.evidence.tables.reading import Evidence

__all__ = ["groups_for_drugs", "outcomes_without_rows", "rows_without_outcome"]


def outcomes_without_rows(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every outcome of the plan that no row may be pooled for."""
    pooled = evidence.outcomes[evidence.outcomes["use"] == "pool"]
    there = set(zip(pooled["outcome"], pooled["denominator"], strict=True))
    for number, plan in enumerate(evidence.protocol.outcome, start=1):
        if (plan.code, plan.denominator) not in there:
            yield Finding(
                "outcome-without-rows",
                "warning",
                f"The plan asks for {plan.label} ({plan.denominator.replace('_', ' ')}), and no "
                "row of it may be pooled.",
                "Add the rows, or record the deviation from the plan.",
                "protocol.toml",
                None,
                f"outcome {number}",
                plan.code,
            )


def rows_without_outcome(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every row meant for a pool whose outcome nobody knows."""
    planned = evidence.protocol.short_names
    yield from strange_codes(evidence.outcomes.set_index("line", drop=False), planned)


def groups_for_drugs(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every row marked for a pool whose drugs belong to no stratum."""
    codes = {plan.code for plan in evidence.protocol.outcome}
    if not evidence.protocol.strata.agent_group:
        return
    for row in counted(evidence):
        grouped = evidence.protocol.agent_group(row["agent_class"])
        if row["use"] in ("pool", "sensitivity") and row["outcome"] in codes and not grouped:
            yield about_row(
                row,
                "agent-class-ungrouped",
                "warning",
                f"{row_name(evidence, row)} ({outcome_name(evidence, row['outcome'])}): the class "
                f"“{row['agent_class'].replace('_', ' ')}” belongs to no group of drugs in the "
                f"plan, so the row is marked {row['use']} and left out of every pool.",
                "Mark it context or excluded, with the reason, or add its class to a group.",
                "agent_class",
            )
