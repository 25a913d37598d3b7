"""The contract of `pool`: what comes back, for any data, and what is refused."""

from __future__ import annotations

import json
import math
from functools import partial

import numpy as np
import pytest

from onearm.errors import OnearmError
from onearm.models import CORRECTIONS, MODELS, TRANSFORMS, ModelError
from onearm.models import pool as pool_by

pool = partial(pool_by, model="inverse-variance")
SIX = ([2, 0, 9, 1, 3, 20], [6, 4, 12, 8, 10, 31])


def test_agrees_with_metafor_on_a_published_vector() -> None:
    wald = pool(*SIX, ci="wald", prediction="normal")
    assert wald.tau2 == pytest.approx(0.883019880673, abs=1e-11)
    assert wald.coef == pytest.approx(-0.3350243590, abs=1e-9)
    assert wald.se == pytest.approx(0.5067805162, abs=1e-9)
    assert wald.q == pytest.approx(12.7625992722, abs=1e-9)
    assert wald.i2 == pytest.approx(0.6306485211, abs=1e-9)
    assert wald.tau2_ci == pytest.approx((0, 9.53219603576), abs=1e-10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DL", 0.802897498905),
        ("HE", 0.882739829606),
        ("HS", 0.479443298059),
        ("SJ", 1.090191934108),
        ("ML", 0.591539188243),
        ("REML", 0.883019880673),
        ("PM", 0.904548713276),
        ("EB", 0.904548713276),
        ("common", 0.0),
    ],
)
def test_every_estimator_of_tau2(name: str, value: float) -> None:
    assert pool(*SIX, tau2=name).tau2 == pytest.approx(value, abs=1e-11)


def test_conservative_interval_never_narrows_below_wald() -> None:
    data = ([3, 4, 3, 4], [12, 15, 12, 16])
    plain = pool(*data, ci="knapp-hartung")
    safe = pool(*data)
    wald = pool(*data, ci="wald")
    assert plain.se < wald.se
    assert safe.se == wald.se
    assert safe.ci[0] < wald.ci[0] < wald.ci[1] < safe.ci[1]


@pytest.mark.parametrize(
    ("events", "n", "code"),
    [
        ([], [], "no-data"),
        ([0], [0], "no-data"),
        ([3], [10], "single-study"),
        ([3, 0], [10, 0], "single-study"),
        ([0, 0], [5, 6], "all-zero"),
        ([5, 6], [5, 6], "all-full"),
        ([0, 5], [8, 5], "separated"),
        ([2, 4, 6], [10, 20, 30], "constant"),
        (*SIX, "estimable"),
    ],
)
@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_shape_of_data_gets_a_verdict_and_sane_numbers(
    events: list[int], n: list[int], code: str, model: str
) -> None:
    result = pool(events, n, model=model)
    assert result.verdict.code == code
    assert result.verdict.sentence.endswith(".")
    for pair in (result.ci, result.prediction_interval, result.mean_ci):
        assert all(map(math.isnan, pair)) or 0 <= pair[0] <= pair[1] <= 1
    json.dumps(result.to_dict(), allow_nan=False)
    assert len(result.to_frame()) == len(n) + 1


@pytest.mark.parametrize("transform", sorted(TRANSFORMS))
@pytest.mark.parametrize("correction", CORRECTIONS)
def test_no_transform_or_correction_leaves_the_unit_interval(
    transform: str, correction: str
) -> None:
    for data in (SIX, ([0, 5], [8, 5]), ([0, 0, 0], [5, 6, 1]), ([1, 1], [1, 1])):
        result = pool(*data, transform=transform, correction=correction)
        values = [result.estimate, *result.ci, *result.prediction_interval]
        assert all(math.isnan(v) or 0 <= v <= 1 for v in values)


def test_a_single_study_carries_its_own_exact_interval() -> None:
    result = pool([3], [10], study=["A 2020"])
    assert result.estimate == 0.3
    assert result.ci == pytest.approx((0.0667395111777, 0.6524528500600), abs=1e-11)
    assert result.ci == result.studies[0].ci
    assert result.weights == (1.0,)
    assert "3 of 10" in result.verdict.sentence


def test_the_empty_q_profile_interval_is_said() -> None:
    result = pool([2, 4, 6], [10, 20, 30])
    assert "tau2-interval-empty" in {c.code for c in result.cautions}
    assert result.tau2_ci == (0, 0)


def test_a_freeman_tukey_limit_out_of_range_is_said() -> None:
    result = pool([0, 0, 30, 0], [1, 2, 40, 3], transform="freeman-tukey")
    assert "freeman-tukey-out-of-range" in {c.code for c in result.cautions}


def test_median_and_mean_are_two_numbers() -> None:
    result = pool([1, 9, 1, 0, 3], [20, 12, 30, 15, 40])
    assert result.tau2 > 0.5
    assert result.estimate < result.mean_proportion < 0.5
    z = np.linspace(-10, 10, 20001)
    p = 1 / (1 + np.exp(-(result.coef + math.sqrt(result.tau2) * z)))
    phi = np.exp(-(z**2) / 2)
    assert result.mean_proportion == pytest.approx(float(p @ phi / phi.sum()), abs=1e-12)


@pytest.mark.parametrize(
    ("events", "n", "options", "words"),
    [
        ([3], [2], {}, ["events", "3", "2"]),
        ([-1], [2], {}, ["events", "negative", "-1"]),
        ([1], [-2], {}, ["n", "negative"]),
        ([1.5], [2], {}, ["events", "whole", "1.5"]),
        ([float("nan")], [2], {}, ["events", "missing"]),
        (["a"], [2], {}, ["events", "whole"]),
        ([1, 2], [2], {}, ["length"]),
        ([1], [2], {"model": "magic"}, ["model", "inverse-variance", "magic"]),
        ([1], [2], {"tau2": "XX"}, ["tau2", "REML", "XX"]),
        ([1], [2], {"transform": "probit"}, ["transform", "logit", "probit"]),
        ([1], [2], {"colour": "red"}, ["option", "colour", "transform"]),
        ([1], [2], {"level": 95}, ["level", "95"]),
        ([1], [2], {"study": ["a", "b"]}, ["study", "1", "2"]),
        ([[1, 2]], [[2, 3]], {}, ["one dataset"]),
    ],
)
def test_what_is_wrong_is_named(
    events: list[float], n: list[float], options: dict[str, object], words: list[str]
) -> None:
    with pytest.raises(ModelError) as caught:
        pool(events, n, **options)  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, OnearmError)
    for word in words:
        assert word in str(caught.value)


def test_html_shows_hostile_names_as_text_and_is_a_proper_table() -> None:
    html = pool([1, 3], [9, 11], study=["<script>alert(1)</script>", "=1+1"])._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<caption>" in html
    assert html.count('scope="row"') >= 2
    assert html.count('scope="col"') == 5
