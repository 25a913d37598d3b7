"""The tables of an outcome's page say no change where there is none, and why there is no number."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import OutcomeAnalysis, Review
from onearm.report.pages.outcome.answer import answer, own_values
from onearm.report.pages.outcome.tables import (
    STATUS,
    heterogeneity_table,
    pools_table,
    sensitivity_table,
)
from onearm.robustness import agreement


def _changes(review, code, evidence_set):
    shown = sensitivity_table(review.outcome(code), evidence_set)
    body = BeautifulSoup(shown.html, "html.parser").tbody
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in body("tr")]
    return [(row[0], row[1], row[-1]) for row in rows[1:]]


def _with(analysis: OutcomeAnalysis, pools) -> OutcomeAnalysis:
    """The same outcome with other pools."""
    other = OutcomeAnalysis(analysis.review, analysis.plan)
    other.__dict__["pools"] = pools
    return other


@pytest.fixture(scope="module")
def strict(review):
    """The shipped review under a plan that allows the methods 2 points: some pools disagree."""
    protocol = review.protocol
    less = protocol.agreement.model_copy(update={"margin": 0.02})
    plan = protocol.model_copy(update={"agreement": less})
    return Review(replace(review.evidence, protocol=plan))


@pytest.mark.parametrize(
    ("code", "axes"), [("mpr", {"definition", "denominator"}), ("r0", {"denominator"})]
)
def test_other_studies_stand_last_and_without_points(review, code, axes):
    found = _changes(review, code, "core+extended")
    others = [change == "other studies" for _, _, change in found]
    assert any(others)
    assert others == sorted(others)
    assert {axis for axis, _, change in found if change == "other studies"} == axes
    points = [abs(float(change.split()[0])) for _, _, change in found if "points" in change]
    assert points == sorted(points, reverse=True)
    assert points


def test_what_is_not_pooled_did_not_change(review):
    assert {change for axis, _, change in _changes(review, "mpr", "core") if axis == "overlap"} == {
        "–"
    }
    assert _changes(review, "downstaging_pathological", "core+extended")[0][2] == "other studies"


def test_without_heterogeneity_the_table_says_why(review):
    said = heterogeneity_table(review.outcome("mortality_30d")).text
    assert "nobody had the event in any of 4 studies" in said
    pool = review.outcome("mpr").pools["core"]
    rows = tuple(
        replace(row, count=replace(row.count, events=row.n)) for row in pool.selection.rows
    )
    full = review.fit(replace(pool.selection, rows=rows), pool.label)
    said = heterogeneity_table(_with(review.outcome("mpr"), {"core": full})).text
    assert "everybody had the event in each of 2 studies" in said
    assert heterogeneity_table(review.outcome("complication_minor")) is None


def test_every_pool_that_is_not_to_be_pooled_says_so_beside_its_status(strict):
    analysis = strict.outcome("pcr")
    pools = list(analysis.every_pool())
    body = BeautifulSoup(pools_table(analysis, pools, "Pools").html, "html.parser").tbody
    said = [row("td")[-1].get_text() for row in body("tr")]
    expected = [
        f"do not pool: the methods disagree ({STATUS[pool.standing]})"
        if agreement(pool, strict).verdict is False
        else STATUS[pool.standing]
        for pool in pools
    ]
    assert said == expected
    assert {word.split("(")[1] for word in said if "(" in word} == {"pooled)", "provisional)"}
    assert {word for word in said if "(" not in word} == {"pooled", "provisional", "not pooled"}


def test_where_the_methods_disagree_the_studies_own_values_come_before_the_pool(strict):
    analysis = strict.outcome("r0")
    pool = analysis.widest
    assert agreement(pool, strict).verdict is False
    text = answer(analysis).text
    assert text.startswith("Do not pool: the methods disagree.")
    assert own_values(pool) in text
    assert pool.headline() not in text
    pool = analysis.pools["core"]
    assert agreement(pool, strict).verdict is False
    assert f"not pooled, {own_values(pool)}." in text, "the narrower set in a line"
    assert pool.headline() not in text
    assert own_values(strict.outcome("pcr").pools["core"]) == (
        "ALNEO 2025 4/28 (14.3 %), Chiappetta 2025 11/30 (36.7 %) and Lococo 2023 5/10 (50.0 %)"
    )
    assert "Certainty:" in text
