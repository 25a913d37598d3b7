"""The models that a plan may name, with the options that each of them takes.

The models themselves are in another room that this one does not know; a test holds the two
together.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from onearm.evidence.plan.base import Line, Plan

__all__ = [
    "OPTIONS", "Companion", "ModelPlan", "PooledInterval", "Tau2", "Transform",
]  # fmt: skip

Transform = Literal["logit", "log", "arcsine", "freeman-tukey", "raw"]
Tau2 = Literal["REML", "ML", "DL", "PM", "EB", "HE", "HS", "SJ", "common"]
#: The intervals of the inverse-variance model; the other models have theirs in `OPTIONS`.
PooledInterval = Literal["knapp-hartung-conservative", "knapp-hartung", "t", "wald"]
Interval = PooledInterval | Literal["profile"]
Correction = Literal["only0", "if0all", "all", "none"]
_SCALE = r"(\([0-9]*\.?[0-9]*[1-9][0-9]*(\.[0-9]*)?\))?"
MuPrior = Annotated[str, Field(pattern=rf"^(logistic|normal){_SCALE}$")]
TauPrior = Annotated[str, Field(pattern=rf"^(half-normal|half-cauchy){_SCALE}$")]

#: Each model's options; the values where the model takes fewer than the plan's key does.
OPTIONS: dict[str, dict[str, tuple[str, ...] | None]] = {
    "inverse-variance": {
        "transform": None,
        "tau2": None,
        "ci": ("knapp-hartung-conservative", "knapp-hartung", "t", "wald"),
        "correction": None,
    },
    "glmm": {"ci": ("t", "wald", "profile")},
    "beta-binomial": {"ci": ("t", "wald")},
    "bayes": {"mu_prior": None, "tau_prior": None},
}


class ModelPlan(Plan):
    """A model by name with its options, as `onearm.pool` takes them."""

    model: Literal["inverse-variance", "glmm", "beta-binomial", "bayes"]
    label: Line | None = None
    transform: Transform | None = None
    tau2: Tau2 | None = None
    ci: Interval | None = None
    correction: Correction | None = None
    mu_prior: MuPrior | None = None
    tau_prior: TauPrior | None = None

    @model_validator(mode="after")
    def _options_of_the_model(self) -> ModelPlan:
        known = OPTIONS[self.model]
        for name, value in self.options.items():
            if name not in known:
                raise ValueError(
                    f"{name} is no option of the model {self.model}, which has: {', '.join(known)}"
                )
            values = known[name]
            if values is not None and value not in values:
                raise ValueError(
                    f"{name} is “{value}”, which the model {self.model} does not know; it has: "
                    f"{', '.join(values)}"
                )
        return self

    @property
    def options(self) -> dict[str, object]:
        """The options that the plan sets, ready for ``pool(..., model=plan.model, **options)``."""
        return self.model_dump(exclude={"model", "label"}, exclude_none=True)


class Companion(ModelPlan):
    """A model shown beside the primary one, under its own label."""

    label: Line
