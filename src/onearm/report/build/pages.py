"""Executed notebooks to pages: one file each, readable from disk with the network off."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from jinja2 import pass_context
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from onearm.report.build import colophon
from onearm.report.build.record import MIME
from onearm.report.build.runs import Run

_HEADED = re.compile(r'<h2 id="([^"]*)">([^<]*)</h2>')
TEMPLATES = Path(__file__).parents[1] / "templates"
EXPLORER = 'id="explorer-data"'  # what the pages with a script have in them
KINDS = {"csv": "numbers (CSV)", "json": "numbers (JSON)", "svg": "SVG", "pdf": "PDF", "png": "PNG"}
HEADING = "## "
MUTED = '<p class="muted">'  # how a cell says that there is nothing to show
SHOWN = ("<table", "<svg", "<form", "<dl")
_HTML = "text/html"


class _Renderer(IPythonRenderer):
    """Formulas as MathML, which browsers draw without a script; headings that can be linked to."""

    def heading(self, text: str, level: int, **_: object) -> str:
        return f'<h{level} id="{slug(Markup(text).striptags())}">{text}</h{level}>\n'

    def block_math(self, body: str) -> str:
        return f"<p>{convert(body, display='block')}</p>\n"

    def inline_math(self, body: str) -> str:
        return str(convert(body))


class PageExporter(HTMLExporter):
    """nbconvert with the project's own small template."""

    @pass_context
    def markdown2html(self, context: object, source: str) -> str:
        """Render a markdown cell; nothing in it is fetched."""
        renderer = _Renderer(escape=False, exclude_anchor_links=True)
        return str(MarkdownWithMath(renderer=renderer).render(source))


def page(
    notebook: NotebookNode,
    run: Run,
    runs: Sequence[Run],
    *,
    report: str,
    status: str = "",
    meta: Mapping[str, str] | None = None,
) -> str:
    """Render one executed notebook.

    Parameters
    ----------
    notebook : NotebookNode
        Executed and cleaned.
    run : Run
        Which run it was: the page's title and name.
    runs : sequence of Run
        All runs, for the navigation.
    report : str
        The report's title.
    status : str, optional
        One line under it: version, what the evidence is of, whether it is kept up.
    meta : mapping of str to str, optional
        What the file says of itself (version, hashes), as ``<meta>`` elements.

    Returns
    -------
    str
        A whole page.
    """
    notebook = trimmed(notebook)
    script = _script() if _has_explorer(notebook) else ""
    about = {
        "title": run.title,
        "name": run.name,
        "page": run.page,
        "pages": [_entry(other, run) for other in runs if not other.parent],
        "family": _family(run, runs),
        "sections": sections(notebook),
        "words": {c.id: c.source for c in notebook.cells if c.cell_type == "markdown"},
        "report": report,
        "status": status,
        "meta": sorted((meta or {}).items()),
        "made_from": _made_from(meta or {}),
        "css": _css(),
        "csp": _policy(script),
        "script": script,
        "record_mime": MIME,
        "kinds": KINDS,
        "command": command(run),
    }
    text, _ = _exporter().from_notebook_node(notebook, resources={"page": about})
    return str(text).strip() + "\n"


def _made_from(meta: Mapping[str, str]) -> str:
    """Return the hashes that the foot of a page prints, so that a sheet can be traced."""
    told = [
        f"{name} {meta[key][: colophon.SHOWN]}"
        for name, key in (("data", "data-sha256"), ("plan", "protocol-sha256"))
        if key in meta
    ]
    return f"Made from {' and '.join(told)} (SHA-256)." if told else ""


def command(run: Run) -> str:
    """Return what makes the notebook of a page again, from the folder of a fresh clone."""
    given = "".join(f" -p {name} {value}" for name, value in run.parameters.items())
    make = "make setup && .venv/bin/papermill"
    return f"{make} --cwd notebooks notebooks/{run.notebook} {run.name}.ipynb{given}"


def sections(notebook: NotebookNode) -> list[dict[str, str]]:
    """Return the second-level headings of a page and the ids they are given."""
    found = []
    for cell in notebook.cells:
        if "notebook-only" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            lines = (line for line in cell.source.splitlines() if line.startswith("## "))
            found += [(title, slug(title)) for title in (line[3:].strip() for line in lines)]
        for output in cell.get("outputs", ()):  # a cell that shows sections of its own
            shown = output.get("data", {}).get("text/html", "")
            found += [(html.unescape(words), place) for place, words in _HEADED.findall(shown)]
    return [{"words": words, "place": place} for words, place in found]


def _has_explorer(notebook: NotebookNode) -> bool:
    return any(
        EXPLORER in output.get("data", {}).get("text/html", "")
        for cell in notebook.cells
        for output in cell.get("outputs", ())
    )


def _policy(script: str) -> str:
    """Return the Content-Security-Policy: nothing remote, and one script at most, by its hash."""
    allowed = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    if script:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        allowed += f"; script-src 'sha256-{digest}'"
    return f"{allowed}; base-uri 'none'; form-action 'none'"


def _entry(other: Run, run: Run) -> dict[str, str]:
    """Return a line of the navigation; the page one is on, or within, is marked."""
    current = "page" if other.name == run.name else "true" if other.name == run.parent else ""
    return {"page": other.page, "short": other.short, "current": current}


def _family(run: Run, runs: Sequence[Run]) -> list[dict[str, str]]:
    """Return the second navigation: a page and those that go deeper into it, if there are."""
    root = run.parent or run.name
    found = [_entry(other, run) for other in runs if root in (other.name, other.parent)]
    for entry in found[:1]:
        entry |= {"short": "Answer", "current": "" if run.parent else "page"}
    return found if len(found) > 1 else []


@cache
def _css() -> str:
    folder = TEMPLATES / "onearm"
    sheets = sorted(folder.glob("*.css"), key=lambda path: (path.name != "report.css", path.name))
    return "\n".join(sheet.read_text(encoding="utf-8").strip() for sheet in sheets)


@cache
def _script() -> str:
    return (TEMPLATES / "onearm" / "explorer.js").read_text(encoding="utf-8").strip()


@cache
def _exporter() -> PageExporter:
    return PageExporter(template_name="onearm", extra_template_basedirs=[str(TEMPLATES)])


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
