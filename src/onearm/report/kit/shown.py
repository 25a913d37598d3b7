"""Several things that one cell shows, each as an output of its own."""

from __future__ import annotations

from dataclasses import dataclass

from onearm.figures import Drawing
from onearm.report.kit.html import Html

__all__ = ["Shown", "shown"]

Part = Html | Drawing


@dataclass(frozen=True)
class Shown:
    """Tables, sentences and figures in the order in which they are shown.

    A notebook's output holds one figure with its files; so every part becomes an output.

    Attributes
    ----------
    parts : tuple of Html or Drawing
        At least one.
    """

    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The same in plain words."""
        return "\n\n".join(part.text if isinstance(part, Html) else part.alt for part in self.parts)

    def _repr_html_(self) -> str:
        parts = (part.html if isinstance(part, Html) else part.svg for part in self.parts)
        return "\n".join(parts)

    def _ipython_display_(self) -> None:
        # Only IPython calls this, so that a reader without a notebook never loads it.
        from IPython.display import display

        for part in self.parts:
            display(part)  # type: ignore[no-untyped-call]


def shown(*parts: Part | Shown | None) -> Shown | None:
    """Return what a cell shows, or None where there is nothing.

    Parameters
    ----------
    *parts : Html, Drawing, Shown or None
        What is None is left out.
    """
    flat: list[Part] = []
    for part in parts:
        if part is not None:
            flat += part.parts if isinstance(part, Shown) else (part,)
    return Shown(tuple(flat)) if flat else None
