"""What must hold for any data: symmetry, order, batches, bounds, level."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onearm.models import MODELS, Pooled, pool, pool_many
from onearm.models.registry import make_model

SETTINGS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

study = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
data = st.lists(study, min_size=1, max_size=7)
SPECS: list[tuple[str, dict[str, Any]]] = [
    ("inverse-variance", {}),
    ("inverse-variance", {"transform": "arcsine", "ci": "wald", "tau2": "PM"}),
    ("inverse-variance", {"transform": "raw", "tau2": "ML"}),
    ("glmm", {}),
    ("beta-binomial", {}),
    ("bayes", {}),
]
every_model = pytest.mark.parametrize(("name", "options"), SPECS)


def fit(rows: list[tuple[int, int]], name: str, **options: Any) -> Pooled:
    return pool([x for x, _ in rows], [n for _, n in rows], model=name, **options)


def numbers(result: Pooled) -> list[float]:
    return [
        result.estimate,
        *result.ci,
        *result.prediction_interval,
        result.mean_proportion,
        *result.mean_ci,
    ]


def close(a: list[float], b: list[float], tolerance: float) -> None:
    assert np.allclose(a, b, rtol=0, atol=tolerance, equal_nan=True), (a, b)


@every_model
@SETTINGS
@given(rows=data)
def test_everything_lies_between_0_and_1(
    name: str, options: dict[str, Any], rows: list[tuple[int, int]]
) -> None:
    result = fit(rows, name, **options)
    for value in numbers(result):
        assert math.isnan(value) or 0 <= value <= 1
    low, high = result.ci
    assert math.isnan(low) or low <= result.estimate + 1e-9 <= high + 2e-9


@every_model
@SETTINGS
@given(rows=data)
def test_counting_the_others_mirrors_everything(
    name: str, options: dict[str, Any], rows: list[tuple[int, int]]
) -> None:
    there = fit(rows, name, **options)
    back = fit([(n - x, n) for x, n in rows], name, **options)
    mirrored = [1 - there.estimate, 1 - there.ci[1], 1 - there.ci[0]]
    close([back.estimate, *back.ci], mirrored, 1e-6)
    close([back.mean_proportion], [1 - there.mean_proportion], 1e-6)
    ahead = there.prediction_interval
    close(list(back.prediction_interval), [1 - ahead[1], 1 - ahead[0]], 1e-6)


@every_model
@SETTINGS
@given(rows=data, seed=st.randoms(use_true_random=False))
def test_order_and_absent_studies_change_nothing(
    name: str, options: dict[str, Any], rows: list[tuple[int, int]], seed: Any
) -> None:
    there = fit(rows, name, **options)
    shuffled = [*rows, (0, 0)]
    seed.shuffle(shuffled)
    close(numbers(fit(shuffled, name, **options)), numbers(there), 1e-7)


@every_model
@SETTINGS
@given(rows=data)
def test_a_wider_level_gives_a_wider_interval(
    name: str, options: dict[str, Any], rows: list[tuple[int, int]]
) -> None:
    narrow, wide = (fit(rows, name, level=level, **options) for level in (0.8, 0.95))
    if not math.isnan(narrow.ci[0]):
        assert wide.ci[0] <= narrow.ci[0] + 1e-9
        assert wide.ci[1] >= narrow.ci[1] - 1e-9


@every_model
def test_a_batch_is_its_datasets_one_by_one(name: str, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(5)
    n = rng.integers(0, 30, (6, 60))
    x = rng.binomial(n, rng.uniform(0.02, 0.98, 60))
    batch = make_model(name, **options)(x, n)
    tolerance = 1e-10
    for j in range(0, 60, 3):
        single = pool(x[:, j], n[:, j], model=name, **options)
        got = [batch.estimate[j], *batch.ci[j], *batch.prediction[j], batch.tau2[j]]
        want = [single.estimate, *single.ci, *single.prediction_interval, single.tau2]
        scale = max(1.0, abs(single.tau2)) if not math.isnan(single.tau2) else 1.0
        close([v / scale for v in got], [v / scale for v in want], tolerance)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_pool_many_is_pool_per_group(name: str) -> None:
    import pandas as pd

    rng = np.random.default_rng(2)
    size = rng.integers(1, 9, 25)
    n = rng.integers(1, 50, size.sum())
    frame = pd.DataFrame(
        {"group": np.repeat(np.arange(25), size), "events": rng.binomial(n, 0.3), "n": n}
    ).sample(frac=1, random_state=1)
    table = pool_many(frame, "group", model=name)
    assert list(table["group"]) == list(range(25))
    for g in (0, 7, 24):
        rows = frame[frame["group"] == g]
        single = pool(rows["events"], rows["n"], model=name)
        line = table.iloc[g]
        close([line["estimate"], line["ci_low"]], [single.estimate, single.ci[0]], 1e-7)
        assert line["verdict"] == single.verdict.code
        assert line["k"] == single.k


def test_the_bayesian_digits_do_not_change() -> None:
    first, second = (pool([2, 0, 5], [6, 1, 12], model="bayes").to_dict() for _ in range(2))
    assert first == second
