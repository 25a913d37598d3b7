"""A review of two hundred studies is examined: what is too large is said, and not tried."""

import numpy as np
import pytest

from onearm.analysis import Review
from onearm.models import Cost
from onearm.robustness import CHECKS, base, examine, specifications

K = 200
PLAN = """title = "A made-up review"

[[outcome]]
code = "event"
label = "An event"
threshold = 0.3

[strata.country]
label = "Country"
column = "country"
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(200)
    n = rng.integers(10, 600, K)
    x = rng.binomial(n, 1 / (1 + np.exp(1 - 0.8 * rng.standard_normal(K))))
    countries = [f"Country {i % 5}" for i in range(K)]
    studies = [f"s{i},Study {i},{2000 + i % 20},{countries[i]},g{i // 2}" for i in range(K)]
    counts = [f"s{i},event,{x[i]},{n[i]},page 1" for i in range(K)]
    header = "study_id,label,year,country,overlap_group"
    (folder / "studies.csv").write_text("\n".join([header, *studies, ""]))
    header = "study_id,outcome,events,n,source"
    (folder / "outcomes.csv").write_text("\n".join([header, *counts, ""]))
    (folder / "protocol.toml").write_text(PLAN)
    return Review(folder)


def test_every_check_answers_or_says_that_it_is_too_large(large):
    pool = large.outcome("event").widest
    assert pool.selection.k == K
    results = examine(pool, large)
    assert list(results) == list(CHECKS)
    for name in ("calibration", "influence", "subsets", "cumulative"):
        assert results[name].verdict is None, name
        assert results[name].table.empty, name
        assert "not computed for" in results[name].sentence, name
        assert results[name].is_closed, name
    assert "too many to search" in results["fragility"].sentence
    for name in ("agreement", "unseen", "small_study_effects", "meta_regression"):
        assert not results[name].table.empty, name
    moderators = {test["moderator"] for test in results["meta_regression"].data["tests"]}
    assert moderators == {"Country", "Size of the study", "Year of publication"}


def test_one_evidence_set_is_never_mentioned(large):
    results = examine(large.outcome("event").widest, large)
    for result in results.values():
        assert "All studies" not in result.sentence, result.name
        assert not result.sentence[0].islower(), result.name


def test_the_curve_leaves_out_what_takes_too_long_and_names_it(large, monkeypatch):
    monkeypatch.setitem(base._AFFORDABLE, Cost.SLOW, 5_000)
    curve = specifications(large, "event")
    assert curve.data["distinct"] == len(curve.table)
    assert "bayes" in curve.data["note"]
    assert curve.data["note"] in curve.sentence
    assert "the first 20" in curve.sentence
