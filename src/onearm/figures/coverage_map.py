"""The coverage map: how often each method's interval is right, and how wide it is.

Two maps a method, over the true proportion and the true tau. Every cell prints its number, so
that nothing depends on the shade.
"""

from __future__ import annotations

from collections.abc import Callable

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from onearm.figures.drawing import INK, MUTED, Drawing, finish, style
from onearm.robustness import coverage_percent
from onearm.words import listing, percent

WIDTH = 9.6  # inches
COLUMNS = 2  # methods side by side, two maps each
CELL = 0.235
SHADES = {"coverage": (0.60, 1.0), "mean_width": (0.0, 1.0)}
COLUMNS_OUT = (
    "method",
    "interval",
    "p",
    "tau",
    "coverage",
    "mean_width",
    "missed_below",
    "missed_above",
    "monte_carlo_se",
)
MAPS = {"coverage": "Greys_r", "mean_width": "Greys"}


def coverage_map(
    frame: pd.DataFrame, *, name: str, title: str, interval: str = "confidence", level: float = 0.95
) -> Drawing:
    """Draw coverage and mean width of every method over the true values.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`onearm.operating_characteristics`.
    name, title : str
        Slug and caption of the drawing.
    interval : {"confidence", "prediction"}
    level : float
        Coverage below it is printed bold.

    Returns
    -------
    Drawing
        Its numbers are those of both kinds of interval, with the misses on either side.
    """
    here = frame[frame["interval"] == interval]
    methods = list(dict.fromkeys(here["method"]))
    sentences = [_sentence(method, here[here["method"] == method], level) for method in methods]
    alt = " ".join([f"Maps of coverage and width, {interval} intervals. {title}.", *sentences])
    lines = frame.loc[:, list(COLUMNS_OUT)].itertuples(index=False)
    numbers = [dict(zip(COLUMNS_OUT, line, strict=True)) for line in lines]
    with style(name):
        figure = _draw(here, methods, level)
        return finish(figure, name=name, title=title, alt=alt, numbers=numbers)


def _sentence(method: str, part: pd.DataFrame, level: float) -> str:
    coverage = part["coverage"].to_numpy(dtype=float)
    low, high = part.iloc[int(coverage.argmin())], part.iloc[int(coverage.argmax())]
    width = part["mean_width"].to_numpy(dtype=float)
    short = int((coverage < level).sum())
    return (
        f"{method}: coverage from {_percent(low)} (at {_place(low)}) to {_percent(high)} "
        f"(at {_place(high)}), below {100 * level:g} % in {short} of {len(part)} cells; "
        f"{_points(width.min())} to {_points(width.max())} points wide."
    )


def _percent(row: pd.Series[float]) -> str:
    return coverage_percent(float(row["coverage"]))


def _place(row: pd.Series[float]) -> str:
    return listing([percent(float(row["p"])), f"tau {row['tau']:g}"])


def _points(width: float) -> str:
    return f"{100 * width:.0f}"


def _draw(frame: pd.DataFrame, methods: list[str], level: float) -> Figure:
    taus, ps = frame["tau"].nunique(), frame["p"].nunique()
    block = CELL * taus + 0.78
    rows = -(-len(methods) // COLUMNS)
    height = block * rows + 0.35
    figure = Figure(figsize=(WIDTH, height))
    for place, method in enumerate(methods):
        row, column = divmod(place, COLUMNS)
        top = height - row * block - 0.50
        left = 0.055 + column * 0.485
        part = frame[frame["method"] == method]
        figure.text(left, (top + 0.28) / height, method, weight="bold", va="bottom")
        for side, value in enumerate(SHADES):
            box = (left + side * 0.225, (top - CELL * taus) / height, 0.205, CELL * taus / height)
            axes = figure.add_axes(box)
            _map(axes, part, value, level, 7.0 if ps <= 7 else 5.5)
            axes.set_ylabel("tau" if side == 0 else "")
            if side:
                axes.set_yticks([])
    return figure


def _map(axes: Axes, part: pd.DataFrame, value: str, level: float, size: float) -> None:
    """Draw one map, its cells shaded and printed."""
    table = part.pivot_table(index="tau", columns="p", values=value).sort_index(ascending=False)
    numbers = table.to_numpy(dtype=float)
    low, high = SHADES[value]
    # six decimals are far finer than a shade, and the same on every processor
    sns.heatmap(
        numbers.round(6),
        ax=axes,
        vmin=low,
        vmax=high,
        cmap=MAPS[value],
        annot=np.vectorize(_FORMATS[value])(numbers),
        fmt="",
        annot_kws={"size": size},
        linewidths=0.6,
        linecolor="white",
        cbar=False,
        xticklabels=[f"{100 * p:g}" for p in table.columns],
        yticklabels=[f"{tau:g}" for tau in table.index],
    )
    axes.tick_params(length=0, labelsize=size, colors=INK)
    axes.tick_params(axis="y", rotation=0)
    axes.set_xlabel("true median proportion, %", fontsize=size, labelpad=1)
    heading = "coverage, %" if value == "coverage" else "mean width, points"
    axes.set_title(heading, fontsize=7.5, color=MUTED, pad=2)
    for text, number in zip(axes.texts, numbers.ravel(), strict=True):
        text.set_color(_ink(value, number))
        if value == "coverage" and number < level:
            text.set_fontweight("bold")


def _printed(coverage: float) -> str:
    """Print a coverage as the tables do; the heading of the map says that it is a percentage."""
    return coverage_percent(coverage).removesuffix(" %")


_FORMATS: dict[str, Callable[[float], str]] = {"coverage": _printed, "mean_width": _points}


def _ink(value: str, number: float) -> str:
    """Choose black or white, whichever stands out more from the shade of a cell."""
    low, high = SHADES[value]
    shade = mpl.colormaps[MAPS[value]]((number - low) / (high - low))[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shade]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return INK if luminance > 0.19 else "white"
