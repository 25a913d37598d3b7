"""The strata of the plan: how the rows of an outcome are split, by any column."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from onearm.evidence.plan.base import Line, Name, Plan, Slug

__all__ = ["Group", "StratumPlan"]


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
