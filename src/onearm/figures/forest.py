"""The forest plot of one-arm proportions.

Follows the field's conventions: one row a study with its counts, a square whose area is
its weight, its exact interval, a diamond for the pooled confidence interval and a bar of
its own for the prediction interval, on a fixed axis of 0 to 100 %. What a proportion
needs beside that is printed too: the denominator and the definition under each name, and
0/n and n/n rows drawn with their limits. Columns are as wide as what stands in them, so
that nothing lies on anything else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import Transform, blended_transform_factory

from onearm.analysis import Pool
from onearm.figures.drawing import ACCENT, MUTED, Drawing, finish, style
from onearm.figures.forest_lines import Line, Printed, printed
from onearm.figures.text import width, wrap
from onearm.words import interval, with_interval

# All lengths in points.
WIDTH = 691.2
EDGE, GAP, INDENT = 6.0, 14.0, 9.0
NAME, DETAIL, FOOT = 9.0, 7.0, 7.5  # sizes of letters
NAME_LINE, DETAIL_LINE, FOOT_LINE = 11.5, 8.8, 9.6  # and heights of their lines
PADDING, HEAD, AXIS = 8.0, 24.0, 40.0
BADGES = 210.0  # what badges may ask of the column of names before they are broken
PLOT = (170.0, 300.0)  # least and greatest width of the axis
DIAMOND, TICK = 7.5, 2.9  # half heights


@dataclass(frozen=True)
class _Columns:
    """Where the columns lie: names from the left, the others to their right edge."""

    names: float  # width of the column of names
    counts: float
    plot: tuple[float, float]
    numbers: float
    weight: float
    heading: str  # over the numbers


def forest(pool: Pool, *, name: str, title: str, blocks: Sequence[Pool] = ()) -> Drawing:
    """Draw a pool, or several pools one under the other.

    Parameters
    ----------
    pool : Pool
        The pool to draw; when `blocks` are given it only lends its level and model.
    name : str
        Slug of the drawing, unique on its page.
    title : str
        Caption and accessible name.
    blocks : sequence of Pool, optional
        Strata, each drawn under its label with a summary of its own, and at the foot the
        test that they differ.

    Returns
    -------
    Drawing
        Vector graphics with a text alternative made from the same numbers, also as PDF
        and PNG.
    """
    said = printed(pool, blocks)
    alt = " ".join([f"Forest plot. {title}.", *said.sentences])
    with style(name):
        figure = _draw(said, pool.pooled.level)
        return finish(figure, name=name, title=title, alt=alt, numbers=said.numbers, printed=True)


def _draw(said: Printed, level: float) -> Figure:
    columns = _columns(said.lines, level)
    names = [_name(line, columns) for line in said.lines]
    details = [wrap(line.detail, columns.names - INDENT, DETAIL, most=3) for line in said.lines]
    heights = [_height(*texts) for texts in zip(names, details, strict=True)]
    foot = [wrap(text, WIDTH - 4 * EDGE, FOOT, most=40) for text in said.foot]
    body, below = HEAD + sum(heights), AXIS + FOOT_LINE * sum(map(_count, foot)) + EDGE
    height = body + below
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    left, right = columns.plot
    axes = figure.add_axes((left / WIDTH, below / height, (right - left) / WIDTH, body / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(body, 0)
    _header(axes, columns)
    y = HEAD
    for line, name, detail, tall in zip(said.lines, names, details, heights, strict=True):
        _text(axes, y + tall / 2, line, name, detail, columns)
        _mark(axes, y + tall / 2, line)
        y += tall
    _axis(axes, body)
    y = below - AXIS
    for text in foot:
        figure.text(EDGE / WIDTH, y / height, text, size=FOOT, va="top", linespacing=1.05)
        y -= FOOT_LINE * _count(text)
    return figure


def _columns(lines: Sequence[Line], level: float) -> _Columns:
    """Give every column the width of its widest text, names what is left, the plot its least."""
    heading = f"Percent ({100 * level:g} % interval)"
    counts = _widest("Events / n", [line.counts for line in lines])
    numbers = _widest(heading, [_numbers(line) for line in lines])
    weight = _widest("Weight", [line.weight for line in lines])
    others = counts + numbers + weight + 2 * EDGE + 4 * GAP
    wanted = INDENT + max(
        (
            max(width(_marked(line), NAME, bold=True), min(width(line.detail, DETAIL), BADGES))
            for line in lines
            if line.kind not in ("heading", "remark")
        ),
        default=0.0,
    )
    names = max(80.0, min(wanted, WIDTH - others - PLOT[0]))
    plot = min(WIDTH - others - names, PLOT[1])
    edge = EDGE + names + GAP + counts
    start = edge + GAP
    return _Columns(
        names, edge, (start, start + plot), start + plot + GAP + numbers,
        start + plot + 2 * GAP + numbers + weight, heading,
    )  # fmt: skip


def _widest(heading: str, texts: Sequence[str]) -> float:
    return max(width(text, NAME, bold=True) for text in (heading, *texts))


def _marked(line: Line) -> str:
    return f"{line.name} [{line.mark}]" if line.mark else line.name


def _name(line: Line, columns: _Columns) -> str:
    """Break a name into lines; its footnote's mark is never cut off."""
    if line.kind in ("heading", "remark"):
        return wrap(line.name, WIDTH - 2 * EDGE - INDENT, NAME, bold=True)
    room, mark = columns.names - INDENT, f" [{line.mark}]" if line.mark else ""
    name = wrap(line.name, room, NAME, bold=True, most=4)
    last = name.rsplit("\n", 1)[-1] + mark
    return name + (mark if width(last, NAME, bold=True) <= room else f"\n{mark.strip()}")


def _count(text: str) -> int:
    return text.count("\n") + 1


def _height(name: str, detail: str) -> float:
    return NAME_LINE * _count(name) + (DETAIL_LINE * _count(detail) if detail else 0.0) + PADDING


def _across(axes: Axes) -> Transform:
    """X as a share of the figure's width, y in points from the top."""
    return blended_transform_factory(axes.figure.transFigure, axes.transData)


def _header(axes: Axes, columns: _Columns) -> None:
    options: dict[str, Any] = {
        "weight": "bold",
        "size": NAME,
        "va": "center",
        "transform": _across(axes),
    }
    y = HEAD / 2 - 2
    axes.text(EDGE / WIDTH, y, "Study", ha="left", **options)
    for edge, text in (
        (columns.counts, "Events / n"),
        (columns.numbers, columns.heading),
        (columns.weight, "Weight"),
    ):
        axes.text(edge / WIDTH, y, text, ha="right", **options)
    line = [EDGE / WIDTH, columns.weight / WIDTH]
    axes.plot(line, [HEAD - 3] * 2, color=MUTED, lw=0.8, clip_on=False, transform=_across(axes))


def _text(axes: Axes, y: float, line: Line, name: str, detail: str, columns: _Columns) -> None:
    strong = "bold" if line.kind in ("heading", "pooled") and not line.muted else "normal"
    options: dict[str, Any] = {
        "va": "center",
        "transform": _across(axes),
        "weight": strong,
        "size": NAME,
    }
    if line.muted or line.kind == "remark":
        options["color"] = MUTED
    left = (EDGE + (INDENT if line.kind != "heading" else 0.0)) / WIDTH
    under = DETAIL_LINE * _count(detail) if detail else 0.0
    axes.text(left, y - under / 2, name, **options)
    if detail:
        small = {**options, "size": DETAIL, "weight": "normal", "color": MUTED}
        axes.text(left, y + NAME_LINE * _count(name) / 2, detail, **small)
    for edge, text in (
        (columns.counts, line.counts),
        (columns.numbers, _numbers(line)),
        (columns.weight, line.weight if line.kind == "study" else ""),
    ):
        if text:
            axes.text(edge / WIDTH, y, text, ha="right", **options)
    if line.weight and line.kind == "pooled":
        quiet = {**options, "size": DETAIL, "weight": "normal", "color": MUTED}
        axes.text(columns.weight / WIDTH, y, line.weight, ha="right", **quiet)


def _numbers(line: Line) -> str:
    if line.kind == "prediction":
        return f"({interval(line.low, line.high)})"
    if line.kind in ("study", "pooled"):
        return with_interval(line.estimate, (line.low, line.high))
    return ""


def _mark(axes: Axes, y: float, line: Line) -> None:
    # Six decimals are far finer than a pixel, and the same on every processor.
    low, mid, high = (round(value, 6) for value in (line.low, line.estimate, line.high))
    if line.kind == "study" and math.isfinite(mid):
        _study(axes, y, low, mid, high, line.share)
    elif line.kind == "pooled" and math.isfinite(low):
        axes.fill(
            [low, mid, high, mid], [y, y - DIAMOND, y, y + DIAMOND],
            facecolor="white" if line.muted else ACCENT, edgecolor=ACCENT, lw=1.2,
            ls="--" if line.muted else "-", clip_on=False,
        )  # fmt: skip
    elif line.kind == "prediction" and math.isfinite(low):
        axes.fill(
            [low, high, high, low], [y - TICK, y - TICK, y + TICK, y + TICK],
            facecolor="none", edgecolor=ACCENT, lw=1.0, hatch="////", clip_on=False,
        )  # fmt: skip


def _study(axes: Axes, y: float, low: float, mid: float, high: float, share: float) -> None:
    """Draw an interval with its ends, and a square whose area is the weight."""
    across = [low, high, math.nan, low, low, math.nan, high, high]
    up = [y, y, math.nan, y - TICK, y + TICK, math.nan, y - TICK, y + TICK]
    axes.plot(across, up, color=MUTED, lw=1.2, solid_capstyle="butt", clip_on=False)
    weight = share if math.isfinite(share) else 0.15
    size = 4 + 9 * math.sqrt(round(min(max(weight, 0.02), 1), 6))
    axes.plot([mid], [y], "s", color=ACCENT, ms=size, mec="white", mew=0.6, clip_on=False)


def _axis(axes: Axes, body: float) -> None:
    axes.yaxis.set_visible(False)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks)
    axes.vlines(ticks, HEAD, body, color="#e3e3e3", lw=0.6, zorder=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_xlabel("Proportion of patients")
