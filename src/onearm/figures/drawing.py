"""A drawing: vector graphics and the text alternative made from the same numbers.

matplotlib draws; this module makes the result fit a page that is read offline, by
screen readers and byte for byte: no dates, no random ids, a title and a description
inside the graphic, and ids that cannot collide with another drawing on the page.
"""

from __future__ import annotations

import base64
import csv
import io
import json
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from onearm.jsonable import plain
from onearm.words import spreadsheet_safe

Look = dict[str, Any]
"""How matplotlib draws something: options by name."""

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
INK = "#1a1a1a"
MUTED = "#6b6b6b"
# Okabe and Ito's palette as seaborn ships it: told apart by colour-blind readers.
ACCENT = mpl.colors.to_hex(sns.color_palette("colorblind")[0])
# The second of it is too light on white for a thin line (2.6 to 1); the fourth is not (3.9).
SECOND = mpl.colors.to_hex(sns.color_palette("colorblind")[3])

_STYLE = {
    **sns.axes_style("ticks"),
    "svg.fonttype": "none",  # text stays text: searchable, selectable, small
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": INK,
    "ytick.color": INK,
    "path.simplify": False,
    "text.parse_math": False,  # a study may be called "$x": it is a name, not a formula
    "text.hinting": "none",  # letters as wide in an image as in the vectors
    "pdf.fonttype": 42,  # whole letters, which journals ask for and an editor can change
}
# Whatever a file would say of the hour and the machine it was made at.
_SILENT = {
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
PNG_DPI, PRINT_MM = 300, 180.0  # dots an inch of an image, when it is printed at this width
_SHADES = 32  # of each colour in an image: a quarter of the bytes, to the eye the same
#: A legend above the axes, from their left end.
ABOVE: Look = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1.0),
    "frameon": False,
    "fontsize": 8.5,
    "borderaxespad": 0.2,
    "borderpad": 0,
}
Numbers = tuple[dict[str, object], ...]
DIGITS = 12


@dataclass(frozen=True)
class Drawing:
    """One finished figure.

    Attributes
    ----------
    name : str
        Slug, unique on its page.
    title : str
        What the figure is, in a few words; also its caption.
    alt : str
        The text alternative: the same numbers, as sentences.
    svg : str
        An ``<svg>`` element with ``role="img"``, its title and description.
    numbers : tuple of dict
        The rows behind the drawing, proportions from 0 to 1.
    figure : Figure, optional
        What `pdf` and `png` are made from; None for a drawing that has neither.
    """

    name: str
    title: str
    alt: str
    svg: str
    numbers: Numbers = ()
    figure: Figure | None = field(default=None, repr=False, compare=False)

    @cached_property
    def pdf(self) -> bytes | None:
        """The drawing as a PDF with its letters in it."""
        return self._saved("pdf")

    @cached_property
    def png(self) -> bytes | None:
        """The drawing as an image of `PNG_DPI` dots an inch at a width of `PRINT_MM`."""
        return self._saved("png")

    def _saved(self, kind: str) -> bytes | None:
        if self.figure is None:
            return None
        with style(self.name):
            return _image(self.figure) if kind == "png" else _file(self.figure, kind)

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, object]]:
        files = {}
        if self.numbers:
            files["csv"] = as_csv(self.numbers)
            files["json"] = as_json(self.name, self.title, self.numbers)
        for kind, content in (("pdf", self.pdf), ("png", self.png)):
            if content is not None:
                files[kind] = base64.b64encode(content).decode("ascii")
        about = {"alt": self.alt, "title": self.title, "name": self.name, "files": files}
        return {"image/svg+xml": self.svg, "text/plain": self.alt}, {"image/svg+xml": about}


@contextmanager
def style(name: str) -> Iterator[None]:
    """Draw in the project's style, with ids that depend on nothing but `name`."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # A letter that the font lacks is no error: see `onearm.figures.text`.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        yield


def finish(
    figure: Figure,
    *,
    name: str,
    title: str,
    alt: str,
    numbers: Iterable[Mapping[str, object]] = (),
    printed: bool = False,
) -> Drawing:
    """Turn a matplotlib figure into a `Drawing`; call it inside `style`.

    Parameters
    ----------
    figure : Figure
        What was drawn.
    name, title, alt : str
        As of the `Drawing`.
    numbers : iterable of mapping
        The rows behind the drawing.
    printed : bool
        Whether it is wanted as PDF and PNG too; they are made when they are asked for.
    """
    svg = _accessible(_file(figure, "svg").decode("utf-8"), name, title, alt)
    return Drawing(name, title, alt, svg, numbers_of(numbers), figure if printed else None)


def _file(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata=_SILENT[kind])
    return buffer.getvalue()


def _image(figure: Figure) -> bytes:
    """Return a PNG in the few colours that figures have."""
    canvas, own = FigureCanvasAgg(figure), figure.dpi
    figure.set_dpi(round(PNG_DPI * PRINT_MM / 25.4) / figure.get_size_inches()[0])
    canvas.draw()  # type: ignore[no-untyped-call]
    drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    image = Image.fromarray(drawn[..., :3])
    figure.set_dpi(own)
    few = image.quantize(palette=_palette(), dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    few.save(buffer, "png", dpi=(PNG_DPI, PNG_DPI))
    return buffer.getvalue()


@cache
def _palette() -> Image.Image:
    """Return white to every colour of ours, in even steps."""
    steps = [step / (_SHADES - 1) for step in range(_SHADES)]
    colours = (mpl.colors.to_rgb(colour) for colour in (INK, ACCENT, SECOND))
    levels = [round(255 * (1 - s + s * level)) for c in colours for s in steps for level in c]
    palette = Image.new("P", (1, 1))
    palette.putpalette(levels)
    return palette


def _accessible(source: str, name: str, title: str, alt: str) -> str:
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    root = ElementTree.fromstring(source)
    for child in list(root):
        if child.tag in (f"{{{SVG}}}metadata", f"{{{SVG}}}title"):
            root.remove(child)
    _prefix_ids(root, name)
    _drop_font_fallbacks(root)
    for position, (tag, text) in enumerate((("title", title), ("desc", alt))):
        element = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(position, element)
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-title {name}-desc")
    return ElementTree.tostring(root, encoding="unicode")


def _prefix_ids(root: ElementTree.Element, name: str) -> None:
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == f"{{{XLINK}}}href" and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, value.replace("url(#", f"url(#{name}-"))


def _drop_font_fallbacks(root: ElementTree.Element) -> None:
    """Matplotlib repeats its whole list of fonts in every text; one generic name serves."""
    for element in root.iter(f"{{{SVG}}}text"):
        css = element.get("style")
        if css:
            short = "font-family: 'DejaVu Sans', sans-serif"
            css = re.sub(r"font-family: [^;]*", short, css)
            element.set(
                "style",
                re.sub(
                    r"(font: [\d.a-z ]*?)'DejaVu Sans'[^;]*", r"\1'DejaVu Sans', sans-serif", css
                ),
            )


def numbers_of(rows: Iterable[Mapping[str, object]]) -> Numbers:
    """Return rows of plain values: floats cut to `DIGITS`, undefined ones None."""
    return tuple({str(name): _cut(plain(value)) for name, value in row.items()} for row in rows)


def as_json(name: str, title: str, rows: Sequence[Mapping[str, object]]) -> str:
    """Return a JSON object of figure, title and rows: sorted keys, one row a line."""
    lines = "".join(f"\n{_json(row)}," for row in rows)[:-1]
    return f'{{"figure": {_json(name)},\n"rows": [{lines}],\n"title": {_json(title)}}}\n'


def as_csv(rows: Sequence[Mapping[str, object]]) -> str:
    """Return one header and one line a row; a text is never a spreadsheet's formula.

    Examples
    --------
    >>> print(as_csv([{"study": "=A1", "n": 3, "proportion": 0.25}]), end="")
    study,n,proportion
    '=A1,3,0.25
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return spreadsheet_safe("; ".join(map(str, value)))
    return spreadsheet_safe(value) if isinstance(value, str) else repr(value)


def _cut(value: object) -> object:
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
