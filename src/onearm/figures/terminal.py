"""A forest plot in characters, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable

from onearm.models import Pooled

NARROW, WIDE = 21, 41  # cells; odd, so that 50 % has a cell of its own
STUDY, POOLED, PREDICTION = "─■", "═◆", "··"


def scale(cells: int) -> str:
    """Return the header of the plot: where 0, 50 and 100 % are."""
    return "0 %" + "50 %".center(cells - 8) + "100 %"


def lines(pooled: Pooled, cells: int = WIDE) -> list[tuple[str, str]]:
    """Return one (name, plot) a study, then the pool and its prediction interval.

    Parameters
    ----------
    pooled : Pooled
        With k >= 2 the pool is drawn; else the studies alone.
    cells : int
        Width of the plot in characters.
    """
    drawn = [(s.study, bar(s.ci, s.proportion, STUDY, cells)) for s in pooled.studies]
    if pooled.k > 1 and math.isfinite(pooled.estimate):
        drawn.append(("Pooled", bar(pooled.ci, pooled.estimate, POOLED, cells)))
        drawn.append(("Prediction", bar(pooled.prediction_interval, math.nan, PREDICTION, cells)))
    return drawn


def bar(limits: Iterable[float], middle: float, characters: str, cells: int = WIDE) -> str:
    """Return an interval on 0 to 100 % as `cells` characters.

    Examples
    --------
    >>> bar((0.0, 0.25), 0.125, "─■").rstrip()
    '─────■─────'
    """
    low, high = limits
    drawn = [" "] * cells
    if math.isfinite(low) and math.isfinite(high):
        for position in range(_cell(low, cells), _cell(high, cells) + 1):
            drawn[position] = characters[0]
    if math.isfinite(middle):
        drawn[_cell(middle, cells)] = characters[1]
    return "".join(drawn)


def _cell(proportion: float, cells: int) -> int:
    # Half a cell is rounded up by hand: round() goes to the even cell.
    return math.floor(min(max(proportion, 0.0), 1.0) * (cells - 1) + 0.5)
