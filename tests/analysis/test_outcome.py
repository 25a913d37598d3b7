"""The protocol's pools on the shipped evidence, and what adding a study does to them."""

import csv

import pytest

import onearm
from onearm.analysis import Review
from onearm.analysis.pools import differences

# R 4.2.2, metafor 3.8-1: escalc(measure="PLO", add=1/2, to="only0"), then
# rma(yi, vi, method="REML", test="adhoc", control=list(threshold=1e-12, maxiter=20000)) and
# predict(transf=transf.ilogit): estimate, ci.lb, ci.ub, pi.lb, pi.ub, tau2, I2 / 100, QE.
R_THREE = (0.3116293827, 0.0479357037, 0.8027777147, 0.0112072212, 0.9475937947,
           0.4739129466, 0.6470064026, 5.4094815281)  # fmt: skip
R_FOUR = (0.3087867624, 0.1284227858, 0.5752690136, 0.0712540858, 0.7223178566,
          0.1849937417, 0.4287427845, 5.4276058119)  # fmt: skip


def _numbers(pooled):
    return (pooled.estimate, *pooled.ci, *pooled.prediction_interval, pooled.tau2, pooled.i2,
            pooled.q)  # fmt: skip


def _classical(found, pool):
    """The conventional companion of the protocol's model, on the same rows."""
    (found,) = [
        other.pooled
        for other in found.companions_of(pool)
        if other.pooled.options.get("transform") == "logit"
        and other.pooled.options.get("ci") == "knapp-hartung-conservative"
    ]
    return found


def _append(path, **cells):
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    assert set(cells) <= set(header)
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, header, lineterminator="\n").writerow(cells)


def test_the_core_pool_of_complete_response_is_what_metafor_gives(review):
    found = review.outcome("pcr")
    pool = found.pools["core"]
    assert [row.row_id for row in pool.selection.rows] == ["L1", "A6", "C1"]
    assert (pool.standing, pool.people, pool.cohorts) == ("headline", 68, "3 studies")
    assert _numbers(_classical(found, pool)) == pytest.approx(R_THREE, abs=1e-8)


def test_two_rows_of_a_new_study_change_the_pool_to_what_metafor_gives(data_copy):
    _append(
        data_copy / "studies.csv", study_id="new2026", label="New 2026", year="2026",
        citation="A journal 2026;1:1", source_type="full_text", evidence_set="core",
        design="retrospective_series", setting="salvage", agent="alectinib",
    )  # fmt: skip
    _append(
        data_copy / "outcomes.csv", row_id="N1", study_id="new2026", population="all",
        agent_class="alk_tki", outcome="pcr", definition="no viable tumour cells",
        definition_operator="=", events="6", n="20", denominator="resected", unit="patients",
        basis="stated", printed="6 of 20", use="pool", source="the paper", locator="Table 2",
    )  # fmt: skip
    found = Review(data_copy).outcome("pcr")
    pool, primary = found.pools["core"], found.review.protocol.primary
    assert "N1" in pool.selection.row_ids
    assert _numbers(_classical(found, pool)) == pytest.approx(R_FOUR, abs=1e-8)
    assert (
        pool.pooled.to_dict()
        == onearm.pool(
            [5, 4, 11, 6],
            [10, 28, 30, 20],
            study=list(pool.selection.labels),
            model=primary.model,
            **primary.options,
        ).to_dict()
    )


def test_one_study_is_shown_and_not_pooled_and_two_are_provisional(review):
    single = review.outcome("complication_major").pools["core"]
    assert single.standing == "single"
    assert "0 of 10, 0.0 % (0.0 to 30.8)" in single.headline()
    assert "not pooled" in single.headline()
    double = review.outcome("mpr").pools["core"]
    assert double.standing == "provisional"
    assert double.headline().endswith("provisional.")


def test_an_outcome_without_a_study_says_so(review):
    nothing = review.outcome("mortality_90d").pools["core"]
    assert nothing.standing == "none"
    assert "no count of this outcome" in nothing.headline()


def test_arms_of_one_trial_are_cohorts_of_one_study(review):
    pool = review.outcome("pcr").pools["core+extended"]
    studies = pool.selection.studies
    assert pool.pooled.k == studies + 1  # NEOSTAR has two arms
    assert pool.cohorts == f"{pool.pooled.k} cohorts of {studies} studies"


@pytest.mark.parametrize("code", ["pcr", "mpr", "complication_any", "r0"])
def test_strata_share_out_the_patients_of_the_whole(review, code):
    """By setting every study counts whole; by agent the parts add up to it again."""
    analysis = review.outcome(code)
    for evidence_set, pool in analysis.pools.items():
        for by in ("setting", "agent_group"):
            strata = analysis.strata[evidence_set][by]
            assert sum(part.people for part in strata) == pool.people, (evidence_set, by)


def test_drugs_taken_together_hold_their_groups_and_nothing_else(review):
    strata = review.outcome("pcr").strata["core"]
    (together,) = strata["combined"]
    groups = [part for part in strata["agent_group"] if "inhibitor" in part.label]
    assert together.people == sum(part.people for part in groups) == 46
    assert together.standing == "headline"


def test_a_study_of_two_drugs_counts_by_its_parts_in_the_strata_by_agent(review):
    strata = review.outcome("pcr").strata["core"]["agent_group"]
    rows = [row.row_id for part in strata for row in part.selection.rows]
    assert sorted(rows) == ["A6", "C2", "C3", "L1"]


def test_the_record_is_json_and_holds_every_pool(review):
    import json

    record = review.outcome("pcr").to_dict()
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text)["pools"]["core"]["pooled"]["k"] == 3


def test_the_record_holds_certainties_and_the_tests_between_strata(review):
    analysis = review.outcome("pcr")
    record = analysis.to_dict()
    for name, pool in analysis.pools.items():
        assert record["pools"][name]["certainty"] == analysis.certainty(pool).to_dict()
        tests = record["strata_tests"][name]
        assert set(tests) == {"setting", "agent_group"}, "pools that overlap are not tested"
        for by, found in tests.items():
            assert found == differences(analysis.strata[name][by]).to_dict()
    by_class = record["strata_tests"]["core+extended"]["agent_group"]
    assert by_class["p"] is None or 0 <= by_class["p"] <= 1
