"""The forest plot of one-arm proportions.

Follows the field's conventions: one row a study with its counts, a square whose area is
its weight, its exact interval, a diamond for the pooled confidence interval and a bar of
its own for the prediction interval, on a fixed axis of 0 to 100 %. What a proportion
needs beside that is printed too: the denominator and the definition under each name, and
0/n and n/n rows drawn with their limits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import blended_transform_factory

from onearm.analysis import Pool
from onearm.evidence.frames import Row, rows_of
from onearm.figures.drawing import ACCENT, MUTED, Drawing, finish, style
from onearm.words import interval, percent, shorten, with_interval

WIDTH = 9.6  # inches
ROW = 0.40
LEFT, RIGHT = 0.43, 0.72  # where the axis lies, as shares of the width
STUDY, COUNTS, ESTIMATE, WEIGHT = 0.008, 0.415, 0.90, 0.992
OPERATORS = {"<": "<", "<=": "≤", "=": "="}


@dataclass(frozen=True)
class _Line:
    """One printed row: what it says, and what is drawn on it."""

    kind: str  # heading, study, pooled, prediction, remark
    name: str
    detail: str = ""
    counts: str = ""
    estimate: float = math.nan
    low: float = math.nan
    high: float = math.nan
    weight: float = math.nan
    muted: bool = False
    unweighted: bool = False  # a likelihood model: its studies have no weights to print


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
        Strata, each drawn under its label with a summary of its own.

    Returns
    -------
    Drawing
        Vector graphics with a text alternative made from the same numbers.
    """
    drawn = list(blocks) or [pool]
    lines = [line for block in drawn for line in _lines(block, heading=bool(blocks))]
    alt = " ".join([f"Forest plot. {title}.", *(_sentences(block) for block in drawn)])
    with style(name):
        figure = _draw(lines, pool)
        return finish(figure, name=name, title=title, alt=alt)


def _lines(pool: Pool, *, heading: bool) -> Iterable[_Line]:
    if heading:
        yield _Line("heading", pool.label)
    if pool.standing == "none":
        yield _Line("remark", "No study reports this outcome over this denominator.")
        return
    for row, study in zip(rows_of(pool.selection.rows), pool.pooled.studies, strict=True):
        yield _Line(
            "study",
            str(study.study),
            _badges(row),
            f"{study.events}/{study.n}",
            study.proportion,
            *study.ci,
            weight=study.weight,
        )
    if pool.standing == "single":
        yield _Line("remark", "One study: its own exact interval, not pooled.", muted=True)
        return
    if pool.is_pooled:
        yield from _summaries(pool)
    else:
        yield _Line("remark", f"All studies: {pool.extreme()}.")


def _summaries(pool: Pool) -> Iterable[_Line]:
    provisional = pool.standing == "provisional"
    who = f"Pooled, {pool.cohorts}"
    yield _Line(
        "pooled",
        who + (" (provisional)" if provisional else ""),
        "random effects, median proportion",
        f"{int(pool.selection.events.sum())}/{pool.patients}",
        pool.pooled.estimate,
        *pool.pooled.ci,
        muted=provisional,
        unweighted=pool.pooled.weights is None,
    )
    if pool.pooled.k < pool.prediction_k:
        return
    yield _Line(
        "prediction",
        "Prediction interval",
        "where a new study's true rate may lie",
        "",
        math.nan,
        *pool.prediction,
        muted=provisional,
    )


def _badges(row: Row) -> str:
    """Return what a reader must know of a row beside its counts."""
    parts = [f"per {row['denominator']} patient"]
    operator = OPERATORS.get(str(row.get("definition_operator") or ""))
    if operator in ("<", "≤"):
        parts.append(f"viable tumour {operator} 10 %")
    if row["basis"] == "derived":
        parts.append("derived")
    if row["source_type"] in ("news", "secondary_citation"):
        parts.append(str(row["source_type"]).replace("_", " "))
    return " · ".join(parts)


def _sentences(pool: Pool) -> str:
    studies = [
        f"{study.study}: {study.events} of {study.n}, {with_interval(study.proportion, study.ci)}."
        for study in pool.pooled.studies
    ]
    return " ".join([*studies, pool.headline()])


def _draw(lines: Sequence[_Line], pool: Pool) -> Figure:
    height = ROW * (len(lines) + 1) + 0.75
    figure = Figure(figsize=(WIDTH, height))
    axes = figure.add_axes((LEFT, 0.55 / height, RIGHT - LEFT, ROW * (len(lines) + 1) / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(len(lines) - 0.5, -1.5)
    _header(axes, pool)
    for position, line in enumerate(lines):
        _text(axes, position, line)
        _mark(axes, position, line)
    _axis(axes, pool)
    return figure


def _header(axes: Axes, pool: Pool) -> None:
    level = f"{100 * pool.pooled.level:g} %"
    for x, text, align in (
        (STUDY, "Study", "left"),
        (COUNTS, "Events / n", "right"),
        (ESTIMATE, f"Percent ({level} interval)", "right"),
        (WEIGHT, "Weight", "right"),
    ):
        axes.text(x, -1, text, ha=align, va="center", weight="bold", transform=_across(axes))
    axes.axhline(-0.55, xmin=-1.49, xmax=1.98, color=MUTED, lw=0.8, clip_on=False)


def _across(axes: Axes):  # type: ignore[no-untyped-def]
    """X as a share of the figure's width, y in rows."""
    return blended_transform_factory(axes.figure.transFigure, axes.transData)


def _text(axes: Axes, y: int, line: _Line) -> None:
    across = _across(axes)
    strong = "bold" if line.kind in ("heading", "pooled") and not line.muted else "normal"
    colour = MUTED if line.muted or line.kind == "remark" else None
    shift = 0.16 if line.detail else 0.0
    options = {"va": "center", "transform": across, "weight": strong}
    if colour:
        options["color"] = colour
    indent = 0.014 if line.kind != "heading" else 0.0
    width = 110 if line.kind == "remark" else 46
    axes.text(STUDY + indent, y - shift, shorten(line.name, width), **options)
    if line.detail:
        axes.text(
            STUDY + indent,
            y + 0.24,
            shorten(line.detail, 62),
            size=7,
            color=MUTED,
            va="center",
            transform=across,
        )
    axes.text(COUNTS, y, line.counts, ha="right", **options)
    axes.text(ESTIMATE, y, _numbers(line), ha="right", **options)
    if line.unweighted:
        axes.text(WEIGHT, y, "no weights", ha="right", color=MUTED, size=7, transform=across)
    if line.kind == "study" and math.isfinite(line.weight):
        axes.text(WEIGHT, y, percent(line.weight), ha="right", **options)


def _numbers(line: _Line) -> str:
    if line.kind == "prediction":
        return f"({interval(line.low, line.high)})"
    if line.kind in ("study", "pooled"):
        return with_interval(line.estimate, (line.low, line.high))
    return ""


def _mark(axes: Axes, y: int, line: _Line) -> None:
    # Six decimals are far finer than a pixel, and the same on every processor.
    low, mid, high = (round(value, 6) for value in (line.low, line.estimate, line.high))
    if line.kind == "study":
        axes.plot([low, high], [y, y], color=MUTED, lw=1.2, solid_capstyle="butt", clip_on=False)
        for end in (low, high):
            axes.plot([end, end], [y - 0.1, y + 0.1], color=MUTED, lw=1.2, clip_on=False)
        weight = line.weight if math.isfinite(line.weight) else 0.15
        size = 4 + 9 * math.sqrt(round(min(max(weight, 0.02), 1), 6))
        axes.plot([mid], [y], "s", color=ACCENT, ms=size, mec="white", mew=0.6, clip_on=False)
    elif line.kind == "pooled" and math.isfinite(low):
        face = "white" if line.muted else ACCENT
        axes.fill(
            [low, mid, high, mid],
            [y, y - 0.26, y, y + 0.26],
            facecolor=face,
            edgecolor=ACCENT,
            lw=1.2,
            ls="--" if line.muted else "-",
            clip_on=False,
        )
    elif line.kind == "prediction" and math.isfinite(low):
        axes.fill(
            [low, high, high, low],
            [y - 0.1, y - 0.1, y + 0.1, y + 0.1],
            facecolor="none",
            edgecolor=ACCENT,
            lw=1.0,
            hatch="////",
            clip_on=False,
        )


def _axis(axes: Axes, pool: Pool) -> None:
    axes.yaxis.set_visible(False)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(axis="x", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Proportion of patients")
