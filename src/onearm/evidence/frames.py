"""A table as a list of rows, for rules that are told one row at a time."""

from __future__ import annotations

from typing import Any

import pandas as pd

__all__ = ["Row", "rows_of"]

#: One row of a table by column name: text as ``str``, counts as ``int``, None when empty.
Row = dict[str, Any]


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of `frame` in order, as dictionaries by column name."""
    return [
        {str(name): None if value is pd.NA else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]
