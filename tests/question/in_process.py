"""Run the notebooks of a report in this process: their cells, without a kernel."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import onearm
from onearm.figures import Drawing
from onearm.report.build.record import MIME
from onearm.report.build.runs import Run, plan

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def every_page(review: onearm.Review) -> dict[str, list[object]]:
    """Run every page of a review and return what its cells show, by the name of the run."""
    return {run.name: run_page(review, run) for run in plan(review.protocol)}


def run_page(review: onearm.Review, run: Run) -> list[object]:
    """Run one page: a review that was read already is handed to it instead of the folder."""
    names: dict[str, Any] = {}
    shown: list[object] = []
    for source, is_parameters in _cells(NOTEBOOKS / run.notebook):
        if is_parameters:
            exec(compile(source, run.notebook, "exec"), names)
            names |= dict(run.parameters)
            names["data"] = review
        else:
            shown += _run(source, run.notebook, names)
    parts = (part for each in shown for part in getattr(each, "parts", (each,)))
    return [mime_bundle(part) for part in parts]


def _cells(path: Path) -> Iterator[tuple[str, bool]]:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            yield "".join(cell["source"]), "parameters" in cell["metadata"].get("tags", [])


def _run(source: str, name: str, names: dict[str, Any]) -> list[object]:
    """Run a cell as Jupyter does: what its last line evaluates to is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, name, "exec"), names)
    if last is None:
        return []
    value = eval(compile(ast.Expression(last.value), name, "eval"), names)
    return [] if value is None else [value]


def mime_bundle(value: object) -> Mapping[str, Any]:
    """Return what a cell's value looks like to a notebook; of a figure not its files."""
    if isinstance(value, Drawing):
        return {"image/svg+xml": value.svg, "text/plain": value.alt}
    bundle = getattr(value, "_repr_mimebundle_", None)
    if bundle is not None:
        made = bundle()
        return made[0] if isinstance(made, tuple) else made
    html = getattr(value, "_repr_html_", None)
    return {"text/html": html()} if html is not None else {"text/plain": repr(value)}


def text_of(shown: list[Mapping[str, Any]]) -> str:
    """Return everything that a page shows, as one text; its record is for machines."""
    values = (bundle[mime] for bundle in shown for mime in bundle if mime != MIME)
    return "\n".join(str(value) for value in values)
