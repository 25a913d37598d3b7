"""Quadrature on points that studies share, against points of each study's own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from onearm.models import BinomialNormal, InverseVariance, ModelError
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.models.binomial_normal.likelihood import softplus, trapezoid
from onearm.models.glmm.climb import ascend
from onearm.models.glmm.likelihood import evaluate, logistic
from onearm.models.glmm.maximum import _TAUS, _profile
from onearm.models.glmm.shared import climb, survey, table_of
from onearm.models.inverse_variance.heterogeneity import log_likelihood
from onearm.models.inverse_variance.transforms import effects


def brute_force(x: float, n: float, mu: float, tau: float) -> tuple[float, float]:
    """A plain sum over a fine grid around the integrand's highest point."""
    z = np.linspace(-250, 250, 100_001)
    theta = mu + tau * z
    log_f = x * theta - n * softplus(theta) - 0.5 * z * z - 0.5 * np.log(2 * np.pi)
    f = np.exp(log_f - log_f.max())
    total = f.sum()
    value = log_f.max() + np.log(total * (z[1] - z[0]))
    return float(value), float((f * expit(theta)).sum() / total)


@pytest.mark.parametrize("tau", [0.0, 0.003, 0.05, 0.3, 1.0, 3.0, 7.0, 20.0])
@pytest.mark.parametrize("counts", [[(0, 9), (4, 9), (31, 31)], [(2, 4000), (7, 12), (0, 0)]])
def test_likelihoods_and_rates_are_those_of_plain_sums(
    counts: list[tuple[int, int]], tau: float
) -> None:
    x, n = (np.array(column, dtype=float)[:, None] for column in zip(*counts, strict=True))
    mu = np.linspace(-4.0, 2.0, 33)
    value, rate = study_likelihoods(x, n, mu[None, None], np.array([[tau]]))
    for i, (events, patients) in enumerate(counts):
        for j in (0, 20, 32):
            want, expected = brute_force(events, patients, mu[j], tau)
            if patients == 0:
                assert value[i, 0, 0, j] == 0
                continue
            assert value[i, 0, 0, j] == pytest.approx(want, rel=1e-10, abs=2e-9)
            assert rate[i, 0, 0, j] == pytest.approx(expected, abs=2e-9)


def test_a_row_of_the_grid_does_not_depend_on_the_others() -> None:
    rng = np.random.default_rng(3)
    n = rng.integers(1, 60, (5, 4)).astype(float)
    x = rng.binomial(n.astype(int), 0.3).astype(float)
    tau = np.sort(rng.uniform(0, 3, (4, 9)), axis=1)
    mu = rng.normal(0, 1, (4, 9, 1)) + np.linspace(-3, 3, 25)
    whole = study_likelihoods(x, n, mu, tau)
    part = study_likelihoods(x[:, 2:3], n[:, 2:3], mu[2:3, 4:5], tau[2:3, 4:5])
    for a, b in zip(whole, part, strict=True):
        np.testing.assert_allclose(a[:, 2:3, 4:5], b, rtol=0, atol=1e-12)


def few(seed: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = rng.integers(2, size, (6, 4)).astype(float)
    n[5, 2] = 0
    rates = 1 / (1 + np.exp(1 - rng.normal(size=(6, 4))))
    return rng.binomial(n.astype(int), rates).astype(float), n


@pytest.mark.parametrize("size", [12, 40, 300])
def test_the_table_gives_the_likelihood_and_its_derivatives(size: int) -> None:
    x, n = few(size, size)
    mu, tau = np.full(4, -0.8), np.array([0.3, 0.8, 1.1, 2.0])
    table = table_of(x, n, mu, tau)
    assert table is not None
    point = table.at(mu + 0.2, 1.1 * tau)
    exact = evaluate(x, n, np.ones((6, 1)), (mu + 0.2)[None], 1.1 * tau, trapezoid)
    for name in ("value", "grad_beta", "grad_tau", "info_beta", "info_cross", "info_tau"):
        np.testing.assert_allclose(getattr(point, name), getattr(exact, name), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("size", [12, 300])
def test_the_quick_climb_ends_where_the_exact_one_does(size: int) -> None:
    x, n = few(size + 1, size)
    one = np.ones((6, 1))
    start, _ = logistic(x, n, one)
    tau = np.full(4, 0.8)
    table = table_of(x, n, start[0], tau)
    assert table is not None
    mu, quick, top, done = climb(table, start[0], tau)
    # so many datasets are climbed without a table
    many = (np.tile(a, 6) for a in (x, n))
    beta, exact, _ = ascend(*many, one, np.tile(start, 6), np.tile(tau, 6))
    assert done.any()
    np.testing.assert_allclose(mu[done], beta[0, :4][done], atol=1e-9)
    np.testing.assert_allclose(quick[done], exact[:4][done], atol=1e-9)
    assert np.abs(top.grad_tau[done]).max() < 1e-6


def test_tables_that_would_be_too_large_are_left_to_the_exact_climb() -> None:
    x, n = np.array([[3.0], [200_000.0]]), np.array([[9.0], [10_000_000.0]])
    assert table_of(x, n, np.zeros(1), np.ones(1)) is None
    assert np.isfinite(BinomialNormal()(x, n).coef).all()


def test_the_survey_of_tau_finds_the_profile() -> None:
    x, n = few(7, 60)
    one = np.ones((6, 1))
    start, _ = logistic(x, n, one)
    beta = np.repeat(start, len(_TAUS), axis=1)
    found = survey(x, n, beta.reshape(4, len(_TAUS)), _TAUS)
    assert found is not None
    rough, _ = _profile(x, n, one, beta, _TAUS)
    np.testing.assert_allclose(found[0][:, :4], rough[:, :4], atol=0.1)


def test_profile_limits_of_tau2_are_where_the_likelihood_has_fallen() -> None:
    x, n = [2, 0, 9, 1, 3, 20], [6, 4, 12, 8, 10, 31]
    for method in ("REML", "ML"):
        model = InverseVariance(tau2=method, level=0.9)
        low, high = model.tau2_profile(x, n)[0]
        y, v, _ = effects(np.array(x)[:, None], np.array(n)[:, None], "logit")
        best = model(x, n).tau2
        top = log_likelihood(y, v, best, method == "REML")
        fall = 2 * (top - log_likelihood(y, v, np.array([high]), method == "REML"))
        assert fall[0] == pytest.approx(2.705543454, abs=1e-8)
        assert 0 <= low < best[0] < high
    assert np.isnan(InverseVariance().tau2_profile([3], [9])).all()
    with pytest.raises(ModelError, match="tau2"):
        InverseVariance(tau2="DL").tau2_profile(x, n)
