"""What the plan says of one outcome."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from onearm.evidence.plan.base import Code, Line, Plan, Share, Slug, WholeNumber
from onearm.evidence.plan.vocabulary import DEFAULT_DENOMINATOR

__all__ = ["OPERATORS", "RESERVED", "Operator", "OutcomePlan"]

Operator = Literal["<", "<=", "=", ">=", ">"]
#: How the definition of a source can meet a limit, and how that is printed.
OPERATORS: dict[str, str] = {"<": "<", "<=": "≤", "=": "=", ">=": "≥", ">": ">"}
#: Names that pages or records of the report have already.
RESERVED = ("audit", "changes", "everything", "evidence", "index", "methods", "results")


class OutcomePlan(Plan):
    """One outcome: what it is, and how it is counted. All but code and label has a default.

    Attributes
    ----------
    short : str
        The name in tables and navigation; the label unless given.
    denominator : str
        Whom n counts in its pools; the plan's first unless given.
    threshold, threshold_reason, direction
        The proportion at which a reader would decide differently, why, and whether higher or
        lower is better. What rests on a threshold is left out where there is none.
    nested_in : tuple of str
        Outcomes that everybody with this one has too: their count cannot be smaller.
    operators : dict of str to str
        What a definition with each operator means, in words.
    min_n : int, optional
        The smallest n of a row in its pools; the plan's unless given.
    """

    code: Code
    label: Line
    short: Line = ""
    definition: str = ""
    denominator: Slug = DEFAULT_DENOMINATOR
    sensitivity_denominators: tuple[Slug, ...] = ()
    threshold: Share | None = None
    threshold_reason: str = ""
    direction: Literal["higher", "lower"] | None = None
    nested_in: tuple[Code, ...] = ()
    operators: dict[Operator, Line] = Field(default_factory=dict)
    min_n: WholeNumber | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, dict) and "label" in value:
            return {"short": value["label"], **value}
        return value

    @field_validator("code")
    @classmethod
    def _free(cls, code: str) -> str:
        if code in RESERVED or code.startswith("robustness_"):
            raise PydanticCustomError("reserved_code", "reserved code")
        return code

    def operator_words(self, operator: str) -> str:
        """Return what a definition with this operator means, in words."""
        words = {str(sign): text for sign, text in self.operators.items()}
        return words.get(operator, f"defined with {OPERATORS.get(operator, operator)}")
