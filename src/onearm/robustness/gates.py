"""How many studies every diagnostic needs, in one place, each with its sentence.

The plan's table ``[gates]`` overrides the defaults. Sources: no funnel test below ten
studies, Sterne 2011 (10.1136/bmj.d4002); a prediction interval from three studies on,
Higgins 2009 (10.1111/j.1467-985X.2008.00552.x); meta-regression, Borenstein 2009
(10.1002/9780470743386); disagreement between methods, Schulz 2022
(10.1007/978-1-0716-1566-9_5).
"""

from __future__ import annotations

from dataclasses import dataclass

from onearm.analysis import Pool
from onearm.evidence import Protocol
from onearm.robustness.base import CheckResult
from onearm.words import count

__all__ = [
    "DIAGNOSTICS", "Diagnostic", "DiagnosticGate", "closed", "closed_for", "diagnostic_gate",
    "gates",
]  # fmt: skip

#: What a diagnostic would show where no patient, or every patient, of several studies had the
#: event: a model's assumption. The sizes alone, and who shares patients, can still be told.
OF_NO_ESTIMATE = {
    "agreement": "the limits of the methods would differ only in what each makes of that",
    "influence": "leaving one out, the others say the same",
    "subsets": "every subset says the same",
    "cumulative": "with every study they said the same, of more patients",
    "fragility": "the interval of a model would be its assumption and no observation",
    "unseen": "the estimate that they would move is a model's assumption and no observation",
    "small_study_effects": "no result goes with size",
    "meta_regression": "there are no differences to explain",
}


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
    if k >= needs:
        sentence = f"{asked.format('asks for')}."
    elif not k and needs > 1:  # why one study, or nine, would not do is no reason here
        sentence = f"{asked.format('needs')} that may be pooled."
    else:
        sentence = f"{asked.format('needs')}: {diagnostic.why}."
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


def closed_for(name: str, pool: Pool, protocol: Protocol) -> CheckResult | None:
    """Return the empty result of a check that has nothing to ask of a pool, else None.

    Too few studies, or several in which no patient, or every patient, had the event.

    Parameters
    ----------
    name : str
        A key of `DIAGNOSTICS`.
    pool : Pool
        k studies, none included.
    protocol : Protocol
        The plan.
    """
    shut = closed(name, pool.selection.studies, protocol)
    if shut or name not in OF_NO_ESTIMATE or pool.standing not in ("no-event", "only-events"):
        return shut
    who = "no patient" if pool.standing == "no-event" else "every patient"
    said = (
        f"{DIAGNOSTICS[name].label}: not shown where {who} had the event, for "
        f"{OF_NO_ESTIMATE[name]}. What is known: {pool.extreme()}."
    )
    return CheckResult(name, None, said, data={"gate": "closed"})
