"""One number of ours beside its reference, and what difference it is allowed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Deviation:
    """One number of ours beside its reference."""

    dataset: str
    block: str
    quantity: str
    ours: float
    theirs: float
    tolerance: float
    absolute: float

    @property
    def size(self) -> float:
        """Absolute difference."""
        return abs(self.ours - self.theirs) if self.ours != self.theirs else 0.0

    @property
    def ratio(self) -> float:
        """Difference in units of what is allowed; nan counts as infinite."""
        allowed = self.tolerance * abs(self.theirs) + self.absolute
        ratio = self.size / allowed
        return math.inf if math.isnan(ratio) else ratio


def number(value: Any) -> float | None:
    """Read a reference value; None where there is nothing to compare."""
    if value is None or isinstance(value, bool) or value == "NaN":
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def pair(
    dataset: str,
    block: str,
    mine: dict[str, float],
    theirs: dict[str, Any],
    tolerance: float,
    absolute: float,
    special: dict[str, tuple[float, float]] | None = None,
) -> Iterator[Deviation]:
    """Compare the quantities that both sides have."""
    for name, value in mine.items():
        reference = number(theirs.get(name))
        if reference is None:
            continue
        relative, fixed = (special or {}).get(name, (tolerance, absolute))
        yield Deviation(dataset, block, name, float(value), reference, relative, fixed)
