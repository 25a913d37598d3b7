"""The words of a review: who is counted, and the values that its tables may hold.

Everything here has a general default; the plan adds what its question needs. Nothing in the
package knows a value of these lists but the few general ones below.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from onearm.evidence.plan.base import (
    Code,
    Line,
    Name,
    Noun,
    Plan,
    Slug,
    Text,
    WholeNumber,
    WithShort,
)

__all__ = [
    "DEFAULT_DENOMINATOR",
    "DESIGNS",
    "FLOW",
    "SOURCE_TYPES",
    "TOOLS",
    "ColumnPlan",
    "Columns",
    "DenominatorPlan",
    "Design",
    "EvidenceSetPlan",
    "FlowPlan",
    "OverlapPlan",
    "SourceType",
    "Tool",
    "Words",
]

#: Whom n counts in a plan that declares no denominators.
DEFAULT_DENOMINATOR = "all"


class Words(Plan):
    """The nouns of the review: who is counted, and where a new study would be made."""

    person: Noun = Noun(one="participant", many="participants")
    place: Noun = Noun(one="centre", many="centres")


class DenominatorPlan(Plan):
    """Whom n counts under one denominator.

    In the plan a text will do: the noun. `part_of` names the denominator whose people these
    are a part of, so that they cannot be more; one that is not `known` fits no pool.
    """

    noun: Noun
    part_of: Slug | None = None
    known: bool = True

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"noun": value} if isinstance(value, str | list | tuple) else value


class ColumnPlan(Plan):
    """A column that the question needs, with its allowed values and their labels.

    Without `values` any text is allowed. `several` are the values whose people were of
    different kinds that the source does not separate.
    """

    label: Line
    values: dict[Slug, Line] = Field(default_factory=dict)
    required: bool = False
    several: tuple[Slug, ...] = ()


class Columns(Plan):
    """The plan's own columns of each table."""

    studies: dict[Name, ColumnPlan] = Field(default_factory=dict)
    outcomes: dict[Name, ColumnPlan] = Field(default_factory=dict)
    records: dict[Name, ColumnPlan] = Field(default_factory=dict)


class EvidenceSetPlan(WithShort):
    """Which studies are pooled together; with no `includes`, all of them."""

    name: Slug
    label: Line
    short: Line = ""
    includes: tuple[Slug, ...] = ()


class FlowPlan(Plan):
    """One column of the flow diagram: its title, and the ways of meeting records in it."""

    title: Line
    ways: dict[Slug, Line] = Field(min_length=1)


class OverlapPlan(Plan):
    """What limits how many people two studies can share.

    Attributes
    ----------
    facts : tuple of str
        Outcomes that are true of a person whoever reports them.
    denominator : str, optional
        Over which these are compared; the plan's first unless given.
    column : str, optional
        The column whose values can exclude each other.
    stands_for : dict
        For a value of that column, what it may stand for: rows without anything in common
        share nobody. A value that is not listed may stand for anything.
    """

    facts: tuple[Code, ...] = ()
    denominator: Slug | None = None
    column: Name | None = None
    stands_for: dict[Slug, tuple[Slug, ...]] = Field(default_factory=dict)


class _Labelled(Plan):
    """What has a label; in the plan a text will do: the label."""

    label: Line

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"label": value} if isinstance(value, str) else value


class Design(_Labelled):
    """A design of studies, and which kind of design it is."""

    kind: Literal["trial", "observational", "single_case", "review"] = "observational"


class SourceType(_Labelled):
    """What was read; `second_hand` where it is not the report of the study itself."""

    second_hand: bool = False


class Tool(Plan):
    """An appraisal tool: its name, how many items it has, and where it is published."""

    label: Line
    items: WholeNumber
    reference: Text = "named in the plan"


#: The designs that every plan may name.
DESIGNS: dict[str, Design] = {
    "cohort": Design(label="cohort"),
    "prospective_cohort": Design(label="prospective cohort"),
    "retrospective_cohort": Design(label="retrospective cohort"),
    "cross_sectional": Design(label="cross-sectional study"),
    "case_control": Design(label="one group of a case-control study"),
    "prospective_series": Design(label="prospective series"),
    "retrospective_series": Design(label="retrospective series"),
    "registry": Design(label="registry"),
    "single_arm_trial": Design(label="single-arm trial", kind="trial"),
    "randomised_arm": Design(label="arm of a randomised trial", kind="trial"),
    "case_report": Design(label="case report", kind="single_case"),
    "review": Design(label="review", kind="review"),
    "other": Design(label="other design"),
}
#: The kinds of source that every plan may name.
SOURCE_TYPES: dict[str, SourceType] = {
    "full_text": SourceType(label="full text"),
    "abstract": SourceType(label="abstract"),
    "preprint": SourceType(label="preprint"),
    "registry": SourceType(label="registry entry"),
    "report": SourceType(label="report"),
    "dataset": SourceType(label="data set"),
    "unpublished": SourceType(label="unpublished data"),
    "news": SourceType(label="news report", second_hand=True),
    "secondary_citation": SourceType(label="another paper's citation", second_hand=True),
    "other": SourceType(label="other source"),
}
#: The appraisal tools that every plan may name.
TOOLS: dict[str, Tool] = {
    "jbi_case_series": Tool(
        label="JBI checklist for case series",
        items=10,
        reference="Munn 2020, doi:10.11124/JBISRIR-D-19-00099",
    ),
    "jbi_prevalence": Tool(
        label="JBI checklist for prevalence studies",
        items=9,
        reference="Munn 2015, doi:10.1097/XEB.0000000000000054",
    ),
    "hoy_prevalence": Tool(
        label="Risk of bias tool for prevalence studies",
        items=10,
        reference="Hoy 2012, doi:10.1016/j.jclinepi.2011.11.014",
    ),
    "murad_case_report": Tool(
        label="Tool for case reports",
        items=8,
        reference="Murad 2018, doi:10.1136/bmjebm-2017-110853",
    ),
}
#: The columns of the flow diagram, as PRISMA 2020 draws them.
FLOW: tuple[FlowPlan, ...] = (
    FlowPlan(
        title="Databases and registers", ways={"database": "databases", "register": "registers"}
    ),
    FlowPlan(
        title="Other methods",
        ways={
            "citation": "citation searching",
            "website": "websites",
            "contact": "contact with authors",
            "other": "other methods",
        },
    ),
)
