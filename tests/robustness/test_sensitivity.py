"""Each alternative differs from the protocol in one choice, and says in which."""

import math

import pytest

from onearm.analysis import analyse, companions
from onearm.robustness import sensitivity


@pytest.fixture(scope="module")
def pcr(evidence):
    pool = analyse(evidence, "pcr").pools["core"]
    return pool, sensitivity(evidence, pool)


@pytest.fixture(scope="module")
def mpr(evidence):
    pool = analyse(evidence, "mpr").pools["core"]
    return pool, sensitivity(evidence, pool)


def _by_label(alternatives, axis):
    return {item.pool.label: item.pool for item in alternatives if item.axis == axis}


def test_per_enrolled_patient_is_a_pool_of_its_own(mpr):
    enrolled = _by_label(mpr[1], "denominator")["per enrolled patient"]
    assert [(int(e), int(n)) for e, n in zip(enrolled.selection.events, enrolled.selection.n,
                                              strict=True)] == [(15, 33)]  # fmt: skip
    assert set(enrolled.selection.rows["denominator"]) == {"enrolled"}


def test_the_looser_definition_moves_lococo_from_9_to_10_of_10(mpr):
    (variant,) = _by_label(mpr[1], "definition").values()
    rows = variant.selection.rows.set_index("label")
    assert rows.loc["Lococo 2023", "events"] == 10
    assert rows.loc["ALNEO 2025", "events"] == 15


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


def test_every_companion_model_of_the_protocol_is_fitted_to_the_same_rows(pcr, evidence):
    models = companions(evidence, pcr[0])
    assert [m.label for m in models] == [plan.label for plan in evidence.protocol.companions]
    assert all(model.selection is pcr[0].selection for model in models)


def test_the_difference_is_that_of_the_estimates_where_both_are_pooled(pcr):
    told = [item for item in pcr[1] if item.pool.is_pooled]
    assert {item.axis for item in told} == {"definition", "overlap"}
    for item in told:
        expected = item.pool.pooled.estimate - pcr[0].pooled.estimate
        assert item.difference == pytest.approx(expected, abs=0)
    assert all(math.isnan(item.difference) for item in pcr[1] if item not in told)


def test_other_studies_are_no_change(evidence, pcr):
    (enrolled,) = (item for item in pcr[1] if item.axis == "denominator")
    assert not enrolled.is_comparable
    assert enrolled.to_dict()["difference"] is None
    assert all(item.is_comparable for item in pcr[1] if item.axis != "denominator")
    extended = analyse(evidence, "mpr").pools["core+extended"]
    per = {item.pool.label: item for item in sensitivity(evidence, extended)}
    # seven other studies are pooled by themselves, and yet they are others
    assert per["per enrolled patient"].pool.is_pooled
    assert math.isnan(per["per enrolled patient"].difference)


def test_one_study_has_no_other_model_and_no_overlap(evidence):
    pool = analyse(evidence, "complication_major").pools["core"]
    assert {item.axis for item in sensitivity(evidence, pool)} <= {"denominator", "definition"}
    assert companions(evidence, pool) == ()
