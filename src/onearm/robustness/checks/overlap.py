"""Overlap: what the estimate could be under every choice without shared patients.

Possibly overlapping studies are all kept in the protocol's pool. Here every maximal choice
in which no two possibly share patients is pooled instead, all in one batch, and the bounds
on how many patients a pair can share are told from the counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from onearm.analysis import Pool
from onearm.evidence import ModelPlan, Protocol, non_overlapping, overlap_pairs
from onearm.robustness.base import CheckResult
from onearm.robustness.checks.threshold import fit_batch, side_of_estimate
from onearm.robustness.gates import closed_for
from onearm.words import count, listing, percent

__all__ = ["overlap_bounds"]


def overlap_bounds(
    pool: Pool, protocol: Protocol, *, model: ModelPlan | None = None
) -> CheckResult:
    """Pool every admissible choice among studies that possibly share patients.

    Parameters
    ----------
    pool : Pool
        The rows as the protocol keeps them.
    protocol : Protocol
        The plan: level, gates, and the primary model.
    model : ModelPlan, optional
        Another model than the primary one.

    Returns
    -------
    CheckResult
        ``table``: a line for the whole pool and one a choice, the smallest estimate first:
        ``choice``, ``k``, ``patients``, ``estimate``, ``ci_low``, ``ci_high``. ``data``:
        ``pairs`` (study labels, groups, bound, sentence), ``smallest``, ``largest``. The
        verdict is None when nothing overlaps, and True when no choice has its estimate on
        another side of the outcome's threshold than the whole.
    """
    selection = pool.selection
    shut = closed_for("overlap_choices", pool, protocol)
    if shut:
        return shut
    pairs = [
        {"studies": [pair.study_a, pair.study_b], "group": pair.group, "bound": pair.bound,
         "sentence": pair.sentence}
        for pair in overlap_pairs(selection)
    ]  # fmt: skip
    if not pairs:
        said = f"{pool.label}: no two of its studies are known to share a place and a time."
        return CheckResult("overlap_choices", None, said, data={"pool": pool.label, "pairs": []})
    if pool.standing in ("no-event", "only-events"):
        said = f"{_shared(pool, pairs)}. But whichever studies are left out: {pool.extreme()}."
        return CheckResult("overlap_choices", None, said, data={"pool": pool.label, "pairs": pairs})
    table = _table(pool, protocol, model or protocol.primary)
    choices = table.iloc[1:]
    threshold = selection.outcome.threshold
    data: dict[str, Any] = {
        "pool": pool.label, "pairs": pairs, "choices": len(choices), "threshold": threshold,
        "smallest": float(choices["estimate"].min()), "largest": float(choices["estimate"].max()),
    }  # fmt: skip
    shared = _shared(pool, pairs)
    sides = {side_of_estimate(float(value), threshold) for value in table["estimate"]}
    return CheckResult(
        "overlap_choices", len(sides) == 1, _sentence(shared, data, table), table, data
    )


def _table(pool: Pool, protocol: Protocol, model: ModelPlan) -> pd.DataFrame:
    whole = pool.selection
    choices = [choice for choice in non_overlapping(whole) if choice.k < whole.k]
    here = np.array(
        [[True, *(label in choice.labels for choice in choices)] for label in whole.labels]
    )
    n = whole.n[:, None] * here
    fit = fit_batch(model, whole.events[:, None] * here, n, protocol.pooling.level)
    table = pd.DataFrame(
        {
            "choice": ["all kept", *(_left_out(whole.labels, c.labels) for c in choices)],
            "k": here.sum(axis=0),
            "patients": n.sum(axis=0),
            "estimate": fit.estimate,
            "ci_low": fit.ci[:, 0],
            "ci_high": fit.ci[:, 1],
        }
    )
    ordered = table.iloc[1:].sort_values("estimate", kind="stable")
    return pd.concat([table.iloc[:1], ordered], ignore_index=True)


def _left_out(labels: tuple[str, ...], kept: tuple[str, ...]) -> str:
    return f"without {listing([label for label in labels if label not in kept])}"


def _shared(pool: Pool, pairs: Sequence[Mapping[str, Any]]) -> str:
    known = [pair["bound"] for pair in pairs if pair["bound"] is not None]
    bound = f" (at most {max(known)} patients in the pair that can share most)" if known else ""
    return (
        f"{pool.label}: {count(len(pairs), 'pair')} of studies possibly "
        f"{'shares' if len(pairs) == 1 else 'share'} patients{bound}"
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
