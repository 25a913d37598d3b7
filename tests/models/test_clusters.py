"""Cluster-robust standard errors and degrees of freedom are those of clubSandwich."""

from __future__ import annotations

import numpy as np
import pytest
from tests.models.clustered import dataset, reference

from onearm.models import Regression, meta_regression


def numbers(fit: Regression) -> dict[str, float]:
    return {
        f"{name}{j}": value
        for j, c in enumerate(fit.coefficients)
        for name, value in (
            ("b", c.estimate),
            ("se", c.se),
            ("df", c.df),
            ("ci_low", c.ci[0]),
            ("ci_high", c.ci[1]),
        )
    }


@pytest.mark.parametrize("shift", [0, 2000, 2011])
def test_degrees_of_freedom_are_those_of_the_coefficients_as_reported(shift: int) -> None:
    events, n, cluster, years = dataset("cluster_regression")
    fit = meta_regression(events, n, {"year": [y - shift for y in years]}, cluster=cluster)
    want = reference("cluster_regression", f"robust/CR2/year_minus_{shift}")
    # R's tau2 has converged to about 1e-6 of itself, which the large intercepts show
    assert numbers(fit) == pytest.approx(want, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["five_studies", "two_arms"])
def test_a_pool_of_rows_that_share_a_study(name: str) -> None:
    events, n, study, _ = dataset(name)
    (got,) = meta_regression(events, n, {}, cluster=study).coefficients
    want = reference(name, "robust/CR2")
    ours = {"b": got.estimate, "se": got.se, "df": got.df, "ci.lb": got.ci[0], "ci.ub": got.ci[1]}
    assert ours == pytest.approx(want, abs=1e-7)


def brute_force(
    x: np.ndarray, theta: np.ndarray, y: np.ndarray, groups: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Covariance and Satterthwaite df by whole matrices, as the paper writes them."""
    m = np.linalg.inv(x.T @ (x / theta[:, None]))
    rest = np.eye(len(y)) - x @ m @ (x / theta[:, None]).T
    covariance, forms = np.zeros((len(m), len(m))), [[] for _ in m]
    for g in sorted(set(groups)):
        rows = [i for i, name in enumerate(groups) if name == g]
        d = np.diag(np.sqrt(theta[rows]))
        middle = d @ (rest @ np.diag(theta) @ rest.T)[np.ix_(rows, rows)] @ d
        values, vectors = np.linalg.eigh(middle)
        power = np.where(values > 1e-12, np.abs(values) ** -0.5, 0)
        adjust = d @ (vectors * power) @ vectors.T @ d
        a = m @ (x[rows] / theta[rows, None]).T @ adjust
        score = a @ (rest @ y)[rows]
        covariance += np.outer(score, score)
        for j in range(len(m)):
            forms[j].append(a[j] @ rest[rows])
    df = []
    for form in forms:
        p = np.array(form) @ np.diag(theta) @ np.array(form).T
        df.append(np.trace(p) ** 2 / (p**2).sum())
    return covariance, np.array(df)


def test_several_moderators_against_whole_matrices() -> None:
    events, n, cluster, years = dataset("cluster_regression")
    kind = ["a", "b", "c"] * 4
    moderators = {"year": [y - 2010 for y in years], "kind": kind}
    fit = meta_regression(events, n, moderators, cluster=cluster, tau2="DL")
    x = np.column_stack(
        [
            np.ones(12),
            np.array(years) - 2010.0,
            *([float(k == level) for k in kind] for level in "bc"),
        ]
    )
    counts, size = np.array(events), np.array(n)
    y = np.log(counts / (size - counts))
    theta = 1 / counts + 1 / (size - counts) + fit.tau2
    covariance, df = brute_force(x, theta, y, cluster)
    np.testing.assert_allclose(fit.covariance, covariance, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose([c.df for c in fit.coefficients], df, rtol=1e-9)
    assert fit.qm_df[0] == 3
    assert 0 < fit.qm_df[1] < df[1:].max()


def test_the_joint_test_of_one_moderator_is_its_own() -> None:
    events, n, cluster, years = dataset("cluster_regression")
    fit = meta_regression(events, n, {"year": years}, cluster=cluster)
    slope = fit.coefficients[1]
    assert fit.qm == pytest.approx((slope.estimate / slope.se) ** 2, rel=1e-9)
    assert fit.qm_df == pytest.approx((1, slope.df), rel=1e-9)
    assert fit.qm_pvalue == pytest.approx(slope.pvalue, rel=1e-9)


def test_the_joint_test_holds_its_level() -> None:
    """Under the working model, with nothing to explain, 5 % of tests are below 0.05."""
    from onearm.models.regression.cluster import cluster_robust

    rng = np.random.default_rng(7)
    groups = np.repeat([str(g) for g in range(15)], 3).astype(object)
    x = np.column_stack([np.ones(45), rng.normal(size=45), np.repeat(rng.normal(size=15), 3)])
    theta = rng.uniform(0.2, 1.0, 45)
    p = [
        cluster_robust(rng.normal(size=45) * np.sqrt(theta), x, theta, groups, np.eye(3)).joint[3]
        for _ in range(1500)
    ]
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.015)


def test_a_group_that_is_fitted_exactly_is_named() -> None:
    events, n, cluster, _ = dataset("cluster_regression")
    own = meta_regression(events, n, {"last": [float(c == "6") for c in cluster]}, cluster=cluster)
    half = meta_regression(events, n, {"late": [float(c > "3") for c in cluster]}, cluster=cluster)
    codes = [{c.code for c in fit.cautions} for fit in (own, half)]
    assert ["fitted-clusters" in found for found in codes] == [True, False]
