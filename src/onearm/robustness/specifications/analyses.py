"""The analyses of a specification curve: every model on every set of rows, as a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.evidence import ModelPlan
from onearm.models.arrays import Bools, Ints
from onearm.robustness.choices import side_of_estimate, side_of_interval
from onearm.robustness.specifications.rows import ROW_AXES, RowChoice, RowChoices

__all__ = ["MODEL_AXES", "Analyses", "ModelChoice", "analyses_table", "single_studies", "summary"]

MODEL_AXES = ("model", "transform", "tau2", "interval")


@dataclass(frozen=True)
class ModelChoice:
    """One model of the curve: its setting on each of `MODEL_AXES`, and its options."""

    settings: tuple[str, ...]
    plan: ModelPlan
    in_plan: bool


@dataclass(frozen=True, eq=False)
class Analyses:
    """Every model on every distinct set of rows.

    Attributes
    ----------
    choices : list of RowChoice
        All choices of rows that may be pooled; several may lead to one set.
    place : list of int
        The set of rows that each choice leads to.
    models : list of ModelChoice
        M models.
    estimate, low, high : ndarray, shape (M, D)
        Pooled proportion and its interval for each of D sets of rows.
    admissible : ndarray of bool, shape (M, D)
    k, patients : ndarray of int, shape (D,)
    codes : ndarray of str, shape (D,)
        What each set of rows can tell at all, as `onearm.models.estimability` has it.
    """

    choices: list[RowChoice]
    place: list[int]
    models: list[ModelChoice]
    estimate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    admissible: Bools
    k: Ints
    patients: Ints
    codes: NDArray[np.str_]


def analyses_table(analyses: Analyses, threshold: float | None) -> pd.DataFrame:
    """Return one line a distinct analysis, the lowest estimate first.

    Parameters
    ----------
    analyses : Analyses
        All of them; those that are not admissible are left out.
    threshold : float or None
        The outcome's; without one there is no column ``side``.
    """
    leading = _settings_of_sets(analyses)
    in_plan = {p for c, p in zip(analyses.choices, analyses.place, strict=True) if c.in_plan}
    lines: list[dict[str, object]] = []
    for m, d in zip(*np.nonzero(analyses.admissible), strict=True):
        model = analyses.models[m]
        limits = float(analyses.low[m, d]), float(analyses.high[m, d])
        side = 0 if threshold is None else int(side_of_interval(limits, threshold)[0])
        lines.append(
            {
                "estimate": float(analyses.estimate[m, d]),
                "ci_low": limits[0],
                "ci_high": limits[1],
                "side": side,
                "k": int(analyses.k[d]),
                "patients": int(analyses.patients[d]),
                "in_plan": model.in_plan and int(d) in in_plan,
                **dict(zip(ROW_AXES, leading[d], strict=True)),
                **{a: (s,) if s else () for a, s in zip(MODEL_AXES, model.settings, strict=True)},
            }
        )
    table = pd.DataFrame(lines)
    if threshold is None:
        table = table.drop(columns="side")
    order = ["estimate", "ci_low", "ci_high", "k"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def _settings_of_sets(analyses: Analyses) -> list[list[tuple[str, ...]]]:
    """For every set of rows and axis, each setting that leads to it."""
    found: list[list[dict[str, None]]] = [[{} for _ in ROW_AXES] for _ in analyses.k]
    for choice, place in zip(analyses.choices, analyses.place, strict=True):
        for axis, setting in enumerate(choice.settings):
            found[place][axis][setting] = None
    return [[tuple(axis) for axis in of_set] for of_set in found]


def summary(table: pd.DataFrame, threshold: float | None) -> dict[str, object]:
    """Count the analyses, on each side of the threshold too, and give the ends of the curve.

    Parameters
    ----------
    table : DataFrame
        Of `analyses_table`.
    threshold : float or None
        The outcome's, where it has one.
    """
    estimate = table["estimate"]
    found: dict[str, object] = {"threshold": threshold, "distinct": len(table)}
    if threshold is not None:
        sides = table["side"].value_counts()
        found |= {
            "estimate_above": int((estimate >= threshold).sum()),
            "interval_above": int(sides.get(1, 0)),
            "interval_across": int(sides.get(0, 0)),
            "interval_below": int(sides.get(-1, 0)),
        }
    return found | {
        "lowest": float(estimate.min()),
        "median": float(estimate.median()),
        "highest": float(estimate.max()),
    }


def single_studies(
    rows: RowChoices, least: int, threshold: float | None
) -> dict[str, object] | None:
    """Tell of the choices with too few studies to pool: their overlap, and their proportions.

    Parameters
    ----------
    rows : RowChoices
        All choices.
    least : int
        The fewest studies that are pooled.
    threshold : float or None
        The outcome's, where it has one.
    """
    few = [choice for choice in rows.choices if choice.rows and choice.studies < least]
    if not few:
        return None
    proportions = [
        sum(rows.counts[row][0] for row in kept) / sum(rows.counts[row][1] for row in kept)
        for kept in {choice.rows for choice in few}
    ]
    pooled = {choice.settings[-1] for choice in rows.choices if choice.studies >= least}
    overlap = dict.fromkeys(choice.settings[-1] for choice in few)
    sides = set() if threshold is None else {side_of_estimate(p, threshold) for p in proportions}
    return {
        "needs": least,
        "combinations": len(few),
        "overlap": [setting for setting in overlap if setting not in pooled],
        "lowest": min(proportions),
        "highest": max(proportions),
        "sides": sorted(sides),
    }
