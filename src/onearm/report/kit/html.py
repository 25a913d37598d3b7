"""Pieces of a page that a notebook cell can show: tables, prose, formulas, always escaped.

Every text that comes from a table of the evidence goes through `markupsafe.escape`, so a
study named ``<script>`` is a study with a strange name and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from latex2mathml.converter import convert
from markupsafe import Markup, escape

from onearm.figures import Drawing

Cell = str | Markup
WIDE = 7  # columns beyond which a table is printed in smaller type
STACKED = 2  # columns beyond which the rows of a table become blocks on a narrow screen
LONG = 60  # letters beyond which a cell of such a block has a line of its own
# A wide table scrolls within itself, by keyboard too, and never moves the page. Its roles are
# written out: a style that makes blocks of its rows would take them away in some browsers.
_TABLE = Markup(
    '<div class="scroll" role="region" tabindex="0"{} aria-label="{}">\n<table role="table"{}>\n'
    '<caption><span>{}</span></caption>\n<thead role="rowgroup"><tr role="row">{}</tr></thead>\n'
    '<tbody role="rowgroup">\n{}\n</tbody>\n</table>\n</div>'
)
#: A study's exact interval: quantiles of beta distributions.
STUDY = (
    r"p_{\mathrm{low}} = B_{\alpha/2}(x,\, n - x + 1)",
    r"p_{\mathrm{high}} = B_{1-\alpha/2}(x + 1,\, n - x)",
)


@dataclass(frozen=True)
class Html:
    """A fragment of a page, with the plain text a terminal shows instead.

    Attributes
    ----------
    html : str
        Markup, safe to insert.
    text : str
        The same in plain words.
    """

    html: str
    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.text}


def prose(*paragraphs: str | Markup, kind: str = "") -> Html:
    """Return paragraphs; plain strings are escaped.

    Parameters
    ----------
    *paragraphs : str or Markup
        Each becomes a paragraph.
    kind : str, optional
        A CSS class that the page knows: "answer", "muted" or "caution".
    """
    attribute = Markup(' class="{}"').format(kind) if kind else ""
    html = Markup("\n").join(Markup("<p{}>{}</p>").format(attribute, text) for text in paragraphs)
    return Html(str(html), "\n\n".join(_plain(text) for text in paragraphs))


def bullets(items: Iterable[str | Markup], *, none: str) -> Html:
    """Return a list, or one sentence when there is nothing to list."""
    items = list(items)
    if not items:
        return prose(none)
    inner = Markup("\n").join(Markup("<li>{}</li>").format(item) for item in items)
    return Html(f"<ul>\n{inner}\n</ul>", "\n".join(f"- {_plain(item)}" for item in items))


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    name: str = "",
    ids: Sequence[str] | None = None,
    numeric: Iterable[str] = (),
    classes: Sequence[str] | None = None,
) -> Html:
    """Return a table with a caption, column and row headers.

    Parameters
    ----------
    caption : str
        What the table shows; also its accessible name.
    columns : sequence of str
        Headers; the first column names the row.
    rows : iterable of sequence of str or Markup
        Cells; plain strings are escaped.
    name : str, optional
        Anchor of the whole table.
    ids : sequence of str, optional
        One anchor a row, so that a number elsewhere can point at it.
    numeric : iterable of str, optional
        Columns set flush right.
    classes : sequence of str, optional
        One CSS class a row ("" for none), for instance "provisional".
    """
    body = [list(row) for row in rows]
    right = {position for position, name in enumerate(columns) if name in set(numeric)}
    head = Markup("").join(
        Markup('<th role="columnheader" scope="col"{}>{}</th>').format(
            _classes("number" * (position in right)), name
        )
        for position, name in enumerate(columns)
    )
    lines = Markup("\n").join(
        _row(
            row,
            columns,
            right,
            anchor=ids[position] if ids else "",
            kind=classes[position] if classes else "",
        )
        for position, row in enumerate(body)
    )
    html = _TABLE.format(
        Markup(' id="{}"').format(name) if name else "",
        caption,
        _classes("wide" * (len(columns) > WIDE), "stacked" * (len(columns) > STACKED)),
        caption,
        head,
        lines,
    )
    text = "\n".join([caption, *(" | ".join(_plain(cell) for cell in row) for row in body)])
    return Html(str(html), text)


def details(summary: Cell, inside: Cell) -> Markup:
    """Return something folded that opens by click or key, and is printed open."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, inside)


def folded(summary: str, *parts: Html) -> Html:
    """Return fragments one step away, behind a line that says what they are."""
    inside = Markup("\n").join(Markup(part.html) for part in parts)
    text = "\n".join([summary, *(part.text for part in parts)])
    return Html(str(details(summary, inside)), text)


def joined(*parts: Html) -> Html:
    """Return fragments one after the other."""
    return Html("\n".join(part.html for part in parts), "\n".join(part.text for part in parts))


def link(target: str, text: str) -> Markup:
    """Return a link within the report."""
    return Markup('<a href="{}">{}</a>').format(target, text)


def anchor(row_id: str, place: str = "row") -> str:
    """Return the id under which a row can be pointed at: no two names have the same.

    Parameters
    ----------
    row_id : str
        A name; what an id cannot hold becomes a hyphen, and a digest keeps names apart.
    place : str
        What kind of thing it names.
    """
    safe = "".join(char if char.isalnum() or char in "-_" else "-" for char in row_id)
    return f"{place}-{safe}" if safe == row_id else f"{place}-{safe}-{digest(row_id)}"


def slug(name: str) -> str:
    """Return a name in small letters, digits and hyphens, as the name of a figure needs it.

    Examples
    --------
    >>> slug("drug_class"), slug("Over 65")
    ('drug-class', 'over-65')
    """
    small = "".join(char if char.isascii() and char.isalnum() else " " for char in name.lower())
    return "-".join(small.split())


def digest(*parts: str) -> str:
    """Return eight hexadecimal digits that stand for some texts in an id or a link.

    Parameters
    ----------
    *parts : str
        Their order counts.
    """
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _row(
    cells: Sequence[Cell], columns: Sequence[str], right: set[int], *, anchor: str, kind: str
) -> Markup:
    attributes = Markup(' id="{}"').format(anchor) if anchor else Markup("")
    first = Markup('<th role="rowheader" scope="row">{}</th>').format(cells[0])
    others = Markup("").join(
        Markup('<td role="cell" data-label="{}"{}>{}</td>').format(
            columns[position],
            _classes("number" * (position in right), "long" * (len(_plain(cell)) > LONG)),
            cell,
        )
        for position, cell in enumerate(cells[1:], start=1)
    )
    return Markup('<tr role="row"{}{}>{}{}</tr>').format(attributes, _classes(kind), first, others)


def _classes(*names: str) -> Markup:
    kept = " ".join(name for name in names if name)
    return Markup(' class="{}"').format(kept) if kept else Markup("")


def _plain(text: Cell) -> str:
    return text.striptags() if isinstance(text, Markup) else str(escape(text).unescape())


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


def inline(latex: str) -> Markup:
    """Return a formula within a line."""
    return Markup(convert(latex))


def display(*lines: str, name: str) -> Html:
    """Return formulas one under the other.

    Parameters
    ----------
    *lines : str
        LaTeX.
    name : str
        What they are; a wide one scrolls within itself, by keyboard too.
    """
    shown = Markup("\n").join(
        Markup("<p>{}</p>").format(Markup(convert(line, display="block"))) for line in lines
    )
    html = Markup(
        '<div class="formula" role="region" tabindex="0" aria-label="{}">\n{}\n</div>'
    ).format(name, shown)
    return Html(str(html), "\n".join([name, *lines]))
