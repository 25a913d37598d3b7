"""The plan's words for models, options and diagnostics are those of the rooms that have them."""

from __future__ import annotations

import itertools
import pickle

import pytest
from pydantic import ValidationError

from onearm.evidence import Evidence, ModelPlan
from onearm.models.registry import MODELS, make_model
from onearm.robustness import diagnostics

GIVEN = {
    "mu_prior": ("logistic", "normal(1.5)", "normal(10)", "logistic(0.5)"),
    "tau_max": (1.0, 2),
    "tau_prior": ("half-normal(0.5)", "half-cauchy", "half-cauchy(.25)", "half-normal(2.)"),
}
OPTIONS = [(model, name) for model, kind in MODELS.items() for name in kind.planned_options()]


def values(model: str, option: str) -> tuple[str | float, ...]:
    """Values of the option that the plan admits for the model."""
    return MODELS[model].choices.get(option) or GIVEN[option]


@pytest.mark.parametrize("model", MODELS)
def test_every_combination_that_the_plan_admits_can_be_made(model: str) -> None:
    choices = {name: (None, *values(model, name)) for of, name in OPTIONS if of == model}
    for chosen in itertools.product(*choices.values()):
        given = {n: v for n, v in zip(choices, chosen, strict=True) if v is not None}
        needs = [MODELS[model].needs[name] for name in given if name in MODELS[model].needs]
        if any(given.get(other) != value for other, value in needs):
            continue
        plan = ModelPlan.model_validate({"model": model, **given})
        assert plan.options == given
        assert plan.make(0.9) == make_model(model, level=0.9, **given)
        assert plan == ModelPlan(model=model, **given)
        assert pickle.loads(pickle.dumps(plan)) == plan
        assert ModelPlan.model_validate(plan.model_dump()) == plan


def test_plans_that_are_equal_are_one_key() -> None:
    one, other = (ModelPlan(model="inverse-variance", **options) for options in (
        {"tau2": "DL", "ci": "wald"}, {"ci": "wald", "tau2": "DL"},
    ))  # fmt: skip
    assert len({one, other, ModelPlan(model="inverse-variance", tau2="DL")}) == 2


@pytest.mark.parametrize(("model", "option"), OPTIONS)
def test_what_a_model_does_not_take_the_plan_refuses(model: str, option: str) -> None:
    for other, kind in MODELS.items():
        if option not in kind.planned_options():
            with pytest.raises(ValidationError, match="no option of the model"):
                ModelPlan.model_validate({"model": other, option: values(model, option)[0]})


@pytest.mark.parametrize(("model", "option"), OPTIONS)
@pytest.mark.parametrize("value", ["no such value", 5, ["logit"], {"a": 1}, True])
def test_a_value_that_the_model_does_not_know_is_refused_at_its_place(
    model: str, option: str, value: object
) -> None:
    with pytest.raises(ValidationError) as caught:
        ModelPlan.model_validate({"model": model, option: value})
    assert [error["loc"] for error in caught.value.errors()] == [(option,)]


def test_all_wrong_options_are_told_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        ModelPlan.model_validate({"model": "glmm", "ci": "x", "transform": "logit", "cii": "t"})
    said = "\n".join(error["msg"] for error in caught.value.errors())
    assert "not one of 't', 'wald', 'profile'" in said
    assert "transform is no option of the model glmm, which has: ci" in said
    assert "not one of 'model', 'label', 'ci'" in said


def test_an_unknown_model_names_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match="'inverse-variance', 'glmm', 'beta-binomial', 'ba"):
        ModelPlan(model="gllm", ci="t")


@pytest.mark.parametrize("scale", ["0", "0.0", "", "-1", "x"])
def test_a_prior_needs_a_positive_scale(scale: str) -> None:
    with pytest.raises(ValidationError, match="positive scale"):
        ModelPlan(model="bayes", mu_prior=f"normal({scale})")


def test_a_plan_may_ask_for_the_exact_interval() -> None:
    model = ModelPlan(model="bayes", ci="exact", tau_max=2).make()
    assert model.options["ci"] == "exact"
    assert model.options["tau_max"] == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ci": "exact", "tau_max": 9}, "must be above 0, and at most 5"),
        ({"ci": "exakt"}, "not one of 'credible', 'exact'"),
        ({"tau_max": 2}, "must be left out unless ci is 'exact'"),
        ({"ci": "exact", "mu_prior": "normal(50)"}, "mu_prior must have a scale from 0.2 to 10"),
    ],
)
def test_what_cannot_be_asked_of_the_exact_interval_is_said(
    options: dict[str, object], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        ModelPlan.model_validate({"model": "bayes", **options})


def test_questions_to_a_model_are_no_options_of_a_plan() -> None:
    for option in ("threshold", "next_patients", "level"):
        with pytest.raises(ValidationError):
            ModelPlan.model_validate({"model": "bayes", option: 0.5})


def test_the_plan_gates_the_diagnostics_that_there_are(evidence: Evidence) -> None:
    assert set(evidence.protocol.gates) == set(diagnostics())
