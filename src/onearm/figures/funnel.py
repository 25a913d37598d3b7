"""The funnel of proportions against study size, not against a standard error.

The standard error of a proportion depends on the proportion, so that the usual funnel is
asymmetric without bias (Hunter 2014, 10.1016/j.jclinepi.2014.03.003).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter, ScalarFormatter

from onearm.analysis import Pool
from onearm.figures.drawing import ACCENT, INK, Drawing, finish, style
from onearm.figures.forest_lines import whom
from onearm.figures.text import width, wrap
from onearm.models import StudyResult
from onearm.robustness import CheckResult
from onearm.words import percent

WIDTH, HEIGHT = 9.6, 4.6  # inches
BOX = (0.08, 0.12, 0.885, 0.78)  # of the axes, as shares of the figure
MARGIN = 1.17  # between the largest study and the edge, as a factor
DOT = 4.0  # half a dot, in points
NAME, LINE = 7.0, 8.5  # size of the letters of a name, and its height
FURTHEST = 4 * LINE  # down from its dot; where there is no room a name is left out
ROOM = 210.0  # for a name
TICKS = (5, 10, 20, 30, *(step * 10**power for power in range(1, 9) for step in (5, 10, 20)))
MOST_TICKS = 12


def funnel(pool: Pool, result: CheckResult, *, name: str, title: str) -> Drawing:
    """Draw every study's proportion at its size, within what chance alone would give.

    Names are drawn as long as they find room near their dots, those of the largest studies
    first; the text alternative has all of them.

    Parameters
    ----------
    pool : Pool
        The studies and their pooled estimate.
    result : CheckResult
        Of `onearm.robustness.small_study_effects` on the same pool, with its funnel.
    name, title : str
        Slug and caption of the drawing.
    """
    studies = "; ".join(
        f"{study.study}: {percent(study.proportion)} of {study.n}" for study in pool.pooled.studies
    )
    alt = f"Funnel against study size. {title}. {studies}. {result.sentence}"
    numbers = [
        {"study": s.study, "events": s.events, "n": s.n, "proportion": s.proportion}
        for s in pool.pooled.studies
    ]
    with style(name):
        return finish(_draw(pool, result), name=name, title=title, alt=alt, numbers=numbers)


def _draw(pool: Pool, result: CheckResult) -> Figure:
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes(BOX)
    _limits(axes, pool, result)
    for study in pool.pooled.studies:
        x = round(study.proportion, 6)
        axes.plot([x], [study.n], "o", color=ACCENT, mec="white", mew=0.6, ms=7, clip_on=False)
    for study, text, down, side in _names(pool.pooled.studies):
        axes.annotate(
            text,
            (round(study.proportion, 6), study.n),
            xytext=(6 * side, -down),
            textcoords="offset points",
            size=NAME,
            color=INK,
            ha="left" if side > 0 else "right",
            va="center",
        )
    axes.set_xlim(0, 1)
    axes.set_yscale("log")
    sizes = [study.n for study in pool.pooled.studies]
    axes.set_ylim(min(sizes) / MARGIN, max(sizes) * MARGIN)
    axes.set_yticks(_ticks(min(sizes), max(sizes)))
    axes.minorticks_off()
    plain = ScalarFormatter()
    plain.set_scientific(False)
    axes.yaxis.set_major_formatter(plain)
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    people = whom(pool)
    axes.set_xlabel(wrap(f"Proportion of {people}", 400, 9, most=1))
    axes.set_ylabel(wrap(f"{people.capitalize()} in the study (logarithmic)", 250, 9, most=1))
    for spine in ("top", "right"):
        axes.spines[spine].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncol=2, frameon=False, fontsize=8)
    return figure


def _ticks(least: int, most: int) -> list[int]:
    """Return round sizes between the smallest and the largest study, else those two."""
    found = [tick for tick in TICKS if least <= tick <= most]
    if len(found) > MOST_TICKS:
        found = [tick for tick in found if str(tick).startswith("1")]
    return found or sorted({least, most})


def _names(studies: Sequence[StudyResult]) -> Iterator[tuple[StudyResult, str, float, int]]:
    """Yield each study with its name, how far in points it is moved down, and its side.

    From the largest study on, a name that would lie on one already set goes below it; where
    that is too far, it is not yielded. The side is 1 to the right of the dot, or -1.
    """
    sizes = [study.n for study in studies]
    scale = 72 * HEIGHT * BOX[3] / math.log(max(sizes) * MARGIN**2 / min(sizes))
    across, edge = 72 * WIDTH * BOX[2], 72 * WIDTH * (1 - BOX[0])
    floor = -math.log(min(sizes) / MARGIN) * scale + LINE
    # The dots are in the way of names too, each of its own name excepted, which starts beside it.
    taken = [
        (
            study.proportion * across - DOT,
            study.proportion * across + DOT,
            -math.log(study.n) * scale,
        )
        for study in studies
    ]
    for study in sorted(studies, key=lambda item: (-item.n, item.proportion)):
        name = wrap(study.study, ROOM, NAME, most=1)
        dot, long = study.proportion * across, width(name, NAME) + 1
        side = 1 if dot + 6 + long < edge else -1
        left = dot + DOT + 1 if side > 0 else dot - DOT - 1 - long
        place = wanted = -math.log(study.n) * scale
        beside = sorted(y for start, end, y in taken if left < end and start < left + long)
        for other in beside:  # from the top down, so that a step down meets what is lower later
            if abs(wanted - other) < LINE:
                wanted = other + LINE
        if wanted - place <= FURTHEST and wanted < floor:
            taken.append((left, left + long, wanted))
            yield study, name, round(wanted - place, 2), side


def _limits(axes: Axes, pool: Pool, result: CheckResult) -> None:
    limits = result.data["funnel"]
    low, high = (np.round(limits[end], 6) for end in ("low", "high"))
    level = f"{100 * pool.pooled.level:g} %"
    axes.fill_betweenx(
        limits["n"],
        low,
        high,
        color="#e3e8ec",
        lw=0,
        label=f"about {level} of studies, if all had the pooled proportion",
    )
    pooled = pool.pooled.estimate
    words = f"pooled estimate, {percent(pooled)}"
    axes.axvline(round(pooled, 6), color=INK, lw=1, ls=(0, (4, 2)), label=words)
