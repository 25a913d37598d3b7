"""The GOSH view: the pooled estimate of every subset, and the study that moves it most.

After Olkin, Dahabreh and Trikalinos 2012 (10.1002/jrsm.1053): one dot a subset, its
estimate against its tau. Where one study matters, the dots with it and those without it lie
apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from onearm.figures.drawing import ACCENT, INK, MUTED, SECOND, Drawing, Look, finish, style
from onearm.figures.text import wrap
from onearm.models.arrays import Floats
from onearm.robustness import Pull, pulls
from onearm.words import count, percent

WIDTH, HEIGHT = 9.6, 4.4  # inches
NAME = 180.0  # points that a name may take
GRAIN = 400
"""Dots that fall on the same of so many places across, and up, are drawn once."""


def gosh(frame: pd.DataFrame, study: Sequence[str], *, name: str, title: str) -> Drawing:
    """Draw the subsets of a pool.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`onearm.subsets`.
    study : sequence of str
        Names of the studies, in the order of the bits.
    name, title : str
        Slug and caption of the drawing.
    """
    drawn = frame[(frame["k"] > 1) & np.isfinite(frame["estimate"])]
    strongest = next(iter(pulls(drawn, len(study))), None)
    alt = f"Estimates of all subsets. {title}. {_sentence(drawn, strongest, study)}"
    with style(name):
        series = _series(drawn, strongest, study)
        figure = _draw(drawn, series)
        return finish(figure, name=name, title=title, alt=alt, numbers=_rows(series))


def _sentence(drawn: pd.DataFrame, strongest: Pull | None, study: Sequence[str]) -> str:
    if drawn.empty:
        return "There are no two studies to pool."
    low, high = drawn["estimate"].min(), drawn["estimate"].max()
    words = (
        f"{count(len(drawn), 'subset')} of two studies or more: "
        f"estimates from {percent(float(low))} to {percent(float(high))}."
    )
    alike = int((~np.isfinite(drawn["tau2"])).sum())
    if alike:
        words += f" {alike} of them give no tau and are drawn at 0."
    if strongest is None:
        return words
    return (
        f"{words} {study[strongest.study]} moves them most: with it they are "
        f"{percent(strongest.with_it)} on average, without it {percent(strongest.without_it)}."
    )


@dataclass(frozen=True)
class _Series:
    """Subsets drawn alike: those with the study that moves them most, or those without."""

    label: str
    estimate: Floats
    spread: Floats
    colour: str
    marker: str


def _series(drawn: pd.DataFrame, strongest: Pull | None, study: Sequence[str]) -> list[_Series]:
    estimate = drawn["estimate"].to_numpy(dtype=float)
    # A subset in which everybody is alike has an estimate, but no heterogeneity.
    spread = np.sqrt(np.nan_to_num(drawn["tau2"].to_numpy(dtype=float)))
    if strongest is None:
        return [_Series("", estimate, spread, ACCENT, "o")]
    inside = np.array([bool(int(m) >> strongest.study & 1) for m in drawn["subset"]], bool)
    name = wrap(study[strongest.study], NAME, 8.5, most=1)
    return [
        _Series(f"without {name}", estimate[~inside], spread[~inside], SECOND, "o"),
        _Series(f"with {name}", estimate[inside], spread[inside], ACCENT, "D"),
    ]


def _rows(series: Sequence[_Series]) -> Iterator[dict[str, object]]:
    """Yield the dots as drawn: subsets that fall on the same place are one."""
    for part in series:
        for x, y in zip(*_thinned(part.estimate, part.spread), strict=True):
            yield {"subsets": part.label or "all", "estimate": float(x), "tau": float(y)}


def _draw(drawn: pd.DataFrame, series: Sequence[_Series]) -> Figure:
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = figure.add_axes((0.08, 0.13, 0.89, 0.56))
    above = figure.add_axes((0.08, 0.73, 0.89, 0.14), sharex=axes)
    edges = np.linspace(0, 1, 81)
    for part in series:
        x, y = _thinned(part.estimate, part.spread)
        filled = part.marker == "D"
        fill = part.colour if filled else "none"
        look: Look = {"ls": "", "color": part.colour, "mfc": fill, "ms": 3.2, "mew": 0.8}
        axes.plot(x, y, part.marker, label=part.label, **look)
        _heap(above, part.estimate, edges, part.colour, filled=filled)
    _whole(axes, drawn)
    _axis(axes, above)
    if len(drawn):
        figure.legend(
            *axes.get_legend_handles_labels(),
            loc="upper left",
            bbox_to_anchor=(0.07, 0.995),
            ncol=3,
            frameon=False,
            fontsize=8.5,
        )
    return figure


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Leave out dots that would lie on another one."""
    if not len(x):
        return x, y
    tall = max(float(y.max()), 1e-9)
    grid = np.stack([np.round(x * GRAIN), np.round(y / tall * GRAIN)], axis=1)
    places = np.unique(grid, axis=0)
    return places[:, 0] / GRAIN, (places[:, 1] / GRAIN * tall).round(6)


def _heap(axes: Axes, estimate: Floats, edges: Floats, colour: str, *, filled: bool) -> None:
    heights, _ = np.histogram(estimate.round(9), edges)
    axes.stairs(heights, edges, color=colour, fill=filled, alpha=0.5 if filled else 1.0, lw=1.1)


def _whole(axes: Axes, drawn: pd.DataFrame) -> None:
    """Mark the pool of all studies."""
    everything = drawn[drawn["k"] == drawn["k"].max()]
    if len(everything) == 1:
        x, y = (
            round(float(value), 6)
            for value in (
                everything["estimate"].iloc[0],
                np.nan_to_num(everything["tau2"].iloc[0]) ** 0.5,
            )
        )
        axes.plot([x], [y], "*", color=INK, ms=11, mec="white", mew=0.7, label="all studies")


def _axis(axes: Axes, above: Axes) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=-0.02)
    axes.set_xlabel("Pooled median proportion")
    axes.set_ylabel("Heterogeneity, tau")
    axes.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    axes.grid(axis="x", color="#e3e3e3", lw=0.6)
    above.set_ylabel("subsets", color=MUTED, fontsize=8)
    above.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    above.tick_params(axis="x", labelbottom=False, length=0)
    for part in (axes, above):
        part.set_axisbelow(True)
        for side in ("right", "top"):
            part.spines[side].set_visible(False)
