"""All checks of a pool, each behind its gate, and the gates of everything that has one.

The plan's table ``[gates]`` overrides the defaults. Sources: no funnel test below ten
studies, Sterne 2011 (10.1136/bmj.d4002); a prediction interval from three studies on,
Higgins 2009 (10.1111/j.1467-985X.2008.00552.x); meta-regression, Borenstein 2009
(10.1002/9780470743386); disagreement between methods, Schulz 2022
(10.1007/978-1-0716-1566-9_5).
"""

from __future__ import annotations

import difflib

from onearm.analysis import Pool, Review
from onearm.evidence import Finding, Protocol
from onearm.evidence.findings import Place
from onearm.robustness.base import CheckResult, Diagnostic, Gate
from onearm.robustness.checks import CHECKS
from onearm.robustness.specifications.curve import CURVE

__all__ = ["diagnostic_gate", "diagnostics", "examine", "gates", "unknown_gates"]

#: What has a gate and is no check of its own.
_OTHERS = (
    Diagnostic(
        name="heterogeneity",
        label="Heterogeneity",
        needs=2,
        why="one study cannot differ from itself",
    ),
    Diagnostic(
        name="prediction_interval",
        label="Prediction interval",
        needs=3,
        why="two studies cannot show how much studies differ",
    ),
    CURVE,
)


def examine(pool: Pool, review: Review) -> dict[str, CheckResult]:
    """Run every check on a pool, each once a review.

    Parameters
    ----------
    pool : Pool
        k studies, none included.
    review : Review
        The plan: gates, level, primary model, margin.

    Returns
    -------
    dict of str to CheckResult
        By name, in the order of a report. A check that has too few studies, or no event to
        ask about, says so; one that rests on a threshold is left out where there is none.
    """
    plan = pool.selection.outcome
    return {name: check(pool, review) for name, check in CHECKS.items() if check.applies(plan)}


def diagnostics() -> dict[str, Diagnostic]:
    """Return everything that a plan may gate, by name, what needs least first."""
    found = (*_OTHERS, *CHECKS.values())
    return {each.name: each for each in sorted(found, key=lambda each: each.needs)}


def diagnostic_gate(name: str, k: int, protocol: Protocol) -> Gate:
    """Return the gate of one diagnostic.

    Parameters
    ----------
    name : str
        A key of `diagnostics`.
    k : int
        Number of studies that meet.
    protocol : Protocol
        The plan; its ``[gates]`` go before the defaults.

    Raises
    ------
    KeyError
        If there is no such diagnostic.
    """
    return diagnostics()[name].gate(k, protocol)


def gates(k: int, protocol: Protocol) -> tuple[Gate, ...]:
    """Return the gates of all diagnostics for k studies, those that need least first.

    Parameters
    ----------
    k : int
        Number of studies that meet.
    protocol : Protocol
        The plan; its ``[gates]`` go before the defaults.
    """
    found = (each.gate(k, protocol) for each in diagnostics().values())
    return tuple(sorted(found, key=lambda gate: gate.needs))


def unknown_gates(protocol: Protocol) -> tuple[Finding, ...]:
    """Return an error for each gate of a plan that belongs to nothing.

    The plan itself cannot know: what has a gate is registered right of it.
    """
    known = diagnostics()
    return tuple(
        Place("protocol.toml", None, f"gates.{name}").error(
            "protocol-unknown-gate",
            f"The plan gates “{name}”, which is no diagnostic.",
            f"{_suggestion(name, tuple(known))}There is: {', '.join(sorted(known))}.",
        )
        for name in protocol.gates
        if name not in known
    )


def _suggestion(name: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]}? " if near else ""
