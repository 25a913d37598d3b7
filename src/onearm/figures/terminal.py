"""A forest plot in characters, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from math import nan

import numpy as np

from onearm.models import Pooled, clopper_pearson
from onearm.words import interval, percent, with_interval

NARROW, WIDE = 21, 41  # cells; odd, so that 50 % has a cell of its own
STUDY, POOLED, PREDICTION = "─■", "═◆", "··"


def scale(cells: int) -> str:
    """Return the header of the plot: where 0, 50 and 100 % are."""
    return "0 %" + "50 %".center(cells - 8) + "100 %"


@dataclass(frozen=True)
class Line:
    """One line of the plot: its name, its counts, its numbers in words, and its bar."""

    name: str
    counts: str
    numbers: str
    plot: str


def studies(pooled: Pooled, cells: int = WIDE) -> list[Line]:
    """Return one line a study.

    Parameters
    ----------
    pooled : Pooled
        k studies.
    cells : int
        Width of the plot in characters.
    """
    return [
        Line(
            each.study,
            f"{each.events}/{each.n}",
            with_interval(each.proportion, each.ci),
            bar(each.ci, each.proportion, STUDY, cells),
        )
        for each in pooled.studies
    ]


def totals(pooled: Pooled, cells: int = WIDE) -> list[Line]:
    """Return a line for the pool and one for its prediction interval; none without a pool.

    Parameters
    ----------
    pooled : Pooled
        With k >= 2 there is a pool.
    cells : int
        Width of the plot in characters.
    """
    if pooled.k < 2 or not math.isfinite(pooled.estimate):
        return []
    ahead = pooled.prediction_interval
    prediction = Line("Prediction", "", f"({interval(*ahead)})", bar(ahead, nan, PREDICTION, cells))
    if pooled.verdict.code in ("all-zero", "all-full"):
        return _alike(pooled, prediction, cells)
    return [
        Line(
            "Pooled",
            f"{pooled.events}/{pooled.n}",
            with_interval(pooled.estimate, pooled.ci),
            bar(pooled.ci, pooled.estimate, POOLED, cells),
        ),
        prediction,
    ]


def _alike(pooled: Pooled, prediction: Line, cells: int) -> list[Line]:
    """Return the exact bound, and what a model with priors says, without an estimate."""
    counts = np.array([pooled.events]), np.array([pooled.n])
    ((low, high),) = clopper_pearson(*counts, 2 * pooled.level - 1)
    limit = f"at most {percent(high)}" if pooled.events == 0 else f"at least {percent(low)}"
    plot = bar((low, high), nan, POOLED, cells)
    bound = Line("Bound", f"{pooled.events}/{pooled.n}", limit, plot)
    if not math.isfinite(pooled.prediction_interval[0]):
        return [bound]
    own = Line("Pooled", "", f"({interval(*pooled.ci)})", bar(pooled.ci, nan, POOLED, cells))
    return [bound, own, prediction]


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
