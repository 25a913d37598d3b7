"""Fragility: the fewest events to move for the interval to change its side of a threshold.

After Walsh 2014 (10.1016/j.jclinepi.2013.10.019), carried from one trial to a pool of
single arms as Atal 2019 (10.1016/j.jclinepi.2019.03.012) does for two: an event is added to
or taken from a study whose n stays as it is. All tables at a distance of one moved event
are fitted in one batch, then all at a distance of two, and so on: the first that changes
the side is the nearest there is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.analysis import Pool, Review
from onearm.evidence import ModelPlan
from onearm.models import Cost
from onearm.robustness.base import Check, CheckResult, Sheet, as_independent, for_many, sheet, told
from onearm.robustness.choices import SIDES, side_of_interval
from onearm.words import count, interval, listing, percent

__all__ = ["FRAGILITY", "fragility", "moves"]

#: Most tables of up to 20 studies to fit before the search stops, by what a fit costs.
CAPS = {Cost.QUICK: 50_000, Cost.MODERATE: 4_000, Cost.SLOW: 100}
USUAL = 20  # studies; of more, as many fewer tables are fitted
SHOWN = 20  # lines of the table; all nearest tables are counted

Ints = NDArray[np.int64]


def fragility(
    pool: Pool, review: Review, *, model: ModelPlan | None = None, cap: int | None = None
) -> CheckResult:
    """Search the nearest table of counts whose interval is on another side of the threshold.

    Parameters
    ----------
    pool : Pool
        k studies; its outcome has the threshold.
    review : Review
        Its plan: level and primary model.
    model : ModelPlan, optional
        Another model than the primary one.
    cap : int, optional
        Most tables to fit; by default it depends on the model and on k. A distance is
        searched whole or not at all.

    Returns
    -------
    CheckResult
        ``table``: the nearest tables, one line each (at most 20), with the studies, the
        events before and after, and the new interval. ``data``: ``moved`` (None when none
        was found within the cap), ``searched`` (the last distance searched whole),
        ``tables`` fitted, ``solutions``. The verdict is False when moving one event
        suffices, True when none within the cap does or more than one is needed, None when not
        even one event could be moved within the cap.
    """
    selection, plan = pool.selection, model or review.protocol.primary
    events, n, threshold = selection.events, selection.n, selection.outcome.threshold
    if threshold is None:
        return FRAGILITY.not_computed("needs a decision threshold, and the plan gives none.")
    own = plan.make(review.protocol.pooling.level)
    fitted, note = for_many(own, n[:, None])
    most = cap if cap is not None else CAPS[fitted.cost] * USUAL // max(selection.k, USUAL)
    base = np.array(review.pooled(selection, plan).ci) if fitted == own else fitted(events, n).ci[0]
    if not np.isfinite(base).all():
        said = told(pool, "the model gives these counts no interval that could change sides.")
        return CheckResult("fragility", None, said, data={"pool": pool.label, "moved": None})
    side = int(side_of_interval(base, threshold)[0])
    data: dict[str, Any] = {
        "pool": pool.label,
        "threshold": threshold,
        "side": SIDES[side],
        "cap": most,
        "moved": None,
        "searched": 0,
        "tables": 0,
        "solutions": 0,
        "all_tables": False,
    }
    table = pd.DataFrame()
    for near in _distances(events, n, most):
        tables = events[:, None] + near
        limits = fitted(tables, np.broadcast_to(n[:, None], tables.shape)).ci
        data |= {"searched": data["searched"] + 1, "tables": data["tables"] + near.shape[1]}
        hit = np.flatnonzero(_changed(limits, side, threshold))
        if len(hit):
            data |= {"moved": data["searched"], "solutions": len(hit)}
            table = _table(pool, near[:, hit[:SHOWN]], limits[hit[:SHOWN]])
            break
    data["all_tables"] = data["tables"] == math.prod(int(size) + 1 for size in n) - 1
    verdict = None
    if data["searched"]:
        verdict = data["moved"] is None or data["moved"] > 1
    said = told(pool, _sentence(base, data, table) + note + as_independent(pool))
    return CheckResult("fragility", verdict, said, table, data)


def _distances(events: Ints, n: Ints, most: int) -> Iterator[Ints]:
    """Yield all changes of one event, then of two, … until there are none, or too many."""
    for moved in range(1, int(n.sum()) + 1):
        near = moves(events, n, moved, most)
        if near is None or not near.shape[1]:
            return
        most -= near.shape[1]
        yield near


def moves(events: Ints, n: Ints, moved: int, most: int) -> Ints | None:
    """Return every way to add or take `moved` events in all.

    Parameters
    ----------
    events, n : ndarray of int, shape (k,)
        Where one starts from; the results stay within 0 and n.
    moved : int
        The sum of the absolute changes.
    most : int
        Give up when there are more.

    Returns
    -------
    ndarray of int, shape (k, d), or None
        Changes, in a fixed order; None when there are more than `most`.
    """
    found: list[Ints] = []
    for change in _changes(len(n), moved):
        after = events + change
        if (after >= 0).all() and (after <= n).all():
            if len(found) == most:
                return None
            found.append(change)
    return np.array(found, dtype=np.int64).reshape(-1, len(n)).T


def _changes(k: int, moved: int) -> Iterator[Ints]:
    """Yield the integer vectors of length k whose absolute values add up to `moved`."""
    for parts in range(1, min(k, moved) + 1):
        for places in combinations(range(k), parts):
            for cuts in combinations(range(1, moved), parts - 1):
                sizes = np.diff([0, *cuts, moved])
                for signs in product((1, -1), repeat=parts):
                    change = np.zeros(k, dtype=np.int64)
                    change[list(places)] = sizes * signs
                    yield change


def _changed(limits: NDArray[np.float64], side: int, threshold: float) -> NDArray[np.bool_]:
    """Whether an interval that is known lies on another side than the first."""
    known = np.isfinite(limits).all(axis=1)
    changed: NDArray[np.bool_] = known & (side_of_interval(limits, threshold) != side)
    return changed


def _table(pool: Pool, changes: Ints, limits: NDArray[np.float64]) -> pd.DataFrame:
    studies = pool.pooled.studies
    lines = []
    for column, (low, high) in zip(changes.T, limits, strict=True):
        told_of = [
            f"{study.study} from {study.events}/{study.n} to {study.events + by}/{study.n}"
            for study, by in zip(studies, column, strict=True)
            if by
        ]
        lines.append(
            {
                "change": listing(told_of),
                "added": int(column[column > 0].sum()),
                "removed": int(-column[column < 0].sum()),
                "ci_low": float(low),
                "ci_high": float(high),
            }
        )
    return pd.DataFrame(lines)


#: What the interval does, and what would be another side, by the side it lies on.
_LIES = {
    "below": ("lies below", "reach it"),
    "across": ("includes", "exclude it"),
    "above": ("lies above", "reach it"),
}


def _sentence(limits: NDArray[np.float64], data: dict[str, Any], table: pd.DataFrame) -> str:
    lies, goal = _LIES[data["side"]]
    start = (
        f"the interval ({interval(*limits)}) {lies} the decision threshold of "
        f"{percent(data['threshold'])}."
    )
    if data["moved"] is None:
        return f"{start} {_not_found(data, goal)}"
    first, many = table.iloc[0], data["solutions"]
    ways = "the only way is" if many == 1 else f"there are {many} ways, for instance"
    return (
        f"{start} Moving {count(data['moved'], 'event')} makes it {goal}; {ways} "
        f"{first['change']} (interval {interval(first['ci_low'], first['ci_high'])})."
    )


def _not_found(data: dict[str, Any], goal: str) -> str:
    if data["all_tables"]:
        return (
            f"No change of the events makes it {goal}: all {data['tables']:,} other tables of "
            "these studies were tried."
        )
    tried = f"{data['tables']:,} tables tried, at most {data['cap']:,}"
    if not data["searched"]:
        return f"The tables one event away are too many to search ({tried})."
    return f"No change of up to {count(data['searched'], 'event')} makes it {goal} ({tried})."


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    shown, found = len(result.table), result.data["solutions"]
    columns = {
        "Change": lambda r: r["change"],
        "Events added": lambda r: str(r["added"]),
        "Events removed": lambda r: str(r["removed"]),
        "Interval": lambda r: interval(r["ci_low"], r["ci_high"]),
    }
    title = "The nearest counts with the interval on another side of the threshold"
    more = f" (the first {shown} of {found})" if found > shown else ""
    yield sheet(title + more, result.rows, columns)


FRAGILITY = Check(
    name="fragility",
    label="Fragility",
    needs=1,
    why="there are no events to move",
    heading="How few events would change the conclusion?",
    intro=(
        "The fewest events to add or remove, at the same study sizes, that put the interval on "
        "another side of the decision threshold: every table one event away is tried, then every "
        "table two away, and so on."
    ),
    question="Does it take more than one event to move the interval across the threshold?",
    alike="the interval would rest on the model's assumptions alone",
    rests_on_threshold=True,
    run=fragility,
    sheets=_sheets,
)
