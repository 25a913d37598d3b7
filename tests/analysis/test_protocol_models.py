"""The plan's words for models, options and diagnostics are those of the rooms that have them."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from onearm.evidence import ModelPlan
from onearm.evidence.plan.models import OPTIONS, Interval, MuPrior, PooledInterval, TauPrior
from onearm.evidence.plan.protocol import DIAGNOSTIC_NAMES
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS
from onearm.models.registry import MODELS, make_model
from onearm.robustness.gates import DIAGNOSTICS

PRIORS = {
    "mu_prior": ("logistic", "normal(1.5)", "normal(10)", "logistic(0.5)"),
    "tau_prior": ("half-normal(0.5)", "half-cauchy", "half-cauchy(.25)", "half-normal(2.)"),
}


def values(model: str, option: str) -> tuple[str, ...]:
    """Every value of the option that the plan admits for the model."""
    named = OPTIONS[model][option]
    if named is not None:
        return named
    annotation = ModelPlan.model_fields[option].annotation
    (choice, _none) = get_args(annotation)
    return PRIORS[option] if option in PRIORS else get_args(choice)


def test_the_plan_names_the_models_that_there_are() -> None:
    assert set(OPTIONS) == set(MODELS)
    assert set(get_args(ModelPlan.model_fields["model"].annotation)) == set(MODELS)


@pytest.mark.parametrize("model", OPTIONS)
def test_every_combination_that_the_plan_admits_can_be_made(model: str) -> None:
    choices = {name: (None, *values(model, name)) for name in OPTIONS[model]}
    for chosen in itertools.product(*choices.values()):
        given = {n: v for n, v in zip(choices, chosen, strict=True) if v is not None}
        plan = ModelPlan.model_validate({"model": model, **given})
        made = make_model(plan.model, **plan.options)
        assert {n: made.options[n] for n in given} == given


@pytest.mark.parametrize("model", OPTIONS)
def test_the_plan_knows_the_values_that_the_model_knows(model: str) -> None:
    for name in OPTIONS[model]:
        assert name in MODELS[model].option_names()
        if name in MODELS[model].choices:
            assert set(values(model, name)) == set(MODELS[model].choices[name])
    assert set(MODELS[model].choices) & set(ModelPlan.model_fields) <= set(OPTIONS[model])


def test_what_a_model_does_not_take_the_plan_refuses() -> None:
    every: dict[str, Any] = {"transform": "logit", "tau2": "REML", "ci": "wald",
                             "correction": "only0", "mu_prior": "normal",
                             "tau_prior": "half-normal"}  # fmt: skip
    for model, (name, value) in itertools.product(OPTIONS, every.items()):
        if name in OPTIONS[model]:
            ModelPlan.model_validate({"model": model, name: value})
        else:
            with pytest.raises(ValidationError, match="no option of the model"):
                ModelPlan.model_validate({"model": model, name: value})


def test_intervals_and_priors_are_spelt_alike() -> None:
    assert get_args(PooledInterval) == values("inverse-variance", "ci")
    named = {value for part in get_args(Interval) for value in get_args(part) or (part,)}
    assert named == {value for model in OPTIONS if "ci" in OPTIONS[model]
                     for value in values(model, "ci")}  # fmt: skip
    for prior, families in ((MuPrior, MU_PRIORS), (TauPrior, TAU_PRIORS)):
        pattern = get_args(prior)[1].metadata[0].pattern
        assert pattern.split("(")[1].split(")")[0].split("|") == list(families)
    for scale in ("0", "0.0", "", "-1", "x"):
        with pytest.raises(ValidationError):
            ModelPlan(model="bayes", mu_prior=f"normal({scale})")


def test_the_plan_gates_the_diagnostics_that_there_are() -> None:
    assert set(DIAGNOSTIC_NAMES) == set(DIAGNOSTICS)
