"""Executed notebooks to pages: one file each, readable from disk with the network off."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import pass_context
from latex2mathml.converter import convert
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from onearm.reporting.plan import Run
from onearm.reporting.record import MIME

TEMPLATES = Path(__file__).parent / "templates"


class _MathML(IPythonRenderer):
    """Formulas as MathML, which browsers draw without a script."""

    def block_math(self, body: str) -> str:
        return f"<p>{convert(body, display='block')}</p>\n"

    def inline_math(self, body: str) -> str:
        return str(convert(body))


class PageExporter(HTMLExporter):
    """nbconvert with the project's own small template."""

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Render a markdown cell; nothing in it is fetched."""
        renderer = _MathML(escape=False, exclude_anchor_links=True)
        return str(MarkdownWithMath(renderer=renderer).render(source))


def page(notebook: NotebookNode, run: Run, runs: Sequence[Run], *, report: str) -> str:
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

    Returns
    -------
    str
        A whole page.
    """
    about = {
        "title": run.title,
        "page": run.page,
        "pages": [_entry(other, run) for other in runs if not other.parent],
        "family": _family(run, runs),
        "report": report,
        "css": _css(),
        "record_mime": MIME,
    }
    html, _ = _exporter().from_notebook_node(notebook, resources={"page": about})
    return str(html).strip() + "\n"


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
    return (TEMPLATES / "onearm" / "report.css").read_text(encoding="utf-8").strip()


@cache
def _exporter() -> PageExporter:
    return PageExporter(template_name="onearm", extra_template_basedirs=[str(TEMPLATES)])
