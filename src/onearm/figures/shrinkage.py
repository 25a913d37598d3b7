"""The shrinkage plot: what each study observed, and what the model makes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from onearm.analysis import Pool
from onearm.figures.drawing import ABOVE, ACCENT, INK, MUTED, SECOND, Drawing, Look, finish, style
from onearm.figures.forest_lines import whom
from onearm.figures.text import width, wrap
from onearm.models import StudyResult
from onearm.words import percent, with_interval

# All lengths in points.
WIDTH = 691.2
ROW, LINE, HEAD, AXIS, NAMES = 26.0, 11.5, 34.0, 40.0, 230.0
NAME = 9.0  # size of letters
OFF = 4.0  # how far the observed is above its row, and the shrunken below
MANY, SMALLER = 60, 0.6  # beyond so many studies rows and marks are smaller


@dataclass(frozen=True)
class _Study:
    """One study: observed with its exact interval, and shrunken, with an interval if known."""

    name: str
    events: int
    n: int
    observed: float
    ci: tuple[float, float]
    shrunken: float
    shrunken_ci: tuple[float, float]


def shrinkage(pool: Pool, *, name: str, title: str) -> Drawing:
    """Draw every study's observed proportion beside its rate in the model.

    Parameters
    ----------
    pool : Pool
        Fitted by a model that draws studies towards each other; where it does not, the
        drawing says so and shows what was observed.
    name, title : str
        Slug and caption of the drawing.

    Returns
    -------
    Drawing
    """
    studies = [_study(found) for found in pool.pooled.studies]
    shrunk = pool.is_pooled and any(math.isfinite(study.shrunken) for study in studies)
    words = _summary(pool, shrunk)
    alt = " ".join(
        [f"Shrinkage plot. {title}. {words}", *(_sentence(study, shrunk) for study in studies)]
    )
    with style(name):
        figure = _draw(studies, pool, shrunk, words)
        return finish(figure, name=name, title=title, alt=alt, numbers=_rows(studies, pool, shrunk))


def _study(found: StudyResult) -> _Study:
    low, high = getattr(found, "shrunken_ci", (math.nan, math.nan))
    return _Study(
        found.study, found.events, found.n, found.proportion, found.ci, found.shrunken, (low, high)
    )


def _summary(pool: Pool, shrunk: bool) -> str:
    if not pool.pooled.studies:
        return "No study to show."
    if not pool.is_pooled:
        return "Nothing is pooled here, so no study is drawn towards others."
    centre = f"Pooled median {percent(pool.pooled.estimate)}."
    if not shrunk:
        return f"{centre} This model has no rates of its own for the studies."
    return f"{centre} In the model each study is drawn towards the others."


def _sentence(study: _Study, shrunk: bool) -> str:
    told = (
        f"{study.name}: observed {study.events} of {study.n}, "
        f"{with_interval(study.observed, study.ci)}"
    )
    if not shrunk or not math.isfinite(study.shrunken):
        return f"{told}."
    known = all(map(math.isfinite, study.shrunken_ci))
    model = with_interval(study.shrunken, study.shrunken_ci) if known else percent(study.shrunken)
    return f"{told}; in the model {model}."


def _rows(studies: Sequence[_Study], pool: Pool, shrunk: bool) -> Iterator[dict[str, object]]:
    for study in studies:
        row: dict[str, object] = {
            "study": study.name,
            "events": study.events,
            "n": study.n,
            "observed": study.observed,
            "ci_low": study.ci[0],
            "ci_high": study.ci[1],
        }
        if shrunk:
            row["shrunken"] = study.shrunken
            if all(map(math.isfinite, study.shrunken_ci)):
                row["shrunken_low"], row["shrunken_high"] = study.shrunken_ci
            row["pooled"] = pool.pooled.estimate
        yield row


def _draw(studies: Sequence[_Study], pool: Pool, shrunk: bool, words: str) -> Figure:
    scale, most = (1.0, 3) if len(studies) <= MANY else (SMALLER, 1)
    size = NAME * math.sqrt(scale)
    names = [wrap(study.name, NAMES, size, most=most) for study in studies]
    heights = [scale * ROW + LINE * name.count("\n") for name in names]
    body = max(sum(heights), ROW)
    height = HEAD + body + AXIS
    widest = max((width(line, size) for name in names for line in name.split("\n")), default=0.0)
    left, right = max(60.0, widest) + 20, WIDTH - 24
    figure = Figure(figsize=(WIDTH / 72, height / 72))
    axes = figure.add_axes((left / WIDTH, AXIS / height, (right - left) / WIDTH, body / height))
    axes.set_xlim(0, 1)
    axes.set_ylim(body, 0)
    if pool.is_pooled:
        centre = round(pool.pooled.estimate, 6)
        axes.axvline(centre, color=INK, lw=1, ls=(0, (4, 2)), label="pooled median")
    y, middles = 0.0, []
    for study, tall in zip(studies, heights, strict=True):
        middles.append(y + tall / 2)
        _mark(axes, y + tall / 2, study, shrunk, scale)
        y += tall
    axes.set_yticks(middles, names, size=size)
    if not studies:
        axes.text(0.5, body / 2, words, ha="center", va="center", color=MUTED)
    people = whom(pool)
    _frame(axes, wrap(f"Proportion of {people}", right - left, NAME, most=1))
    _legend(axes, shrunk, words, left, height)
    return figure


def _mark(axes: Axes, y: float, study: _Study, shrunk: bool, scale: float) -> None:
    # Six decimals are far finer than a pixel, and the same on every processor.
    low, mid, high = (round(value, 6) for value in (study.ci[0], study.observed, study.ci[1]))
    off, size = scale * OFF, scale * 6
    above = y - off if shrunk else y
    line: Look = {"lw": 1.2, "solid_capstyle": "butt", "clip_on": False}
    axes.plot([low, high], [above, above], color=MUTED, **line)
    axes.plot([mid], [above], "s", color=ACCENT, mfc="white", mew=1.3, ms=size, clip_on=False)
    if not shrunk or not math.isfinite(study.shrunken):
        return
    drawn = round(study.shrunken, 6)
    path = [mid, drawn], [above, y + off]
    axes.plot(*path, color=MUTED, lw=0.8, ls=":", clip_on=False, zorder=1.5)
    if all(map(math.isfinite, study.shrunken_ci)):
        ends = [round(limit, 6) for limit in study.shrunken_ci]
        axes.plot(ends, [y + off] * 2, color=SECOND, **line)
    axes.plot([drawn], [y + off], "o", color=SECOND, mec=INK, mew=0.7, ms=size, clip_on=False)


def _frame(axes: Axes, label: str) -> None:
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=8)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(axis="x", color="#e3e3e3", lw=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(label)


def _legend(axes: Axes, shrunk: bool, words: str, left: float, height: float) -> None:
    observed: Look = {"color": ACCENT, "mfc": "white", "mew": 1.3, "ms": 6, "ls": "-"}
    axes.plot([], [], "s", label="observed, exact interval", **observed)
    if shrunk:
        model: Look = {"color": SECOND, "mec": INK, "mew": 0.7, "ms": 6, "ls": "none"}
        axes.plot([], [], "o", label="in the model", **model)
    axes.legend(ncol=3, **ABOVE)
    if not shrunk:
        axes.figure.text(left / WIDTH, (height - 4) / height, words, size=8, color=MUTED, va="top")
