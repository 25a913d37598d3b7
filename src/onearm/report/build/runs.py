"""The runs of a report: which notebook, with which parameters, becomes which page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onearm.evidence import OutcomePlan, Protocol


@dataclass(frozen=True)
class Run:
    """One notebook to execute.

    Attributes
    ----------
    name : str
        Slug of the run; the executed copy is ``<name>.ipynb``.
    notebook : str
        File name of the notebook.
    title, short : str
        Title of the page, and its name in the navigation.
    parameters : mapping of str to str
        Values for the notebook's cell tagged ``parameters``.
    parent : str
        Name of the run whose page this one goes deeper into; "" for a page of its own.
    """

    name: str
    notebook: str
    title: str
    short: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    parent: str = ""

    @property
    def page(self) -> str:
        """File name of the rendered page."""
        return f"{self.name}.html"


def plan(protocol: Protocol) -> tuple[Run, ...]:
    """Return the runs of a report, in the order of its navigation."""
    return (
        Run("index", "synopsis.ipynb", "All outcomes at a glance", "Synopsis"),
        *(run for outcome in protocol.outcome for run in _runs_of(outcome)),
        Run("findings", "findings.ipynb", "Summary of findings", "Findings"),
        Run("evidence", "evidence.ipynb", "Evidence: what is included, and why", "Evidence"),
        Run("methods", "methods.ipynb", "Methods: how the numbers are made", "Methods"),
        Run("changes", "changes.ipynb", "What changed since the last release", "Changes"),
    )


def _runs_of(outcome: OutcomePlan) -> tuple[Run, ...]:
    """Return the answer to one outcome, what is behind it, and how robust it is."""
    code, given = outcome.code, {"outcome": outcome.code}

    def deeper(part: str, short: str) -> Run:
        title = f"{outcome.label}: {short.lower()}"
        return Run(f"{code}-{part}", f"{part}.ipynb", title, short, given, parent=code)

    return (
        Run(code, "outcome.ipynb", outcome.label, outcome.short, given),
        deeper("appendix", "Appendix"),
        deeper("robustness", "Robustness"),
    )
