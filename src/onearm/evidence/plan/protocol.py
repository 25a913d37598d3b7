"""The analysis plan (`protocol.toml`) as checked, frozen values.

A title and one outcome with its code and label make a plan; everything else has a default. A
key that the plan does not know is an error and not a silence: a misspelt `minimum_n` would
otherwise leave the default in force without anyone noticing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Annotated, TypeVar

from pydantic import Field, ValidationInfo, model_validator

from onearm.errors import InputError
from onearm.evidence.plan.base import Code, Line, Name, Noun, Plan, Slug, Text
from onearm.evidence.plan.consistency import refuse_contradictions
from onearm.evidence.plan.models import Companion, ModelPlan
from onearm.evidence.plan.outcomes import Group, OutcomePlan, StratumPlan
from onearm.evidence.plan.pooling import (
    COMPANIONS,
    PRIMARY,
    Agreement,
    CertaintyRules,
    Deviation,
    Gates,
    Pooling,
    Specifications,
    Status,
)
from onearm.evidence.plan.vocabulary import (
    DEFAULT_DENOMINATOR,
    DESIGNS,
    FLOW,
    SOURCE_TYPES,
    TOOLS,
    ColumnPlan,
    Columns,
    DenominatorPlan,
    Design,
    EvidenceSetPlan,
    FlowPlan,
    OverlapPlan,
    SourceType,
    Tool,
    Words,
)

__all__ = ["PARTLY", "Protocol"]

#: The context in which a plan is validated without its contradictions.
PARTLY = {"partly": True}

_ALL = EvidenceSetPlan(name="all", label="All studies")


class Protocol(Plan):
    """The whole analysis plan; `frozen` says when it was fixed, and what was known then."""

    title: Line
    question: Text = ""
    version: Line = "0"
    frozen: Text | None = None
    status: Status | None = None
    words: Words = Words()
    denominators: dict[Slug, DenominatorPlan] = Field(default_factory=dict)
    units: Annotated[tuple[Slug, ...], Field(min_length=1)] = ("people", "procedures", "samples")
    columns: Columns = Columns()
    evidence_set: tuple[EvidenceSetPlan, ...] = (_ALL,)
    strata: dict[Name, StratumPlan] = Field(default_factory=dict)
    moderators: tuple[Name, ...] | None = None
    designs: dict[Slug, Design] = Field(default_factory=dict)
    source_types: dict[Slug, SourceType] = Field(default_factory=dict)
    appraisal_tools: dict[Slug, Tool] = Field(default_factory=dict)
    flow: Annotated[tuple[FlowPlan, ...], Field(min_length=1)] = FLOW
    overlap: OverlapPlan = OverlapPlan()
    pooling: Pooling = Pooling()
    primary: ModelPlan = PRIMARY
    companions: tuple[Companion, ...] = COMPANIONS
    agreement: Agreement = Agreement()
    specifications: Specifications = Specifications()
    certainty: CertaintyRules = CertaintyRules()
    outcome: Annotated[tuple[OutcomePlan, ...], Field(min_length=1)]
    other_outcomes: dict[Code, Line] = Field(default_factory=dict)
    gates: Gates = Field(default_factory=dict)
    deviation: tuple[Deviation, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _denominators(cls, value: object) -> object:
        """Give every outcome the plan's first denominator unless it names one."""
        if not isinstance(value, Mapping) or not isinstance(value.get("outcome"), list | tuple):
            return value
        declared = value.get("denominators")
        first = next(iter(declared), None) if isinstance(declared, Mapping) else None
        if first is None:
            return value
        outcomes = [
            {"denominator": first, **one} if isinstance(one, Mapping) else one
            for one in value["outcome"]
        ]
        return {**value, "outcome": outcomes}

    @model_validator(mode="after")
    def _consistent(self, info: ValidationInfo) -> Protocol:
        # Of a plan with errors, what can be used is asked for its contradictions elsewhere.
        if info.context is not PARTLY:
            refuse_contradictions(self)
        return self

    # Outcomes

    def plan(self, code: str) -> OutcomePlan:
        """Return the plan of the outcome `code`.

        Raises
        ------
        InputError
            If the plan has no such outcome.
        """
        return _named("outcome", code, [(plan.code, plan) for plan in self.outcome])

    @cached_property
    def short_names(self) -> dict[str, str]:
        """The short names of the outcomes by their codes."""
        return {outcome.code: outcome.short for outcome in self.outcome}

    @cached_property
    def _labels(self) -> dict[str, str]:
        return {**self.other_outcomes, **{plan.code: plan.label for plan in self.outcome}}

    def outcome_name(self, code: str) -> str:
        """Return the label of an outcome, planned or not, or its code as words."""
        return self._labels.get(code) or code.replace("_", " ")

    def short_name(self, code: str) -> str:
        """Return the short name of an outcome, planned or not, or its code as words."""
        return self.short_names.get(code) or self.outcome_name(code)

    # Evidence sets

    @property
    def sets(self) -> tuple[EvidenceSetPlan, ...]:
        """The evidence sets in the order of the plan: the first is judged most strictly."""
        return self.evidence_set

    @property
    def has_several_sets(self) -> bool:
        """Whether there is more than one evidence set; one alone is never mentioned."""
        return len(self.evidence_set) > 1

    @property
    def widest(self) -> EvidenceSetPlan:
        """The last evidence set: what pages show when they show one."""
        return self.evidence_set[-1]

    def set_named(self, name: str) -> EvidenceSetPlan:
        """Return an evidence set by its name.

        Raises
        ------
        InputError
            If the plan has no such set.
        """
        return _named("evidence set", name, [(each.name, each) for each in self.sets])

    # Words

    def people(self, number: int) -> str:
        """Return "1 person" or "3 persons", in the plan's noun."""
        return self.words.person.count(number)

    def denominator_noun(self, denominator: str) -> Noun:
        """Return the noun for whom a denominator counts."""
        declared = self.denominators.get(denominator)
        return declared.noun if declared else self.words.person

    @cached_property
    def all_denominators(self) -> dict[str, DenominatorPlan]:
        """The declared denominators, or the one of a plan that declares none."""
        return self.denominators or {DEFAULT_DENOMINATOR: DenominatorPlan(noun=self.words.person)}

    @property
    def unit(self) -> str:
        """The unit that pools count."""
        return self.units[0]

    # Vocabularies: the general values, and the plan's own

    @cached_property
    def all_designs(self) -> dict[str, Design]:
        """Every design that studies.csv may name."""
        return {**DESIGNS, **self.designs}

    @cached_property
    def all_source_types(self) -> dict[str, SourceType]:
        """Every type of source that studies.csv may name."""
        return {**SOURCE_TYPES, **self.source_types}

    @cached_property
    def all_tools(self) -> dict[str, Tool]:
        """Every appraisal tool that appraisal.csv may name."""
        return {**TOOLS, **self.appraisal_tools}

    @cached_property
    def ways(self) -> dict[str, str]:
        """Every way of meeting a record, in words."""
        return {way: words for part in self.flow for way, words in part.ways.items()}

    # Columns and strata

    def column_plan(self, name: str) -> ColumnPlan | None:
        """Return what the plan declares of a column of studies.csv or outcomes.csv."""
        return self.columns.outcomes.get(name) or self.columns.studies.get(name)

    def value_label(self, column: str, value: str) -> str:
        """Return a cell's value as readers see it: its label, or the value as words."""
        declared = self.column_plan(column)
        if declared and value in declared.values:
            return declared.values[value]
        return value.replace("_", " ") if declared and declared.values else value

    def groups(self, stratum: str, found: tuple[str, ...] = ()) -> dict[str, Group]:
        """Return the subgroups of a stratum.

        Parameters
        ----------
        stratum : str
            Its name in the plan.
        found : tuple of str
            The values that the tables have in its column, used where the plan gives neither
            groups nor values.
        """
        plan = self.strata[stratum]
        if plan.groups:
            return plan.groups
        declared = self.column_plan(plan.column)
        values = tuple(declared.values) if declared and declared.values else tuple(sorted(found))
        return {
            value: Group(label=self.value_label(plan.column, value), members=(value,))
            for value in values
            if value
        }


_Part = TypeVar("_Part")


def _named(what: str, name: str, parts: Sequence[tuple[str, _Part]]) -> _Part:
    """Return the part of the plan with a name, or say which names there are."""
    for own, part in parts:
        if own == name:
            return part
    known = ", ".join(own for own, _ in parts)
    raise InputError(f"The plan has no {what} “{name}”; it has: {known}.")
