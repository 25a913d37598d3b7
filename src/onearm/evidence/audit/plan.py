"""The analysis plan against the tables."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.audit.telling import about_row, row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.tables.codes import UsedCode, strange_codes

__all__ = ["outcomes_without_rows", "outside_the_question", "rows_without_outcome"]


def outcomes_without_rows(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every outcome of the plan that no row may be pooled for."""
    there = {(c.outcome, c.denominator) for c in evidence.counts if c.may_be_pooled}
    for number, plan in enumerate(evidence.protocol.outcome, start=1):
        if (plan.code, plan.denominator) not in there:
            noun = evidence.protocol.denominator_noun(plan.denominator).one
            yield Finding(
                "outcome-without-rows",
                "warning",
                f"The plan asks for {plan.label} (per {noun}), and no row of it may be pooled.",
                "Add the rows, or record the deviation from the plan.",
                "protocol.toml",
                None,
                f"outcome {number}",
                plan.code,
            )


def rows_without_outcome(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every row meant for a pool whose outcome nobody knows."""
    used = (UsedCode(c.line, c.outcome, c.use, c.row_id, c.study_id) for c in evidence.counts)
    yield from strange_codes(used, evidence.protocol)


def outside_the_question(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every row marked for a pool that no group of its stratum takes.

    Only of the strata whose groups are the whole question (`only` in the plan).
    """
    protocol = evidence.protocol
    for name, stratum in protocol.strata.items():
        if not stratum.only:
            continue
        groups = protocol.groups(name, evidence.values_of(stratum.column))
        members = {member for group in groups.values() for member in group.members}
        for row in evidence.counted:
            value, count = row.value(stratum.column), row.count
            meant = count.use in ("pool", "sensitivity") and count.outcome in protocol.short_names
            if meant and value not in members:
                shown = protocol.value_label(stratum.column, value) or "not stated"
                yield about_row(
                    row,
                    "outside-the-question",
                    "warning",
                    f"{row_name(evidence, row)}: {stratum.label} is {shown}, which is in none of "
                    f"the plan's groups. The row is marked {count.use}, and every pool leaves it "
                    "out.",
                    "Mark it context or excluded, with the reason, or add its value to a group.",
                    stratum.column,
                )
