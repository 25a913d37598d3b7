"""What the plan says of the review itself: where it stands, and how certainty is judged."""

from __future__ import annotations

from typing import Literal

from onearm.evidence.plan.base import Day, Plan, Share, Text, WholeNumber

__all__ = ["CERTAINTY_WORDS", "CertaintyRules", "Status"]

#: GRADE's levels, from 1 upwards.
CERTAINTY_WORDS = ("very low", "low", "moderate", "high")


class Status(Plan):
    """Where the living review stands: what a reader may take as up to date, and until when."""

    mode: Literal["living", "paused", "retired"]
    why: Text
    data_frozen: Day
    last_search: Text
    next_search: Text
    trigger: Text
    retirement: Text


class CertaintyRules(Plan):
    """When inconsistency and imprecision lower the certainty of a pool (GRADE)."""

    start: Literal["very low", "low", "moderate", "high"] = "low"
    minimum_studies: WholeNumber = 3
    minimum_patients: WholeNumber = 100
    wide_prediction: Share = 0.5
