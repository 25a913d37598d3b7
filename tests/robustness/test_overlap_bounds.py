"""Every choice without overlap is pooled as it would be on its own."""

import pytest

from onearm.evidence import ModelPlan, non_overlapping
from onearm.models import pool
from onearm.robustness.checks.overlap import OVERLAP_CHOICES, overlap_bounds


def test_choices_equal_direct_fits_and_their_ends_are_the_smallest_and_largest(review):
    studies = review.outcome("pcr").pools["core+extended"]
    result = overlap_bounds(studies, review, model=ModelPlan(model="inverse-variance"))
    choices = non_overlapping(studies.selection).selections
    direct = [pool(s.events, s.n, model="inverse-variance") for s in choices]
    estimates = sorted(fit.estimate for fit in direct)
    assert list(result.table["estimate"][1:]) == pytest.approx(estimates, abs=1e-9)
    counts = studies.selection.events, studies.selection.n
    whole = pool(*counts, model="inverse-variance").estimate
    assert result.table["estimate"][0] == pytest.approx(whole, abs=1e-9)
    assert (result.data["smallest"], result.data["largest"]) == pytest.approx(
        (estimates[0], estimates[-1]), abs=1e-9
    )
    assert "at most 75 patients" in result.sentence
    assert result.verdict is True


def test_bounds_of_pairs_come_from_the_counts(review):
    studies = review.outcome("pcr").pools["core"]
    pairs = overlap_bounds(studies, review).data["pairs"]
    assert {tuple(p["studies"]): p["bound"] for p in pairs} == {
        ("lococo2023", "alneo2025"): 9,
        ("lococo2023", "chiappetta2025"): 6,
    }


def test_nothing_overlaps_or_too_few_studies(review):
    apart = review.outcome("complication_major").pools
    assert "no two studies" in OVERLAP_CHOICES(apart["core+extended"], review).sentence
    assert "needs 2 studies" in OVERLAP_CHOICES(apart["core"], review).sentence


def test_a_choice_on_another_side_of_the_threshold_is_a_verdict(review):
    result = overlap_bounds(review.outcome("r0").pools["core"], review)
    assert result.verdict is False
