"""Each alternative differs from the protocol in one choice, and says in which."""

import math

import pytest

from onearm.robustness import sensitivity


@pytest.fixture(scope="module")
def pcr(review):
    analysis = review.outcome("pcr")
    return analysis.pools["core"], sensitivity(analysis, "core")


@pytest.fixture(scope="module")
def mpr(review):
    analysis = review.outcome("mpr")
    return analysis.pools["core"], sensitivity(analysis, "core")


def _by_label(alternatives, axis):
    return {item.pool.label: item.pool for item in alternatives if item.axis == axis}


def test_per_enrolled_patient_is_a_pool_of_its_own(mpr):
    enrolled = _by_label(mpr[1], "denominator")["per enrolled patient"]
    assert [(row.events, row.n) for row in enrolled.selection.rows] == [(15, 33)]
    assert {row.count.denominator for row in enrolled.selection.rows} == {"enrolled"}


def test_the_looser_definition_moves_lococo_from_9_to_10_of_10(mpr):
    (variant,) = _by_label(mpr[1], "definition").values()
    events = {row.label: row.events for row in variant.selection.rows}
    assert events["Lococo 2023"] == 10
    assert events["ALNEO 2025"] == 15


def test_every_choice_without_overlap_is_shown(pcr):
    choices = _by_label(pcr[1], "overlap")
    kept = {frozenset(pool.selection.labels) for pool in choices.values()}
    assert kept == {
        frozenset({"Lococo 2023"}),
        frozenset({"ALNEO 2025", "Chiappetta 2025"}),
        # Immunotherapy cannot have been given to the patients of an ALK series.
        frozenset({"Lococo 2023", "Chiappetta 2025 (immunotherapy)"}),
    }
    assert "without Lococo 2023" in choices


def test_every_companion_model_of_the_protocol_is_fitted_to_the_same_rows(pcr, review):
    models = review.outcome("pcr").companions["core"]
    assert [m.label for m in models] == [plan.label for plan in review.protocol.companions]
    assert all(model.selection is pcr[0].selection for model in models)


def test_the_difference_is_that_of_the_estimates_where_both_are_pooled(pcr):
    told = [item for item in pcr[1] if item.pool.is_pooled]
    assert {item.axis for item in told} == {"definition", "overlap"}
    for item in told:
        expected = item.pool.pooled.estimate - pcr[0].pooled.estimate
        assert item.difference == pytest.approx(expected, abs=0)
    assert all(math.isnan(item.difference) for item in pcr[1] if item not in told)


def test_other_studies_are_no_change(review, pcr):
    (enrolled,) = (item for item in pcr[1] if item.axis == "denominator")
    assert not enrolled.is_comparable
    assert enrolled.to_dict()["difference"] is None
    assert all(item.is_comparable for item in pcr[1] if item.axis != "denominator")
    extended = sensitivity(review.outcome("mpr"), "core+extended")
    per = {item.pool.label: item for item in extended}
    # seven other studies are pooled by themselves, and yet they are others
    assert per["per enrolled patient"].pool.is_pooled
    assert math.isnan(per["per enrolled patient"].difference)


def test_one_study_has_no_other_model_and_no_overlap(review):
    analysis = review.outcome("complication_major")
    axes = {item.axis for item in sensitivity(analysis, "core")}
    assert axes <= {"denominator", "definition"}
    assert analysis.companions["core"] == ()


def test_it_is_made_once_a_review(review, pcr):
    assert sensitivity(review.outcome("pcr"), "core") is pcr[1]
