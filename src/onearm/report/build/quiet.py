"""What a page leaves out: sections without data, and explanations of what is not there.

A cell that has nothing to show has no output, and a section of such cells alone is left out
with its heading. Where a cell says in a sentence that there is nothing, the heading
and the sentence stay, and the explanation goes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup
from nbformat import NotebookNode

__all__ = ["slug", "trimmed"]


HEADING = "## "
MUTED = '<p class="muted">'  # how a cell says that there is nothing to show
SHOWN = ("<table", "<svg", "<form", "<dl")
_HTML = "text/html"


def slug(title: str) -> str:
    """Return the id of a heading: its words, joined by hyphens.

    Examples
    --------
    >>> slug("Try it: untick a study")
    'Try-it-untick-a-study'
    """
    return "-".join(re.findall(r"\w+", title))


def trimmed(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook as a page prints it, without what is not there; the given one stays.

    Of a section that is left out an anchor stays, so that no link to it leads nowhere.
    """
    cells = [cell for section in _sections(notebook.cells) for cell in _kept(section)]
    return NotebookNode({**notebook, "cells": cells})


def _kept(section: Sequence[NotebookNode]) -> list[NotebookNode]:
    if _is_empty(section):
        return [_with_source(section[0], _anchor(section[0].source))]
    quiet = _is_quiet(section)
    return [
        _with_source(cell, _heading(cell.source))
        if quiet and cell.cell_type == "markdown"
        else cell
        for cell in section
    ]


def _sections(cells: Sequence[NotebookNode]) -> list[list[NotebookNode]]:
    """Return the cells from each second-level heading to the next."""
    sections: list[list[NotebookNode]] = [[]]
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith(HEADING):
            sections.append([])
        sections[-1].append(cell)
    return sections


def _shown(section: Sequence[NotebookNode]) -> list[NotebookNode]:
    return [output.get("data", {}) for cell in section for output in cell.get("outputs", ())]


def _is_empty(section: Sequence[NotebookNode]) -> bool:
    """Whether a section has code under its heading, and none of it shows anything."""
    headed = section and section[0].get("source", "").startswith(HEADING)
    code = [cell for cell in section if cell.cell_type == "code"]
    return bool(headed and code) and not any(cell.get("outputs") for cell in code)


def _is_quiet(section: Sequence[NotebookNode]) -> bool:
    shown = _shown(section)
    html = " ".join(data.get(_HTML, "") for data in shown)
    drawn = any("image/svg+xml" in data for data in shown)
    return MUTED in html and not drawn and not any(mark in html for mark in SHOWN)


def _heading(source: str) -> str:
    return "\n".join(line for line in source.splitlines() if line.startswith(HEADING))


def _anchor(source: str) -> str:
    title = _heading(source).removeprefix(HEADING).strip()
    return str(Markup('<span id="{}"></span>').format(slug(title)))


def _with_source(cell: NotebookNode, source: str) -> NotebookNode:
    return NotebookNode({**cell, "source": source})
