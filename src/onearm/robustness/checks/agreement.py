"""The do-not-pool signal: whether the conclusion depends on the method.

Disagreement between methods is itself a reason not to pool a few studies (Schulz 2022,
10.1007/978-1-0716-1566-9_5; Bender 2018, 10.1002/jrsm.1297). Heard are the plan's own model, and
those others whose intervals hold their level for studies of these sizes: a method that is too
often wrong contradicts nobody. Methods conclude differently if their estimates lie further
apart than the plan's margin, or if one puts its whole interval above the decision threshold
and another below it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from onearm.analysis import Pool, Review
from onearm.evidence import ModelPlan, Protocol
from onearm.robustness.base import Check, CheckResult, Line, Sheet, sheet, told
from onearm.robustness.calibration.words import coverage_percent
from onearm.robustness.checks.calibration import least_coverage
from onearm.robustness.choices import side_of_interval
from onearm.words import interval, percent

__all__ = ["AGREEMENT", "agreement", "agreement_record", "compared_methods", "disagree"]

#: Likelihoods that join the plan's own models where it names none of their kind.
LIKELIHOODS = {
    "glmm": "Binomial-normal likelihood, t(k − 1)",
    "bayes": "Bayes, half-normal(1) on tau",
}


def compared_methods(protocol: Protocol) -> dict[str, ModelPlan]:
    """Return the plan's primary model, its companions and the likelihood models, by label."""
    found = {protocol.primary.label or "Primary model": protocol.primary}
    found |= {companion.label: companion for companion in protocol.companions}
    there = {plan.model for plan in found.values()}
    missing = {
        label: ModelPlan(model=model) for model, label in LIKELIHOODS.items() if model not in there
    }
    return found | missing


def agreement(pool: Pool, review: Review) -> CheckResult:
    """Compare the interval limits of the methods on one pool.

    Parameters
    ----------
    pool : Pool
        k studies.
    review : Review
        Its plan: the models, and the margin.

    Returns
    -------
    CheckResult
        ``table``: one line a method, the lowest estimate first: ``method``, ``estimate``,
        ``ci_low``, ``ci_high``, ``least_coverage`` for studies of these sizes (nan where it was
        not examined), and ``counts``. ``data``: ``margin``, ``spread`` (the range of the
        estimates over the methods that count) and ``sides`` (on which sides of the threshold
        whole intervals lie). The verdict is False, do not pool, when the spread exceeds the
        margin or both sides occur. A method without an interval for these data is left out and
        named; fewer than two leave nothing to compare, and so no verdict.
    """
    return AGREEMENT(pool, review)


def disagree(pool: Pool, review: Review) -> bool:
    """Whether the methods say of a pool not to pool it.

    Parameters
    ----------
    pool, review
        As for `agreement`.
    """
    return agreement(pool, review).verdict is False


def agreement_record(pool: Pool, review: Review) -> dict[str, object]:
    """Return the verdict on a pool with its numbers, JSON-safe; None where there is none.

    Parameters
    ----------
    pool, review
        As for `agreement`.
    """
    found = agreement(pool, review)
    return {
        "verdict": found.verdict,
        "margin": review.protocol.agreement.margin,
        "spread": found.data.get("spread"),
    }


def _run(pool: Pool, review: Review) -> CheckResult:
    methods = compared_methods(review.protocol)
    least = _least(methods, pool, review)
    lines = [_line(label, plan, pool, review, least) for label, plan in methods.items()]
    without = [str(line["method"]) for line in lines if not _is_known(line)]
    lines = [line for line in lines if _is_known(line)]
    heard = [line for line in lines if line["counts"]]
    if len(heard) < 2:
        some = "one method alone is heard" if heard else "no method has an interval"
        few = told(pool, f"{some}, so there is nothing to compare.{_others(lines, without)}")
        table = pd.DataFrame(lines)
        return CheckResult("agreement", None, few, table, {"pool": pool.label, "without": without})
    table = pd.DataFrame(lines).sort_values("estimate", kind="stable", ignore_index=True)
    heard.sort(key=lambda line: float(line["estimate"]))
    margin = review.protocol.agreement.margin
    spread = float(heard[-1]["estimate"] - heard[0]["estimate"])
    sides = _sides(heard, pool.selection.outcome.threshold)
    agree = spread <= margin and len(sides) < 2
    data = {"pool": pool.label, "margin": margin, "spread": spread, "sides": sides}
    examined = "" if least else " Levels are not examined for so many studies: every method counts."
    said = told(pool, _sentence(data, heard, agree) + examined + _others(lines, without))
    return CheckResult("agreement", agree, said, table, data | {"without": without})


def _least(methods: Mapping[str, ModelPlan], pool: Pool, review: Review) -> dict[str, float]:
    """Return the least coverage of the methods but the plan's own, where it was examined."""
    level = review.protocol.pooling.level
    others = {
        label: plan.make(level)
        for label, plan in methods.items()
        if plan is not review.protocol.primary and not plan.make().comparison_only
    }
    sizes = tuple(sorted(int(n) for n in pool.selection.n))
    return review.once(
        ("least coverage", sizes, tuple(others.items())),
        lambda: least_coverage(sizes, others, level),
    )


def _line(
    label: str, plan: ModelPlan, pool: Pool, review: Review, least: Mapping[str, float]
) -> dict[str, Any]:
    fitted = review.pooled(pool.selection, plan)
    own = plan is review.protocol.primary
    holds = least.get(label, 0.0 if least else 1.0) >= review.protocol.agreement.least_coverage
    return {
        "method": label,
        "estimate": fitted.estimate,
        "ci_low": fitted.ci[0],
        "ci_high": fitted.ci[1],
        "least_coverage": least.get(label, math.nan),
        "counts": own or (holds and not plan.make().comparison_only),
    }


def _is_known(line: Line) -> bool:
    return math.isfinite(line["ci_low"]) and math.isfinite(line["ci_high"])


def _sides(lines: Sequence[Line], threshold: float | None) -> list[int]:
    """Return on which sides of the threshold whole intervals lie: -1, 1, both or none."""
    if threshold is None:
        return []
    sides = {int(side) for line in lines for side in side_of_interval(_limits(line), threshold)}
    return sorted(sides - {0})


def _limits(line: Line) -> tuple[float, float]:
    return float(line["ci_low"]), float(line["ci_high"])


def _sentence(data: dict[str, Any], heard: Sequence[Line], agree: bool) -> str:
    lowest, highest = (
        f"{percent(line['estimate'])} ({line['method']})" for line in (heard[0], heard[-1])
    )
    within = "within" if data["spread"] <= data["margin"] else "beyond"
    said = (
        f"{'the methods agree' if agree else 'do not pool, the methods disagree'}. "
        f"The estimates of {len(heard)} methods lie from {lowest} to {highest}, "
        f"{100 * data['spread']:.1f} points apart, {within} the plan's margin of "
        f"{100 * data['margin']:g} points."
    )
    if len(data["sides"]) > 1:
        said += " Whole intervals lie on both sides of the decision threshold."
    return said


def _others(lines: Sequence[Line], without: Sequence[str]) -> str:
    """Name the methods that are not heard, and those without an interval."""
    short = [
        str(x["method"]) for x in lines if not x["counts"] and math.isfinite(x["least_coverage"])
    ]
    rest = [str(x["method"]) for x in lines if not x["counts"] and str(x["method"]) not in short]
    said = ""
    if short:
        said += f" Too often wrong for studies of these sizes: {'; '.join(short)}."
    if rest:
        said += f" Not counted: {'; '.join(rest)}."
    if without:
        said += f" No interval for these data: {'; '.join(without)}."
    return said


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    columns = {
        "Method": lambda r: r["method"],
        "Estimate": lambda r: percent(r["estimate"]),
        "Interval": lambda r: interval(r["ci_low"], r["ci_high"]),
        "Least coverage": lambda r: _coverage(r["least_coverage"]),
        "Counts for the verdict": lambda r: "yes" if r["counts"] else "no",
    }
    words = ("Counts for the verdict",)
    yield sheet("The interval of every method", result.rows, columns, words=words)


def _coverage(least: float) -> str:
    return coverage_percent(least) if math.isfinite(least) else "not examined"


AGREEMENT = Check(
    name="agreement",
    label="Agreement of the methods",
    needs=2,
    why="with one study every method gives its exact interval",
    heading="Do the methods agree?",
    intro=(
        "With few studies, methods in use can lead to different conclusions. Then the result "
        "depends on the method, and not pooling is an answer too. Counted are the plan's own "
        "method and those that hold their level for studies of these sizes."
    ),
    question="Do the methods that hold their level conclude the same?",
    alike="the limits of the methods would differ only in what each assumes",
    run=_run,
    sheets=_sheets,
)
