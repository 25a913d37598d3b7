"""What a page need not explain: drawings and tables for which its outcome has no studies."""

from __future__ import annotations

from collections.abc import Sequence

from nbformat import NotebookNode

HEADING = "## "
MUTED = '<p class="muted">'  # how a cell says that there is nothing to show
SHOWN = ("<table", "<svg", "<form", "<dl")


def explanations(notebook: NotebookNode) -> dict[str, str]:
    """Return the text of every markdown cell, by its id, as the page is to print it.

    A section whose cells show nothing, and say so, keeps its heading alone: there is no
    diamond to describe and no formula to be used.
    """
    return {
        cell.id: _heading(cell.source) if quiet else cell.source
        for section in _sections(notebook.cells)
        for quiet in [_is_quiet(section)]
        for cell in section
        if cell.cell_type == "markdown"
    }


def _sections(cells: Sequence[NotebookNode]) -> list[list[NotebookNode]]:
    """Return the cells from each second-level heading to the next."""
    sections: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith(HEADING):
            sections.append([])
        sections[-1].append(cell)
    return sections


def _is_quiet(section: Sequence[NotebookNode]) -> bool:
    outputs = [output for cell in section for output in cell.get("outputs", ())]
    shown = [output.get("data", {}) for output in outputs]
    html = " ".join(data.get("text/html", "") for data in shown)
    drawn = any("image/svg+xml" in data for data in shown)
    return MUTED in html and not drawn and not any(mark in html for mark in SHOWN)


def _heading(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if line.startswith(HEADING))
