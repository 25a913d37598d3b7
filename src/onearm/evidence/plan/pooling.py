"""What the plan says of pools and their certainty, of choices crossed, and of its own standing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from onearm.evidence.plan.base import Day, Plan, Share, Slug, Text, WholeNumber
from onearm.evidence.plan.models import Companion, ModelPlan, PooledInterval, Tau2, Transform

__all__ = [
    "CERTAINTY_WORDS",
    "COMPANIONS",
    "PRIMARY",
    "Agreement",
    "CertaintyRules",
    "Deviation",
    "Gates",
    "Pooling",
    "Specifications",
    "Status",
]

#: The model of a plan that names none: it works for 0/n, n/n, n = 1 and two studies.
PRIMARY = ModelPlan(
    label="Binomial–normal, Bayesian, half-normal(1) on tau",
    model="bayes",
    mu_prior="logistic",
    tau_prior="half-normal(1)",
)
#: What stands beside the primary model in a plan that names no companions.
COMPANIONS = (
    Companion(
        label="Logit, REML, conservative Knapp–Hartung (PyMARE)",
        model="inverse-variance",
        transform="logit",
        tau2="REML",
        ci="knapp-hartung-conservative",
        correction="only0",
    ),
    Companion(label="GLMM, t(k−1)", model="glmm", ci="t"),
)
#: The fewest studies for each diagnostic that the plan gates. Which diagnostics there are is known
#: where they are made, right of here: `onearm.robustness.unknown_gates` tells the others.
Gates = dict[Slug, WholeNumber]
#: GRADE's levels, from 1 upwards.
CERTAINTY_WORDS = ("very low", "low", "moderate", "high")


class Pooling(Plan):
    """When rows may meet in one pool, and what k studies are worth."""

    level: Share = 0.95
    minimum_n: WholeNumber = 5
    provisional_k: Annotated[int, Field(ge=2, strict=True)] = 2
    headline_k: Annotated[int, Field(ge=2, strict=True)] = 3

    @model_validator(mode="after")
    def _in_order(self) -> Pooling:
        if self.provisional_k > self.headline_k:
            raise ValueError("provisional_k is larger than headline_k")
        return self


class Agreement(Plan):
    """When methods are said to disagree, so that pooling is advised against.

    Attributes
    ----------
    margin : float
        How far their estimates may lie apart.
    least_coverage : float
        What a method's interval has to hold, for studies of the sizes at hand, to be counted.
    """

    margin: Share = 0.15
    least_coverage: Share = 0.94


class Specifications(Plan):
    """The choices that the specification curve crosses, beside those of the plan itself."""

    minimum_n: tuple[WholeNumber, ...] = (10, 20)
    transforms: Annotated[tuple[Transform, ...], Field(min_length=1)] = (
        "logit",
        "arcsine",
        "freeman-tukey",
    )
    tau2: Annotated[tuple[Tau2, ...], Field(min_length=1)] = ("REML", "PM", "DL")
    ci: Annotated[tuple[PooledInterval, ...], Field(min_length=1)] = (
        "knapp-hartung-conservative",
        "wald",
    )
    likelihoods: tuple[ModelPlan, ...] = (
        ModelPlan(model="glmm", ci="t"),
        ModelPlan(model="glmm", ci="profile"),
        ModelPlan(model="beta-binomial"),
        ModelPlan(model="bayes"),
    )


class Deviation(Plan):
    """A departure from the plan as it was frozen."""

    date: Day
    what: Text
    why: Text


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
