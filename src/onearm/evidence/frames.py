"""A table as a list of rows, for rules that are told one row at a time."""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["Row", "rows_of"]

#: One row of a table by column name: text as ``str``, counts as ``int``, None when empty.
Row = dict[str, Any]


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of `frame` in order, as dictionaries by column name."""
    names = [str(name) for name in frame.columns]
    columns = [frame[name].tolist() for name in names]
    return [
        dict(zip(names, (None if v is pd.NA else v for v in cells), strict=True))
        for cells in zip(*columns, strict=True)
    ]
