"""What the Bayesian model adds: priors, predictions, probabilities."""

from __future__ import annotations

import numpy as np
import pytest

from onearm.models import ModelError, pool

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
