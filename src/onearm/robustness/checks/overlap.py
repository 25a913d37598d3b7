"""Overlap: what the estimate could be under every choice without shared people.

Possibly overlapping studies are all kept in the plan's pool. Here every maximal choice in which
no two possibly share people is pooled instead, all in one batch, and the bounds on how many
people a pair can share are told from the counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from onearm.analysis import Pool, Review
from onearm.evidence import ModelPlan, Selection, non_overlapping
from onearm.robustness.base import (
    Check,
    CheckResult,
    Sheet,
    as_independent,
    for_many,
    sheet,
    told,
    too_many,
)
from onearm.robustness.choices import side_of_estimate
from onearm.robustness.sheets import estimated
from onearm.words import count, listing, percent

__all__ = ["OVERLAP_CHOICES", "left_out", "overlap_bounds"]


def overlap_bounds(pool: Pool, review: Review, *, model: ModelPlan | None = None) -> CheckResult:
    """Pool every admissible choice among studies that possibly share people.

    Parameters
    ----------
    pool : Pool
        The rows as the plan keeps them.
    review : Review
        Its plan: level and primary model.
    model : ModelPlan, optional
        Another model than the primary one.

    Returns
    -------
    CheckResult
        ``table``: a line for the whole pool and one a choice, the smallest estimate first:
        ``choice``, ``k``, ``patients``, ``estimate``, ``ci_low``, ``ci_high``. ``data``:
        ``pairs`` (study labels, groups, bound, sentence), ``smallest``, ``largest``, and
        ``note``, what is left out where there are too many choices. The verdict is None when
        nothing overlaps or the outcome has no threshold, and True when no choice has its
        estimate on another side of the threshold than the whole.
    """
    selection = pool.selection
    pairs = [
        {
            "studies": [pair.study_a, pair.study_b],
            "group": pair.group,
            "bound": pair.bound,
            "sentence": pair.sentence,
        }
        for pair in selection.overlaps
    ]
    data: dict[str, Any] = {"pool": pool.label, "pairs": pairs}
    if not pairs:
        said = "no two studies are known to share a place and a time."
        return CheckResult("overlap_choices", None, told(pool, said), data=data)
    shared = _shared(pool, pairs)
    if pool.standing.is_alike:
        said = f"{shared}. Whichever of them are left out: {pool.extreme()}."
        return CheckResult("overlap_choices", None, told(pool, said), data=data)
    found = non_overlapping(selection)
    chosen = [choice for choice in found.selections if choice.k < selection.k]
    plan = model or review.protocol.primary
    large = too_many(plan.make(), selection.k, len(chosen) + 1)
    if large:
        said = f"{shared}. The choices without overlap are {large}"
        return CheckResult("overlap_choices", None, told(pool, said), data=data)
    table, note = _table(selection, chosen, plan, review.protocol.pooling.level)
    choices, threshold = table.iloc[1:], selection.outcome.threshold
    data |= {
        "choices": len(choices),
        "threshold": threshold,
        "smallest": float(choices["estimate"].min()),
        "largest": float(choices["estimate"].max()),
    }
    if found.note:
        data["note"] = found.note
    verdict = None
    if threshold is not None:
        verdict = len({side_of_estimate(float(one), threshold) for one in table["estimate"]}) == 1
    said = told(pool, _sentence(shared, data, table) + note + as_independent(pool))
    return CheckResult("overlap_choices", verdict, said, table, data)


def _table(
    whole: Selection, choices: Sequence[Selection], plan: ModelPlan, level: float
) -> tuple[pd.DataFrame, str]:
    here = np.array(
        [[True, *(row.row_id in choice.row_ids for choice in choices)] for row in whole.rows]
    )
    n = whole.n[:, None] * here
    model, note = for_many(plan.make(level), n)
    fit = model(whole.events[:, None] * here, n)
    table = pd.DataFrame(
        {
            "choice": ["all kept", *(left_out(whole, choice) for choice in choices)],
            "k": here.sum(axis=0),
            "patients": n.sum(axis=0),
            "estimate": fit.estimate,
            "ci_low": fit.ci[:, 0],
            "ci_high": fit.ci[:, 1],
        }
    )
    ordered = table.iloc[1:].sort_values("estimate", kind="stable")
    return pd.concat([table.iloc[:1], ordered], ignore_index=True), note


def left_out(whole: Selection, choice: Selection) -> str:
    """Name the rows that a choice leaves out.

    Parameters
    ----------
    whole, choice : Selection
        All rows, and those that stay.
    """
    return f"without {listing([r.label for r in whole.rows if r.row_id not in choice.row_ids])}"


def _shared(pool: Pool, pairs: Sequence[Mapping[str, Any]]) -> str:
    people = pool.selection.protocol.words.person.many
    known = [pair["bound"] for pair in pairs if pair["bound"] is not None]
    most = pool.selection.protocol.people(max(known)) if known else ""
    bound = f" (at most {most} in the pair that can share most)" if known else ""
    return (
        f"{count(len(pairs), 'pair')} of studies possibly "
        f"{'shares' if len(pairs) == 1 else 'share'} {people}{bound}"
    )


def _sentence(shared: str, data: Mapping[str, Any], table: pd.DataFrame) -> str:
    whole = float(table["estimate"].iloc[0])
    said = f"{shared}. With all kept the estimate is {percent(whole)}; "
    if data["choices"] == 1:
        return f"{said}the one choice without overlap gives {percent(data['smallest'])}."
    return (
        f"{said}over the {data['choices']} choices without overlap it runs from "
        f"{percent(data['smallest'])} to {percent(data['largest'])}."
    )


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    columns = {
        "Choice": lambda r: r["choice"],
        "Rows": lambda r: str(r["k"]),
        "n": lambda r: str(r["patients"]),
        "Estimate (interval)": estimated,
    }
    title = "Every choice without possible overlap"
    yield sheet(title, result.rows, columns, note=result.data.get("note", ""))


OVERLAP_CHOICES = Check(
    name="overlap_choices",
    label="Choices between overlapping studies",
    needs=2,
    why="one study overlaps with nothing",
    heading="Is anybody counted twice?",
    intro=(
        "The plan keeps studies that possibly share people, and says so. Here each choice "
        "without such a pair is pooled instead. The counts limit how many people two studies can "
        "share."
    ),
    question="Is the estimate on one side of the threshold in every choice without overlap?",
    judged_by_threshold=True,
    run=overlap_bounds,
    sheets=_sheets,
)
