"""The runs of a report: which notebook, from where, with which parameters, becomes which page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import onearm
from onearm.errors import OnearmError
from onearm.evidence import OutcomePlan, Protocol

FOLDER = "notebooks"


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


def folders_of(data: Path, given: Path | None = None) -> tuple[Path, ...]:
    """Return the folders in which notebooks are looked for, the first that has one being used.

    Parameters
    ----------
    data : Path
        The data folder; a folder ``notebooks`` beside it comes first, then one in the working
        directory, then the package's own.
    given : Path, optional
        The only folder, where it is named.

    Raises
    ------
    OnearmError
        If the folder that is named is not there.
    """
    if given is not None:
        if not given.is_dir():
            raise OnearmError(f"There is no folder {given}: name the folder of the notebooks.")
        return (given.resolve(),)
    beside = data.resolve().parent / FOLDER
    places = (beside, Path.cwd() / FOLDER, _own())
    return tuple(dict.fromkeys(place for place in places if place.is_dir()))


def source_of(name: str, folders: Sequence[Path]) -> str:
    """Return the text of a notebook.

    Parameters
    ----------
    name : str
        Its file name.
    folders : sequence of Path
        Where it may be, in order.

    Raises
    ------
    OnearmError
        If it is in none of them.
    """
    for folder in folders:
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    places = ", ".join(f"{folder.name}/" for folder in folders) or "the package"
    raise OnearmError(f"There is no notebook {name} in {places}.")


def _own() -> Path:
    """Return the package's notebooks: those of the clone that it runs from, or of the wheel."""
    package = Path(onearm.__file__).resolve().parent
    clone = package.parents[1]
    return (clone if (clone / "setup.py").is_file() else package / "report") / FOLDER
