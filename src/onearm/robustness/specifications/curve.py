"""The specification curve: every defensible choice crossed, sorted by what it gives.

After Simonsohn, Simmons and Nelson 2020 (10.1038/s41562-020-0912-z) and, for
meta-analysis, Voracek, Kossmeier and Tran 2019 (10.1027/2151-2604/a000357). Choices that
end with the same rows and the same model are one analysis, fitted and counted once; every
model is fitted to the sets of rows in blocks, which an executor may spread over machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.evidence import Evidence, ModelPlan, Protocol
from onearm.models import Model
from onearm.models.estimability import classify
from onearm.robustness.base import CheckResult
from onearm.robustness.checks.threshold import fit_batch, side_of_estimate, side_of_interval
from onearm.robustness.gates import closed
from onearm.robustness.specifications.axes import axes_table
from onearm.robustness.specifications.rows import ROW_AXES, RowChoice, row_choices
from onearm.robustness.specifications.words import curve_sentence
from onearm.words import count

__all__ = ["MODEL_AXES", "Analyses", "ModelChoice", "model_choices", "specifications"]

MODEL_AXES = ("model", "transform", "tau2", "interval")
NO_ESTIMATE = {"all-zero": "no patient", "all-full": "every patient"}

BLOCK = 16
"""Sets of rows that one model is fitted to at once. Always the same, for the last digits of a
fit may depend on its company: so neither an executor nor its size can change a byte."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


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


def specifications(
    evidence: Evidence,
    outcome: str,
    *,
    setting: str | None = None,
    agent_group: str | None = None,
    executor: Executor | None = None,
) -> CheckResult:
    """Fit every admissible combination of choices for one outcome.

    Parameters
    ----------
    evidence : Evidence
        Tables and plan; the plan's ``[specifications]`` names what is crossed.
    outcome : str
        Its code.
    setting, agent_group : str, optional
        Only this stratum of the plan.
    executor : Executor, optional
        Where models are fitted, one to a block of sets of rows a task, as
        :func:`onearm.executors.opened` gives it; here and now when None. The result has the
        same bytes.

    Returns
    -------
    CheckResult
        ``table``: one line a distinct analysis, sorted by estimate, with every setting that
        leads to it. ``data``: counts, shares on each side of the plan's threshold, and
        ``axes``, which choice moves the answer most. The verdict is True when every
        estimate lies on one side of the threshold. Where no set of rows has an event, or
        every one has nothing else, there is no estimate to move and so no curve.
    """
    protocol, plan = evidence.protocol, evidence.protocol.plan(outcome)
    choices, counts = row_choices(evidence, outcome, setting=setting, agent_group=agent_group)
    models = model_choices(protocol)
    shut = closed("specifications", max((c.studies for c in choices), default=0), protocol)
    if shut:
        return shut
    analyses = _fit_all(choices, counts, models, protocol, executor)
    without = _no_estimate(analyses)
    if without:
        return CheckResult("specifications", None, without, data={"gate": "closed"})
    table = _table(analyses, plan.threshold)
    axes = axes_table(
        [c.settings for c in analyses.choices], analyses.place, [m.settings for m in models],
        analyses.estimate, analyses.low, analyses.high, analyses.admissible, _lead(models),
    )  # fmt: skip
    data = _summary(table, plan.threshold) | {
        "combinations": len(choices) * len(models),
        "admissible": int(analyses.admissible[:, analyses.place].sum()),
        "row_sets": len(analyses.k),
        "models": len(models),
        "axes": axes.to_dict("records"),
        "single": _single(choices, counts, _least(protocol), plan.threshold),
    }
    one_sided = data["estimate_above"] in (0, data["distinct"])
    return CheckResult("specifications", one_sided, curve_sentence(data), table, data)


def model_choices(protocol: Protocol) -> list[ModelChoice]:
    """Return the models that the curve crosses; the plan's primary one is always among them."""
    crossed = protocol.specifications
    correction = protocol.primary.options.get("correction")
    shared = {} if correction is None else {"correction": str(correction)}
    plans = [
        ModelPlan(model="inverse-variance", transform=transform, tau2=tau2, ci=ci, **shared)
        for transform, tau2, ci in product(crossed.transforms, crossed.tau2, crossed.ci)
    ]
    plans += crossed.likelihoods
    # of the model itself, options left out and options at their default agree
    found = {plan.make(): plan for plan in [protocol.primary, *plans]}
    primary = protocol.primary.make()
    return [ModelChoice(_settings(model), plan, model == primary) for model, plan in found.items()]


def _settings(model: Model) -> tuple[str, ...]:
    """Return the setting on each of `MODEL_AXES`, the options without an axis by the name."""
    axes = {name: str(model.options.get(name, "")) for name in ("transform", "tau2", "ci")}
    return (model.variant(*axes), *axes.values())


def _lead(models: Sequence[ModelChoice]) -> list[int]:
    """One model of each kind, the plan's or the first: what the axis of models compares."""
    first: dict[str, int] = {}
    for position, model in enumerate(models):
        if model.in_plan or model.settings[0] not in first:
            first[model.settings[0]] = position
    return list(first.values())


def _fit_all(
    choices: Sequence[RowChoice],
    counts: dict[str, tuple[int, int]],
    models: list[ModelChoice],
    protocol: Protocol,
    executor: Executor | None,
) -> Analyses:
    least = _least(protocol)
    pooled = [choice for choice in choices if choice.studies >= least]
    sets = dict.fromkeys(choice.rows for choice in pooled)
    place = {rows: position for position, rows in enumerate(sets)}
    events, n = _batch(list(sets), counts)
    blocks = [slice(at, at + BLOCK) for at in range(0, len(sets), BLOCK)]
    tasks = list(product(range(len(models)), blocks))
    found = (map if executor is None else executor.map)(
        fit_block,
        [models[position].plan for position, _ in tasks],
        [events[:, block] for _, block in tasks],
        [n[:, block] for _, block in tasks],
        [protocol.pooling.level] * len(tasks),
    )
    values = np.full((3, len(models), len(sets)), np.nan)
    for (position, block), numbers in zip(tasks, found, strict=True):
        values[:, position, block] = numbers
    may_fit = np.array([model.plan.make().suits(events, n) for model in models])
    return Analyses(
        pooled, [place[choice.rows] for choice in pooled], models, values[0], values[1], values[2],
        may_fit & np.isfinite(values[0]), (n > 0).sum(axis=0), n.sum(axis=0), classify(events, n),
    )  # fmt: skip


def _least(protocol: Protocol) -> int:
    """Return the fewest studies that make an analysis of the curve."""
    return protocol.gates.get("specifications", protocol.pooling.provisional_k)


def _single(
    choices: Sequence[RowChoice], counts: dict[str, tuple[int, int]], least: int, threshold: float
) -> dict[str, Any] | None:
    """Tell of the choices with too few studies to pool: their overlap, and their proportions."""
    few = [choice for choice in choices if choice.rows and choice.studies < least]
    if not few:
        return None
    proportions = [
        sum(counts[row][0] for row in rows) / sum(counts[row][1] for row in rows)
        for rows in {choice.rows for choice in few}
    ]
    pooled = {choice.settings[-1] for choice in choices if choice.studies >= least}
    overlap = dict.fromkeys(choice.settings[-1] for choice in few)
    return {
        "needs": least, "combinations": len(few),
        "overlap": [setting for setting in overlap if setting not in pooled],
        "lowest": min(proportions), "highest": max(proportions),
        "sides": sorted({side_of_estimate(value, threshold) for value in proportions}),
    }  # fmt: skip


def fit_block(plan: ModelPlan, events: Ints, n: Ints, level: float) -> NDArray[np.float64]:
    """Fit one model to some sets of rows: estimates, lower and upper limits, (3, d)."""
    fit = fit_batch(plan, events, n, level)
    return np.stack([fit.estimate, *fit.ci.T])


def _no_estimate(analyses: Analyses) -> str:
    """Say why there is no curve, where there is none."""
    (code, *others) = np.unique(analyses.codes)
    if not others and code in NO_ESTIMATE:
        return (
            f"Specification curve: whichever rows meet, {NO_ESTIMATE[code]} had the event (up to "
            f"{count(int(analyses.patients.max()), 'patient')}). Estimates would differ only in "
            "what models make of that, so there is no curve."
        )
    if not analyses.admissible.any():
        return "Specification curve: no model of the plan is admissible for any set of rows."
    return ""


def _batch(
    sets: Sequence[tuple[str, ...]], counts: dict[str, tuple[int, int]]
) -> tuple[Ints, Ints]:
    """Return events and n, (rows, sets), with n = 0 where a row is not in a set."""
    names = list(counts)
    here = np.array([[name in rows for rows in map(set, sets)] for name in names])
    both = np.array([counts[name] for name in names], dtype=np.int64)
    return both[:, :1] * here, both[:, 1:] * here


def _table(analyses: Analyses, threshold: float) -> pd.DataFrame:
    """One line a distinct analysis, the lowest estimate first."""
    leading = _settings_of_sets(analyses)
    in_plan = {p for c, p in zip(analyses.choices, analyses.place, strict=True) if c.in_plan}
    lines: list[dict[str, Any]] = []
    for m, d in zip(*np.nonzero(analyses.admissible), strict=True):
        model = analyses.models[m]
        limits = float(analyses.low[m, d]), float(analyses.high[m, d])
        lines.append(
            {
                "estimate": float(analyses.estimate[m, d]), "ci_low": limits[0],
                "ci_high": limits[1], "side": int(side_of_interval(limits, threshold)[0]),
                "k": int(analyses.k[d]), "patients": int(analyses.patients[d]),
                "in_plan": model.in_plan and int(d) in in_plan,
                **dict(zip(ROW_AXES, leading[d], strict=True)),
                **{a: (s,) if s else () for a, s in zip(MODEL_AXES, model.settings, strict=True)},
            }
        )  # fmt: skip
    order = ["estimate", "ci_low", "ci_high", "k"]
    return pd.DataFrame(lines).sort_values(order, kind="stable", ignore_index=True)


def _settings_of_sets(analyses: Analyses) -> list[list[tuple[str, ...]]]:
    """For every set of rows and axis, each setting that leads to it."""
    found: list[list[dict[str, None]]] = [[{} for _ in ROW_AXES] for _ in analyses.k]
    for choice, place in zip(analyses.choices, analyses.place, strict=True):
        for axis, setting in enumerate(choice.settings):
            found[place][axis][setting] = None
    return [[tuple(axis) for axis in of_set] for of_set in found]


def _summary(table: pd.DataFrame, threshold: float) -> dict[str, Any]:
    sides = table["side"].value_counts()
    estimate = table["estimate"]
    return {
        "threshold": threshold,
        "distinct": len(table),
        "estimate_above": int((estimate >= threshold).sum()),
        "interval_above": int(sides.get(1, 0)),
        "interval_across": int(sides.get(0, 0)),
        "interval_below": int(sides.get(-1, 0)),
        "lowest": float(estimate.min()),
        "median": float(estimate.median()),
        "highest": float(estimate.max()),
    }
