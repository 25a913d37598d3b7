"""The overlap timeline: who enrolled when, among studies that may share people."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.transforms import blended_transform_factory

from onearm.evidence import Evidence
from onearm.figures.drawing import ABOVE, ACCENT, INK, MUTED, Drawing, finish, style
from onearm.figures.text import width, wrap
from onearm.figures.windows import Group, groups
from onearm.words import count

# All lengths in points.
WIDTH = 691.2
EDGE, GAP, INDENT = 6.0, 14.0, 9.0
ROW, LINE, HEAD, AXIS, FOOT = 20.0, 11.5, 28.0, 30.0, 16.0
NAME = 9.0  # size of letters
BAR = 5.0  # half the height of a window
NAMES = 210.0  # greatest width of the names
LIGHT = "#cfe3f0"


def timeline(evidence: Evidence, *, name: str, title: str) -> Drawing | None:
    """Draw the enrolment windows of studies that possibly share people, group by group.

    Parameters
    ----------
    evidence : Evidence
        Its studies with their overlap groups and windows. A window known to the year, or to
        the month, is drawn whole.
    name, title : str
        Slug and caption of the drawing.

    Returns
    -------
    Drawing or None
        A study of several groups is drawn in each. What a window shares with another of the
        group is hatched. None where no study of a group has an enrolment window.
    """
    drawn, alone = groups(evidence)
    if not any(window.span for group in drawn for window in group.windows):
        return None
    left_out = _left_out(alone)
    alt = " ".join([f"Enrolment windows. {title}.", *_sentences(drawn), left_out])
    with style(name):
        figure = _draw(drawn, left_out)
        return finish(figure, name=name, title=title, alt=alt, numbers=_rows(drawn))


def _left_out(alone: int) -> str:
    if not alone:
        return "Every study is in a group."
    be = "is" if alone == 1 else "are"
    return f"{count(alone, 'further study', 'further studies')} in no group {be} not drawn."


def _sentences(drawn: Sequence[Group]) -> Iterator[str]:
    for group in drawn:
        windows = "; ".join(f"{window.study} {window.words}" for window in group.windows)
        yield f"{group.label}: {windows}."
        for pair in group.pairs:
            yield pair.sentence


def _rows(drawn: Sequence[Group]) -> Iterator[dict[str, object]]:
    for group in drawn:
        for window in group.windows:
            yield {
                "kind": "window",
                "group": group.label,
                "study": window.study,
                "start": window.start,
                "end": window.end,
                "reported": window.span is not None,
            }
        for pair in group.pairs:
            shared = pair.shared
            yield {
                "kind": "pair",
                "group": group.label,
                "study": pair.one.study,
                "other": pair.other.study,
                "start": shared.start if shared else "",
                "end": shared.end if shared else "",
                "overlap": shared is not None,
                "reported": bool(pair.one.span and pair.other.span),
                "most_shared": pair.bound,
            }


def _draw(drawn: Sequence[Group], left_out: str) -> Figure:
    names = [[wrap(w.study, NAMES, NAME, most=2) for w in group.windows] for group in drawn]
    heights = [[ROW + LINE * name.count("\n") for name in part] for part in names]
    body = sum(ROW + sum(part) for part in heights)
    height = HEAD + body + AXIS + FOOT
    texts = [w.words for group in drawn for w in group.windows]
    widest = max(width(line, NAME) for part in names for n in part for line in n.split("\n"))
    left = EDGE + INDENT + widest + GAP
    right = WIDTH - EDGE - GAP - max(width(text, NAME) for text in texts)
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    axes = figure.add_axes(
        (left / WIDTH, (AXIS + FOOT) / height, (right - left) / WIDTH, body / height)
    )
    axes.set_xlim(*_years(drawn))
    axes.set_ylim(body, 0)
    y = 0.0
    for group, group_names, group_heights in zip(drawn, names, heights, strict=True):
        label = wrap(group.label, WIDTH - 2 * EDGE, NAME, bold=True, most=1)
        _text(axes, EDGE, y + ROW / 2, label, weight="bold")
        y += ROW
        for window, shown, tall in zip(group.windows, group_names, group_heights, strict=True):
            middle = y + tall / 2
            _text(axes, EDGE + INDENT, middle, shown)
            colour = INK if window.span else MUTED
            _text(axes, WIDTH - EDGE, middle, window.words, ha="right", color=colour)
            _bar(axes, middle, window.span, group.shared_by(window))
            y += tall
    _frame(axes)
    figure.text(EDGE / WIDTH, 4 / height, left_out, size=8, color=MUTED, va="bottom")
    return figure


def _years(drawn: Sequence[Group]) -> tuple[float, float]:
    spans = [window.span for group in drawn for window in group.windows if window.span]
    return math.floor(min(low for low, _ in spans)), math.ceil(max(high for _, high in spans))


def _text(axes: Axes, x: float, y: float, text: str, **look: Any) -> None:
    across = blended_transform_factory(axes.figure.transFigure, axes.transData)
    axes.text(x / WIDTH, y, text, va="center", size=NAME, transform=across, **look)


def _bar(
    axes: Axes, y: float, span: tuple[float, float] | None, shared: Sequence[tuple[float, float]]
) -> None:
    if span is None:
        return
    _box(axes, y, span, facecolor=LIGHT, edgecolor=ACCENT, lw=1.0)
    for part in shared:
        _box(axes, y, part, facecolor="none", edgecolor=INK, lw=0.0, hatch="//////")


def _box(axes: Axes, y: float, span: tuple[float, float], **look: Any) -> None:
    # Six decimals of a year are a minute, and the same on every processor.
    low, high = (round(moment, 6) for moment in span)
    axes.fill([low, high, high, low], [y - BAR, y - BAR, y + BAR, y + BAR], clip_on=False, **look)


def _frame(axes: Axes) -> None:
    axes.yaxis.set_visible(False)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    low, high = (int(year) for year in axes.get_xlim())
    step = max(1, math.ceil((high - low) / 10))
    axes.set_xticks(range(low, high + 1, step), [str(year) for year in range(low, high + 1, step)])
    axes.grid(axis="x", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    hatched = "shared with another of the group"
    kinds = (
        Patch(facecolor=LIGHT, edgecolor=ACCENT, label="enrolment window"),
        Patch(facecolor=LIGHT, edgecolor=INK, hatch="//////", lw=0.0, label=hatched),
    )
    axes.legend(handles=kinds, ncol=2, **ABOVE)
