"""What every check gives back: a table, data for a figure, one sentence, a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from onearm.jsonable import plain


@dataclass(frozen=True, eq=False)
class CheckResult:
    """The outcome of one check of robustness.

    Attributes
    ----------
    name : str
        Which check, as a slug.
    verdict : bool or None
        True when the answer holds, False when it does not, None when the check cannot say:
        too few studies, or nothing to judge against.
    sentence : str
        What was found, in plain words with its numbers.
    table : DataFrame
        The numbers behind the sentence; empty when there are none.
    data : dict
        Further values for figures and for ``results.json``.
    """

    name: str
    verdict: bool | None
    sentence: str
    table: pd.DataFrame = field(default_factory=pd.DataFrame)
    data: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe record; undefined numbers are None."""
        records = [
            {str(name): value for name, value in zip(self.table.columns, row, strict=True)}
            for row in self.table.itertuples(index=False)
        ]
        return {
            "name": self.name,
            "verdict": self.verdict,
            "sentence": self.sentence,
            "table": plain(records),
            "data": plain(self.data),
        }
