"""Sentences made from the protocol, the evidence and the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup

from onearm.evidence import Evidence, Finding, OutcomePlan, Protocol
from onearm.report.kit.html import Html, bullets, prose
from onearm.report.pages.methods.text import methods
from onearm.words import count, percent

__all__ = ["methods", "plan_sentence", "protocol_list", "scope_sentence",
           "warnings_list"]  # fmt: skip


def plan_sentence(plan: OutcomePlan, protocol: Protocol) -> str:
    """Say how the protocol counts an outcome and when it pools."""
    pooling = protocol.pooling
    least = plan.min_n or pooling.minimum_n
    return (
        f"Counted per {plan.denominator} patient; rows of fewer than {least} patients stay out. "
        f"From {pooling.headline_k} studies on the pool is a headline, "
        f"{count(pooling.provisional_k, 'study', 'studies')} make it provisional, one study is "
        f"shown as it is. The proportion that matters is {percent(plan.threshold)} "
        f"({plan.direction} is better): {plan.threshold_reason}"
    )


def scope_sentence(evidence: Evidence) -> str:
    """Say how much evidence there is."""
    parts = []
    for name in ("core", "extended"):
        studies = evidence.studies[evidence.studies["evidence_set"] == name]
        rows = evidence.outcomes[evidence.outcomes["study_id"].isin(studies["study_id"])]
        parts.append(
            f"{name}: {count(len(studies), 'study', 'studies')} with {count(len(rows), 'row')}"
        )
    return f"Extracted — {'; '.join(parts)}. {count(len(evidence.records), 'record')} were met."


def protocol_list(protocol: Protocol) -> Html:
    """List the deviations from the plan."""
    return bullets(
        (f"{item.date}: {item.what} Why: {item.why}" for item in protocol.deviation),
        none="No deviation from the protocol is recorded.",
    )


def warnings_list(findings: Iterable[Finding]) -> Html:
    """Count the audit's findings by severity and name the warnings."""
    findings = list(findings)
    counted = Counter(finding.severity for finding in findings)
    total = ", ".join(count(counted[kind], kind) for kind in ("error", "warning", "note"))
    first = prose(Markup('The audit has {}; <a href="evidence.html">all of them with their '
                         "place</a>.").format(total))  # fmt: skip
    warned = bullets(
        (finding.sentence for finding in findings if finding.severity == "warning"),
        none="No warning.",
    )
    return Html(f"{first.html}\n{warned.html}", f"{first.text}\n{warned.text}")
