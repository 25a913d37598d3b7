"""The specification curve: every defensible choice crossed, sorted by what it gives.

After Simonsohn, Simmons and Nelson 2020 (10.1038/s41562-020-0912-z) and, for
meta-analysis, Voracek, Kossmeier and Tran 2019 (10.1027/2151-2604/a000357). Choices that
end with the same rows and the same model are one analysis, fitted and counted once; every
model is fitted to the sets of rows in blocks, which an executor may spread over machines.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from itertools import product

import numpy as np
from numpy.typing import NDArray

from onearm.analysis import Review
from onearm.evidence import ModelPlan, Protocol
from onearm.models import Model
from onearm.models.estimability import classify
from onearm.robustness.base import CheckResult, Diagnostic, too_many
from onearm.robustness.specifications.analyses import (
    MODEL_AXES,
    Analyses,
    ModelChoice,
    analyses_table,
    single_studies,
    summary,
)
from onearm.robustness.specifications.axes import axes_table, curve_sentence
from onearm.robustness.specifications.rows import RowChoice, RowChoices, row_choices

__all__ = ["CURVE", "MODEL_AXES", "Analyses", "ModelChoice", "model_choices", "specifications"]

NO_ESTIMATE = {"all-zero": "no", "all-full": "every"}

CURVE = Diagnostic(
    name="specifications",
    label="Specification curve",
    needs=2,
    why="with one study there is no model to choose",
)

BLOCK = 16
"""Sets of rows that one model is fitted to at once. Always the same, for the last digits of a
fit may depend on its company: so neither an executor nor its size can change a byte."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def specifications(
    review: Review,
    outcome: str,
    *,
    stratum: str | None = None,
    group: str | None = None,
    executor: Executor | None = None,
) -> CheckResult:
    """Fit every admissible combination of choices for one outcome, once a review.

    Parameters
    ----------
    review : Review
        Tables and plan; the plan's ``[specifications]`` names what is crossed.
    outcome : str
        Its code.
    stratum, group : str, optional
        Only this subgroup of the plan.
    executor : Executor, optional
        Where models are fitted, one to a block of sets of rows a task, as
        :func:`onearm.executors.opened` gives it; here and now when None. The result has the
        same bytes.

    Returns
    -------
    CheckResult
        ``table``: one line a distinct analysis, sorted by estimate, with every setting that
        leads to it. ``data``: counts, ``axes``, which choice moves the answer most, and, where
        the outcome has a threshold, shares on each side of it. The verdict is True when every
        estimate lies on one side of the threshold. Where no set of rows has an event, or
        every one has nothing else, there is no estimate to move and so no curve.
    """
    return review.once(
        ("specifications", outcome, stratum, group),
        lambda: _curve(review, outcome, stratum, group, executor),
    )


def _curve(
    review: Review, outcome: str, stratum: str | None, group: str | None, executor: Executor | None
) -> CheckResult:
    protocol, threshold = review.protocol, review.protocol.plan(outcome).threshold
    rows = row_choices(review, outcome, stratum=stratum, group=group)
    shut = CURVE.closed(rows.most_studies, protocol)
    if shut:
        return shut
    pooled = [choice for choice in rows.choices if choice.studies >= _least(protocol)]
    models, slow = _affordable(model_choices(protocol), pooled, rows)
    if not models:
        return _closed(f"not computed: {len(pooled):,} choices of rows are too many.")
    analyses = _fit_all(pooled, rows.counts, models, protocol, executor)
    without = _no_estimate(analyses, protocol)
    if without:
        return _closed(without)
    table = analyses_table(analyses, threshold)
    axes = axes_table(
        [c.settings for c in analyses.choices],
        analyses.place,
        [m.settings for m in models],
        analyses.estimate,
        analyses.low,
        analyses.high,
        analyses.admissible,
        _lead(models),
    )
    data = summary(table, threshold) | {
        "combinations": len(rows.choices) * len(models),
        "admissible": int(analyses.admissible[:, analyses.place].sum()),
        "row_sets": len(analyses.k),
        "models": len(models),
        "axes": axes.to_dict("records"),
        "single": single_studies(rows, _least(protocol), threshold),
    }
    note = " ".join(filter(None, [rows.note, slow]))
    if note:
        data["note"] = note
    verdict = None if threshold is None else data["estimate_above"] in (0, data["distinct"])
    return CheckResult("specifications", verdict, curve_sentence(data), table, data)


def _closed(reason: str) -> CheckResult:
    said = f"{CURVE.label}: {reason}"
    return CheckResult("specifications", None, said, data={"gate": "closed"})


def _affordable(
    models: list[ModelChoice], pooled: Sequence[RowChoice], rows: RowChoices
) -> tuple[list[ModelChoice], str]:
    """Leave out the models that would take too long, and name them."""
    sets = len({choice.rows for choice in pooled})
    slow = [m for m in models if too_many(m.plan.make(), len(rows.counts), sets)]
    kept = [model for model in models if model not in slow]
    names = "; ".join(dict.fromkeys(model.settings[0] for model in slow))
    return kept, f"Left out, because they take too long here: {names}." if slow else ""


def model_choices(protocol: Protocol) -> list[ModelChoice]:
    """Return the models that the curve crosses; the plan's primary one is always among them.

    It is there with intervals that take no long time, for the rows differ in every analysis.
    """
    crossed = protocol.specifications
    correction = protocol.primary.options.get("correction")
    shared = {} if correction is None else {"correction": str(correction)}
    plans = [
        ModelPlan(model="inverse-variance", transform=transform, tau2=tau2, ci=ci, **shared)
        for transform, tau2, ci in product(crossed.transforms, crossed.tau2, crossed.ci)
    ]
    plans += crossed.likelihoods
    # of the model itself, options left out and options at their default agree
    first = protocol.primary.quicker()
    found = {plan.make(): plan for plan in [first, *plans]}
    primary = first.make()
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
    pooled: list[RowChoice],
    counts: dict[str, tuple[int, int]],
    models: list[ModelChoice],
    protocol: Protocol,
    executor: Executor | None,
) -> Analyses:
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
        pooled,
        [place[choice.rows] for choice in pooled],
        models,
        values[0],
        values[1],
        values[2],
        may_fit & np.isfinite(values[0]),
        (n > 0).sum(axis=0),
        n.sum(axis=0),
        classify(events, n),
    )


def _least(protocol: Protocol) -> int:
    """Return the fewest studies that make an analysis of the curve."""
    return protocol.gates.get("specifications", protocol.pooling.provisional_k)


def fit_block(plan: ModelPlan, events: Ints, n: Ints, level: float) -> NDArray[np.float64]:
    """Fit one model to some sets of rows.

    Parameters
    ----------
    plan : ModelPlan
        The model with its options.
    events, n : ndarray of int, shape (k, d)
        Counts; ``n = 0`` means that a row is not in that set.
    level : float
        Of the intervals.

    Returns
    -------
    ndarray, shape (3, d)
        Estimates, lower and upper limits.
    """
    fit = plan.make(level)(events, n)
    return np.stack([fit.estimate, *fit.ci.T])


def _no_estimate(analyses: Analyses, protocol: Protocol) -> str:
    """Say why there is no curve, where there is none."""
    (code, *others) = np.unique(analyses.codes)
    if not others and code in NO_ESTIMATE:
        most = protocol.people(int(analyses.patients.max()))
        return (
            f"whichever rows meet, {NO_ESTIMATE[code]} {protocol.words.person.one} had the event "
            f"(up to {most}). Estimates would differ only in what each model assumes."
        )
    if not analyses.admissible.any():
        return "no model of the plan is admissible for any set of rows."
    return ""


def _batch(
    sets: Sequence[tuple[str, ...]], counts: dict[str, tuple[int, int]]
) -> tuple[Ints, Ints]:
    """Return events and n, (rows, sets), with n = 0 where a row is not in a set."""
    names = list(counts)
    here = np.array([[name in rows for rows in map(set, sets)] for name in names])
    both = np.array([counts[name] for name in names], dtype=np.int64)
    return both[:, :1] * here, both[:, 1:] * here
