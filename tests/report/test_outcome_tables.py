"""The tables of an outcome's page say no change where there is none, and why there is no number."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import analyse
from onearm.analysis.pools import pool_selection
from onearm.report.pages.outcome.tables import heterogeneity_table, pools_table, sensitivity_table
from onearm.robustness import agreement, sensitivity


def _changes(evidence, code, evidence_set):
    pool = analyse(evidence, code).pools[evidence_set]
    found = sensitivity(evidence, pool)
    body = BeautifulSoup(sensitivity_table(pool, found).html, "html.parser").tbody
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in body("tr")]
    return [(row[0], row[1], row[-1]) for row in rows[1:]]


@pytest.mark.parametrize("code", ["mpr", "r0"])
def test_other_studies_stand_last_and_without_points(evidence, code):
    found = _changes(evidence, code, "core+extended")
    others = [change == "other studies" for _, _, change in found]
    assert any(others)
    assert others == sorted(others)
    assert {axis for axis, _, change in found if change == "other studies"} == {"denominator"}
    points = [abs(float(change.split()[0])) for _, _, change in found if "points" in change]
    assert points == sorted(points, reverse=True)
    assert points


def test_what_is_not_pooled_did_not_change(evidence):
    assert {
        change for axis, _, change in _changes(evidence, "mpr", "core") if axis == "overlap"
    } == {"–"}
    assert _changes(evidence, "downstaging_pathological", "core+extended")[0][2] == "other studies"


def test_without_heterogeneity_the_table_says_why(evidence):
    pools = analyse(evidence, "mortality_30d").pools
    said = heterogeneity_table(pools, pools).text
    assert "nobody had the event in any of 2 studies" in said
    assert "needs two studies" not in said
    pool = analyse(evidence, "mpr").pools["core"]
    rows = pool.selection.rows.assign(events=pool.selection.n)
    full = pool_selection(replace(pool.selection, rows=rows), pool.label, evidence.protocol.primary)
    said = heterogeneity_table({"core": full}, {"core": full}).text
    assert "everybody had the event in each of 2 studies" in said
    single = analyse(evidence, "complication_minor").pools
    assert "needs two studies" in heterogeneity_table(single, single).text


def test_every_pool_that_is_not_to_be_pooled_says_so_beside_its_standing(evidence):
    analysis = analyse(evidence, "pcr")
    strata = [pool for splits in analysis.strata.values() for by in splits.values() for pool in by]
    pools = [*analysis.pools.values(), *strata]
    body = BeautifulSoup(pools_table(evidence.protocol, pools, "Pools").html, "html.parser").tbody
    said = [row("td")[-1].get_text() for row in body("tr")]
    expected = [
        f"{pool.standing}; do not pool: the methods disagree"
        if agreement(pool, evidence.protocol).verdict is False
        else pool.standing
        for pool in pools
    ]
    assert said == expected
    assert {word.split(";")[0] for word in said if ";" in word} == {"headline", "provisional"}
