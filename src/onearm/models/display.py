"""A pooled result as an accessible table for notebooks."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onearm.models.result import Pooled

_NOTHING = "–"


def percent(value: float) -> str:
    """Write a proportion as a percentage with one decimal, or a dash if undefined."""
    return f"{100 * value:.1f} %" if math.isfinite(value) else _NOTHING


def percents(limits: tuple[float, float]) -> str:
    """Write an interval of proportions."""
    if not all(map(math.isfinite, limits)):
        return _NOTHING
    return f"{100 * limits[0]:.1f} to {100 * limits[1]:.1f} %"


def number(value: float) -> str:
    """Write a number with three significant digits, or a dash if undefined."""
    return f"{value:.3g}" if math.isfinite(value) else _NOTHING


def as_html(pooled: Pooled) -> str:
    """Give the studies, the pool and what is to be said about it as HTML."""
    head = (
        "Study",
        "Events / patients",
        "Proportion",
        f"{100 * pooled.level:g} % interval",
        "Weight",
    )
    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    rows = "".join(
        _row(s.study, f"{s.events} / {s.n}", percent(s.proportion), percents(s.ci), s.weight)
        for s in pooled.studies
    )
    said = [pooled.verdict.sentence, *(c.sentence for c in pooled.cautions)]
    notes = "".join(f"<li>{escape(sentence)}</li>" for sentence in said)
    return (
        f"<table><caption>{escape(_caption(pooled))}</caption>"
        f"<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody>"
        f"<tfoot>{_foot(pooled)}</tfoot></table><ul>{notes}</ul>"
    )


def _caption(pooled: Pooled) -> str:
    return f"{pooled.events} events in {pooled.n} patients of {pooled.k} studies, {pooled.model}"


def _row(name: str, counts: str, value: str, limits: str, weight: float) -> str:
    cells = (counts, value, limits, percent(weight))
    return (
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def _foot(pooled: Pooled) -> str:
    nan = math.nan
    lines = [
        ("Median proportion", percent(pooled.estimate), percents(pooled.ci)),
        ("Marginal mean", percent(pooled.mean_proportion), percents(pooled.mean_ci)),
        ("Prediction for a new study", "", percents(pooled.prediction_interval)),
        ("tau²", number(pooled.tau2), _pair(pooled.tau2_ci)),
        ("I² (from tau²)", percent(pooled.i2), percents(pooled.i2_ci)),
    ]
    return "".join(_row(name, "", value, limits, nan) for name, value, limits in lines)


def _pair(limits: tuple[float, float]) -> str:
    if not all(map(math.isfinite, limits)):
        return _NOTHING
    return f"{number(limits[0])} to {number(limits[1])}"
