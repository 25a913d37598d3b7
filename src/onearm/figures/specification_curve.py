"""The specification curve: every analysis sorted by its estimate, the choices below it.

Runs of neighbouring analyses that share a setting are drawn as one bar, and all intervals
of one colour as one path, so that a thousand analyses stay a small drawing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from onearm.figures.drawing import ACCENT, INK, MUTED, SECOND, Drawing, Look, finish, style
from onearm.figures.text import wrap
from onearm.robustness import CheckResult
from onearm.words import interval, percent

WIDTH = 9.6  # inches
CURVE, SETTING = 2.9, 0.185  # heights in inches: of the curve, and of one setting
LEFT, RIGHT = 0.33, 0.985  # where the axes lie, as shares of the width
ALPHA = 0.75  # of the intervals: the estimates are seen on them, and they on white
COLOURS = {1: ACCENT, 0: MUTED, -1: SECOND}  # interval above, across and below the threshold
KINDS = {1: "interval above", 0: "interval across", -1: "interval below"}


def specification_curve(result: CheckResult, *, name: str, title: str) -> Drawing:
    """Draw the sorted estimates of a specification curve and the choices behind each.

    Parameters
    ----------
    result : CheckResult
        Of `onearm.robustness.specifications.curve`, with at least one analysis.
    name, title : str
        Slug and caption of the drawing.
    """
    alt = " ".join([f"Specification curve. {title}. {result.sentence}", *_own(result)])
    with style(name):
        return finish(_draw(result), name=name, title=title, alt=alt, numbers=result.rows)


def _own(result: CheckResult) -> Iterator[str]:
    for line in (row for row in result.rows if row["in_plan"]):
        of = f" of {' or '.join(line['evidence'])}" if "evidence" in line else ""
        yield (
            f"The plan's own analysis{of} gives {percent(line['estimate'])} "
            f"({interval(line['ci_low'], line['ci_high'])})."
        )


def _draw(result: CheckResult) -> Figure:
    groups = _groups(result)
    lines = sum(len(settings) + 1 for _, settings in groups)
    below, above = 0.25, 0.45
    height = below + lines * SETTING + 0.25 + CURVE + above
    figure = Figure(figsize=(WIDTH, height))
    panel = figure.add_axes((LEFT, below / height, RIGHT - LEFT, lines * SETTING / height))
    curve = figure.add_axes(
        (LEFT, (below + lines * SETTING + 0.25) / height, RIGHT - LEFT, CURVE / height)
    )
    _curve(curve, result)
    _choices(panel, result.table, groups)
    return figure


def _groups(result: CheckResult) -> list[tuple[dict[str, Any], list[str]]]:
    """Axes of which two settings or more are on the curve, the one that moves most first."""
    found = []
    for axis in result.data["axes"]:
        there = {setting for settings in result.table[axis["axis"]] for setting in settings}
        settings = [setting for setting in axis["settings"] if setting in there]
        if len(settings) > 1:
            found.append((axis, settings))
    return found


def _curve(axes: Axes, result: CheckResult) -> None:
    table, threshold = result.table, result.data.get("threshold")
    place = np.arange(len(table))
    # Without a threshold no interval lies on a side of it.
    sides = np.zeros(len(table)) if threshold is None else table["side"].to_numpy()
    for side, colour in COLOURS.items():
        here = sides == side
        if here.any():
            low, high = (table.loc[here, end].to_numpy() for end in ("ci_low", "ci_high"))
            ends = np.stack([np.repeat(place[here], 2), np.stack([low, high], 1).ravel()], 1)
            width = float(np.clip(400 / len(table), 0.4, 3))
            _segments(axes, ends, color=colour, lw=width, alpha=ALPHA)
            label = "interval" if threshold is None else KINDS[side]
            axes.plot([], [], color=colour, lw=5, alpha=ALPHA, label=label)
    estimate = np.round(table["estimate"], 6)
    axes.plot(place, estimate, color="white", lw=4)
    axes.plot(place, estimate, color=INK, lw=1.6, label="estimate")
    own = table["in_plan"].to_numpy()
    look: Look = {"color": "white", "mec": INK, "mew": 1.3, "ms": 6}
    axes.plot(place[own], estimate[own], "D", label="the plan's own", **look)
    _frame(axes, len(table))
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_ylabel("Pooled proportion")
    if threshold is not None:
        _threshold(axes, threshold, len(table) - 0.5)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncol=5, frameon=False, fontsize=8)


def _threshold(axes: Axes, threshold: float, right: float) -> None:
    axes.axhline(threshold, color=INK, lw=0.9, ls=(0, (4, 2)))
    words = f"decision threshold {percent(threshold)}"
    box: Look = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
    above = threshold < 0.9  # else the words would leave the axes
    y, va = (threshold + 0.012, "bottom") if above else (threshold - 0.012, "top")
    axes.text(right, y, words, ha="right", va=va, size=7.5, bbox=box)


def _choices(
    axes: Axes, table: pd.DataFrame, groups: Sequence[tuple[dict[str, Any], list[str]]]
) -> None:
    y = 0.0
    for axis, settings in groups:
        _label(axes, y, axis["label"].capitalize(), strong=True)
        y += 1
        for setting in settings:
            has = table[axis["axis"]].map(lambda found, s=setting: s in found).to_numpy(dtype=bool)
            _segments(axes, _runs(has, y), color=ACCENT, lw=5.5)
            _label(axes, y, setting, strong=False)
            y += 1
    for place in np.flatnonzero(table["in_plan"]):
        axes.axvline(float(place), color=INK, lw=0.6, alpha=0.6)
    _frame(axes, len(table))
    axes.set_ylim(y - 0.5, -0.5)
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("Analyses, the lowest estimate first")


def _label(axes: Axes, y: float, text: str, *, strong: bool) -> None:
    size = 7.5 if strong else 7.0
    axes.text(
        -0.012,
        y,
        wrap(text, 72 * WIDTH * LEFT - 12, size, bold=strong, most=1),
        ha="right",
        va="center",
        size=size,
        weight="bold" if strong else "normal",
        color=INK if strong else MUTED,
        transform=axes.get_yaxis_transform(),
    )


def _frame(axes: Axes, count: int) -> None:
    axes.set_xlim(-0.5, count - 0.5)
    axes.set_xticks([])
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)


def _runs(has: NDArray[np.bool_], y: float) -> NDArray[np.float64]:
    """Return the ends of the runs of True, as pairs of points on a level."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], has, [False]]).astype(int)))
    return np.stack([edges - 0.5, np.full(len(edges), y)], axis=1)


def _segments(axes: Axes, ends: NDArray[Any], **look: Any) -> None:
    """Draw points (2 m, 2) as m separate segments in one path."""
    codes = np.tile([Path.MOVETO, Path.LINETO], len(ends) // 2)
    # Four decimals are far finer than a pixel, and the same on every processor.
    path = Path(np.round(ends, 4), codes)
    colour = look.pop("color")
    axes.add_patch(PathPatch(path, facecolor="none", edgecolor=colour, capstyle="butt", **look))
