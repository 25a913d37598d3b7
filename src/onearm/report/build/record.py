"""What an executed notebook carries: its results as data, and the files of its figures.

A cell shows a `Record`; the executed notebook then carries the numbers themselves beside
the sentences made from them, and no second computation can disagree with the page. A drawing's
rows and printable forms travel in the *metadata* of its output, which nbval does not compare;
they become files of the report, and only their kinds stay behind.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from onearm.errors import OnearmError
from onearm.report.build.runs import Run

if TYPE_CHECKING:  # a kernel needs no reader of notebooks
    from nbformat import NotebookNode

SVG = "image/svg+xml"
FOLDER = "files"
KINDS = ("csv", "json", "pdf", "png")  # carried in the metadata; the drawing itself is the svg
_BINARY = ("pdf", "png")
_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MIME = "application/vnd.onearm.record+json"
DIGITS = 12  # significant; beyond them processors may differ


@dataclass(frozen=True)
class Record:
    """Results under a name.

    Attributes
    ----------
    name : str
        What they are: an outcome's code, or "audit".
    data : mapping
        JSON-safe values.
    """

    name: str
    data: Mapping[str, object]

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {
            MIME: {"name": self.name, "data": rounded(self.data)},
            "text/plain": f"Recorded for results.json: {self.name}.",
        }


def rounded(value: object) -> Any:
    """Return JSON-safe data with floats cut to `DIGITS` significant digits."""
    if isinstance(value, Mapping):
        return {str(key): rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def records(notebook: NotebookNode) -> dict[str, Any]:
    """Return the records an executed notebook carries, by name."""
    found = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            bundle = output.get("data", {}).get(MIME)
            if bundle:
                found[bundle["name"]] = bundle["data"]
    return found


def take_away(notebook: NotebookNode, run: Run) -> dict[str, bytes]:
    """Return the files of every figure of an executed notebook, by their place in the report.

    Parameters
    ----------
    notebook : NotebookNode
        Executed, and not yet stripped.
    run : Run
        Which run it was.

    Returns
    -------
    dict of str to bytes
        ``files/<run>-<figure>.<kind>``, in the order of the figures.

    Raises
    ------
    OnearmError
        When a figure's name cannot be part of a file's name, or two figures share it.
    """
    found: dict[str, bytes] = {}
    for svg, about in _figures(notebook):
        name = str(about.get("name", ""))
        if not _SLUG.fullmatch(name):
            raise OnearmError(
                f"{run.notebook}: the figure name {name!r} cannot name a file; "
                "use small letters, digits and hyphens"
            )
        stem = f"{FOLDER}/{run.name}-{name}"
        if f"{stem}.svg" in found:
            raise OnearmError(f"{run.notebook}: two figures are named {name!r}; rename one")
        found[f"{stem}.svg"] = _DECLARATION + svg.encode("utf-8")
        for kind, text in _carried(about).items():
            found[f"{stem}.{kind}"] = (
                base64.b64decode(text) if kind in _BINARY else text.encode("utf-8")
            )
    return found


def strip(notebook: NotebookNode) -> NotebookNode:
    """Leave of every figure's files only the list of their kinds; safe to repeat.

    Returns
    -------
    NotebookNode
        The same notebook, changed.
    """
    for _, about in _figures(notebook):
        about["files"] = sorted({"svg", *about.get("files", ())})
    return notebook


def _figures(notebook: NotebookNode) -> Iterator[tuple[str, dict[str, Any]]]:
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            about = output.get("metadata", {}).get(SVG)
            if about is not None and SVG in output.get("data", {}):
                yield output["data"][SVG], about


def _carried(about: dict[str, Any]) -> dict[str, str]:
    files = about.get("files", {})
    return {kind: files[kind] for kind in KINDS if kind in files} if isinstance(files, dict) else {}
