"""The overview: every outcome's estimate on one axis, the evidence sets side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.evidence import Standing
from onearm.figures.drawing import ACCENT, INK, MUTED, SECOND, Drawing, Look, finish, style
from onearm.figures.text import wrap

WIDTH = 9.6  # inches
ROW, APART = 0.46, 0.28  # height of a row with two sets or fewer; between sets, as its share
NAME = 9.0  # size of letters, in points
AXES = (0.30, 0.66)  # where the axes begin, and their width, as shares of the figure
COLOURS, MARKERS = (ACCENT, SECOND, INK, MUTED), ("o", "s", "D", "^", "v", "P")


def overview(analyses: Sequence[OutcomeAnalysis], *, name: str, title: str) -> Drawing:
    """Draw the pooled estimate of every outcome with its confidence interval.

    Parameters
    ----------
    analyses : sequence of OutcomeAnalysis
        One or more of a review, drawn from top to bottom. A single study is drawn hollow with
        its exact interval; an outcome without a study says so.
    name, title : str
        Slug and caption of the drawing.
    """
    sentences = [_said(item, pool) for item in analyses for pool in item.pools.values()]
    with style(name):
        alt = " ".join([f"{title}.", *sentences])
        return finish(_draw(analyses), name=name, title=title, alt=alt, numbers=_rows(analyses))


def _said(item: OutcomeAnalysis, pool: Pool) -> str:
    """The outcome and its headline; an evidence set is named where there are several."""
    told = pool.headline()
    if len(item.pools) > 1:
        return f"{item.plan.label}. {told}"
    return f"{item.plan.label}: {told.removeprefix(f'{pool.label}: ')}"


def _rows(analyses: Sequence[OutcomeAnalysis]) -> Iterator[dict[str, object]]:
    for item in analyses:
        for evidence_set, pool in item.pools.items():
            low, middle, high = _shown(pool)
            yield {
                "outcome": item.code,
                "label": item.plan.label,
                "evidence_set": evidence_set,
                "standing": str(pool.standing),
                "k": pool.pooled.k,
                "events": pool.pooled.events,
                "n": pool.pooled.n,
                "proportion": middle,
                "ci_low": low,
                "ci_high": high,
            }


def _draw(analyses: Sequence[OutcomeAnalysis]) -> Figure:
    sets = len(analyses[0].pools)
    row = ROW * max(sets, 2) / 2
    height = row * len(analyses) + 1.15
    figure = Figure(figsize=(WIDTH, height))
    left, wide = AXES
    axes = figure.add_axes((left, 0.6 / height, wide, row * len(analyses) / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(analyses) - 0.5, -0.5)
    for y, item in enumerate(analyses):
        for place, pool in enumerate(item.pools.values()):
            offset = APART * (place - (sets - 1) / 2) * 2 / max(sets, 2)
            _mark(axes, y + offset, pool, *_look(place))
    room = 72 * WIDTH * left - 16
    names = [wrap(item.plan.short, room, NAME, most=2) for item in analyses]
    axes.set_yticks(range(len(analyses)), names)
    axes.tick_params(axis="y", length=0, pad=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(axis="x", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    _legend(axes, list(analyses[0].pools.values()))
    return figure


def _look(place: int) -> tuple[str, str]:
    """Colour and marker of a set."""
    return COLOURS[place % len(COLOURS)], MARKERS[place % len(MARKERS)]


def _mark(axes: Axes, y: float, pool: Pool, colour: str, marker: str) -> None:
    low, middle, high = _shown(pool)
    if not all(math.isfinite(value) for value in (low, middle, high)):
        words = "nothing to pool" if pool.standing is Standing.NONE else "not pooled"
        axes.text(0.012, y, words, color=MUTED, size=7.5, va="center")
        return
    firm = pool.standing is Standing.HEADLINE
    low, middle, high = (round(value, 6) for value in (low, middle, high))
    dashes = "-" if firm else (0, (4, 2))
    axes.plot([low, high], [y, y], color=colour, lw=1.6, ls=dashes, clip_on=False)
    fill = colour if firm else "white"
    axes.plot([middle], [y], marker, color=colour, ms=6, mew=1.2, mfc=fill, clip_on=False)


def _shown(pool: Pool) -> tuple[float, float, float]:
    """Return what is drawn of a pool: its estimate, its one study, or its exact bound."""
    if pool.is_pooled:
        return pool.pooled.ci[0], pool.pooled.estimate, pool.pooled.ci[1]
    if pool.standing.is_alike:
        low, high = pool.bound
        return low, pool.pooled.events / pool.pooled.n, high
    if len(pool.pooled.studies) == 1:
        own = pool.pooled.studies[0]
        return own.ci[0], own.proportion, own.ci[1]
    return math.nan, math.nan, math.nan


def _legend(axes: Axes, pools: Sequence[Pool]) -> None:
    """Name the sets above the axis where there are several, and say what hollow means."""
    for place, pool in enumerate(pools):
        colour, marker = _look(place)
        if len(pools) > 1:
            label = wrap(pool.label, 72 * WIDTH / 4, 8.5, most=1)
            # matplotlib would leave out of a legend what begins with _
            label = f" {label}" if label.startswith("_") else label
            axes.plot([], [], marker, ls="-", color=colour, label=label)
    hollow: Look = {"ls": (0, (4, 2)), "color": MUTED, "mfc": "white"}
    axes.plot([], [], "o", label="one or two studies, or no event", **hollow)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncol=3, frameon=False, fontsize=8.5)
