"""What the plan says of the review itself: where it stands, and how certainty is judged."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from onearm.evidence.plan.models import Plan, Text

__all__ = ["CERTAINTY_WORDS", "CertaintyRules", "Status"]

#: GRADE's levels, from 1 upwards.
CERTAINTY_WORDS = ("very low", "low", "moderate", "high")


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise PydanticCustomError("not_a_day", "not a day") from None


#: TOML has dates of its own; the plan keeps the text. A day is one: 2026-02-30 is refused.
Day = Annotated[str, BeforeValidator(str), AfterValidator(_day)]


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
    minimum_studies: Annotated[int, Field(ge=1)] = 3
    minimum_patients: Annotated[int, Field(ge=1)] = 100
    wide_prediction: Annotated[float, Field(gt=0, lt=1)] = 0.5
