"""What the Bayesian model adds: priors, predictions, probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from onearm.models import Bayes, ModelError, pool
from onearm.models.bayes.rates import logit_quantiles

DATA = ([2, 0, 5, 1, 3], [6, 1, 12, 8, 10])


def test_published_digits() -> None:
    """Computed once by plain grids, good to about four digits."""
    result = pool(*DATA, model="bayes")
    assert result.estimate == pytest.approx(0.2976, abs=2e-4)
    assert result.ci == pytest.approx((0.1396, 0.5013), abs=2e-4)
    assert result.prediction_interval == pytest.approx((0.072, 0.676), abs=1e-3)


@pytest.mark.parametrize(
    ("events", "n", "estimate"),
    [
        ([0, 0, 0, 0], [10, 5, 1, 20], 0.020),
        ([4, 7, 1], [4, 7, 1], 0.943),
        ([0, 5], [8, 5], 0.46),
        ([0, 0, 7], [12, 9, 7], 0.29),
    ],
)
def test_sane_where_likelihood_fails(events: list[int], n: list[int], estimate: float) -> None:
    result = pool(events, n, model="bayes")
    assert result.estimate == pytest.approx(estimate, abs=6e-3)
    assert "prior-bound" in {c.code for c in result.cautions} or result.k == 3


def test_a_single_study_shows_its_exact_interval_and_keeps_its_posterior() -> None:
    result = pool([3], [10], model="bayes")
    assert result.estimate == 0.3
    median = 1 / (1 + np.exp(-result.details["new_logit_median"]))
    assert 0.3 < median < 0.4


def test_predictive_counts_are_a_distribution_with_the_right_mean() -> None:
    result = pool(*DATA, model="bayes", next_patients=20)
    shares = np.array(result.details["next_events"])
    assert len(shares) == 21
    assert shares.sum() == pytest.approx(1, abs=1e-8)
    mean = shares @ np.arange(21) / 20
    assert mean == pytest.approx(result.details["new_rate_mean"], abs=1e-8)


def test_exceedance_falls_with_the_threshold_and_agrees_with_the_quantiles() -> None:
    result = pool(*DATA, model="bayes")
    upper = pool(*DATA, model="bayes", threshold=result.ci[1])
    lower = pool(*DATA, model="bayes", threshold=result.ci[0])
    assert upper.details["median_above"] == pytest.approx(0.025, abs=1e-6)
    assert lower.details["median_above"] == pytest.approx(0.975, abs=1e-6)
    new = pool(*DATA, model="bayes", threshold=result.prediction_interval[1])
    assert new.details["new_rate_above"] == pytest.approx(0.025, abs=1e-6)
    mean = pool(*DATA, model="bayes", threshold=result.mean_ci[0])
    assert mean.details["mean_above"] == pytest.approx(0.975, abs=1e-6)


def test_agreement_speaks_for_one_rate_and_disagreement_against() -> None:
    alike = pool([20, 21, 19, 20], [100] * 4, model="bayes").details["bayes_factor_tau_zero"]
    apart = pool([5, 50, 20, 80], [100] * 4, model="bayes").details["bayes_factor_tau_zero"]
    assert alike > 3
    assert apart < 1e-10
    overlap = pool([0, 1], [1, 1], model="bayes").details["prior_overlap_tau"]
    assert overlap > 0.9


def test_limits_of_study_rates_are_those_of_plain_sums() -> None:
    x, n = DATA
    mu, tau = np.linspace(-9, 9, 721), (np.arange(120) + 0.5) * 0.05
    z = np.linspace(-8, 8, 241)
    phi = np.exp(-0.5 * z * z)
    below, total = np.zeros(3), 0.0
    limits = Bayes().study_rates(x, n)[2]
    for t in tau:
        theta = mu[:, None] + t * z
        joint = [
            np.exp(a * theta - b * np.logaddexp(0, theta)) * phi for a, b in zip(x, n, strict=True)
        ]
        sums = [f.sum(axis=1) for f in joint]
        prior = np.exp(-np.logaddexp(0, mu) - np.logaddexp(0, -mu) - 0.5 * t * t)
        posterior = np.prod(sums, axis=0) * prior
        total += posterior.sum()
        blur = np.hypot(t * (z[1] - z[0]), mu[1] - mu[0])
        for j, c in enumerate(np.log(limits / (1 - limits))):
            share = (joint[2] * np.clip((c - theta) / blur + 0.5, 0, 1)).sum(axis=1)
            below[j] += (posterior * share / sums[2]).sum()
    assert below / total == pytest.approx([0.025, 0.5, 0.975], abs=2e-4)


@pytest.mark.parametrize(
    "data", [DATA, ([0, 0, 0], [10, 5, 400]), ([100, 3000, 5], [400, 9000, 6]), ([0, 5], [8, 5])]
)
def test_study_rates_have_the_mean_that_the_fit_shows(data: tuple[list[int], list[int]]) -> None:
    x, n = (np.array(column, dtype=float)[:, None] for column in data)
    points, weights = np.polynomial.legendre.leggauss(120)
    quantiles = logit_quantiles(x, n, Bayes().posterior(*data), 0.5 + 0.5 * points)
    mean = (1 / (1 + np.exp(-quantiles))) @ weights / 2
    assert mean == pytest.approx(Bayes()(*data).shrunken[:, 0], abs=5e-6)


def test_study_rates_mirror_and_leave_absent_studies_out() -> None:
    low, middle, high = Bayes().study_rates([2, 0, 5, 0], [6, 1, 12, 0]).T
    back = Bayes().study_rates([4, 1, 7, 0], [6, 1, 12, 0]).T
    assert np.isnan([low[3], middle[3], high[3]]).all()
    for mine, mirrored in ((low, back[2]), (middle, back[1]), (high, back[0])):
        assert mine[:3] == pytest.approx(1 - mirrored[:3], abs=1e-8)


def test_a_tighter_prior_gives_a_tighter_interval() -> None:
    tight = pool(*DATA, model="bayes", tau_prior="half-normal(0.5)").ci
    wide = pool(*DATA, model="bayes").ci
    assert wide[0] < tight[0] < tight[1] < wide[1]


@pytest.mark.parametrize(
    "options",
    [
        {"tau_prior": "uniform(1)"},
        {"tau_prior": "half-normal(-1)"},
        {"mu_prior": "cauchy"},
        {"mu_prior": 3},
        {"threshold": 1.5},
        {"next_patients": -1},
    ],
)
def test_impossible_priors_and_options_are_named(options: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=next(iter(options))):
        pool(*DATA, model="bayes", **options)
