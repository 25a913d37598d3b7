"""The plain rows behind a drawing, as a reader may download them: CSV and JSON.

One row a mark, proportions from 0 to 1. Floats are cut to the same significant digits as in
``results.json``, beyond which processors may differ.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from onearm.jsonable import plain
from onearm.words import spreadsheet_safe

Numbers = tuple[dict[str, Any], ...]
DIGITS = 12


def numbers_of(rows: Iterable[Mapping[str, Any]]) -> Numbers:
    """Return rows of plain values: floats cut to `DIGITS`, undefined ones None."""
    return tuple({str(name): _cut(plain(value)) for name, value in row.items()} for row in rows)


def as_json(name: str, title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a JSON object of figure, title and rows: sorted keys, one row a line."""
    lines = "".join(f"\n{_json(row)}," for row in rows)[:-1]
    return f'{{"figure": {_json(name)},\n"rows": [{lines}],\n"title": {_json(title)}}}\n'


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
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


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return spreadsheet_safe("; ".join(map(str, value)))
    return spreadsheet_safe(value) if isinstance(value, str) else repr(value)


def _cut(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cut(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_cut(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
