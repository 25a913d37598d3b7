"""The nearest table is the nearest: checked against the whole lattice."""

import itertools
from dataclasses import replace
from math import comb

import numpy as np
import pytest

from onearm.evidence import ModelPlan
from onearm.models import pool
from onearm.robustness.checks.fragility import FRAGILITY, fragility, moves
from onearm.robustness.choices import side_of_interval

LOGIT = ModelPlan(model="inverse-variance")  # its fits are quick, whatever the plan's model is


@pytest.fixture(scope="module")
def pools(review):
    codes = ("pcr", "mpr", "complication_major", "mortality_90d")
    return {code: review.outcome(code).pools for code in codes}


@pytest.mark.parametrize("moved", [1, 2, 3, 4])
def test_moves_are_all_ways_to_move_so_many_events(moved):
    events, n = np.array([1, 0, 4]), np.array([3, 2, 4])
    every = np.array(list(itertools.product(*(range(size + 1) for size in n)))) - events
    expected = {tuple(row) for row in every if abs(row).sum() == moved}
    found = moves(events, n, moved, 10_000)
    assert {tuple(column) for column in found.T.tolist()} == expected
    assert found.shape[1] == len(expected)
    assert moves(events, n, moved, len(expected) - 1) is None


def test_moves_of_wide_studies_are_as_many_as_combinatorics_says():
    k, moved = 5, 4
    wide = moves(np.full(k, 50), np.full(k, 100), moved, 10_000)
    parts = range(1, moved + 1)
    expected = sum(2**j * comb(k, j) * comb(moved - 1, j - 1) for j in parts)
    assert wide.shape == (k, expected)


def test_the_nearest_table_is_that_of_a_brute_force_search(pools, review):
    core = pools["pcr"]["core"]
    result = fragility(core, review, model=LOGIT)
    x, n = core.selection.events, core.selection.n
    threshold = core.selection.outcome.threshold
    near = [
        np.array(d) for d in itertools.product(range(-2, 3), repeat=3) if 0 < sum(map(abs, d)) <= 2
    ]
    hits = {
        tuple(d) for d in near
        if ((x + d >= 0) & (x + d <= n)).all()
        and side_of_interval([pool(x + d, n, model=LOGIT.model).ci], threshold)[0] != 0
    }  # fmt: skip
    assert result.data["moved"] == min(sum(map(abs, d)) for d in hits) == 2
    assert result.data["solutions"] == len(hits) == 1
    assert "ALNEO 2025 from 4/28 to 6/28" in result.sentence
    assert result.verdict is True
    low, high = result.table.loc[0, ["ci_low", "ci_high"]]
    assert (low, high) == pytest.approx(
        pool([5, 6, 11], [10, 28, 30], model=LOGIT.model).ci, abs=1e-9
    )


def test_a_search_that_ends_by_its_cap_says_how_far_it_came(first_review):
    pool = first_review.outcome("pcr").pools["core+extended"]
    result = fragility(pool, first_review, model=LOGIT, cap=400)
    assert result.data["moved"] is None
    assert result.data["searched"] == 2
    assert result.data["tables"] <= 400
    assert "at most 400" in result.sentence


def whole_lattice(studies):
    """The sides of the intervals of all tables of two studies, by their distance."""
    (x, y), (m, n) = studies.selection.events, studies.selection.n
    threshold, sides = studies.selection.outcome.threshold, {}
    for a, b in itertools.product(range(m + 1), range(n + 1)):
        fit = pool([a, b], [m, n], model=LOGIT.model)
        (side,) = side_of_interval([fit.ci], threshold)
        sides.setdefault(abs(a - x) + abs(b - y), []).append(int(side))
    return sides


def test_the_only_table_that_would_do_is_found_however_far_away(pools, review):
    """The interval of two studies excludes a quarter only where every patient had the event."""
    studies = pools["mpr"]["core"]
    result = fragility(studies, review, model=LOGIT)
    sides = whole_lattice(studies)
    assert sides[0] == [0]
    others = {distance: side for distance, found in sides.items() for side in found if side}
    nearest = min(others)
    assert (result.data["moved"], result.data["solutions"]) == (nearest, 1)
    assert nearest == (studies.selection.n - studies.selection.events).sum()
    assert result.data["tables"] == sum(len(sides[d]) for d in range(1, nearest + 1))


def test_when_no_table_at_all_would_do_that_is_said(pools, review, with_rows):
    """Of two studies of two patients, no interval excludes one half."""
    tiny = with_rows(pools["mpr"]["core"], events=1, n=2).selection
    half = tiny.outcome.model_copy(update={"threshold": 0.5})
    studies = review.fit(replace(tiny, outcome=half), "Tiny studies", LOGIT)
    result = fragility(studies, review, model=LOGIT)
    assert {side for found in whole_lattice(studies).values() for side in found} == {0}
    assert result.data["all_tables"]
    assert result.data["tables"] == 3 * 3 - 1
    assert "No change of the events makes it" in result.sentence


def test_one_study_is_moved_by_its_exact_interval_and_none_is_gated(pools, review):
    single = fragility(pools["complication_major"]["core"], review, model=LOGIT)
    assert single.data["moved"] == 4
    assert "0/10 to 4/10" in single.sentence
    none = FRAGILITY(pools["mortality_90d"]["core"], review)
    assert none.verdict is None
    assert "needs 1 study" in none.sentence


def test_sides_of_intervals():
    limits = [(0.2, 0.3), (0.05, 0.3), (0.01, 0.09), (np.nan, np.nan), (0.1, 0.3)]
    assert list(side_of_interval(limits, 0.1)) == [1, 0, -1, 0, 0]
