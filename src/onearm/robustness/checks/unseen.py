"""The missing-studies stress test: how many unseen studies would move the estimate across.

The question of Rosenthal's fail-safe number (1979, 10.1037/0033-2909.86.3.638) asked of the
estimate instead of a p value, and of whole studies that nobody published. An estimate at or
above the proportion that matters is met by unseen studies without an event. One below it is
met by unseen studies with twice that proportion, since studies in which everybody died are
no fair trial of a mortality. Neither says whether such studies exist.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.analysis import Pool
from onearm.evidence import ModelPlan, Protocol
from onearm.models import Cost
from onearm.robustness.base import CheckResult
from onearm.robustness.checks.threshold import fit_batch, side_of_estimate
from onearm.robustness.gates import closed_for
from onearm.words import count, percent

__all__ = ["unseen"]

#: Most unseen studies to try, by what a fit costs.
CAPS = {Cost.QUICK: 100, Cost.MODERATE: 50, Cost.SLOW: 31}

Ints = NDArray[np.int64]


def unseen(
    pool: Pool, protocol: Protocol, *, model: ModelPlan | None = None, cap: int | None = None
) -> CheckResult:
    """Add unseen studies to a pool until its estimate changes sides.

    Parameters
    ----------
    pool : Pool
        k studies; its outcome lends the threshold.
    protocol : Protocol
        The plan: level, gates, and the primary model.
    model : ModelPlan, optional
        Another model than the primary one.
    cap : int, optional
        Most unseen studies to try; by default it depends on the model.

    Returns
    -------
    CheckResult
        ``table``: one line a size of the unseen studies (the median n of the pool; for a
        model that fits quickly the smallest and the largest too): ``which``, ``n``,
        ``events``, ``needed`` (missing when the cap did not suffice), ``estimate`` with so
        many. ``data``: the same for the median
        size, and ``cap``. The verdict is False when one unseen study of the median size
        suffices.
    """
    selection, plan = pool.selection, model or protocol.primary
    shut = closed_for("unseen", pool, protocol)
    if shut:
        return shut
    threshold = selection.outcome.threshold
    most = cap if cap is not None else CAPS[plan.make().cost]
    base = float(fit_batch(plan, selection.events, selection.n, protocol.pooling.level).estimate[0])
    if not math.isfinite(base):
        said = f"{pool.label}: the model gives these counts no estimate that could be moved."
        return CheckResult("unseen", None, said, data={"pool": pool.label, "needed": None})
    side = side_of_estimate(base, threshold)
    sizes = {"median": np.median(selection.n)}
    if plan.make().cost is Cost.QUICK and selection.k > 1:
        sizes |= {"smallest": selection.n.min(), "largest": selection.n.max()}
    table = pd.DataFrame(
        _line(pool, plan, protocol, which, round(float(n)), side, most)
        for which, n in sizes.items()
    )
    typical = table[table["which"] == "median"].iloc[0]
    needed = None if pd.isna(typical["needed"]) else int(typical["needed"])
    data: dict[str, Any] = {
        "pool": pool.label, "threshold": threshold, "side": side, "estimate": base,
        "n": int(typical["n"]), "events": int(typical["events"]),
        "alone": _alone(plan, protocol, typical), "needed": needed, "cap": most,
    }  # fmt: skip
    return CheckResult("unseen", needed is None or needed > 1, _sentence(data), table, data)


def _line(
    pool: Pool, plan: ModelPlan, protocol: Protocol, which: str, n: int, side: str, most: int
) -> dict[str, Any]:
    """Try every number of unseen studies of one size, in batches of twice as many each time."""
    threshold = pool.selection.outcome.threshold
    events = min(n, math.ceil(round(2 * threshold * n, 9))) if side == "below" else 0
    first, estimates = 1, np.empty(0)
    while first <= most:
        many = np.arange(first, min(2 * first, most + 1))
        estimates = _with_unseen(pool, plan, protocol, many, events, n)
        reached = estimates >= threshold
        hit = np.flatnonzero(np.isfinite(estimates) & (reached == (side == "below")))
        if len(hit):
            return {"which": which, "n": n, "events": events, "needed": int(many[hit[0]]),
                    "estimate": float(estimates[hit[0]])}  # fmt: skip
        first *= 2
    return {"which": which, "n": n, "events": events, "needed": pd.NA,
            "estimate": float(estimates[-1])}  # fmt: skip


def _with_unseen(
    pool: Pool, plan: ModelPlan, protocol: Protocol, many: Ints, events: int, n: int
) -> NDArray[np.float64]:
    """Return the estimates with so many studies of events/n beside those of the pool."""
    selection = pool.selection
    added = np.arange(many[-1])[:, None] < many
    seen = np.repeat(selection.events[:, None], len(many), axis=1)
    sizes = np.repeat(selection.n[:, None], len(many), axis=1)
    counts = np.concatenate([seen, events * added]), np.concatenate([sizes, n * added])
    return fit_batch(plan, *counts, protocol.pooling.level).estimate


def _alone(plan: ModelPlan, protocol: Protocol, line: pd.Series[Any]) -> float:
    """Return the proportion that the model sees in many such studies and nothing else."""
    counts = np.repeat(int(line["events"]), 2), np.repeat(int(line["n"]), 2)
    return float(fit_batch(plan, *counts, protocol.pooling.level).estimate[0])


def _sentence(data: dict[str, Any]) -> str:
    above = data["side"] == "above"
    kind = f"{data['events']}/{data['n']}"
    extreme = above or data["events"] == data["n"]
    of_kind = kind if extreme else f"{kind}, twice that proportion,"
    goal = "bring it below that" if above else "lift it to that"
    start = (
        f"{data['pool']}: the estimate ({percent(data['estimate'])}) is "
        f"{'at or above' if above else 'below'} the {percent(data['threshold'])} that matters. "
    )
    if data["needed"] is not None:
        many = count(data["needed"], "unseen study", "unseen studies")
        return f"{start}{many} of {of_kind} would {goal}."
    why = (
        f", since the model takes studies of {kind} by themselves for {percent(data['alone'])}"
        if (data["alone"] >= data["threshold"]) == above
        else ""
    )
    return f"{start}{data['cap']} unseen studies of {of_kind} would not {goal}{why}."
