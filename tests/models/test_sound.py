"""No interval is missing, crossed or beside its estimate without a word, whatever the table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from onearm.models import MODELS, Fit, Model, make_model, meta_regression, pool
from onearm.models.errors import ModelError
from onearm.models.estimability import classify

SPEAKS = ("no-data", "single-study", "all-zero", "all-full", "separated")
"""Verdicts that say themselves why there may be no interval."""

NARROW = "prediction-narrower"


def tables(most: int) -> tuple[np.ndarray, np.ndarray]:
    """Every table of at most so many patients in at most four studies."""
    rows = [(x, n) for n in range(1, most + 1) for x in range(n + 1)]
    found = [
        [*chosen, *[(0, 0)] * (4 - k)]
        for k in range(1, 5)
        for chosen in itertools.combinations_with_replacement(rows, k)
        if sum(n for _, n in chosen) <= most
    ]
    array = np.array(found)
    return array[:, :, 0].T, array[:, :, 1].T


def unsound(fit: Fit) -> dict[str, np.ndarray]:
    """Where something is wrong with an interval, by what it is."""
    wrong: dict[str, np.ndarray] = {}
    for name, centre in (("ci", fit.estimate), ("mean_ci", fit.mean), ("prediction", None)):
        low, high = getattr(fit, name).T
        wrong[f"{name} missing"] = ~(np.isfinite(low) & np.isfinite(high))
        wrong[f"{name} crossed"] = low > high
        if centre is not None:
            wrong[f"{name} beside"] = (centre < low - 1e-6) | (centre > high + 1e-6)
    low, high = fit.tau2_ci.T
    wrong["tau2 open"] = np.isnan(low) != np.isnan(high)
    wrong["tau2 open"] |= np.isinf(high)
    wrong["tau2 beside"] = (fit.tau2 < low * (1 - 1e-6) - 1e-9) | (fit.tau2 > high * (1 + 1e-6))
    return wrong


def silent(model: Model, x: np.ndarray, n: np.ndarray) -> list[str]:
    """What a model leaves without a verdict or a caution that is about it."""
    fit, verdicts = model(x, n), classify(x, n)
    told = {flag.code: flag.where for flag in fit.flags}
    said = np.any(list(told.values()) or [np.zeros(len(verdicts), bool)], axis=0)
    speaks = np.isin(verdicts, SPEAKS)
    found = [
        f"{model}: {what} of {x[:, j].tolist()} / {n[:, j].tolist()}"
        for what, where in unsound(fit).items()
        for j in np.flatnonzero(where & ~said & ~speaks)[:3]
    ]
    tight = (fit.prediction[:, 0] > fit.ci[:, 0] + 1e-6) | (
        fit.prediction[:, 1] < fit.ci[:, 1] - 1e-6
    )
    several = ~np.isin(verdicts, ("no-data", "single-study"))
    narrow = told.get(NARROW, np.zeros(len(verdicts), bool))
    found += [f"{model}: narrow {j}" for j in np.flatnonzero(tight & several & ~narrow)[:3]]
    return found


def of_inverse_variance() -> Iterator[Model]:
    """Every pair of a scale with every other option, and every kind of interval together."""
    choices = MODELS["inverse-variance"].choices
    names = [name for name in choices if name != "transform"]
    for transform in choices["transform"]:
        for a, b in itertools.combinations(names, 2):
            for one, other in itertools.product(choices[a], choices[b]):
                options: dict[str, Any] = {"transform": transform, a: one, b: other}
                yield make_model("inverse-variance", **options)


def test_inverse_variance_leaves_nothing_unsaid() -> None:
    x, n = tables(10)
    assert n.shape == (4, 2650)
    models = set(of_inverse_variance())
    x7, n7 = x[:, n.sum(axis=0) <= 7], n[:, n.sum(axis=0) <= 7]
    found = [line for model in models for line in silent(model, x7, n7)]
    found += [
        line
        for transform, ci in itertools.product(
            MODELS["inverse-variance"].choices["transform"],
            MODELS["inverse-variance"].choices["ci"],
        )
        for line in silent(make_model("inverse-variance", transform=transform, ci=ci), x, n)
    ]
    assert not found, "\n".join(found[:40])


@pytest.mark.parametrize(
    ("name", "options", "most"),
    [
        ("glmm", {"ci": "t"}, 10),
        ("glmm", {"ci": "wald"}, 10),
        ("glmm", {"ci": "profile"}, 3),
        ("beta-binomial", {"ci": "t"}, 10),
        ("beta-binomial", {"ci": "wald"}, 10),
        ("bayes", {}, 7),
        ("bayes", {"mu_prior": "normal(2.5)", "tau_prior": "half-cauchy(0.5)"}, 5),
    ],
)
@pytest.mark.parametrize("level", [0.5, 0.95, 0.9999])
def test_no_other_model_leaves_anything_unsaid(
    name: str, options: dict[str, Any], most: int, level: float
) -> None:
    found = silent(make_model(name, level=level, **options), *tables(most))
    assert not found, "\n".join(found[:20])


def test_limits_far_out_are_there() -> None:
    result = pool([0, 1, 9], [5, 5, 9], model="beta-binomial", level=0.9999)
    assert 0 <= result.ci[0] < result.estimate < result.ci[1] <= 1
    assert result.ci[1] == 1


@pytest.mark.parametrize("ci", ["t", "wald", "profile"])
@pytest.mark.filterwarnings("error")
def test_a_maximum_that_the_digits_do_not_show_is_not_called_one(ci: str) -> None:
    result = pool([1, 99_999_999, 50_000_000], [10**8] * 3, model="glmm", ci=ci)
    told = {c.code for c in result.cautions}
    if "maximum-not-found" in told:
        assert np.isnan([result.estimate, *result.ci, result.tau2]).all()
    else:
        assert result.estimate == pytest.approx(0.5, abs=1e-6)
        assert result.ci[0] < 0.5 < result.ci[1]


# ---- rows that are all without the event, or all with it ---------------------------------


@pytest.mark.parametrize("transform", MODELS["inverse-variance"].choices["transform"])
@pytest.mark.parametrize("full", [False, True])
def test_no_interval_contradicts_the_exact_bound(transform: str, full: bool) -> None:
    events = [1] * 40 if full else [0] * 40
    result = pool(events, [1] * 40, model="inverse-variance", transform=transform)
    bound = 1 - 0.05 ** (1 / 40)
    edge, limits = (1.0, (1 - bound, 1.0)) if full else (0.0, (0.0, bound))
    assert result.estimate == result.mean_proportion == edge
    assert result.ci == pytest.approx(limits, abs=1e-12)
    assert result.mean_ci == pytest.approx(limits, abs=1e-12)
    assert np.isnan(result.prediction_interval).all()
    assert result.verdict.code == ("all-full" if full else "all-zero")
    assert "one-sided-bound" in {c.code for c in result.cautions}


def test_a_batch_bounds_only_those_without_an_event() -> None:
    x, n = np.array([[0, 2, 5], [0, 3, 6]]), np.array([[5, 9, 5], [6, 9, 6]])
    model = make_model("inverse-variance")
    fit = model(x, n)
    assert fit.estimate == pytest.approx([0, model([2, 3], [9, 9]).estimate[0], 1])
    assert np.isnan(fit.prediction[[0, 2]]).all()
    assert np.isfinite(fit.prediction[1]).all()


# ---- the way back from the Freeman-Tukey scale --------------------------------------------


def case(name: str) -> tuple[list[int], list[int]]:
    rows = {
        "unequal": ([3, 2, 10, 5, 140_000], [29, 60, 300, 60, 1_450_000]),
        "rare": ([0, 1, 1, 2, 150], [10, 29, 50, 60, 1_450_000]),
    }
    return rows[name]


def test_sizes_that_differ_more_than_tenfold_are_named() -> None:
    options: dict[str, Any] = {"transform": "freeman-tukey", "model": "inverse-variance"}
    result = pool(*case("unequal"), tau2="common", **options)
    told = {c.code: c.sentence for c in result.cautions}
    assert "50,000 times" in told["freeman-tukey-sizes"]
    near = pool([3, 20], [10, 100], **options)
    over = pool([3, 20], [10, 101], **options)
    codes = [{c.code for c in r.cautions} for r in (near, over)]
    assert ["freeman-tukey-sizes" in c for c in codes] == [False, True]
    logit = pool(*case("unequal"), tau2="common", model="inverse-variance")
    assert logit.estimate == pytest.approx(0.0965, abs=1e-4)


def test_an_estimate_that_its_own_studies_rule_out_is_refused() -> None:
    options: dict[str, Any] = {"transform": "freeman-tukey", "tau2": "common"}
    result = pool(*case("rare"), model="inverse-variance", **options)
    values = [result.estimate, *result.ci, *result.prediction_interval, result.mean_proportion]
    assert np.isnan(values).all()
    assert np.isfinite([result.coef, result.se]).all()
    (said,) = (c for c in result.cautions if c.code == "freeman-tukey-refused")
    assert f"{result.coef:.4f}" in said.sentence


def test_a_freeman_tukey_estimate_lies_among_its_studies_or_is_refused() -> None:
    rng = np.random.default_rng(9)
    n = np.round(10 ** rng.uniform(0, 5, (5, 4000))).astype(int)
    x = rng.binomial(n, 10 ** rng.uniform(-4, -0.05, 4000))
    for size in MODELS["inverse-variance"].choices["ft_size"]:
        model = make_model(
            "inverse-variance", transform="freeman-tukey", tau2="common", ft_size=size
        )
        fit = model(x, n)
        p = x / n
        shown = np.isfinite(fit.estimate)
        assert 0.2 < shown.mean() < 1
        assert (fit.estimate >= p.min(axis=0) - 1e-9)[shown].all()
        assert (fit.estimate <= p.max(axis=0) + 1e-9)[shown].all()


# ---- intervals narrower than they look ----------------------------------------------------


def test_knapp_hartung_narrower_than_wald_is_said() -> None:
    data = ([3, 4, 3, 4], [12, 15, 12, 16])
    told = [
        {c.code for c in pool(*data, model="inverse-variance", ci=ci).cautions}
        for ci in ("knapp-hartung", "knapp-hartung-conservative", "wald", "t")
    ]
    assert ["narrower-than-wald" in codes for codes in told] == [True, False, False, False]


def test_a_prediction_narrower_than_the_interval_gives_its_reason() -> None:
    result = pool([2, 5], [10, 20], model="beta-binomial")
    assert result.prediction_interval[1] - result.prediction_interval[0] < 1e-9
    (said,) = (c for c in result.cautions if c.code == NARROW)
    assert "mean and spread it takes as known" in said.sentence


# ---- studies of one patient each -----------------------------------------------------------


@pytest.mark.parametrize("name", ["glmm", "beta-binomial"])
def test_studies_of_one_tell_the_mean_and_no_more(name: str) -> None:
    result = pool([0, 1, 1, 0, 1], [1] * 5, model=name)
    assert np.isnan(result.estimate)
    assert result.mean_proportion == pytest.approx(3 / 5)
    assert result.mean_ci == pytest.approx((0.1466328, 0.9472550), abs=1e-6)
    assert "60.0 %" in result.verdict.sentence
    assert "ridge" in result.verdict.sentence
    assert "flat-ridge" in {c.code for c in result.cautions}
    both = make_model(name)(np.array([[0, 0], [1, 4]]), np.array([[1, 5], [1, 4]]))
    assert both.mean == pytest.approx([0.5, np.nan], nan_ok=True)


# ---- moderators that few studies have ------------------------------------------------------


@pytest.mark.parametrize(
    ("moderators", "words"),
    [
        ({"a": [None, None, None, 3]}, ["1 of 4", "'a' (3)", "2 coefficients"]),
        ({"a": [None, None, "v", "w"], "b": [1, 2, 3, 5]}, ["2 of 4", "'a' (2)"]),
        ({"a": [1, 1, 1, None]}, ["does not vary", "3 of 4"]),
    ],
)
def test_missing_moderators_are_the_reason_given(
    moderators: dict[str, list[object]], words: list[str]
) -> None:
    with pytest.raises(ModelError) as caught:
        meta_regression([3, 4, 5, 6], [10, 12, 14, 20], moderators)
    for word in words:
        assert word in str(caught.value)
