"""A notebook's results as data: what the driver collects into ``results.json``.

A cell shows a `Record`; the executed notebook then carries the numbers themselves beside
the sentences made from them, and no second computation can disagree with the page.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a kernel needs no reader of notebooks
    from nbformat import NotebookNode

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
    data: Mapping[str, Any]

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {
            MIME: {"name": self.name, "data": rounded(self.data)},
            "text/plain": f"Recorded for results.json: {self.name}.",
        }


def rounded(value: Any) -> Any:
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
