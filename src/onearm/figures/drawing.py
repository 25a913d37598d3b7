"""A drawing: vector graphics and the text alternative made from the same numbers.

matplotlib draws; this module makes the result fit a page that is read offline, by
screen readers and byte for byte: no dates, no random ids, a title and a description
inside the graphic, and ids that cannot collide with another drawing on the page.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from xml.etree import ElementTree

import matplotlib as mpl
import seaborn as sns
from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
INK = "#1a1a1a"
MUTED = "#6b6b6b"
# Okabe and Ito's palette as seaborn ships it: told apart by colour-blind readers.
ACCENT = mpl.colors.to_hex(sns.color_palette("colorblind")[0])
SECOND = mpl.colors.to_hex(sns.color_palette("colorblind")[1])

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
}


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
    """

    name: str
    title: str
    alt: str
    svg: str

    def _repr_mimebundle_(self, **_: object) -> tuple[dict[str, str], dict[str, object]]:
        data = {"image/svg+xml": self.svg, "text/plain": self.alt}
        return data, {"image/svg+xml": {"alt": self.alt, "title": self.title, "name": self.name}}


@contextmanager
def style(name: str) -> Iterator[None]:
    """Draw in the project's style, with ids that depend on nothing but `name`."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}), warnings.catch_warnings():
        # A glyph missing from the measuring font only makes its width a guess.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*")
        yield


def finish(figure: Figure, *, name: str, title: str, alt: str) -> Drawing:
    """Turn a matplotlib figure into a `Drawing`; call it inside `style`."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return Drawing(name, title, alt, _accessible(buffer.getvalue(), name, title, alt))


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
