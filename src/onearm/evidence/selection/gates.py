"""What k studies are worth: nothing, a single study, a provisional pool, a headline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from onearm.evidence.plan.protocol import Pooling
from onearm.words import count

__all__ = ["Gate", "gate"]


@dataclass(frozen=True)
class Gate:
    """How a pool of k studies may be shown.

    Attributes
    ----------
    code : {"none", "single", "provisional", "headline"}
        none: nothing to show; single: each study with its exact interval, no pool;
        provisional: pooled, and shown muted; headline: a result.
    sentence : str
        The reason in plain words.
    """

    code: Literal["none", "single", "provisional", "headline"]
    sentence: str


def gate(k: int, pooling: Pooling, studies: int | None = None) -> Gate:
    """Return what a pool of `k` rows may be shown as.

    Parameters
    ----------
    k : int
        Number of rows that meet.
    pooling : Pooling
        The plan's `provisional_k` and `headline_k`.
    studies : int, optional
        Number of distinct studies among the rows; `k` unless given. Two arms of one study
        say nothing of how much studies differ, so a headline asks for studies, not rows.
    """
    distinct = k if studies is None else studies
    words = count(distinct, "study", "studies")
    met = words if distinct == k else f"{count(k, 'cohort')} of {words}"
    if k == 0:
        return Gate("none", "No count of this outcome may be pooled.")
    if k == 1:
        return Gate(
            "single", "One study: it is shown with its exact interval, and nothing is pooled."
        )
    if k < pooling.provisional_k:
        return Gate(
            "single",
            f"{met}: fewer than the {pooling.provisional_k} that the plan "
            "asks for, so each is shown with its exact interval and nothing is pooled.",
        )
    if distinct < pooling.headline_k:
        return Gate(
            "provisional",
            f"{met}: provisional. So few studies cannot show how much "
            "studies differ, so the interval rests on what the model assumes about that.",
        )
    return Gate(
        "headline",
        f"{met}: enough for a headline under the plan, which asks for {pooling.headline_k}.",
    )
