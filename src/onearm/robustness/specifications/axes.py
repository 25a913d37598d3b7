"""Which choice of a specification curve moves the answer most, and the curve in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.robustness.base import CheckResult, Line, Sheet, sheet
from onearm.robustness.sheets import estimated
from onearm.robustness.specifications.rows import ROW_AXES
from onearm.words import count, percent

__all__ = ["axes_table", "curve_sentence", "curve_sheets"]

AXIS_LABELS = {
    "evidence": "evidence set",
    "denominator": "denominator",
    "definition": "definition",
    "minimum_n": "smallest study",
    "design": "design",
    "source": "source",
    "overlap": "handling of overlap",
    "model": "model",
    "transform": "scale",
    "tau2": "estimator of tau²",
    "interval": "kind of interval",
}
MODEL_AXES = tuple(AXIS_LABELS)[len(ROW_AXES) :]

Floats = NDArray[np.float64]
Settings = Sequence[tuple[str, ...]]
SIDE_WORDS = {"above": "at or above", "below": "below"}
ENDS = 5  # analyses that a table shows of each end of the curve


def axes_table(
    row_settings: Settings,
    place: Sequence[int],
    model_settings: Settings,
    estimate: Floats,
    low: Floats,
    high: Floats,
    admissible: NDArray[np.bool_],
    lead: Sequence[int],
) -> pd.DataFrame:
    """Compare analyses that differ in one choice only.

    Parameters
    ----------
    row_settings : sequence of tuple of str
        The settings of every choice of rows; several choices may lead to one set.
    place : sequence of int
        The set of rows that each leads to: a column of `estimate`.
    model_settings : sequence of tuple of str
        The settings of every model: a line of `estimate`.
    estimate, low, high : ndarray, shape (M, D)
        What each model gives for each set of rows.
    admissible : ndarray of bool, shape (M, D)
        Which of these count.
    lead : sequence of int
        One model of each kind: those that the axis of models compares, because the options
        of one model mean nothing to another.

    Returns
    -------
    DataFrame
        One line an axis, the largest median change first: ``axis``, ``label``,
        ``settings`` in their order, ``pairs`` (pairs of different analyses; a choice that
        leaves the same rows is no comparison), ``median_change`` and ``largest_change`` of the
        estimate, ``median_limit_change`` (the larger change of the two limits).
    """
    lines = []
    for axis, name in enumerate(AXIS_LABELS):
        if axis < len(ROW_AXES):
            settings = [choice[axis] for choice in row_settings]
            differences = _between_rows(axis, row_settings, place, estimate, low, high, admissible)
        else:
            settings = [model[axis - len(ROW_AXES)] for model in model_settings]
            pairs = _model_pairs(axis - len(ROW_AXES), model_settings, lead)
            differences = _between_models(pairs, estimate, low, high, admissible)
        lines.append(_line(name, settings, np.concatenate([np.empty((2, 0)), *differences], 1)))
    table = pd.DataFrame(lines)
    return table.sort_values("median_change", ascending=False, kind="stable", ignore_index=True)


def _line(name: str, settings: Sequence[str], changes: Floats) -> dict[str, object]:
    some = changes.shape[1] > 0
    return {
        "axis": name,
        "label": AXIS_LABELS[name],
        "settings": tuple(dict.fromkeys(setting for setting in settings if setting)),
        "pairs": changes.shape[1],
        "median_change": float(np.median(changes[0])) if some else 0.0,
        "largest_change": float(changes[0].max()) if some else 0.0,
        "median_limit_change": float(np.median(changes[1])) if some else 0.0,
    }


def _between_rows(
    axis: int,
    row_settings: Settings,
    place: Sequence[int],
    estimate: Floats,
    low: Floats,
    high: Floats,
    admissible: NDArray[np.bool_],
) -> Iterator[Floats]:
    groups: dict[tuple[str, ...], list[int]] = {}
    for choice, position in zip(row_settings, place, strict=True):
        groups.setdefault((*choice[:axis], *choice[axis + 1 :]), []).append(position)
    pairs = {tuple(sorted(pair)) for group in groups.values() for pair in combinations(group, 2)}
    for a, b in sorted(pairs):
        if a != b:
            both = admissible[:, a] & admissible[:, b]
            yield _changes(*(values[both][:, [a, b]] for values in (estimate, low, high)))


def _model_pairs(axis: int, model_settings: Settings, lead: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs of models that differ on one axis alone; on the first, one of each kind."""
    if axis == 0:
        return list(combinations(lead, 2))
    groups: dict[tuple[str, ...], list[int]] = {}
    for position, model in enumerate(model_settings):
        groups.setdefault((*model[:axis], *model[axis + 1 :]), []).append(position)
    return [pair for group in groups.values() for pair in combinations(group, 2)]


def _between_models(
    pairs: Sequence[tuple[int, int]],
    estimate: Floats,
    low: Floats,
    high: Floats,
    admissible: NDArray[np.bool_],
) -> Iterator[Floats]:
    for a, b in pairs:
        both = admissible[a] & admissible[b]
        yield _changes(*(values[[a, b]][:, both].T for values in (estimate, low, high)))


def _changes(estimate: Floats, low: Floats, high: Floats) -> Floats:
    """Changes of the estimate and of the limits, (2, pairs), from values (pairs, 2)."""
    limits = np.maximum(np.abs(np.diff(low)), np.abs(np.diff(high)))
    return np.stack([np.abs(np.diff(estimate))[:, 0], limits[:, 0]])


def curve_sentence(data: Mapping[str, Any]) -> str:
    """Say what the analyses of a curve come to, which are not on it, and what moves them most.

    Parameters
    ----------
    data : mapping
        Of the result of `onearm.robustness.specifications`.
    """
    said = (
        f"{data['combinations']:,} combinations of choices, {data['admissible']:,} of them "
        f"admissible, come to {count(data['distinct'], 'distinct analysis', 'distinct analyses')} "
        f"({count(data['row_sets'], 'set')} of rows, {count(data['models'], 'model')})."
    )
    runs = (
        f"Estimates run from {percent(data['lowest'])} to {percent(data['highest'])}, with median "
        f"{percent(data['median'])}."
    )
    note = [data["note"]] if "note" in data else []
    parts = [said, *_sides(data), runs, *_not_pooled(data), *_moves_most(data["axes"]), *note]
    return " ".join(parts)


def _sides(data: Mapping[str, Any]) -> Iterator[str]:
    """Say how many analyses lie on each side of the threshold, where there is one."""
    if data["threshold"] is not None:
        total = data["distinct"]
        yield (
            f"{percent(data['estimate_above'] / total)} of them put the estimate at or above the "
            f"decision threshold of {percent(data['threshold'])}; the whole interval is above it "
            f"in {percent(data['interval_above'] / total)}, below it in "
            f"{percent(data['interval_below'] / total)}."
        )


def _not_pooled(data: Mapping[str, Any]) -> Iterator[str]:
    """Say which choices are not on the curve, for they leave nothing to pool."""
    single = data["single"]
    if single:
        among = f" (so of overlap: {'; '.join(single['overlap'])})" if single["overlap"] else ""
        yield (
            f"Choices that leave fewer than {single['needs']} studies are not on the curve: "
            f"they pool nothing{among}; the proportions counted there run from "
            f"{percent(single['lowest'])} to {percent(single['highest'])}{_lie(single['sides'])}."
        )


def _lie(sides: Sequence[str]) -> str:
    if not sides:
        return ""
    if len(sides) > 1:
        return ", on both sides of the threshold"
    return f", all {SIDE_WORDS[sides[0]]} the threshold"


def _moves_most(axes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if axes and axes[0]["median_change"] > 0:
        most = axes[0]
        yield (
            f"The choice that moves the estimate most is the {most['label']}: by "
            f"{100 * most['median_change']:.1f} points in the median of "
            f"{count(most['pairs'], 'comparison')}, by {100 * most['largest_change']:.1f} at most."
        )


def curve_sheets(curve: CheckResult) -> Iterator[Sheet]:
    """Lay out which choice moves the answer most, and both ends of the curve."""

    def points(name: str, axis: Line) -> str:
        return f"{100 * axis[name]:.1f} points" if axis["pairs"] else "–"

    columns = {
        "Choice": lambda r: r["label"][:1].upper() + r["label"][1:],
        "Settings": lambda r: "; ".join(r["settings"]),
        "Comparisons": lambda r: str(r["pairs"]),
        "Median change": lambda r: points("median_change", r),
        "Largest change": lambda r: points("largest_change", r),
        "Median change of a limit": lambda r: points("median_limit_change", r),
    }
    several = [axis for axis in curve.data["axes"] if len(axis["settings"]) > 1]
    title = "Which choice moves the estimate, all others being equal"
    yield sheet(title, several, columns, words=("Settings",))
    total = len(curve.table)
    lines = [
        {**row, "place": place + 1}
        for place, row in enumerate(curve.rows)
        if row["in_plan"] or place < ENDS or place >= total - ENDS
    ]
    columns = {
        "Place": lambda r: f"{r['place']} of {total}",
        "Analysis": lambda r: _analysis(r, several),
        "Rows": lambda r: str(r["k"]),
        "Estimate (interval)": estimated,
    }
    title = "Both ends of the curve, and the plan's own analyses"
    yield sheet(title, lines, columns, words=("Analysis",))


def _analysis(row: Line, axes: Sequence[Line]) -> str:
    """Name an analysis by its settings where there is a choice; of several to it, the first."""
    differ = {axis["axis"] for axis in axes}
    said = ", ".join(row[axis][0] for axis in AXIS_LABELS if axis in differ and row[axis])
    return f"the plan's own: {said}" if row["in_plan"] else said
