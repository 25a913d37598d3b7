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
from onearm.models import StudyResult
from onearm.robustness import CheckResult
from onearm.words import percent, shorten

WIDTH, HEIGHT = 9.6, 4.6  # inches
BOX = (0.08, 0.12, 0.885, 0.78)  # of the axes, as shares of the figure
MARGIN = 1.17  # between the largest study and the edge, as a factor
DOT = 4.0  # half a dot, in points
LETTER, LINE = 4.1, 8.5  # points that a letter takes across, and a name in height
TICKS = (5, 10, 20, 30, 50, 100, 200, 500, 1000, 2000, 5000)


def funnel(pool: Pool, result: CheckResult, *, name: str, title: str) -> Drawing:
    """Draw every study's proportion at its size, within what chance alone would give.

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
    for study, text, down in _names(pool.pooled.studies):
        x = round(study.proportion, 6)
        axes.plot([x], [study.n], "o", color=ACCENT, mec="white", mew=0.6, ms=7, clip_on=False)
        axes.annotate(
            text, (x, study.n), xytext=(6, -down), textcoords="offset points",
            size=7, color=INK, va="center",
        )  # fmt: skip
    axes.set_xlim(0, 1)
    axes.set_yscale("log")
    sizes = [study.n for study in pool.pooled.studies]
    axes.set_ylim(min(sizes) / MARGIN, max(sizes) * MARGIN)
    axes.set_yticks([tick for tick in TICKS if min(sizes) <= tick <= max(sizes)])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.set_xlabel("Proportion of patients")
    axes.set_ylabel("Patients in the study (logarithmic)")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="lower left", bbox_to_anchor=(-0.01, 1.0), ncol=2, frameon=False, fontsize=8)
    return figure


def _names(studies: Sequence[StudyResult]) -> Iterator[tuple[StudyResult, str, float]]:
    """Yield each study with its name and how far, in points, the name is moved down.

    From the largest study on, a name that would lie on one already set goes below it.
    """
    sizes = [study.n for study in studies]
    scale = 72 * HEIGHT * BOX[3] / math.log(max(sizes) * MARGIN**2 / min(sizes))
    across = 72 * WIDTH * BOX[2]
    # The dots are in the way of names too, each of its own name excepted, which starts beside it.
    set_already = [
        (study.proportion * across - DOT, study.proportion * across + DOT,
         -math.log(study.n) * scale)
        for study in studies
    ]  # fmt: skip
    for study in sorted(studies, key=lambda item: (-item.n, item.proportion)):
        name = shorten(study.study, 40)
        left, place = study.proportion * across + DOT + 1, -math.log(study.n) * scale
        right, wanted = left + LETTER * len(name), place
        for other_left, other_right, other in set_already:
            if left < other_right and other_left < right and abs(wanted - other) < LINE:
                wanted = other + LINE
        set_already.append((left, right, wanted))
        yield study, name, round(wanted - place, 2)


def _limits(axes: Axes, pool: Pool, result: CheckResult) -> None:
    limits = result.data["funnel"]
    low, high = (np.round(limits[end], 6) for end in ("low", "high"))
    level = f"{100 * pool.pooled.level:g} %"
    axes.fill_betweenx(
        limits["n"], low, high, color="#e3e8ec", lw=0,
        label=f"about {level} of studies, if all had the pooled proportion",
    )  # fmt: skip
    axes.axvline(round(pool.pooled.estimate, 6), color=INK, lw=1, ls=(0, (4, 2)),
                 label=f"pooled estimate, {percent(pool.pooled.estimate)}")  # fmt: skip
