"""How many studies every diagnostic needs, in one place, each with its sentence.

The plan's table ``[gates]`` overrides the defaults. Sources: no funnel test below ten
studies, Sterne 2011 (10.1136/bmj.d4002); a prediction interval from three studies on,
Higgins 2009 (10.1111/j.1467-985X.2008.00552.x); meta-regression, Borenstein 2009
(10.1002/9780470743386); disagreement between methods, Schulz 2022
(10.1007/978-1-0716-1566-9_5).
"""

from __future__ import annotations

from dataclasses import dataclass

from onearm.evidence import Protocol
from onearm.robustness.base import CheckResult
from onearm.words import count

__all__ = ["DIAGNOSTICS", "Diagnostic", "DiagnosticGate", "closed", "diagnostic_gate", "gates"]


@dataclass(frozen=True)
class Diagnostic:
    """A diagnostic: its label, the fewest studies it needs by default, and why so many."""

    label: str
    needs: int
    why: str


DIAGNOSTICS: dict[str, Diagnostic] = {
    "heterogeneity": Diagnostic(
        "Heterogeneity", 2, "one study cannot differ from itself"
    ),
    "agreement": Diagnostic(
        "Agreement of the methods", 2, "with one study every method gives its exact interval"
    ),
    "calibration": Diagnostic(
        "Exact calibration of the methods", 2, "with one study nothing is pooled"
    ),
    "specifications": Diagnostic(
        "Specification curve", 2, "with one study there is no model to choose"
    ),
    "overlap_choices": Diagnostic(
        "Choices between overlapping studies", 2, "one study overlaps with nothing"
    ),
    "cumulative": Diagnostic(
        "Cumulative estimates", 2, "there is no order in which one study could come"
    ),
    "fragility": Diagnostic("Fragility", 1, "there are no events to move"),
    "unseen": Diagnostic("Unseen studies", 1, "there is no estimate to move"),
    "prediction_interval": Diagnostic(
        "Prediction interval", 3, "two studies cannot show how much studies differ"
    ),
    "influence": Diagnostic(
        "Influence of single studies", 3, "without one of two studies nothing is left to pool"
    ),
    "subsets": Diagnostic(
        "All subsets", 3, "without one of two studies nothing is left to pool"
    ),
    "small_study_effects": Diagnostic(
        "Small-study effects", 10,
        "with fewer, a funnel cannot tell asymmetry from chance, and its tests mislead",
    ),
    "meta_regression": Diagnostic(
        "Meta-regression", 10, "with fewer, a line through the studies fits by chance"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class DiagnosticGate:
    """Whether a diagnostic may be shown for k studies.

    Attributes
    ----------
    name : str
        Slug of the diagnostic, as in the plan's table ``[gates]``.
    label : str
        Its name in words.
    needs, k : int
        How many studies it needs, and how many there are.
    why : str
        Why no fewer would do.
    sentence : str
        The gate in plain words.
    """

    name: str
    label: str
    needs: int
    k: int
    why: str
    sentence: str

    @property
    def is_open(self) -> bool:
        """Whether there are enough studies."""
        return self.k >= self.needs


def diagnostic_gate(name: str, k: int, protocol: Protocol) -> DiagnosticGate:
    """Return the gate of one diagnostic.

    Parameters
    ----------
    name : str
        A key of `DIAGNOSTICS`.
    k : int
        Number of studies that meet.
    protocol : Protocol
        The plan; its ``[gates]`` go before the defaults.

    Raises
    ------
    KeyError
        If there is no such diagnostic.
    """
    diagnostic = DIAGNOSTICS[name]
    needs = protocol.gates.get(name, diagnostic.needs)
    there = f"there {'is' if k == 1 else 'are'} {k}"
    asked = f"{diagnostic.label}: {{}} {count(needs, 'study', 'studies')}, and {there}"
    sentence = (
        f"{asked.format('asks for')}." if k >= needs
        else f"{asked.format('needs')}: {diagnostic.why}."
    )  # fmt: skip
    return DiagnosticGate(name, diagnostic.label, needs, k, diagnostic.why, sentence)


def gates(k: int, protocol: Protocol) -> tuple[DiagnosticGate, ...]:
    """Return the gates of all diagnostics for `k` studies, those that need least first."""
    found = [diagnostic_gate(name, k, protocol) for name in DIAGNOSTICS]
    return tuple(sorted(found, key=lambda item: item.needs))


def closed(name: str, k: int, protocol: Protocol) -> CheckResult | None:
    """Return the empty result of a check that has too few studies; None when it has enough.

    Parameters
    ----------
    name, k, protocol
        As for `diagnostic_gate`.
    """
    found = diagnostic_gate(name, k, protocol)
    if found.is_open:
        return None
    return CheckResult(name, None, found.sentence, data={"gate": "closed", "needs": found.needs})
