"""The test that strata differ is the models' own, or a reason why there is none."""

import numpy as np
import pytest

from onearm.analysis.pools import differences
from onearm.figures import forest
from onearm.models.subgroups import subgroups
from onearm.words import number, p_value


@pytest.fixture
def parts(made):
    return [
        made([(5, 10), (4, 20), (3, 15)], label="One"),
        made([(15, 20), (14, 20), (9, 15)], label="Other"),
    ]


def test_a_bayesian_pool_is_tested_by_the_conventional_model(parts):
    found = differences(parts)
    events = np.concatenate([part.selection.events for part in parts])
    n = np.concatenate([part.selection.n for part in parts])
    direct = subgroups(events, n, list("aaabbb"), transform="logit", tau2="REML")
    assert found.q == pytest.approx(direct.q_between)
    assert (found.df, found.p) == (1, pytest.approx(direct.q_pvalue))
    assert "inverse variance, logit scale, REML" in found.sentence
    assert "own model has no such test" in found.sentence
    assert f"Q = {number(direct.q_between)}, 1 df" in found.sentence


@pytest.mark.parametrize(
    ("model", "words"), [("glmm", "binomial–normal"), ("inverse-variance", "REML")]
)
def test_a_model_with_a_test_of_its_own_uses_it(made, model, words):
    parts = [
        made([(5, 10), (4, 20), (3, 15)], label="One", model=model),
        made([(15, 20), (14, 20), (9, 15)], label="Other", model=model),
    ]
    found = differences(parts)
    assert words in found.model
    assert "no such test" not in found.sentence
    assert 0 < found.p < 0.05


@pytest.mark.parametrize(
    ("strata", "reason"),
    [
        ([], "there are 0 subgroups"),
        ([[(1, 9), (2, 9)]], "there is 1 subgroup"),
        ([[(1, 9), (2, 9)], [(1, 9)]], "fewer than two studies in Part 2"),
        ([[(1, 9), (2, 9)], [(0, 9), (0, 8)]], "everybody in Part 2 is alike"),
    ],
)
def test_without_two_studies_in_each_there_is_a_reason_and_no_test(made, strata, reason):
    parts = [made(counts, label=f"Part {place}") for place, counts in enumerate(strata, 1)]
    found = differences(parts)
    assert (found.q, found.df, found.p, found.model) == (None, None, None, "")
    assert reason in found.sentence


def test_the_forest_prints_says_and_keeps_the_test(parts):
    found = differences(parts)
    drawing = forest(parts[0], name="f", title="T", blocks=parts, test=found)
    assert found.sentence in drawing.alt
    assert found.sentence.split(":")[0] in drawing.svg
    row = drawing.numbers[-1]
    assert row["kind"] == "differences"
    assert row["q"] == pytest.approx(found.q, rel=1e-11)
    assert f"p = {p_value(row['p'])}" in drawing.alt or f"p {p_value(row['p'])}" in drawing.alt


def test_groups_without_a_test_have_none_at_the_foot(parts):
    drawing = forest(parts[0], name="f", title="T", blocks=parts)
    assert "subgroup differences" not in drawing.alt + drawing.svg
    assert {row["kind"] for row in drawing.numbers} == {"study", "pooled", "prediction"}


def test_the_evidence_has_a_test_of_settings(review):
    outcome = review.outcome("pcr")
    found = outcome.differences("core+extended", "setting")
    assert found.df == len(outcome.strata["core+extended"]["setting"]) - 1
