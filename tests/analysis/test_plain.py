"""A pool in plain words: whole patients, from the same numbers as the table."""

import numpy as np
import pytest
from scipy.special import comb, log_expit
from scipy.stats import halfnorm, logistic
from tests.question.folder import write_folder

import onearm
from onearm.analysis import per_hundred
from onearm.analysis.plain import next_patients
from onearm.words import in_hundred


@pytest.fixture(scope="module")
def pcr(review):
    return review.outcome("pcr")


def test_a_headline_says_the_estimate_its_limits_and_the_next_twenty(pcr):
    pool = pcr.pools["core"]
    low, high = next_patients(pool)
    said = per_hundred(pool)
    assert said.startswith(f"{in_hundred(pool.pooled.estimate)} of 100 patients (")
    assert said.endswith(f"of the next 20 at a new centre, {low} to {high}")


def ahead_by_hand(events, n, size):
    """The predictive distribution by plain sums over a grid of mu and tau, and over rates."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    mu, tau = np.linspace(-9, 9, 181), np.linspace(0.02, 5, 125)
    logits = mu[:, None, None] + tau[:, None] * nodes

    def chance(x, m):
        return comb(m, x) * np.exp(x * log_expit(logits) + (m - x) * log_expit(-logits)) @ weights

    prior = logistic.pdf(mu)[:, None] * halfnorm.pdf(tau)
    posterior = prior * np.prod([chance(x, m) for x, m in zip(events, n, strict=True)], axis=0)
    counts = np.array([(posterior * chance(x, size)).sum() for x in range(size + 1)])
    return counts / counts.sum()


@pytest.mark.parametrize(("code", "name"), [("pcr", "core"), ("complication_any", "core+extended")])
def test_the_next_patients_range_wider_than_a_binomial_at_the_estimate(review, code, name):
    pool = review.outcome(code).pools[name]
    low, high = next_patients(pool)
    draws = np.random.default_rng(1).binomial(20, pool.pooled.estimate, 20_000)
    assert low <= np.quantile(draws, 0.025)
    assert high > np.quantile(draws, 0.975)
    below = np.cumsum(ahead_by_hand(pool.selection.events, pool.selection.n, 20))
    assert (low, high) == (np.sum(below < 0.025), np.sum(below < 0.975))


def test_where_rows_share_a_study_nothing_is_promised_of_the_next(pcr):
    pool = pcr.pools["core+extended"]
    assert pool.pooled.is_clustered
    assert next_patients(pool) is None
    assert "next" not in per_hundred(pool)


def test_more_patients_ahead_more_events(pcr):
    pool = pcr.pools["core"]
    assert next_patients(pool, 100)[1] > next_patients(pool, 20)[1]


def test_few_studies_promise_nothing_of_the_next(review):
    provisional = review.outcome("mpr").pools["core"]
    assert per_hundred(provisional).endswith("provisional")
    assert next_patients(provisional) is None
    single = review.outcome("complication_major").pools["core"]
    assert per_hundred(single) == "0 of 10 patients in one study (0 to 31 of 100)"


def test_nobody_and_no_study(first_review):
    pools = first_review.outcome("mortality_30d").pools
    assert per_hundred(pools["core"]) == "no count that may be pooled"
    assert per_hundred(pools["core+extended"]) == (
        "none of 34 patients; at most 8 of 100, assuming one common rate"
    )


@pytest.mark.parametrize(
    ("proportion", "words"),
    [(0.0, "0"), (1e-9, "fewer than 1"), (0.0051, "1"), (0.125, "13"),
     (0.996, "more than 99"), (1.0, "100"),
     (float("nan"), "not estimable"), (None, "not estimable")],
)  # fmt: skip
def test_nobody_and_hardly_anybody_are_told_apart(proportion, words):
    assert in_hundred(proportion) == words


def test_studies_that_are_too_few_to_pool_are_all_named(tmp_path):
    plan = {
        "title": "Two studies of three",
        "outcome": [{"code": "pain", "label": "Pain", "threshold": 0.5, "direction": "lower"}],
        "pooling": {"provisional_k": 3, "headline_k": 4},
    }
    studies = [{"study_id": name, "label": name.upper()} for name in "ab"]
    counts = [
        {"study_id": name, "outcome": "pain", "events": events, "n": n, "source": "report"}
        for name, events, n in (("a", 3, 10), ("b", 5, 12))
    ]
    folder = write_folder(tmp_path / "data", plan, {"studies": studies, "outcomes": counts})
    analysis = onearm.Review(folder).outcome("pain")
    pool = analysis.widest
    assert "3 of 10 and 5 of 12 (not pooled)" in pool.headline()
    assert per_hundred(pool) == "2 studies with 22 participants, too few to pool"
    assert pool.shown["estimate"] is None
    assert pool.own is None
    assert "nan" not in str([domain.reason for domain in analysis.certainty(pool).domains])
