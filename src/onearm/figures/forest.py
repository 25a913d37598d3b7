"""The forest plot of one-arm proportions.

Follows the field's conventions: one row a study with its counts, a square whose area is
its weight, its exact interval, a diamond for the pooled confidence interval and a bar of
its own for the prediction interval, on a fixed axis of 0 to 100 %. What a proportion
needs beside that is printed too: the denominator under the axis, the definition under each
name, and 0/n and n/n rows drawn with their limits. Columns are as wide as what stands in them, so
that nothing lies on anything else. Beyond `MANY` rows letters and rows are smaller, and the axis is
labelled at the top too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import Transform, blended_transform_factory

from onearm.analysis import Pool
from onearm.analysis.pools import Differences
from onearm.figures.drawing import ACCENT, MUTED, Drawing, Look, finish, style
from onearm.figures.forest_lines import Line, Printed, printed, whom
from onearm.figures.text import width, wrap
from onearm.words import interval, with_interval

# All lengths in points.
WIDTH = 691.2
EDGE, GAP, INDENT = 6.0, 14.0, 9.0
NAME, FOOT, FOOT_LINE = 9.0, 7.5, 9.6  # sizes of letters, and the height of a line
HEAD, AXIS = 24.0, 40.0
BADGES = 210.0  # what badges may ask of the column of names before they are broken
PLOT = (170.0, 300.0)  # least and greatest width of the axis
DIAMOND, TICK = 7.5, 2.9  # half heights
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
MANY = 60  # rows; beyond them the plot is set in smaller letters


@dataclass(frozen=True)
class _Sizes:
    """Sizes of letters and of their lines, and how many lines a row may have."""

    name: float
    detail: float
    name_line: float
    detail_line: float
    padding: float
    names: int  # lines of a name at most, and of what stands below it
    details: int

    def height(self, name: str, detail: str) -> float:
        """Return the height of a row."""
        under = self.detail_line * _count(detail) if detail else 0.0
        return self.name_line * _count(name) + under + self.padding


ROOMY = _Sizes(NAME, 7.0, 11.5, 8.8, 8.0, names=4, details=3)
DENSE = _Sizes(7.0, 5.5, 9.0, 7.0, 2.5, names=2, details=1)


@dataclass(frozen=True)
class _Columns:
    """Where the columns lie: names from the left, the others to their right edge."""

    names: float  # width of the column of names
    counts: float
    plot: tuple[float, float]
    numbers: float
    weight: float
    heading: str  # over the numbers


def forest(
    pool: Pool,
    *,
    name: str,
    title: str,
    blocks: Sequence[Pool] = (),
    test: Differences | None = None,
) -> Drawing:
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
        Subgroups, each drawn under its label with a summary of its own.
    test : Differences, optional
        Whether the subgroups differ, printed at the foot. Those that run across each other
        have no test.

    Returns
    -------
    Drawing
        Vector graphics with a text alternative made from the same numbers, also as PDF
        and PNG.
    """
    said = printed(pool, blocks, test)
    axis = f"Proportion of {whom(pool)}"
    alt = " ".join([f"Forest plot. {title}. {axis}.", *said.sentences])
    with style(name):
        figure = _draw(said, pool.pooled.level, axis)
        return finish(figure, name=name, title=title, alt=alt, numbers=said.numbers, printed=True)


def _draw(said: Printed, level: float, axis: str) -> Figure:
    sizes = ROOMY if len(said.lines) <= MANY else DENSE
    columns = _columns(said.lines, level, sizes)
    names = [_name(line, columns, sizes) for line in said.lines]
    room = columns.names - INDENT
    details = [wrap(line.detail, room, sizes.detail, most=sizes.details) for line in said.lines]
    heights = [sizes.height(*texts) for texts in zip(names, details, strict=True)]
    foot = [wrap(text, WIDTH - 4 * EDGE, FOOT, most=40) for text in said.foot]
    body, below = HEAD + sum(heights), AXIS + FOOT_LINE * sum(map(_count, foot)) + EDGE
    height = body + below
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    left, right = columns.plot
    axes = figure.add_axes((left / WIDTH, below / height, (right - left) / WIDTH, body / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(body, 0)
    _header(axes, columns, sizes)
    y = HEAD
    for line, name, detail, tall in zip(said.lines, names, details, heights, strict=True):
        _text(axes, y + tall / 2, line, (name, detail), columns, sizes)
        _mark(axes, y + tall / 2, line, sizes.name / NAME)
        y += tall
    _axis(axes, body, wrap(axis, right - left + 2 * GAP, NAME, most=1))
    y = below - AXIS
    for text in foot:
        figure.text(EDGE / WIDTH, y / height, text, size=FOOT, va="top", linespacing=1.05)
        y -= FOOT_LINE * _count(text)
    return figure


def _columns(lines: Sequence[Line], level: float, sizes: _Sizes) -> _Columns:
    """Give every column the width of its widest text, names what is left, the plot its least."""
    heading = f"Percent ({100 * level:g} % interval)"
    counts = _widest("Events / n", [line.counts for line in lines])
    numbers = _widest(heading, [_numbers(line) for line in lines])
    weights = [line.weight for line in lines if line.weight]
    weight = _widest("Weight", weights) if weights else -GAP  # a model without any has no column
    others = counts + numbers + weight + 2 * EDGE + 4 * GAP
    asked = (
        max(
            width(_marked(line), sizes.name, bold=True),
            min(width(line.detail, sizes.detail), BADGES),
        )
        for line in lines
        if line.kind not in ("heading", "remark")
    )
    names = max(80.0, min(INDENT + max(asked, default=0.0), WIDTH - others - PLOT[0]))
    start = EDGE + names + counts + 2 * GAP
    end = start + min(WIDTH - others - names, PLOT[1])
    edge = end + GAP + numbers
    return _Columns(names, start - GAP, (start, end), edge, edge + GAP + weight, heading)


def _widest(heading: str, texts: Sequence[str]) -> float:
    return max(width(text, NAME, bold=True) for text in (heading, *texts))


def _marked(line: Line) -> str:
    return f"{line.name} [{line.mark}]" if line.mark else line.name


def _name(line: Line, columns: _Columns, sizes: _Sizes) -> str:
    """Break a name into lines; its footnote's mark is never cut off."""
    if line.kind in ("heading", "remark"):
        return wrap(line.name, WIDTH - 2 * EDGE - INDENT, sizes.name, bold=True)
    room, mark = columns.names - INDENT, f" [{line.mark}]" if line.mark else ""
    name = wrap(line.name, room, sizes.name, bold=True, most=sizes.names)
    last = name.rsplit("\n", 1)[-1] + mark
    return name + (mark if width(last, sizes.name, bold=True) <= room else f"\n{mark.strip()}")


def _count(text: str) -> int:
    return text.count("\n") + 1


def _across(axes: Axes) -> Transform:
    """X as a share of the figure's width, y in points from the top."""
    return blended_transform_factory(axes.figure.transFigure, axes.transData)


def _header(axes: Axes, columns: _Columns, sizes: _Sizes) -> None:
    across = _across(axes)
    bold: Look = {"weight": "bold", "size": NAME, "va": "center"}
    y = HEAD / 2 - 2
    axes.text(EDGE / WIDTH, y, "Study", ha="left", transform=across, **bold)
    for edge, text in (
        (columns.counts, "Events / n"),
        (columns.numbers, columns.heading),
        (columns.weight, "Weight" if columns.weight > columns.numbers else ""),
    ):
        axes.text(edge / WIDTH, y, text, ha="right", transform=across, **bold)
    line = [EDGE / WIDTH, columns.weight / WIDTH]
    axes.plot(line, [HEAD - 3] * 2, color=MUTED, lw=0.8, clip_on=False, transform=across)
    if sizes is DENSE:  # the axis is far below
        for tick in TICKS:
            axes.text(tick, y, f"{100 * tick:g} %", ha="center", va="center", size=DENSE.detail)


def _text(
    axes: Axes, y: float, line: Line, texts: tuple[str, str], columns: _Columns, sizes: _Sizes
) -> None:
    name, detail = texts
    strong = line.kind in ("heading", "pooled") and not line.muted
    options: Look = {
        "va": "center",
        "transform": _across(axes),
        "weight": "bold" if strong else "normal",
        "size": sizes.name,
    }
    if line.muted or line.kind == "remark":
        options["color"] = MUTED
    small: Look = {**options, "size": sizes.detail, "weight": "normal", "color": MUTED}
    left = (EDGE + (INDENT if line.kind != "heading" else 0.0)) / WIDTH
    under = sizes.detail_line * _count(detail) if detail else 0.0
    axes.text(left, y - under / 2, name, **options)
    if detail:
        axes.text(left, y + sizes.name_line * _count(name) / 2, detail, **small)
    for edge, text in ((columns.counts, line.counts), (columns.numbers, _numbers(line))):
        if text:
            axes.text(edge / WIDTH, y, text, ha="right", **options)
    if line.weight:
        look = options if line.kind == "study" else small
        axes.text(columns.weight / WIDTH, y, line.weight, ha="right", **look)


def _numbers(line: Line) -> str:
    if line.kind == "prediction":
        return f"({interval(line.low, line.high)})"
    if line.kind in ("study", "pooled"):
        return with_interval(line.estimate, (line.low, line.high))
    return ""


def _mark(axes: Axes, y: float, line: Line, scale: float) -> None:
    # Six decimals are far finer than a pixel, and the same on every processor.
    low, mid, high = (round(value, 6) for value in (line.low, line.estimate, line.high))
    if line.kind == "study" and math.isfinite(mid):
        _study(axes, y, (low, mid, high), line.share, scale)
    elif line.kind == "pooled" and math.isfinite(low):
        half = DIAMOND * scale
        axes.fill(
            [low, mid, high, mid],
            [y, y - half, y, y + half],
            facecolor="white" if line.muted else ACCENT,
            edgecolor=ACCENT,
            lw=1.2,
            ls="--" if line.muted else "-",
            clip_on=False,
        )
    elif line.kind == "prediction" and math.isfinite(low):
        axes.fill(
            [low, high, high, low],
            [y - TICK, y - TICK, y + TICK, y + TICK],
            facecolor="none",
            edgecolor=ACCENT,
            lw=1.0,
            hatch="////",
            clip_on=False,
        )


def _study(
    axes: Axes, y: float, place: tuple[float, float, float], share: float, scale: float
) -> None:
    """Draw an interval with its ends, and a square whose area is the weight."""
    low, mid, high = place
    tick = TICK * scale
    across = [low, high, math.nan, low, low, math.nan, high, high]
    up = [y, y, math.nan, y - tick, y + tick, math.nan, y - tick, y + tick]
    axes.plot(across, up, color=MUTED, lw=1.2, solid_capstyle="butt", clip_on=False)
    weight = share if math.isfinite(share) else 0.15
    size = scale * (4 + 9 * math.sqrt(round(min(max(weight, 0.02), 1), 6)))
    axes.plot([mid], [y], "s", color=ACCENT, ms=size, mec="white", mew=0.6, clip_on=False)


def _axis(axes: Axes, body: float, label: str) -> None:
    axes.yaxis.set_visible(False)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xticks(TICKS)
    axes.vlines(TICKS, HEAD, body, color="#e3e3e3", lw=0.6, zorder=0)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_xlabel(label)
