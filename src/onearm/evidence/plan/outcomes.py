"""What the plan says of one outcome, and of the strata by which its rows are split."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from onearm.evidence.plan.base import Code, Line, Name, Plan, Share, Slug, WholeNumber, WithShort
from onearm.evidence.plan.vocabulary import DEFAULT_DENOMINATOR

__all__ = ["OPERATORS", "RESERVED", "Group", "Operator", "OutcomePlan", "StratumPlan"]

Operator = Literal["<", "<=", "=", ">=", ">"]
#: How the definition of a source can meet a limit, and how that is printed.
OPERATORS: dict[str, str] = {"<": "<", "<=": "≤", "=": "=", ">=": "≥", ">": ">"}
#: Names that pages or records of the report have already.
RESERVED = ("audit", "changes", "everything", "evidence", "index", "methods", "results")


class OutcomePlan(WithShort):
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


class Group(Plan):
    """Values of a column that make one subgroup."""

    label: Line
    members: Annotated[tuple[str, ...], Field(min_length=1)]


class StratumPlan(Plan):
    """One way to split the rows.

    Attributes
    ----------
    label : str
        What is split by, in words.
    column : str
        A column of outcomes.csv or studies.csv, built in or declared. By a column of
        outcomes.csv a study counts by its parts where these add up to the whole; by one of
        studies.csv it counts whole.
    groups : dict of str to Group
        The subgroups; when there are none, one for each value of the column.
    across : bool
        Groups that may share values: they are shown, and never compared.
    only : bool
        Whether a row in none of the groups is outside the question, and in no pool.
    """

    label: Line
    column: Name
    groups: dict[Slug, Group] = Field(default_factory=dict)
    across: bool = False
    only: bool = False

    @model_validator(mode="after")
    def _groups_apart(self) -> StratumPlan:
        labels = [group.label for group in self.groups.values()]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"more than one group has the label {', '.join(twice)}")
        if self.across and not self.groups:
            raise ValueError("a stratum whose groups run across needs its groups")
        members = [member for group in self.groups.values() for member in group.members]
        shared = sorted({member for member in members if members.count(member) > 1})
        if shared and not self.across:
            raise ValueError(
                f"more than one group has the value {', '.join(shared)}; such groups cannot be "
                "compared: mark the stratum across = true, or keep each value in one group"
            )
        return self
