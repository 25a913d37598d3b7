"""Rows that share a study: the three-level models against references and brute force."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import binom, chi2, norm
from tests.models.clustered import dataset, reference

from onearm.models import (
    Bayes,
    ModelError,
    ThreeLevelBinomialNormal,
    in_studies,
    leave_one_study_out,
    make_model,
    pool,
)
from onearm.models.clustered import grid as laid
from onearm.models.clustered.base import groups_of
from onearm.models.clustered.likelihood import Data, evaluate
from onearm.models.clustered.maximum import maximise
from onearm.models.clustered.summary import (
    marginal,
    mean_quantiles,
    new_row_quantiles,
    quantiles_of,
)

TWO_ARMS = ([1, 2, 4, 7], [10, 8, 30, 49])
STUDY = ["A", "B", "C", "C"]
every_model = pytest.mark.parametrize("model", ["bayes", "glmm", "inverse-variance"])


@pytest.mark.parametrize("name", ["five_studies", "two_arms"])
def test_the_maximum_is_that_of_brute_force(name: str) -> None:
    events, n, study, _ = dataset(name)
    result, want = pool(events, n, study=study, model="glmm"), reference(name, "three-level/ML")
    assert result.coef == pytest.approx(want["coef"], abs=1e-7)
    assert result.se == pytest.approx(want["se"], abs=1e-6)
    assert result.loglik == pytest.approx(want["loglik"], abs=1e-9)
    assert result.estimate == pytest.approx(want["estimate"], abs=1e-7)
    for spread in ("sd_between", "sd_within"):
        assert result.details[spread] == pytest.approx(want[spread], abs=1e-6)


@pytest.mark.parametrize("name", ["five_studies", "two_arms"])
def test_two_variances_are_those_of_rma_mv(name: str) -> None:
    events, n, study, _ = dataset(name)
    result = pool(events, n, study=study, model="inverse-variance")
    want = reference(name, "rma.mv/REML")
    ours = {
        "b": result.coef,
        "se": result.se,
        "sigma2_study": result.details["sd_between"] ** 2,
        "sigma2_row": result.details["sd_within"] ** 2,
        "loglik": result.loglik,
    }
    assert ours == pytest.approx(want, abs=1e-8)


@pytest.mark.parametrize("name", ["five_studies", "two_arms"])
def test_the_posterior_is_that_of_brute_force(name: str) -> None:
    events, n, study, _ = dataset(name)
    result, want = pool(events, n, study=study), reference(name, "three-level/bayes")
    ours = {
        "estimate": result.estimate,
        "ci_low": result.ci[0],
        "ci_high": result.ci[1],
        "prediction_interval_low": result.prediction_interval[0],
        "prediction_interval_high": result.prediction_interval[1],
        "sd_between_mean": result.details["sd_between_mean"],
        "sd_within_mean": result.details["sd_within_mean"],
    }
    # The reference reads its limits off a distribution function by straight lines (so read, from
    # 369 points of -6 to 6, ours differ from it by 9e-6), and leaves out standard deviations
    # about 0, which raises their mean where 0 is likely.
    loose = {"ci_low": 1e-4, "ci_high": 2e-4, "sd_within_mean": 1.5e-4}
    loose["prediction_interval_high"] = 1e-4
    for name, value in ours.items():
        assert value == pytest.approx(want[name], abs=loose.get(name, 5e-5)), name


@pytest.mark.slow
def test_the_posterior_is_that_of_panels_of_gauss_and_legendre() -> None:
    """Two arms, by sums that share nothing with ours: other points, no windows, no splines."""
    nodes, weights = np.polynomial.legendre.leggauss(6)
    edges = np.array([0, 0.5, 1.2, 2.5, 5])
    sd = (0.5 * np.diff(edges)[:, None] * nodes + 0.5 * (edges[1:] + edges[:-1])[:, None]).ravel()
    measure = (np.diff(edges)[:, None] / 2 * weights).ravel() * np.exp(-0.5 * sd**2)
    z, mu = np.linspace(-6, 6, 61), np.linspace(-8, 5, 53)
    w = norm.pdf(z) / norm.pdf(z).sum()
    prior = np.exp(mu) / (1 + np.exp(mu)) ** 2
    mass = np.empty((len(sd), len(sd), len(mu)))
    for i, within in enumerate(sd):
        for j, between in enumerate(sd):
            alone = expit(mu[:, None] + np.hypot(between, within) * z)
            studies = (binom.pmf(1, 10, alone) @ w) * (binom.pmf(2, 8, alone) @ w)
            p = expit(mu[:, None, None] + between * z[:, None] + within * z)
            arms = ((p**4 * (1 - p) ** 26) @ w) * ((p**7 * (1 - p) ** 42) @ w)
            mass[i, j] = studies * (arms @ w) * prior * measure[i] * measure[j]
    mass /= mass.sum()
    result = pool(*TWO_ARMS, study=STUDY)
    assert result.coef == pytest.approx((mass.sum(axis=(0, 1)) * mu).sum(), abs=2e-5)
    assert result.details["sd_within_mean"] == pytest.approx(mass.sum(axis=(1, 2)) @ sd, abs=2e-5)
    assert result.details["sd_between_mean"] == pytest.approx(mass.sum(axis=(0, 2)) @ sd, abs=2e-5)
    total = np.hypot(sd[:, None], sd)[:, :, None]
    for limit, level in zip(result.prediction_interval, (0.025, 0.975), strict=True):
        below = (mass * norm.cdf((np.log(limit / (1 - limit)) - mu) / total)).sum()
        assert below == pytest.approx(level, abs=1e-6)


@pytest.mark.parametrize("level", ["between", "within"])
def test_with_one_level_the_posterior_is_the_flat_one(level: str) -> None:
    x, n = [12, 58, 13, 5, 9], [80, 80, 40, 20, 20]
    data = Data(np.array(x, float), np.array(n, float), np.arange(5))
    spreads = [laid.Spread(np.linspace(0, 3.7, 61), 0.3), laid.Spread(np.zeros(1), 1.0)]
    mu = np.linspace(-8, 6, 481)
    between, within = spreads if level == "between" else spreads[::-1]
    log_post = laid._log_posterior(data, mu, between.sd, within.sd, *Bayes().priors)
    grid = laid.grid_of(mu, between, within, log_post)
    levels, flat = np.array([0.025, 0.5, 0.975]), pool(x, n)
    got = expit(quantiles_of(marginal(grid, 2), levels))
    assert got == pytest.approx([flat.ci[0], flat.estimate, flat.ci[1]], abs=1e-8)
    ahead = expit(new_row_quantiles(grid, levels))[[0, 2]]
    assert ahead == pytest.approx(flat.prediction_interval, abs=1e-8)
    means = mean_quantiles(grid, levels)
    assert means == pytest.approx(
        [flat.mean_ci[0], flat.mean_proportion, flat.mean_ci[1]], abs=5e-6
    )


def plain_sum(mu: float, between: float, within: float) -> float:
    """The log-likelihood of the two-arm data by plain sums over both effects."""
    z = np.linspace(-8, 8, 321)
    w = norm.pdf(z) / norm.pdf(z).sum()
    total = 0.0
    for name in "ABC":
        product = np.ones(len(z))
        for x, n, study in zip(*TWO_ARMS, STUDY, strict=True):
            if study == name:
                p = expit(mu + between * z[:, None] + within * z)
                product = product * (binom.pmf(x, n, p) @ w)
        total += float(np.log(product @ w))
    return total


@pytest.mark.parametrize("theta", [(-1.5, 0.7, 0.4), (-2.2, 0.0, 1.1), (-0.4, 2.0, 0.0)])
def test_the_likelihood_and_its_derivatives_are_those_of_plain_sums(
    theta: tuple[float, float, float],
) -> None:
    data = Data(*(np.array(a, float) for a in TWO_ARMS), np.array(groups_of(STUDY)))
    point = evaluate(data, *theta)
    assert point.value + data.constant == pytest.approx(plain_sum(*theta), abs=1e-9)
    for i in range(3):
        step = 1e-4 * np.eye(3)[i]
        up, down = (evaluate(data, *(np.array(theta) + s * step)) for s in (1, -1))
        assert point.gradient[i] == pytest.approx((up.value - down.value) / 2e-4, abs=1e-6)
        np.testing.assert_allclose(
            point.hessian[i], (up.gradient - down.gradient) / 2e-4, atol=1e-5
        )


def test_profile_limits_are_where_the_likelihood_has_fallen() -> None:
    events, n, study, _ = dataset("five_studies")
    model = ThreeLevelBinomialNormal(groups=groups_of(study), ci="profile")
    fit = model(events, n)
    data = Data(np.array(events, float), np.array(n, float), np.array(model.groups))
    top = maximise(data).point.value
    logits = np.log(fit.ci[0] / (1 - fit.ci[0]))
    held = [(0, logits[0]), (0, logits[1])]
    held += [(1, v) for v in fit.details["sd_between_ci"][0]]
    held += [(2, fit.details["sd_within_ci"][0, 1])]
    for which, value in held:
        others = [i for i in range(3) if i != which]

        def fall(at: np.ndarray, which: int = which, value: float = value) -> float:
            theta = np.insert(np.abs(at) if which == 0 else [at[0], abs(at[1])], which, value)
            return 2 * (top - evaluate(data, *theta).value)

        start = np.array([fit.coef[0], 0.9, 0.1])[others]
        found = minimize(fall, start, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-7})
        assert found.fun == pytest.approx(chi2.ppf(0.95, 1), abs=1e-4)
    assert fit.details["sd_within_ci"][0, 0] == 0


@every_model
def test_repeated_names_are_one_study_and_cluster_says_so_too(model: str) -> None:
    named = pool(*TWO_ARMS, study=STUDY, model=model)
    told = pool(*TWO_ARMS, cluster=[7, 8, 9, 9], model=model)
    assert (named.estimate, named.ci) == (told.estimate, told.ci)
    assert named.model == f"{model}-three-level"
    assert "rows-share-studies" in {c.code for c in named.cautions}
    assert named.method.description.short
    json.dumps(named.to_dict(), allow_nan=False)
    flat = pool(*TWO_ARMS, study=STUDY, model=model, independent=True)
    assert flat.model == model
    assert flat.estimate == pool(*TWO_ARMS, model=model).estimate
    assert "rows-taken-as-independent" in {c.code for c in flat.cautions}
    assert "rows-taken-as-independent" not in {
        c.code for c in pool(*TWO_ARMS, independent=True, model=model).cautions
    }


def test_a_row_without_patients_makes_no_study_of_two() -> None:
    assert pool([1, 2, 0], [10, 8, 0], study=["A", "B", "B"]).model == "bayes"


@every_model
def test_studies_are_left_out_with_all_their_rows(model: str) -> None:
    fit = leave_one_study_out(in_studies(make_model(model), STUDY), *TWO_ARMS)
    without = [
        pool([2, 4, 7], [8, 30, 49], study=["B", "C", "C"], model=model),
        pool([1, 4, 7], [10, 30, 49], study=["A", "C", "C"], model=model),
    ]
    assert fit.estimate[:2] == pytest.approx([r.estimate for r in without], abs=1e-9)
    assert fit.details["studies"].tolist() == [2, 2, 2]


@every_model
def test_counting_the_others_mirrors_everything(model: str) -> None:
    x, n = TWO_ARMS
    there = pool(x, n, study=STUDY, model=model)
    back = pool([b - a for a, b in zip(x, n, strict=True)], n, study=STUDY, model=model)
    assert back.estimate == pytest.approx(1 - there.estimate, abs=1e-7)
    assert back.ci == pytest.approx((1 - there.ci[1], 1 - there.ci[0]), abs=1e-6)


@every_model
@pytest.mark.parametrize(
    ("events", "n"),
    [
        ([0, 0, 0], [5, 6, 7]),
        ([5, 6, 7], [5, 6, 7]),
        ([0, 6, 0], [5, 6, 7]),
        ([1, 0, 1], [1, 1, 1]),
        ([2, 0, 0], [9, 0, 0]),
        ([0, 0, 0], [0, 0, 0]),
        ([2, 3, 0], [8, 9, 0]),
        ([2, 4, 6], [10, 20, 30]),
    ],
)
def test_whatever_the_rows_there_are_words(model: str, events: list[int], n: list[int]) -> None:
    chosen = in_studies(make_model(model), ["A", "A", "B"])
    result = pool(events, n, model=chosen)
    silent = result.verdict.code in ("estimable", "constant") and not result.cautions
    assert np.isfinite([result.estimate, *result.ci]).all() or not silent
    low, high = result.ci
    assert np.isnan(low) or 0 <= low <= result.estimate <= high <= 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"model": "beta-binomial"}, "independent=True"),
        ({"model": "inverse-variance", "tau2": "DL"}, "tau2 'DL'"),
        ({"model": "bayes", "tau_prior": "half-cauchy(1)"}, "tau_prior"),
        ({"cluster": [1, 2]}, "cluster must have one label per row, 4; got 2"),
    ],
)
def test_what_has_no_form_for_shared_studies_is_refused(
    options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        pool(*TWO_ARMS, study=STUDY, **options)
