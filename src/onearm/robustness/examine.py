"""All checks of one pool, each behind its gate, with the protocol's own model.

The methods are calibrated for the sizes of the studies at hand. So that a report does not
take long, up to 20,000 distinct tables all are enumerated; above that tables are drawn:
20,000 for the inverse-variance methods, 10,000 for the others, enough for a standard error
of a coverage below one point (for more than eight studies, of these others only the plan's
own). `onearm.operating_characteristics` itself has no such limits.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import ModelPlan, Protocol
from onearm.models import InverseVariance, Model, make_model
from onearm.robustness.agreement import agreement
from onearm.robustness.base import CheckResult
from onearm.robustness.calibration import calibration, operating_characteristics
from onearm.robustness.cumulative import cumulative
from onearm.robustness.designs import distinct
from onearm.robustness.fragility import fragility
from onearm.robustness.gates import closed_for
from onearm.robustness.influence import influence
from onearm.robustness.methods import METHODS
from onearm.robustness.overlap_bounds import overlap_bounds
from onearm.robustness.small_study import small_study_effects
from onearm.robustness.subsets import pulls, subsets
from onearm.robustness.unseen import unseen
from onearm.words import count, percent

__all__ = ["CHECKS", "calibrate", "examine"]

CAP = 20_000  # distinct tables up to which all are enumerated
DRAWS, DRAWS_SLOW = 20_000, 10_000
SURE = 0.01  # standard error of a coverage above which it decides nothing
OWN = "The plan's primary model"
FEW_SUBSETS = 5  # studies up to which a Bayesian model is fitted to every subset
FEW = 8  # studies up to which drawn tables are read by every family of methods
#: Methods to leave out when tables of many studies are drawn.
SLOW_FOR_MANY = (
    "Bayes, half-normal(0.5)", "Bayes, half-normal(1)", "Beta-binomial, t(k−1)", "GLMM, Wald",
    "GLMM, t(k−1)", "GLMM, profile likelihood",
)  # fmt: skip


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


def calibrate(pool: Pool, protocol: Protocol) -> CheckResult:
    """Say how often each method's interval is right for studies of these sizes.

    Returns
    -------
    CheckResult
        As `onearm.robustness.calibration` gives it; ``data`` has in addition ``frame``, the
        scores in every scenario, ``exact``, ``left_out``, the methods that were not examined
        here, and ``unsure``, those drawn too seldom for a verdict: who falls short by more than
        three standard errors falls short however few the draws.
    """
    sizes = sorted(int(n) for n in pool.selection.n)
    level, exact = protocol.pooling.level, distinct(tuple(sizes)) <= CAP
    primary = make_model(protocol.primary.model, level=level, **protocol.primary.options)
    known = {label: make_model(level=level, **spec) for label, spec in METHODS.items()}
    own = next((label for label, model in known.items() if model == primary), OWN)
    slow = () if exact or len(sizes) <= FEW else SLOW_FOR_MANY
    left_out = [label for label in slow if label != own]
    specs = {label: model for label, model in known.items() if label not in left_out}
    specs.setdefault(own, primary)
    frame = _characteristics(sizes, specs, level)
    result = calibration(frame, level=level, own=own)
    how = "Exact, by enumeration of every table these sizes can show."
    if not exact:
        how = (
            f"From seeded draws, {DRAWS:,} for the inverse-variance methods and {DRAWS_SLOW:,} "
            "for others: all tables are too many to enumerate here."
        )
    if left_out:
        how += f" Not examined here, for time: {', '.join(left_out)}."
    error = frame.groupby("method")["monte_carlo_se"].max()
    fails = set(result.table.loc[result.table["surely_fails"], "method"])
    unsure = [str(label) for label in error.index[error > SURE] if label not in fails]
    verdict, said = result.verdict, result.sentence
    if own in unsure:
        verdict, said = None, _unsure(frame, result, own, error)
    elif unsure:
        judged = calibration(frame[~frame["method"].isin(unsure)], level=level, own=own)
        said = f"Of methods drawn often enough: {judged.sentence}"
    return CheckResult(
        result.name, verdict, f"{pool.label}: {said} {how}", result.table,
        result.data | {"frame": frame, "exact": exact, "left_out": left_out,
                       "unsure": sorted(unsure)},
    )  # fmt: skip


def _unsure(frame: pd.DataFrame, result: CheckResult, own: str, error: pd.Series[float]) -> str:
    """Say of the methods that were drawn often enough what can be said, and so of the own."""
    level = float(result.data["level"])
    (line,) = result.table[result.table["method"] == own].to_dict("records")
    said = (
        f"{own} covers {percent(line['least'])} at least and {percent(line['median'])} in the "
        f"median of the scenarios, with a standard error of up to {percent(error[own])}: too few "
        f"draws to say whether it holds {100 * level:g} %."
    )
    surely = frame[frame["method"].map(error) <= SURE]
    if surely.empty:
        return said
    return f"{said} Of methods drawn often enough: {calibration(surely, level=level).sentence}"


def _characteristics(sizes: list[int], specs: dict[str, Model], level: float) -> pd.DataFrame:
    """Examine the quick methods by more draws than the others, where tables are drawn."""
    quick = {label: model for label, model in specs.items() if isinstance(model, InverseVariance)}
    slow = {label: model for label, model in specs.items() if label not in quick}
    parts = [
        operating_characteristics(sizes, methods=some, level=level, cap=CAP, draws=many)
        for some, many in ((quick, DRAWS), (slow, DRAWS_SLOW))
        if some
    ]
    return pd.concat(parts, ignore_index=True)


def _influence(pool: Pool, protocol: Protocol) -> CheckResult:
    return _named(pool, influence(
        pool.selection.events, pool.selection.n, study=pool.selection.labels,
        model=protocol.primary.model, level=protocol.pooling.level, who=pool.cohorts,
        **protocol.primary.options,
    ))  # fmt: skip


def _subsets(pool: Pool, protocol: Protocol) -> CheckResult:
    """Pool every subset, by a quick likelihood where the plan's model would take minutes."""
    selection, level = pool.selection, protocol.pooling.level
    plan = protocol.primary
    if plan.model == "bayes" and selection.k > FEW_SUBSETS:
        plan = ModelPlan(label="GLMM", model="glmm", ci="t")
    counts = selection.events, selection.n
    chosen = make_model(plan.model, level=level, **plan.options)
    frame = subsets(*counts, model=chosen, level=level)
    several = frame[(frame["k"] > 1) & np.isfinite(frame["estimate"])]
    strongest = pulls(frame, selection.k)[0]
    table = pd.DataFrame(
        {"study": selection.labels[pull.study], "with_it": pull.with_it,
         "without_it": pull.without_it, "difference": pull.difference}
        for pull in pulls(frame, selection.k)
    )  # fmt: skip
    low, high = several["estimate"].min(), several["estimate"].max()
    said = (
        f"{pool.label}: over {_how_many(len(several), selection.k)} the estimate "
        f"({plan.label or plan.model}) runs from {percent(low)} to {percent(high)}. The strongest "
        f"pull is that of {selection.labels[strongest.study]}: {percent(strongest.with_it)} in the "
        f"mean of the subsets with it, {percent(strongest.without_it)} without."
    )
    return CheckResult("subsets", None, said, table, {"frame": frame, "model": plan.model})


def _how_many(found: int, k: int) -> str:
    if found == 2**k - 1 - k:
        return f"all {count(found, 'subset')} of two or more rows"
    return f"{count(found, 'subset')} (the whole, without each row, and without each two)"


def _cumulative(pool: Pool, protocol: Protocol) -> CheckResult:
    rows = pool.selection.rows
    return _named(pool, cumulative(
        pool.selection.events, pool.selection.n, by="year", year=pd.to_numeric(rows["year"]),
        study=pool.selection.labels, model=protocol.primary.model,
        level=protocol.pooling.level, who=pool.cohorts, **protocol.primary.options,
    ))  # fmt: skip


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
}
