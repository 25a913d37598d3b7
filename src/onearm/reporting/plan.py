"""The runs of a report: which notebook, with which parameters, becomes which page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from onearm.evidence import Protocol


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
    """

    name: str
    notebook: str
    title: str
    short: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def page(self) -> str:
        """File name of the rendered page."""
        return f"{self.name}.html"


def plan(protocol: Protocol) -> tuple[Run, ...]:
    """Return the runs of a report, in the order of its navigation."""
    outcomes = tuple(
        Run(outcome.code, "outcome.ipynb", outcome.label, outcome.short, {"outcome": outcome.code})
        for outcome in protocol.outcome
    )
    return (
        Run("index", "synopsis.ipynb", protocol.title, "Synopsis"),
        *outcomes,
        Run("evidence", "evidence.ipynb", "Evidence: what is included, and why", "Evidence"),
    )
