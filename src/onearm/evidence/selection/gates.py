"""What k studies are worth: nothing, a single study, a provisional pool, a headline."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from onearm.evidence.plan.pooling import Pooling
from onearm.words import count

__all__ = ["Gate", "Standing", "gate"]


class Standing(StrEnum):
    """How far an estimate may be taken.

    The first four go by the number of studies. The last two hold where every person of
    several studies is alike: then what a model says is not an observation, and the exact
    bound stands in front.
    """

    NONE = "none"
    SINGLE = "single"
    PROVISIONAL = "provisional"
    HEADLINE = "headline"
    NO_EVENT = "no-event"
    ONLY_EVENTS = "only-events"

    @property
    def is_pooled(self) -> bool:
        """Whether several studies meet in an estimate."""
        return self in (Standing.PROVISIONAL, Standing.HEADLINE)

    @property
    def is_alike(self) -> bool:
        """Whether nobody, or everybody, of several studies had the event."""
        return self in (Standing.NO_EVENT, Standing.ONLY_EVENTS)


@dataclass(frozen=True)
class Gate:
    """How a pool of k studies may be shown.

    Attributes
    ----------
    code : Standing
        NONE: nothing to show; SINGLE: each study with its exact interval, no pool;
        PROVISIONAL: pooled, and shown muted; HEADLINE: a result.
    sentence : str
        The reason in plain words.
    """

    code: Standing
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
        return Gate(Standing.NONE, "No count of this outcome may be pooled.")
    if k == 1:
        return Gate(Standing.SINGLE, "One study: shown with its exact interval; nothing is pooled.")
    if k < pooling.provisional_k:
        return Gate(
            Standing.SINGLE,
            f"{met}, fewer than the {pooling.provisional_k} that the plan asks for: each is "
            "shown with its exact interval; nothing is pooled.",
        )
    if distinct < pooling.headline_k:
        return Gate(
            Standing.PROVISIONAL,
            f"{met}: provisional. So few studies cannot show how much studies differ, so the "
            "interval rests on what the model assumes about that.",
        )
    return Gate(
        Standing.HEADLINE,
        f"{met}: enough for a pooled result; the plan asks for {pooling.headline_k}.",
    )
