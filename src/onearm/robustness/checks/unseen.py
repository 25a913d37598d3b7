"""The missing-studies stress test: how many unseen studies would move the estimate across.

The question of Rosenthal's fail-safe number (1979, 10.1037/0033-2909.86.3.638) asked of the
estimate instead of a p value, and of whole studies that nobody published. An estimate at or
above the threshold is met by unseen studies without an event. One below it is
met by unseen studies with twice that proportion, since studies in which everybody had the event
are no fair trial of a small proportion. Neither says whether such studies exist.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.analysis import Pool, Review
from onearm.evidence import ModelPlan
from onearm.models import Cost, Model
from onearm.robustness.base import Check, CheckResult, Line, Sheet, as_independent, sheet, told
from onearm.robustness.choices import side_of_estimate
from onearm.words import count, percent

__all__ = ["UNSEEN", "unseen"]

#: Most unseen studies to try, by what a fit costs; beside so many seen ones that a slow fit
#: takes seconds, only the first few.
CAPS = {Cost.QUICK: 100, Cost.MODERATE: 50, Cost.SLOW: 31}
MANY, FIRST = 100, 7

Ints = NDArray[np.int64]


def unseen(
    pool: Pool, review: Review, *, model: ModelPlan | None = None, cap: int | None = None
) -> CheckResult:
    """Add unseen studies to a pool until its estimate changes sides.

    Parameters
    ----------
    pool : Pool
        k studies; its outcome has the threshold.
    review : Review
        Its plan: level and primary model.
    model : ModelPlan, optional
        Another model than the primary one.
    cap : int, optional
        Most unseen studies to try; by default it depends on the model and on k.

    Returns
    -------
    CheckResult
        ``table``: one line a size of the unseen studies (the median n of the pool; for a
        model that fits quickly the smallest and the largest too): ``which``, ``n``,
        ``events``, ``needed`` (missing when the cap did not suffice), ``estimate`` with so
        many. ``data``: the same for the median size, and ``cap``. The verdict is False when
        one unseen study of the median size suffices.
    """
    selection, plan = pool.selection, model or review.protocol.primary
    # only estimates are read
    threshold = selection.outcome.threshold
    fitted = plan.make(review.protocol.pooling.level).quicker()
    if threshold is None:
        return UNSEEN.not_computed("needs a decision threshold, and the plan gives none.")
    slow = fitted.cost is Cost.SLOW and selection.k > MANY
    most = cap if cap is not None else FIRST if slow else CAPS[fitted.cost]
    base = review.pooled(selection, plan).estimate
    if not math.isfinite(base):
        said = told(pool, "the model gives these counts no estimate that could be moved.")
        return CheckResult("unseen", None, said, data={"pool": pool.label, "needed": None})
    side = side_of_estimate(base, threshold)
    sizes = {"median": np.median(selection.n)}
    if fitted.cost is Cost.QUICK and selection.k > 1:
        sizes |= {"smallest": selection.n.min(), "largest": selection.n.max()}
    lines = [
        {"which": which, **_line(pool, fitted, threshold, round(float(n)), side, most)}
        for which, n in sizes.items()
    ]
    typical = lines[0]
    needed = None if typical["needed"] is pd.NA else int(typical["needed"])
    data: dict[str, Any] = {
        "pool": pool.label,
        "threshold": threshold,
        "side": side,
        "estimate": base,
        "n": typical["n"],
        "events": typical["events"],
        "with_most": typical["estimate"],
        "needed": needed,
        "cap": most,
    }
    verdict = needed is None or needed > 1
    said = told(pool, _sentence(data) + as_independent(pool))
    return CheckResult("unseen", verdict, said, pd.DataFrame(lines), data)


def _line(
    pool: Pool, model: Model, threshold: float, n: int, side: str, most: int
) -> dict[str, Any]:
    """Try every number of unseen studies of one size, in batches of twice as many each time."""
    events = min(n, math.ceil(round(2 * threshold * n, 9))) if side == "below" else 0
    first, estimates = 1, np.empty(0)
    while first <= most:
        many = np.arange(first, min(2 * first, most + 1))
        estimates = _with_unseen(pool, model, many, events, n)
        reached = estimates >= threshold
        hit = np.flatnonzero(np.isfinite(estimates) & (reached == (side == "below")))
        if len(hit):
            found = {"needed": int(many[hit[0]]), "estimate": float(estimates[hit[0]])}
            return {"n": n, "events": events, **found}
        first *= 2
    return {"n": n, "events": events, "needed": pd.NA, "estimate": float(estimates[-1])}


def _with_unseen(pool: Pool, model: Model, many: Ints, events: int, n: int) -> NDArray[np.float64]:
    """Return the estimates with so many studies of events/n beside those of the pool."""
    selection = pool.selection
    added = np.arange(many[-1])[:, None] < many
    seen = np.repeat(selection.events[:, None], len(many), axis=1)
    sizes = np.repeat(selection.n[:, None], len(many), axis=1)
    counts = np.concatenate([seen, events * added]), np.concatenate([sizes, n * added])
    return model(*counts).estimate


def _sentence(data: dict[str, Any]) -> str:
    above = data["side"] == "above"
    kind = f"{data['events']}/{data['n']}"
    extreme = above or data["events"] == data["n"]
    of_kind = kind if extreme else f"{kind}, twice that proportion,"
    goal = "bring it below that" if above else "lift it to that"
    start = (
        f"the estimate ({percent(data['estimate'])}) is {'at or above' if above else 'below'} the "
        f"decision threshold of {percent(data['threshold'])}. "
    )
    if data["needed"] is not None:
        many = count(data["needed"], "unseen study", "unseen studies")
        return f"{start}{many} of {of_kind} would {goal}."
    return (
        f"{start}{data['cap']} unseen studies of {of_kind} would not {goal}: with them the model "
        f"estimates {percent(data['with_most'])}."
    )


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    def needed(line: Line) -> str:
        many = line["needed"]
        return f"more than {result.data['cap']}" if many is None else str(many)

    columns = {
        "Size": lambda r: f"{r['which']} of the pool",
        "Each of them": lambda r: f"{r['events']}/{r['n']}",
        "Needed": needed,
        "Estimate with them": lambda r: percent(r["estimate"]),
    }
    title = "Unseen studies that would move the estimate across the threshold"
    yield sheet(title, result.rows, columns)


UNSEEN = Check(
    name="unseen",
    label="Unseen studies",
    needs=1,
    why="there is no estimate to move",
    heading="What if studies are missing?",
    intro=(
        "How many studies that nobody has seen would move the estimate to the other side of the "
        "decision threshold. This does not say whether such studies exist."
    ),
    question="Does it take more than one unseen study to move the estimate across the threshold?",
    alike="the estimate would rest on the model's assumptions alone",
    rests_on_threshold=True,
    run=unseen,
    sheets=_sheets,
)
