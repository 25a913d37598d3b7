"""The analysis plan (`protocol.toml`) as checked, frozen values.

A key that the plan does not know is an error and not a silence: a misspelt `minimum_n`
would otherwise leave the default in force without anyone noticing.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from onearm.errors import InputError
from onearm.evidence.findings import Finding
from onearm.evidence.plan.messages import findings_of
from onearm.evidence.plan.models import (
    Companion,
    ModelPlan,
    Plan,
    PooledInterval,
    Tau2,
    Text,
    Transform,
)
from onearm.evidence.plan.review import CertaintyRules, Status

__all__ = [
    "AgentGroup", "Agreement", "Deviation", "EvidenceSet", "ModelPlan", "OutcomePlan", "Pooling",
    "Protocol", "Specifications", "Strata", "read_protocol",
]  # fmt: skip

PROTOCOL_FILE = "protocol.toml"
EvidenceSet = Literal["core", "core+extended"]
Denominator = Literal[
    "enrolled", "treated", "resected", "evaluable", "adjuvant_started", "unstated"
]
AgentClass = Literal[
    "alk_tki", "egfr_tki", "tki_mixed", "ici_mono", "ici_dual", "ici_chemo", "ici_any", "mixed",
    "tki_chemo", "chemo",
]  # fmt: skip
Setting = Literal["salvage", "neoadjuvant"]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_\-]*$")]
#: TOML has dates of its own; the plan keeps them as the text that is printed.
DateText = Annotated[str, BeforeValidator(str)]


#: Diagnostics that a plan may gate; each has its default where it is made.
DIAGNOSTIC_NAMES = (
    "heterogeneity", "prediction_interval", "influence", "subsets", "cumulative", "calibration",
    "agreement", "specifications", "overlap_choices", "fragility", "unseen",
    "small_study_effects", "meta_regression",
)  # fmt: skip


def _diagnostic(name: str) -> str:
    if name not in DIAGNOSTIC_NAMES:
        known = ", ".join(f"'{known}'" for known in DIAGNOSTIC_NAMES)
        raise PydanticCustomError("literal_error", "unknown diagnostic", {"expected": known})
    return name


class Pooling(Plan):
    """When rows may meet in one pool, and what k studies are worth."""

    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    minimum_n: Annotated[int, Field(ge=1)] = 5
    provisional_k: Annotated[int, Field(ge=2)] = 2
    headline_k: Annotated[int, Field(ge=2)] = 3
    evidence_sets: Annotated[tuple[EvidenceSet, ...], Field(min_length=1)] = (
        "core", "core+extended",
    )  # fmt: skip

    @model_validator(mode="after")
    def _in_order(self) -> Pooling:
        if self.provisional_k > self.headline_k:
            raise ValueError("provisional_k is larger than headline_k")
        return self


class Agreement(Plan):
    """How far the limits of the methods may lie apart before pooling is advised against."""

    margin: Annotated[float, Field(gt=0, lt=1)] = 0.15


class Specifications(Plan):
    """The choices that the specification curve crosses, beside those of the plan itself."""

    minimum_n: tuple[Annotated[int, Field(ge=1)], ...] = (10, 20)
    transforms: Annotated[tuple[Transform, ...], Field(min_length=1)] = (
        "logit", "arcsine", "freeman-tukey",
    )  # fmt: skip
    tau2: Annotated[tuple[Tau2, ...], Field(min_length=1)] = ("REML", "PM", "DL")
    ci: Annotated[tuple[PooledInterval, ...], Field(min_length=1)] = (
        "knapp-hartung-conservative", "wald",
    )  # fmt: skip
    likelihoods: tuple[ModelPlan, ...] = (
        ModelPlan(model="glmm", ci="t"),
        ModelPlan(model="glmm", ci="profile"),
        ModelPlan(model="beta-binomial"),
        ModelPlan(model="bayes"),
    )


class AgentGroup(Plan):
    """Classes of drugs that make one stratum."""

    label: Text
    members: Annotated[tuple[AgentClass, ...], Field(min_length=1)]


class Strata(Plan):
    """The strata: labels of the settings, groups of agent classes, and some taken together.

    The groups of `agent_group` have no class in common, so that they can be compared. Those of
    `combined` run across them, and are only ever shown beside them.
    """

    setting: dict[Setting, Text] = Field(default_factory=dict)
    agent_group: dict[Slug, AgentGroup] = Field(default_factory=dict)
    combined: dict[Slug, AgentGroup] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_once(self) -> Strata:
        both = sorted(set(self.agent_group) & set(self.combined))
        if both:
            raise ValueError(f"agent_group and combined both have a group {', '.join(both)}")
        return self

    @property
    def drugs(self) -> dict[str, AgentGroup]:
        """Every group of drugs by its slug, those that are taken together last."""
        return {**self.agent_group, **self.combined}


class OutcomePlan(Plan):
    """One outcome: what it is, how it is counted, and which proportion matters."""

    code: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    label: Text
    short: Text
    definition: Text
    family: Literal["response", "surgery", "safety"]
    denominator: Denominator
    sensitivity_denominators: tuple[Denominator, ...] = ()
    threshold: Annotated[float, Field(gt=0, lt=1)]
    threshold_reason: Text
    direction: Literal["higher", "lower"]
    min_n: Annotated[int, Field(ge=1)] | None = None


class Deviation(Plan):
    """A departure from the plan as it was frozen."""

    date: DateText
    what: Text
    why: Text


class Protocol(Plan):
    """The whole analysis plan; `frozen` says when it was fixed, and what was known then."""

    title: Text
    question: Text
    version: Text
    frozen: Text | None = None
    status: Status | None = None
    pooling: Pooling = Pooling()
    primary: ModelPlan
    companions: tuple[Companion, ...] = ()
    strata: Strata = Strata()
    agreement: Agreement = Agreement()
    specifications: Specifications = Specifications()
    certainty: CertaintyRules = CertaintyRules()
    outcome: Annotated[tuple[OutcomePlan, ...], Field(min_length=1)]
    gates: dict[Annotated[str, AfterValidator(_diagnostic)], Annotated[int, Field(ge=1)]] = Field(
        default_factory=dict
    )
    deviation: tuple[Deviation, ...] = ()

    @model_validator(mode="after")
    def _codes_once(self) -> Protocol:
        codes = [plan.code for plan in self.outcome]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"more than one outcome has the code {', '.join(twice)}")
        return self

    def plan(self, code: str) -> OutcomePlan:
        """Return the plan of the outcome `code`.

        Raises
        ------
        InputError
            If the plan has no such outcome.
        """
        for outcome in self.outcome:
            if outcome.code == code:
                return outcome
        known = ", ".join(outcome.code for outcome in self.outcome)
        raise InputError(f"The protocol has no outcome “{code}”; it has: {known}.")

    @property
    def short_names(self) -> dict[str, str]:
        """The short names of the outcomes by their codes."""
        return {outcome.code: outcome.short for outcome in self.outcome}

    def agent_group(self, agent_class: str) -> str:
        """Return the slug of the first group that `agent_class` belongs to, or ``""``."""
        for slug, group in self.strata.agent_group.items():
            if agent_class in group.members:
                return slug
        return ""


def read_protocol(folder: Path) -> tuple[Protocol | None, tuple[Finding, ...]]:
    """Read `protocol.toml` in `folder`.

    Returns
    -------
    protocol : Protocol or None
        None when it cannot be used; then `findings` says why.
    findings : tuple of Finding
        Every problem at once, in plain words.
    """
    try:
        content = tomllib.loads((folder / PROTOCOL_FILE).read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return None, (
            _whole_file(
                "file-missing",
                "There is no protocol.toml in the data folder.",
                "Add the analysis plan.",
            ),
        )
    except OSError as error:
        return None, (
            _whole_file(
                "file-unreadable",
                f"protocol.toml cannot be opened: {error.strerror}.",
                "See that it is a readable file.",
            ),
        )
    except UnicodeDecodeError:
        return None, (
            _whole_file("file-not-utf8", "protocol.toml is not UTF-8 text.", "Save it as UTF-8."),
        )
    except tomllib.TOMLDecodeError as error:
        return None, (
            _whole_file(
                "toml-malformed",
                f"protocol.toml is not valid TOML: {error}.",
                "Correct that place; texts stand between quotation marks.",
            ),
        )
    try:
        return Protocol.model_validate(content), ()
    except ValidationError as error:
        return None, findings_of(error, Protocol, PROTOCOL_FILE)


def _whole_file(code: str, sentence: str, mend: str) -> Finding:
    return Finding(code, "error", sentence, mend, PROTOCOL_FILE)
