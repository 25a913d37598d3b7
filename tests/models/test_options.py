"""Public options that nothing else would miss, each against R's formulas or by brute force."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import chi2

from onearm.models import InverseVariance, meta_regression, pool, pool_many, subgroups
from onearm.models.inverse_variance.transforms import freeman_tukey, miller_inverse

X, N = [2, 0, 9, 1, 3, 20], [6, 4, 12, 8, 10, 31]
KIND = ["a", "b", "a", "b", "b", "a"]


@pytest.mark.parametrize(
    ("size", "value"),
    [
        ("harmonic", lambda n, se: len(n) / np.sum(1 / n)),
        ("geometric", lambda n, se: np.exp(np.mean(np.log(n)))),
        ("arithmetic", lambda n, se: np.mean(n)),
        ("inverse-variance", lambda n, se: 1 / (4 * se**2)),
    ],
)
def test_the_size_for_the_way_back_is_the_one_named(size: str, value: object) -> None:
    assert callable(value)
    options = {"transform": "freeman-tukey", "ft_size": size}
    result = pool(X, N, model="inverse-variance", **options)
    want = miller_inverse(np.array(result.coef), np.array(value(np.array(N, float), result.se)))
    assert result.estimate == pytest.approx(float(want), abs=1e-12)
    # and the inverse undoes the transform
    back = miller_inverse(freeman_tukey(np.array(7.0), np.array(30.0))[0], np.array(30.0))
    assert float(back) == pytest.approx(7 / 30, abs=1e-12)


def test_if0all_corrects_every_study_once_there_is_an_empty_one() -> None:
    """metafor: escalc(to = "if0all") adds to all tables as soon as one has a zero."""
    options = {"model": "inverse-variance", "tau2": "common", "ci": "wald"}

    def by_hand(add: np.ndarray) -> float:
        x, n = np.array(X) + add, np.array(N) + 2 * add
        y, w = np.log(x / (n - x)), 1 / (1 / x + 1 / (n - x))
        return float(w @ y / w.sum())

    assert pool(X, N, correction="if0all", **options).coef == pytest.approx(
        by_hand(np.full(6, 0.5))
    )
    only0 = np.where(np.array(X) == 0, 0.5, 0.0)
    assert pool(X, N, correction="only0", **options).coef == pytest.approx(by_hand(only0))
    full = pool(X[2:], N[2:], correction="if0all", **options)
    assert full.coef == pool(X[2:], N[2:], correction="none", **options).coef


def test_subgroups_weigh_each_level_by_its_own_precision_about_their_centre() -> None:
    found = subgroups(X, N, KIND, model="inverse-variance")
    b = np.array([p.coef for p in found.pools.values()])
    w = np.array([1 / p.details["wald_se"] ** 2 for p in found.pools.values()])
    centre = w @ b / w.sum()
    q = float(w @ (b - centre) ** 2)
    assert found.q_between == pytest.approx(q, rel=1e-12)
    # of two levels that is the squared difference over the sum of variances
    assert q == pytest.approx((b[0] - b[1]) ** 2 / (1 / w).sum(), rel=1e-12)
    assert found.q_pvalue == pytest.approx(chi2.sf(q, 1), rel=1e-10)


def test_a_spread_of_zero_is_said_and_another_is_not() -> None:
    alike, apart = pool([3, 4, 3], [10, 12, 11], model="glmm"), pool([1, 9], [10, 10], model="glmm")
    codes = [{c.code for c in r.cautions} for r in (alike, apart)]
    assert alike.tau2 == 0 < apart.tau2
    assert ["tau2-at-zero" in c for c in codes] == [True, False]


def test_the_profile_interval_of_tau2_holds_zero_where_zero_is_likely_enough() -> None:
    model = InverseVariance(tau2="ML")
    near, far = (
        model.tau2_profile([3, 5, 9], [10, 12, 14])[0],
        model.tau2_profile([1, 50, 90], [100, 100, 100])[0],
    )
    assert near[0] == 0 < near[1]
    assert 0 < far[0] < far[1]
    profile = pool([3, 5, 9], [10, 12, 14], model="glmm", ci="profile")
    assert profile.tau2_ci[0] == 0
    lrt = profile.details["lrt_tau2"]
    assert lrt < chi2.ppf(0.95, 1)
    assert pool([1, 50, 90], [100] * 3, model="glmm", ci="profile").tau2_ci[0] > 0


def test_hunter_and_schmidt_in_regression() -> None:
    """metafor: tau2 = (RSS - k) / sum(w), RSS about the weighted line."""
    x, n = np.array([2, 3, 9, 1, 3, 20]), np.array(N)
    z = np.column_stack([np.ones(6), np.arange(6)])
    y, w = np.log(x / (n - x)), 1 / (1 / x + 1 / (n - x))
    b = np.linalg.solve(z.T @ (w[:, None] * z), z.T @ (w * y))
    want = max(0.0, float((w @ (y - z @ b) ** 2 - 6) / w.sum()))
    fit = meta_regression(x, n, {"a": range(6)}, tau2="HS")
    assert want > 0
    assert fit.tau2 == pytest.approx(want, rel=1e-10)
    theta = 1 / w + want
    slope = np.linalg.solve(z.T @ (z / theta[:, None]), z.T @ (y / theta))[1]
    assert fit.coefficients[1].estimate == pytest.approx(slope, rel=1e-9)


def test_groups_without_a_name_are_a_group() -> None:
    frame = pd.DataFrame({"g": ["a", None, "a", None], "events": [1, 2, 3, 4], "n": [5, 6, 7, 8]})
    table = pool_many(frame, "g")
    assert table["k"].tolist() == [2, 2]
    assert table["events"].tolist() == [4, 6]
    assert table["g"].isna().tolist() == [False, True]


def test_the_default_answers_whatever_the_counts() -> None:
    for data in (([0, 0], [5, 6]), ([5, 6], [5, 6]), ([0, 1, 1], [1, 1, 1]), ([2, 5], [9, 11])):
        result = pool(*data)
        assert result.model == "bayes"
        assert 0 < result.ci[0] < result.estimate < result.ci[1] < 1
        assert not math.isnan(result.prediction_interval[0])
        assert 0 < float(expit(result.coef)) < 1
