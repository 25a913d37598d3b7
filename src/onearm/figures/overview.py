"""The overview: every outcome's estimate on one axis, both evidence sets side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.figures.drawing import ACCENT, MUTED, SECOND, Drawing, finish, style
from onearm.words import shorten

WIDTH = 9.6  # inches
ROW = 0.46
LOOKS = ((ACCENT, "o", -0.14), (SECOND, "s", 0.14))  # colour, marker and offset of a set


def overview(analyses: Sequence[OutcomeAnalysis], *, name: str, title: str) -> Drawing:
    """Draw the pooled estimate of every outcome with its confidence interval.

    Parameters
    ----------
    analyses : sequence of OutcomeAnalysis
        Drawn from top to bottom. A single study is drawn hollow with its exact interval;
        an outcome without a study says so.
    name, title : str
        Slug and caption of the drawing.
    """
    sentences = [
        f"{item.outcome.label}. {pool.headline()}"
        for item in analyses
        for pool in item.pools.values()
    ]
    with style(name):
        alt = " ".join([f"{title}.", *sentences])
        return finish(_draw(analyses), name=name, title=title, alt=alt, numbers=_rows(analyses))


def _rows(analyses: Sequence[OutcomeAnalysis]) -> Iterator[dict[str, object]]:
    for item in analyses:
        for evidence_set, pool in item.pools.items():
            low, middle, high = _shown(pool)
            yield {
                "outcome": item.outcome.code,
                "label": item.outcome.label,
                "evidence_set": evidence_set,
                "standing": pool.standing,
                "k": pool.pooled.k,
                "events": pool.pooled.events,
                "n": pool.pooled.n,
                "proportion": middle,
                "ci_low": low,
                "ci_high": high,
            }


def _draw(analyses: Sequence[OutcomeAnalysis]) -> Figure:
    height = ROW * len(analyses) + 1.15
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((0.30, 0.6 / height, 0.66, ROW * len(analyses) / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(analyses) - 0.5, -0.5)
    for y, item in enumerate(analyses):
        for pool, (colour, marker, offset) in zip(item.pools.values(), LOOKS, strict=False):
            _mark(axes, y + offset, pool, colour, marker)
    axes.set_yticks(range(len(analyses)), [shorten(a.outcome.short, 34) for a in analyses])
    axes.tick_params(axis="y", length=0, pad=9)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(axis="x", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    _legend(axes, analyses)
    return figure


def _mark(axes: Axes, y: float, pool: Pool, colour: str, marker: str) -> None:
    if pool.standing == "none":
        axes.text(0.012, y, "nothing to pool", color=MUTED, size=7.5, va="center")
        return
    low, middle, high = _shown(pool)
    if not all(math.isfinite(value) for value in (low, middle, high)):
        return
    dashes = "-" if pool.standing == "headline" else (0, (4, 2))
    low, middle, high = (round(value, 6) for value in (low, middle, high))
    axes.plot([low, high], [y, y], color=colour, lw=1.6, ls=dashes, clip_on=False)
    axes.plot(
        [middle], [y], marker, color=colour, ms=6, mew=1.2, clip_on=False,
        mfc=colour if pool.standing == "headline" else "white",
    )  # fmt: skip


def _shown(pool: Pool) -> tuple[float, float, float]:
    """Return what is drawn of a pool: its estimate, its one study, or its exact bound."""
    if pool.standing == "none":
        return math.nan, math.nan, math.nan
    if pool.standing == "single":
        own = pool.pooled.studies[0]
        return own.ci[0], own.proportion, own.ci[1]
    if pool.is_pooled:
        return pool.pooled.ci[0], pool.pooled.estimate, pool.pooled.ci[1]
    low, high = pool.bound
    return low, pool.pooled.events / pool.pooled.n, high


def _legend(axes: Axes, analyses: Sequence[OutcomeAnalysis]) -> None:
    """Name the sets above the axis, and say what hollow and dashed mean."""
    labels = [pool.label for pool in analyses[0].pools.values()]
    for label, (colour, marker, _) in zip(labels, LOOKS, strict=False):
        axes.plot([], [], marker, ls="-", color=colour, label=label)
    axes.plot(
        [],
        [],
        "o",
        ls=(0, (4, 2)),
        color=MUTED,
        mfc="white",
        label="one or two studies, or no event",
    )
    axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncol=3, frameon=False, fontsize=8.5)
