"""The do-not-pool signal: whether the answer depends on the method.

Disagreement between methods is itself a reason not to pool a few studies (Schulz 2022,
10.1007/978-1-0716-1566-9_5; Bender 2018, 10.1002/jrsm.1297). The plan's margin says how far
the lower, or the upper, limits of the methods may lie apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from onearm.analysis import Pool, Review
from onearm.evidence import ModelPlan, Protocol
from onearm.robustness.base import Check, CheckResult, Line, Sheet, sheet, told
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
        ``table``: one line a method, the lowest lower limit first: ``method``,
        ``estimate``, ``ci_low``, ``ci_high``, and ``counts``: a companion that is
        shown for comparison only is listed and decides nothing. ``data``: ``margin``,
        ``lower_spread`` and
        ``upper_spread`` (the range of the limits over the methods), the methods at their
        ends. The verdict is False, do not pool, when a spread exceeds the margin. A method
        without an interval for these data is left out and named; fewer than two leave nothing
        to compare, and so no verdict.
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
    spreads = {name: found.data.get(name) for name in ("lower_spread", "upper_spread")}
    return {"verdict": found.verdict, "margin": review.protocol.agreement.margin, **spreads}


def _run(pool: Pool, review: Review) -> CheckResult:
    margin = review.protocol.agreement.margin
    lines = [
        _line(label, plan, pool, review)
        for label, plan in compared_methods(review.protocol).items()
    ]
    without = [str(line["method"]) for line in lines if not _is_known(line)]
    lines = [line for line in lines if _is_known(line)]
    heard = [line for line in lines if line["counts"]]
    if len(heard) < 2:
        some = "one method alone has an interval" if heard else "no method has an interval"
        few = told(pool, f"{some}, so there is nothing to compare.")
        return CheckResult("agreement", None, few, data={"pool": pool.label, "without": without})
    table = pd.DataFrame(lines).sort_values(["ci_low", "ci_high"], kind="stable", ignore_index=True)
    data = _spreads(heard) | {
        "pool": pool.label,
        "margin": margin,
        "without": without,
        "not_counted": [line["method"] for line in lines if not line["counts"]],
    }
    agree = max(data["lower_spread"], data["upper_spread"]) <= margin
    said = told(pool, _sentence(data, heard, agree))
    return CheckResult("agreement", bool(agree), said, table, data)


def _line(label: str, plan: ModelPlan, pool: Pool, review: Review) -> dict[str, Any]:
    fitted = review.pooled(pool.selection, plan)
    own = plan is review.protocol.primary
    return {
        "method": label,
        "estimate": fitted.estimate,
        "ci_low": fitted.ci[0],
        "ci_high": fitted.ci[1],
        "counts": own or not plan.make().comparison_only,
    }


def _is_known(line: Line) -> bool:
    return math.isfinite(line["ci_low"]) and math.isfinite(line["ci_high"])


def _spreads(lines: list[dict[str, Any]]) -> dict[str, Any]:
    def width(line: Line) -> float:
        return float(line["ci_high"] - line["ci_low"])

    low, high = ([line[name] for line in lines] for name in ("ci_low", "ci_high"))
    return {
        "lower_spread": max(low) - min(low),
        "upper_spread": max(high) - min(high),
        "narrowest": min(lines, key=width)["method"],
        "widest": max(lines, key=width)["method"],
    }


def _sentence(data: dict[str, Any], lines: list[dict[str, Any]], agree: bool) -> str:
    lower, upper = (f"{100 * data[name]:.1f}" for name in ("lower_spread", "upper_spread"))
    said = (
        f"{'the methods agree' if agree else 'do not pool, the methods disagree'}. "
        f"Over {len(lines)} methods the lower limits lie {lower} points apart and the upper limits "
        f"{upper}, {'within' if agree else 'beyond'} the plan's margin of "
        f"{100 * data['margin']:g} points. The narrowest interval is "
        f"{_of(data['narrowest'], lines)}, the widest {_of(data['widest'], lines)}."
    )
    if data["not_counted"]:
        said += f" Not counted among them: {'; '.join(data['not_counted'])}."
    if data["without"]:
        said += f" No interval for these data: {'; '.join(data['without'])}."
    return said


def _of(method: str, lines: list[dict[str, Any]]) -> str:
    (line,) = (line for line in lines if line["method"] == method)
    limits = interval(line["ci_low"], line["ci_high"])
    return f"{limits} ({method}, estimate {percent(line['estimate'])})"


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    columns = {
        "Method": lambda r: r["method"],
        "Estimate": lambda r: percent(r["estimate"]),
        "Interval": lambda r: interval(r["ci_low"], r["ci_high"]),
        "Counts for the verdict": lambda r: "yes" if r["counts"] else "no",
    }
    words = ("Counts for the verdict",)
    yield sheet("The interval of every method", result.rows, columns, words=words)


AGREEMENT = Check(
    name="agreement",
    label="Agreement of the methods",
    needs=2,
    why="with one study every method gives its exact interval",
    heading="Do the methods agree?",
    intro=(
        "With few studies, methods that are all in use can differ by more than chance. Then the "
        "result depends on the method, and not pooling is an answer too."
    ),
    question="Do the methods agree within the plan's margin?",
    alike="the limits of the methods would differ only in what each assumes",
    run=_run,
    sheets=_sheets,
)
