"""Moderators, subgroups and clusters: what they give and what they refuse."""

from __future__ import annotations

import json
import math
from functools import partial

import numpy as np
import pytest

from onearm.models import ModelError, meta_regression, subgroups
from onearm.models import pool as pool_by

pool = partial(pool_by, model="inverse-variance")
X = [9, 8, 10, 7, 11, 2, 1, 3, 2, 1]
N = [20, 18, 22, 17, 25, 20, 15, 30, 19, 14]
ARM = ["high"] * 5 + ["low"] * 5


def test_without_moderators_it_is_the_pool() -> None:
    alone = meta_regression(X, N, {}, ci="wald")
    pooled = pool(X, N, ci="wald")
    assert alone.coefficients[0].estimate == pytest.approx(pooled.coef, abs=1e-12)
    assert alone.coefficients[0].se == pytest.approx(pooled.se, abs=1e-12)
    assert alone.tau2 == pytest.approx(pooled.tau2, abs=1e-12)


@pytest.mark.parametrize("model", ["inverse-variance", "glmm"])
def test_a_category_explains_what_it_made(model: str) -> None:
    fit = meta_regression(X, N, {"arm": ARM}, model=model)
    assert [c.name for c in fit.coefficients] == ["intercept", "arm: low"]
    assert fit.coefficients[1].estimate < -1
    assert fit.qm_pvalue < 0.01
    assert fit.tau2 < pool(X, N, model=model).tau2
    json.dumps(fit.to_dict(), allow_nan=False)
    assert len(fit.to_frame()) == 2


def test_shifting_and_scaling_a_moderator_changes_only_its_units() -> None:
    dose = np.array([5.0, 5, 4, 6, 5, 1, 2, 1, 1, 2])
    plain = meta_regression(X, N, {"dose": list(dose)})
    year = meta_regression(X, N, {"dose": list(2000 + 10 * dose)})
    assert year.coefficients[1].estimate * 10 == pytest.approx(plain.coefficients[1].estimate)
    assert year.qm == pytest.approx(plain.qm, rel=1e-9)


def test_clusters_of_one_study_are_the_robust_form_and_shared_ones_matter() -> None:
    own = meta_regression(X, N, {}, cluster=list(range(10)))
    shared = meta_regression(X, N, {}, cluster=ARM)
    assert own.coefficients[0].estimate == pytest.approx(shared.coefficients[0].estimate)
    assert own.coefficients[0].df > shared.coefficients[0].df
    assert "few-clusters" in {c.code for c in shared.cautions}


def test_missing_moderators_leave_studies_out_and_say_so() -> None:
    fit = meta_regression(X, N, {"arm": [None, *ARM[1:]]})
    assert fit.k == 9
    assert "studies-left-out" in {c.code for c in fit.cautions}


def test_a_group_without_events_has_no_glmm_coefficient() -> None:
    fit = meta_regression([5, 6, 0, 0], [10, 12, 9, 11], {"arm": list("aabb")}, model="glmm")
    assert math.isnan(fit.coefficients[1].estimate)
    assert "no-maximum" in {c.code for c in fit.cautions}


EQUAL = [2, 4, 7, 3, 5, 1, 8, 2]


@pytest.mark.parametrize(
    ("x", "n", "moderator", "words"),
    [
        ([0, 4, 0, 6], [5, 4, 3, 6], ["u", "u", "v", "v"], "Every study"),
        ([0, 4, 0, 6, 0, 5], [5, 4, 3, 6, 7, 5], [1, 2, 3, 4, 5, 6], "Every study"),
        ([0, 5, 10], [10, 10, 10], [1, 2, 3], "no events"),
        # near the edge of a maximum, with studies far from the others: the search gets lost
        (
            [0, 20, 0, 3, 45, 0, 0, 500],
            [2, 20, 20, 5, 100, 1, 2, 500],
            [50.121, 1.058, 49.84, 49.919, 2.929, 999.808, 50.033, 2.053],
            "search",
        ),
    ],
)
def test_a_glmm_without_a_maximum_says_so(
    x: list[int], n: list[int], moderator: list[object], words: str
) -> None:
    fit = meta_regression(x, n, {"a": moderator}, model="glmm")
    assert math.isnan(fit.tau2)
    assert all(math.isnan(c.estimate) for c in fit.coefficients)
    assert words in fit.cautions[0].sentence


def test_a_study_far_from_the_others_does_not_stop_the_glmm() -> None:
    fit = meta_regression([3, 4, 6, 10], [10] * 4, {"a": [1, 2, 3, 1000]}, model="glmm", ci="wald")
    # R: glm(cbind(x, n - x) ~ a, family = binomial), since tau is 0
    assert fit.tau2 == 0
    got = [v for c in fit.coefficients for v in (c.estimate, c.se)]
    assert got == pytest.approx([-1.5486907, 1.0466582, 0.6313658, 0.4743039], abs=1e-7)


@pytest.mark.parametrize("tau2", ["PM", "EB", "REML", "DL"])
@pytest.mark.parametrize(("share", "pvalues"), [(2, [1, 1]), (3, [0, 1])])
def test_effects_exactly_on_the_line_have_no_spread_and_clear_pvalues(
    tau2: str, share: int, pvalues: list[float]
) -> None:
    n = [share * x for x in EQUAL]
    fit = meta_regression(EQUAL, n, {"a": range(8)}, tau2=tau2, ci="knapp-hartung")
    assert fit.tau2 == 0
    assert [c.se for c in fit.coefficients] == [0, 0]
    assert [c.pvalue for c in fit.coefficients] == pvalues
    assert (fit.qm, fit.qm_pvalue) == (0, 1)


def test_a_slope_without_any_scatter_is_certain() -> None:
    # logits 0 and log 3 at either value of the moderator
    fit = meta_regression([4, 5, 6, 9], [8, 10, 8, 12], {"a": [0, 0, 1, 1]}, ci="knapp-hartung")
    assert fit.coefficients[1].estimate == pytest.approx(math.log(3), abs=1e-12)
    assert (fit.coefficients[1].pvalue, fit.qm_pvalue) == (0, 0)


@pytest.mark.parametrize("model", ["inverse-variance", "glmm"])
def test_nothing_is_explained_where_nothing_varies(model: str) -> None:
    assert meta_regression(X, N, {"arm": ARM}, model=model).r2 > 0.5
    assert meta_regression([3, 4, 3, 4], [9] * 4, {"a": [1, 2, 2, 1]}, model=model).r2 == 0


def test_subgroups_pool_every_level_and_test_the_difference() -> None:
    groups = subgroups(X, N, ARM)
    assert list(groups.pools) == ["high", "low"]
    assert groups.pools["low"].estimate == pool(X[5:], N[5:]).estimate
    assert groups.q_pvalue < 0.01
    one_tau = subgroups(X, N, ARM, tau="pooled")
    assert one_tau.q_between == pytest.approx(
        meta_regression(X, N, {"arm": ARM}, ci="wald").qm, rel=1e-9
    )


@pytest.mark.parametrize(
    ("moderators", "words"),
    [
        ({"arm": ["a"] * 10}, ["arm", "vary"]),
        ({"arm": ["a"] * 3}, ["arm", "10", "3"]),
        ({"a": list(range(10)), "b": list(range(0, 20, 2))}, ["separate"]),
    ],
)
def test_unusable_moderators_are_named(
    moderators: dict[str, list[object]], words: list[str]
) -> None:
    with pytest.raises(ModelError) as caught:
        meta_regression(X, N, moderators)
    for word in words:
        assert word in str(caught.value)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ModelError, match="bayes"):
        meta_regression(X, N, {}, model="bayes")
    with pytest.raises(ModelError, match="shape"):
        meta_regression(X, N, {}, shape="round")
    with pytest.raises(ModelError, match="tau"):
        subgroups(X, N, ARM, tau="none")
