"""Which choice of a specification curve moves the answer most, other choices equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.robustness.specifications.rows import ROW_AXES

__all__ = ["AXIS_LABELS", "axes_table"]

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


def _line(name: str, settings: Sequence[str], changes: Floats) -> dict[str, Any]:
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
