"""The judgements of certainty against the plan."""

from __future__ import annotations

from collections.abc import Iterator

from onearm.evidence.findings import Finding
from onearm.evidence.tables.columns import JUDGED_DOMAINS, TABLES
from onearm.evidence.tables.judgements import lines_to_add, sets_with_rows
from onearm.evidence.tables.reading import Evidence

__all__ = ["idle_judgements", "outcomes_not_judged"]

_FILE = TABLES["certainty"].file


def outcomes_not_judged(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every outcome with rows to pool whose certainty nobody has judged.

    Where nothing at all is judged, one note says it for all.
    """
    judged = set(evidence.certainty["outcome"])
    if not judged:
        yield Finding(
            "certainty-not-judged", "note",
            "No certainty of the evidence is judged, and the report says so.",
            f"Add {_FILE} with, for every outcome and evidence set, the domains "
            f"{', '.join(JUDGED_DOMAINS)}.",
            _FILE,
        )  # fmt: skip
        return
    for number, plan in enumerate(evidence.protocol.outcome, start=1):
        sets = sets_with_rows(evidence.studies, evidence.outcomes, evidence.protocol, plan)
        if sets and plan.code not in judged:
            lines = " ".join(lines_to_add(plan.code, name, JUDGED_DOMAINS) for name in sets)
            yield Finding(
                "certainty-not-judged",
                "warning",
                f"The certainty of {plan.label} is not judged, and the report says so.",
                f"Add to certainty.csv, each with a number and a reason: {lines}.",
                "protocol.toml",
                None,
                f"outcome {number}",
                plan.code,
            )


def idle_judgements(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every outcome that is judged, and that the plan does not pool."""
    plans = {plan.code: plan for plan in evidence.protocol.outcome}
    for code, lines in evidence.certainty.groupby("outcome", sort=True):
        plan = plans.get(str(code))
        there = plan and sets_with_rows(
            evidence.studies, evidence.outcomes, evidence.protocol, plan
        )
        if not there:
            why = "no row of it may be pooled" if plan else "the plan has no such outcome"
            yield Finding(
                "certainty-idle",
                "note",
                f"“{code}” is judged, and {why}: no page shows the judgement.",
                "Remove its lines, or leave them for when there are rows.",
                _FILE,
                int(lines["line"].iloc[0]),
                "outcome",
                str(code),
            )
