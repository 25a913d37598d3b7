"""The do-not-pool signal: when methods disagree by more than chance, the method is the answer.

Disagreement between methods is itself a reason not to pool a few studies (Schulz 2022,
10.1007/978-1-0716-1566-9_5; Bender 2018, 10.1002/jrsm.1297). The plan's margin says how far
the lower, or the upper, limits of the methods may lie apart.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import ModelPlan, Protocol
from onearm.robustness.base import CheckResult
from onearm.robustness.checks.threshold import fit_batch
from onearm.robustness.gates import closed_for
from onearm.words import interval, percent

__all__ = ["agreement", "agreement_record", "compared_methods", "disagree"]

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


def agreement(pool: Pool, protocol: Protocol) -> CheckResult:
    """Compare the interval limits of the methods on one pool.

    Parameters
    ----------
    pool : Pool
        k studies.
    protocol : Protocol
        The plan: its models, and the margin.

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
    selection, margin = pool.selection, protocol.agreement.margin
    shut = closed_for("agreement", pool, protocol)
    if shut:
        return shut
    lines: list[dict[str, Any]] = []
    without: list[str] = []
    counts = tuple(map(int, selection.events)), tuple(map(int, selection.n))
    for label, plan in compared_methods(protocol).items():
        estimate, low, high = _limits(plan, protocol.pooling.level, *counts)
        line = {
            "method": label,
            "estimate": estimate,
            "ci_low": low,
            "ci_high": high,
            "counts": plan is protocol.primary or not plan.make().comparison_only,
        }
        if math.isfinite(low) and math.isfinite(high):
            lines.append(line)
        else:
            without.append(label)
    heard = [line for line in lines if line["counts"]]
    if len(heard) < 2:
        few = f"{pool.label}: {_count_methods(len(heard))}, so there is nothing to compare."
        return CheckResult("agreement", None, few, data={"pool": pool.label, "without": without})
    table = pd.DataFrame(lines).sort_values(["ci_low", "ci_high"], kind="stable", ignore_index=True)
    unheard = [line["method"] for line in lines if not line["counts"]]
    data = _spreads(heard) | {
        "pool": pool.label,
        "margin": margin,
        "without": without,
        "not_counted": unheard,
    }
    agree = max(data["lower_spread"], data["upper_spread"]) <= margin
    return CheckResult("agreement", bool(agree), _sentence(data, heard, agree), table, data)


def disagree(pool: Pool, protocol: Protocol) -> bool:
    """Whether the methods say of a pool not to pool it.

    Parameters
    ----------
    pool, protocol
        As for `agreement`.
    """
    return agreement(pool, protocol).verdict is False


def agreement_record(pool: Pool, protocol: Protocol) -> dict[str, Any]:
    """Return the verdict on a pool with its numbers, JSON-safe; None where there is none.

    Parameters
    ----------
    pool, protocol
        As for `agreement`.
    """
    found = agreement(pool, protocol)
    spreads = {name: found.data.get(name) for name in ("lower_spread", "upper_spread")}
    return {"verdict": found.verdict, "margin": protocol.agreement.margin, **spreads}


# A page asks of the same counts in several tables, and they meet again in whole and stratum.
@lru_cache(maxsize=1024)
def _limits(
    plan: ModelPlan, level: float, events: tuple[int, ...], n: tuple[int, ...]
) -> tuple[float, float, float]:
    """Fit a method; return its estimate and the limits of its interval."""
    fit = fit_batch(plan, np.array(events), np.array(n), level)
    low, high = fit.ci[0]
    return float(fit.estimate[0]), float(low), float(high)


def _count_methods(found: int) -> str:
    return "one method alone has an interval" if found else "no method has an interval"


def _spreads(lines: list[dict[str, Any]]) -> dict[str, Any]:
    def width(line: dict[str, Any]) -> float:
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
        f"{data['pool']}: {'the methods agree' if agree else 'do not pool, the methods disagree'}. "
        f"Over {len(lines)} methods the lower limits lie {lower} points apart and the upper limits "
        f"{upper}, {'within' if agree else 'beyond'} the plan's margin of "
        f"{100 * data['margin']:g} points: the narrowest interval is "
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
