"""The influence panel: one row a study, one column a measure of what it does to the pool."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from onearm.figures.drawing import ACCENT, MUTED, SECOND, Drawing, finish, style
from onearm.figures.text import wrap
from onearm.models.arrays import Bools
from onearm.robustness import CheckResult
from onearm.words import number, with_interval

WIDTH = 9.6  # inches
ROW, DENSE_ROW, MANY = 0.30, 0.17, 60  # beyond so many studies rows are lower
LEFT, FIRST, GAP = 0.20, 0.24, 0.012


@dataclass(frozen=True)
class _Column:
    """One measure: its column of the table, its heading, where it is unremarkable."""

    value: str
    heading: str
    neutral: float


COLUMNS = (
    _Column("rstudent", "deleted\nresidual", 0.0),
    _Column("dffits", "DFFITS", 0.0),
    _Column("cook_d", "Cook's\ndistance", 0.0),
    _Column("cov_ratio", "covariance\nratio", 1.0),
    _Column("hat", "hat", 0.0),
    _Column("tau2_change", "change\nin tau²", 0.0),
    _Column("q_change", "change\nin Q", 0.0),
)


def influence_plot(result: CheckResult, *, name: str, title: str) -> Drawing:
    """Draw the pool without each study, and how far the study is from it.

    Parameters
    ----------
    result : CheckResult
        Of :func:`onearm.robustness.checks.influence`.
    name, title : str
        Slug and caption of the drawing.
    """
    sentences = [_sentence(row) for row in result.rows]
    alt = " ".join([f"Influence of the studies. {title}.", result.sentence, *sentences])
    shown = ["study", "estimate", "ci_low", "ci_high", *(c.value for c in COLUMNS), "influential"]
    numbers = [{column: row[column] for column in shown} for row in result.rows]
    with style(name):
        return finish(_draw(result), name=name, title=title, alt=alt, numbers=numbers)


def _sentence(row: Mapping[str, Any]) -> str:
    measures = ", ".join(
        f"{column.heading} {number(row[column.value])}".replace("\n", " ") for column in COLUMNS
    )
    without = with_interval(row["estimate"], (row["ci_low"], row["ci_high"]))
    return f"Without {row['study']}: {without}; {measures}."


def _draw(result: CheckResult) -> Figure:
    table = result.table
    rows = max(len(table), 1)
    body = rows * (ROW if rows <= MANY else DENSE_ROW)
    height = body + 1.25
    bottom, tall = 0.62 / height, body / height
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((LEFT, bottom, FIRST, tall))
    _pools(axes, result)
    marked = table["influential"].to_numpy(dtype=bool) if len(table) else np.zeros(0, bool)
    _names(axes, table, marked)
    width = (0.985 - LEFT - FIRST) / len(COLUMNS)
    for place, column in enumerate(COLUMNS):
        box = (LEFT + FIRST + place * width + GAP, bottom, width - GAP, tall)
        _measure(figure.add_axes(box), table, column, marked)
    if marked.any():
        words = "■ influential by the usual rules"
        figure.text(0.985, 0.05 / height, words, ha="right", va="bottom", color=SECOND, size=8)
    return figure


def _names(axes: Axes, table: pd.DataFrame, marked: Bools) -> None:
    room = 72 * WIDTH * LEFT - 12
    studies = table["study"] if len(table) else ()
    size, most = (8.0, 2) if len(table) <= MANY else (6.5, 1)
    names = [wrap(str(name), room, size, bold=True, most=most) for name in studies]
    axes.set_yticks(range(len(names)), names, size=size, linespacing=1.0)
    for label, strong in zip(axes.get_yticklabels(), marked, strict=True):
        label.set_fontweight("bold" if strong else "normal")


def _pools(axes: Axes, result: CheckResult) -> None:
    """Draw the interval without each study, and that of all as a band."""
    for y, row in enumerate(result.rows):
        low, mid, high = (round(row[c], 6) for c in ("ci_low", "estimate", "ci_high"))
        axes.plot([low, high], [y, y], color=MUTED, lw=1.2, solid_capstyle="butt")
        axes.plot([mid], [y], "o", color=ACCENT, ms=4)
    whole, ends = result.data["estimate"], result.data["ci"]
    if whole is not None and math.isfinite(whole):
        axes.axvspan(round(ends[0], 6), round(ends[1], 6), color=ACCENT, alpha=0.12, lw=0)
        axes.axvline(round(whole, 6), color=ACCENT, lw=1, ls="--")
    _frame(axes, len(result.table), "pool without it")
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.get_xticklabels()[-1].set_horizontalalignment("right")  # clear of the next column's


def _measure(axes: Axes, table: pd.DataFrame, column: _Column, marked: Bools) -> None:
    values = table[column.value].to_numpy(dtype=float).round(6) if len(table) else np.zeros(0)
    axes.axvline(column.neutral, color=MUTED, lw=0.8)
    for y, (value, strong) in enumerate(zip(values, marked, strict=True)):
        if math.isfinite(value):
            colour, marker = (SECOND, "s") if strong else (ACCENT, "o")
            axes.plot([column.neutral, value], [y, y], color=colour, lw=1)
            axes.plot([value], [y], marker, color=colour, ms=4)
    _frame(axes, len(table), column.heading)
    axes.set_yticks([])
    axes.margins(x=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(2))


def _frame(axes: Axes, rows: int, heading: str) -> None:
    axes.set_ylim(max(rows, 1) - 0.5, -0.5)
    axes.set_title(heading, fontsize=8, color=MUTED)
    axes.tick_params(axis="both", labelsize=7.5, length=2)
    axes.tick_params(axis="y", length=0)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
