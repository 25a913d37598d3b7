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
        "pages": [{"page": other.page, "short": other.short} for other in runs],
        "report": report,
        "css": _css(),
        "record_mime": MIME,
    }
    html, _ = _exporter().from_notebook_node(notebook, resources={"page": about})
    return str(html).strip() + "\n"


@cache
def _css() -> str:
    return (TEMPLATES / "onearm" / "report.css").read_text(encoding="utf-8").strip()


@cache
def _exporter() -> PageExporter:
    return PageExporter(template_name="onearm", extra_template_basedirs=[str(TEMPLATES)])
