"""The plan itself, printed: outcomes, thresholds, gates, status, deviations, software."""

from __future__ import annotations

from importlib.metadata import version

import onearm
from onearm.evidence import Protocol
from onearm.report.build.colophon import PACKAGES
from onearm.report.kit.html import Html, prose, table
from onearm.robustness.examine import diagnostics
from onearm.words import listing, percent

__all__ = [
    "deviations_table",
    "frozen",
    "gates_table",
    "outcomes_table",
    "question",
    "software_table",
    "status_table",
    "thresholds_table",
]


def question(protocol: Protocol) -> Html | None:
    """Return the question of the review, if the plan states it."""
    return prose(protocol.question) if protocol.question else None


def frozen(protocol: Protocol) -> Html | None:
    """Say when the plan was frozen, and what was known by then."""
    return prose(protocol.frozen) if protocol.frozen else None


def status_table(protocol: Protocol) -> Html | None:
    """Return where the living review stands."""
    status = protocol.status
    if status is None:
        return None
    rows = [
        ("Mode", f"{status.mode}: {status.why}"),
        ("Data frozen", status.data_frozen),
        ("Last search", status.last_search),
        ("Next search", status.next_search),
        ("What triggers an update", status.trigger),
        ("When it ends", status.retirement),
    ]
    return table("Status of the living review", ["Item", "Value"], rows, name="status")


def outcomes_table(protocol: Protocol) -> Html:
    """Return what is counted for each outcome."""
    people = f"Fewest {protocol.words.person.many}"
    rows = [
        (
            plan.label,
            plan.definition or "–",
            protocol.denominator_noun(plan.denominator).one,
            listing([protocol.denominator_noun(d).one for d in plan.sensitivity_denominators])
            or "none",
            str(plan.min_n or protocol.pooling.minimum_n),
        )
        for plan in protocol.outcome
    ]
    columns = ["Outcome", "Definition", "Counted per", "As sensitivity per", people]
    return table("Outcomes of the plan", columns, rows, name="plan-outcomes", numeric=[people])


def thresholds_table(protocol: Protocol) -> Html | None:
    """Return the decision threshold of each outcome that has one, with its reason."""
    rows = [
        (
            plan.label,
            percent(plan.threshold),
            f"{plan.direction} is better" if plan.direction else "–",
            plan.threshold_reason or "–",
        )
        for plan in protocol.outcome
        if plan.threshold is not None
    ]
    if not rows:
        return None
    columns = ["Outcome", "Threshold", "Direction", "Reason"]
    return table(
        "Decision thresholds", columns, rows, name="plan-thresholds", numeric=["Threshold"]
    )


def gates_table(protocol: Protocol) -> Html:
    """Return the fewest studies for which each diagnostic is shown."""
    rows = [
        (
            item.label,
            str(protocol.gates.get(name, item.needs)),
            f"{item.why[:1].upper()}{item.why[1:]}.",
        )
        for name, item in diagnostics().items()
    ]
    columns = ["Diagnostic", "Studies", "Why no fewer"]
    return table(
        "Fewest studies for each diagnostic", columns, rows, name="plan-gates", numeric=["Studies"]
    )


def deviations_table(protocol: Protocol) -> Html:
    """Return every departure from the plan as it was frozen."""
    if not protocol.deviation:
        return prose("No deviation from the plan is recorded.")
    rows = [(item.date, item.what, item.why) for item in protocol.deviation]
    return table("Deviations from the plan", ["Date", "What", "Why"], rows, name="deviations")


def software_table() -> Html:
    """Return the packages that computed and rendered, with their versions."""
    rows = [("onearm", onearm.__version__), *((name, version(name)) for name in PACKAGES)]
    return table("Software", ["Package", "Version"], rows, name="software")
