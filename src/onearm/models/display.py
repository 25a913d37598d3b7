"""A pooled result as an accessible table for notebooks."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from onearm.words import interval, percent, significant

if TYPE_CHECKING:
    from onearm.models.result import Pooled

_NOTHING = "–"
"""In a cell of a table a dash says enough."""


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
        _row(s.study, f"{s.events} / {s.n}", _percent(s.proportion), _percents(s.ci), s.weight)
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
    cells = (counts, value, limits, _percent(weight))
    return (
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def _foot(pooled: Pooled) -> str:
    nan = math.nan
    lines = [
        ("Median proportion", _percent(pooled.estimate), _percents(pooled.ci)),
        ("Marginal mean", _percent(pooled.mean_proportion), _percents(pooled.mean_ci)),
        ("Prediction for a new study", "", _percents(pooled.prediction_interval)),
        ("tau²", significant(pooled.tau2, _NOTHING), _pair(pooled.tau2_ci)),
        ("I² (from tau²)", _percent(pooled.i2), _percents(pooled.i2_ci)),
    ]
    return "".join(_row(name, "", value, limits, nan) for name, value, limits in lines)


def _pair(limits: tuple[float, float]) -> str:
    if not all(map(math.isfinite, limits)):
        return _NOTHING
    return f"{significant(limits[0])} to {significant(limits[1])}"


def _percent(value: float) -> str:
    return percent(value, _NOTHING)


def _percents(limits: tuple[float, float]) -> str:
    if not all(map(math.isfinite, limits)):
        return _NOTHING
    return f"{interval(*limits)} %"
