"""All checks of one pool, each behind its gate, with the protocol's own model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import ModelPlan, Protocol
from onearm.models import Cost
from onearm.robustness.base import CheckResult
from onearm.robustness.checks.agreement import agreement
from onearm.robustness.checks.calibration import calibrate
from onearm.robustness.checks.cumulative import cumulative
from onearm.robustness.checks.fragility import fragility
from onearm.robustness.checks.influence import influence
from onearm.robustness.checks.leave_one_out import leave_one_out
from onearm.robustness.checks.moderators import moderators
from onearm.robustness.checks.overlap import overlap_bounds
from onearm.robustness.checks.small_study import small_study_effects
from onearm.robustness.checks.subsets import pulls, subsets
from onearm.robustness.checks.unseen import unseen
from onearm.robustness.gates import closed_for
from onearm.words import count, percent

__all__ = ["CHECKS", "examine"]

FEW_SUBSETS = 5  # studies up to which a slow model is fitted to every subset
QUICKER = ", for the plan's own model takes too long where subsets are many"


def examine(pool: Pool, protocol: Protocol) -> dict[str, CheckResult]:
    """Run every check on a pool.

    Parameters
    ----------
    pool : Pool
        k studies, none included.
    protocol : Protocol
        The plan: gates, level, primary model, margin.

    Returns
    -------
    dict of str to CheckResult
        By name, in the order of a report. A check that has too few studies, or no event to
        ask about, says so.
    """
    return {
        name: closed_for(name, pool, protocol) or check(pool, protocol)
        for name, check in CHECKS.items()
    }


def _influence(pool: Pool, protocol: Protocol) -> CheckResult:
    found = influence(
        pool.selection.events, pool.selection.n, study=pool.selection.labels,
        model=protocol.primary.model, level=protocol.pooling.level, who=pool.cohorts,
        **protocol.primary.options,
    )  # fmt: skip
    every_model = leave_one_out(pool, protocol).to_dict("list")
    return replace(_named(pool, found), data=found.data | {"every_model": every_model})


def _subsets(pool: Pool, protocol: Protocol) -> CheckResult:
    """Pool every subset, by a quick likelihood where the plan's model would take minutes."""
    selection, level = pool.selection, protocol.pooling.level
    plan, why = protocol.primary, ""
    if plan.make().cost is Cost.SLOW and selection.k > FEW_SUBSETS:
        plan, why = ModelPlan(label="GLMM", model="glmm", ci="t"), QUICKER
    counts = selection.events, selection.n
    frame = subsets(*counts, model=plan.make(level), level=level)
    several = frame[(frame["k"] > 1) & np.isfinite(frame["estimate"])]
    found = pulls(frame, selection.k)
    strongest = found[0]
    table = pd.DataFrame(
        {"study": selection.labels[pull.study], "with_it": pull.with_it,
         "without_it": pull.without_it, "difference": pull.difference}
        for pull in found
    )  # fmt: skip
    low, high = several["estimate"].min(), several["estimate"].max()
    said = (
        f"{pool.label}: over {_how_many(len(several), selection.k)} the estimate "
        f"({plan.label or plan.model}{why}) runs from {percent(low)} to {percent(high)}. "
        f"The strongest pull is that of {selection.labels[strongest.study]}: "
        f"{percent(strongest.with_it)} in the mean of the subsets with it, "
        f"{percent(strongest.without_it)} without."
    )
    return CheckResult("subsets", None, said, table, {"frame": frame, "model": plan.model})


def _how_many(found: int, k: int) -> str:
    if found == 2**k - 1 - k:
        return f"all {count(found, 'subset')} of two or more rows"
    return f"{count(found, 'subset')} (the whole, without each row, and without each two)"


def _cumulative(pool: Pool, protocol: Protocol) -> CheckResult:
    """Let the pool grow by year and by size; the table has the steps of both, `by` naming which."""
    selection = pool.selection
    found = {
        by: cumulative(
            selection.events, selection.n, by=by, year=pd.to_numeric(selection.rows["year"]),
            study=selection.labels, model=protocol.primary.model,
            level=protocol.pooling.level, who=pool.cohorts, **protocol.primary.options,
        )
        for by in ("year", "size")
    }  # fmt: skip
    table = pd.concat(
        [result.table.drop(columns="year", errors="ignore").assign(by=by)
         for by, result in found.items()], ignore_index=True,
    )  # fmt: skip
    data = found["year"].data | {"by": list(found)}
    said = " ".join(result.sentence for result in found.values())
    return CheckResult("cumulative", None, f"{pool.label}: {said}", table, data)


def _named(pool: Pool, result: CheckResult) -> CheckResult:
    said = f"{pool.label}: {result.sentence}"
    return CheckResult(result.name, result.verdict, said, result.table, result.data)


CHECKS: dict[str, Callable[[Pool, Protocol], CheckResult]] = {
    "agreement": agreement,
    "calibration": calibrate,
    "influence": _influence,
    "subsets": _subsets,
    "cumulative": _cumulative,
    "overlap_choices": overlap_bounds,
    "fragility": fragility,
    "unseen": unseen,
    "small_study_effects": small_study_effects,
    "meta_regression": moderators,
}
