"""How wide a text is, before it is drawn: columns and line breaks that never overlap.

Widths are sums of the letters' own widths in the font that is drawn with. They are the same
on every machine, because the font comes with matplotlib. A letter that this font lacks is drawn
by the reader's own fonts in a page, and as an empty box in a PDF or an image, which are thus
the same on every machine; text alternative, tables and numbers always carry it.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font, LoadFlags

_GRAIN = 1000.0  # letters are measured at this size, in points


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line of text in points."""
    return size * sum(_letter(letter, bold) for letter in text)


@lru_cache(maxsize=4096)
def wrap(text: str, room: float, size: float, *, bold: bool = False, most: int = 3) -> str:
    """Break a text into lines that fit, at spaces where there are any.

    Parameters
    ----------
    text : str
        Its own line breaks count as spaces.
    room : float
        Width of the column in points.
    size : float
        Of the letters, in points.
    bold : bool
    most : int
        Lines at most; what does not fit ends in "…" (the tables carry it whole).
    """
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and width(joined, size, bold=bold) <= room:
            lines[-1] = joined
            continue
        lines.extend(_pieces(word, room, size, bold))
    if len(lines) > most:
        lines = [*lines[: most - 1], _cut(f"{lines[most - 1]}…", room, size, bold)]
    return "\n".join(lines)


def _pieces(word: str, room: float, size: float, bold: bool) -> list[str]:
    """Break a word that is too long for any line."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, size, bold=bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def _cut(line: str, room: float, size: float, bold: bool) -> str:
    while len(line) > 1 and width(line, size, bold=bold) > room:
        line = line[:-2].rstrip() + "…"
    return line


@lru_cache(maxsize=4096)
def _letter(letter: str, bold: bool) -> float:
    """Return the advance of a letter in ems.

    Wide letters of the East, and those that the font lacks, are taken for a whole em; marks
    that combine with the letter before them take no room.
    """
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0.0
    font = _font(bold)
    if unicodedata.east_asian_width(letter) in "WF" or not font.get_char_index(ord(letter)):
        return 1.0
    advance = font.load_char(ord(letter), LoadFlags.NO_HINTING).linearHoriAdvance
    return float(advance) / (65536 * _GRAIN)


@cache
def _font(bold: bool) -> FT2Font:
    named = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    font = FT2Font(findfont(named))
    font.set_size(_GRAIN, 72)
    return font
