"""A calibration in words: who holds the level, what falling short means, what holding costs."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from onearm.words import percent

__all__ = ["calibration_sentence", "coverage_percent", "trade_off"]

WIDE = 0.8
"""Mean width from which on an interval of a proportion carries hardly any information."""


def coverage_percent(coverage: float) -> str:
    """Return a coverage in percent, cut and not rounded.

    What is short of 95 % or of 100 % so never looks whole, in a map, a table or a sentence.

    Examples
    --------
    >>> coverage_percent(0.9497), coverage_percent(0.99999), coverage_percent(1.0)
    ('94.9 %', '99.9 %', '100 %')
    """
    # what is short of a step by rounding alone has reached it
    cut_off = math.floor(1000 * coverage + 1e-9) / 10
    return "100 %" if coverage > 1 - 1e-12 else f"{cut_off:.1f} %"


def trade_off(table: pd.DataFrame, own: str, level: float) -> str:
    """Say what it means that the method in use does not hold its level throughout.

    Parameters
    ----------
    table : DataFrame
        Of :func:`calibration`.
    own : str
        Label of the method in use, one of the table's.
    level : float
        What is to be held.

    Returns
    -------
    str
        Its worst case and its median, and what a method that holds would cost in width.
    """
    row = table[table["method"] == own].iloc[0]
    said = (
        f"“No” is about the worst case: {own} contains the truth in "
        f"{coverage_percent(row['least'])} of cases, not {100 * level:g} %, where the true median "
        f"is {_place(row)}; in the median of the scenarios it contains it in "
        f"{coverage_percent(row['median'])}. Its mean width is {_points(row['mean_width'])}."
    )
    holding = table[table["holds"]]
    if holding.empty:
        nearest = "; it comes nearest" if row["least"] == table["least"].max() else ""
        return f"{said} No method examined holds its level throughout{nearest}."
    best = holding.iloc[0]
    price = (
        f"The narrowest that does, {best['method']}, has a mean width of "
        f"{_points(best['mean_width'])}"
    )
    if best["mean_width"] > WIDE:
        return f"{said} {price}, nearly the whole range, which carries hardly any information."
    return f"{said} {price}: it is safer in the worst case and wider."


def calibration_sentence(
    table: pd.DataFrame, frame: pd.DataFrame, level: float, interval: str, own: str
) -> str:
    """Say which methods hold their level, which of them is narrowest, and how the own fares.

    Parameters
    ----------
    table : DataFrame
        Of :func:`onearm.robustness.calibration.characteristics`.
    frame : DataFrame
        The scores that it sums up.
    level : float
        What is to be held.
    interval : {"confidence", "prediction"}
        Which intervals are judged.
    own : str
        Label of the method in use; "" for none.
    """
    nominal = f"{100 * level:g} %"
    holding = table.loc[table["holds"], "method"].tolist()
    low, high = (percent(float(value)) for value in (frame["p"].min(), frame["p"].max()))
    start = (
        f"For studies of these sizes, with a true median proportion from {low} to {high} and "
        f"a spread tau from {frame['tau'].min():g} to {frame['tau'].max():g}, "
    )
    best = table.iloc[int(table["least"].to_numpy(dtype=float).argmax())]
    if holding:
        width = float(table["mean_width"].iloc[0])
        little = ", nearly the whole range, which says hardly anything" if width > WIDE else ""
        middle = (
            f"the {interval} intervals of these methods hold {nominal} throughout: "
            f"{'; '.join(holding)}. The narrowest is that of {holding[0]} (mean width "
            f"{_points(width)}{little})."
        )
    else:
        middle = (
            f"no method's {interval} interval holds {nominal} throughout. Nearest comes "
            f"{_falls(best, 'falling')}."
        )
    parts = [start + middle]
    mine = table[(table["method"] == own) & ~table["holds"]]
    if len(mine) and (holding or best["method"] != own):
        parts.append(f"{_falls(mine.iloc[0], 'falls')}.")
    if (frame["monte_carlo_se"] > 0).any():
        worst = float(frame["monte_carlo_se"].max())
        parts.append(f"By simulation, with a standard error of at most {percent(worst)}.")
    return " ".join(parts)


def _falls(row: pd.Series[Any], verb: str) -> str:
    """Say how far a method falls, where, and that this is not its usual case."""
    comma = "," if verb == "falling" else ""
    return (
        f"{row['method']}{comma} {verb} to {coverage_percent(row['least'])} (at {_place(row)}; "
        f"its median is {coverage_percent(row['median'])})"
    )


def _place(row: pd.Series[Any]) -> str:
    return f"{percent(float(row['p']))} and tau {row['tau']:g}"


def _points(width: float) -> str:
    return f"{100 * width:.0f} percentage points"
