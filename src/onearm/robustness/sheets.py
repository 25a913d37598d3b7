"""The tables of a check as a page shows them: words only, and no markup."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from onearm.words import with_interval

__all__ = ["Line", "Sheet", "estimated", "sheet"]

#: One line of a table, by column.
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Sheet:
    """A table as a page shows it.

    Attributes
    ----------
    title : str
        What it shows.
    columns : tuple of str
        Headers; the first column names the line.
    lines : tuple of tuple of str
        The cells.
    numeric : tuple of str
        Columns set flush right.
    note : str
        A paragraph beside it; "" for none.
    folded : bool
        Whether the page shows it one step away.
    """

    title: str
    columns: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...] = ()
    note: str = ""
    folded: bool = False


def estimated(line: Line) -> str:
    """Return a line's estimate with its interval."""
    return with_interval(line["estimate"], (line["ci_low"], line["ci_high"]))


def sheet(
    title: str,
    lines: Iterable[Line],
    columns: Mapping[str, Callable[[Line], str]],
    *,
    words: Collection[str] = (),
    note: str = "",
    folded: bool = False,
) -> Sheet:
    """Lay out lines by what each column says of one.

    Parameters
    ----------
    title : str
        What the table shows.
    lines : iterable of mapping
        What the columns are told.
    columns : mapping of str to callable
        From a header to the cell of a line; the first column names the line.
    words : collection of str
        Columns that hold words; all others but the first are set flush right.
    note, folded
        As in `Sheet`.
    """
    cells = tuple(tuple(say(line) for say in columns.values()) for line in lines)
    numeric = tuple(name for name in list(columns)[1:] if name not in words)
    return Sheet(title, tuple(columns), cells, numeric, note, folded)
