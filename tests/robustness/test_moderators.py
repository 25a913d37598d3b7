"""Meta-regression: gated, one moderator at a time, and every number that of a direct fit."""

import math
from dataclasses import replace

import numpy as np
import pytest

from onearm.models.regression.fit import meta_regression
from onearm.robustness import moderators
from onearm.robustness.checks.moderators import META_REGRESSION, offered


@pytest.fixture(scope="module")
def pool(review):
    return review.outcome("pcr").pools["core+extended"]


@pytest.fixture(scope="module")
def found(pool, review):
    return moderators(pool, review)


def test_every_number_is_that_of_a_direct_fit(pool, found):
    selection = pool.selection
    for item, test in zip(offered(selection), found.data["tests"], strict=True):
        fit = meta_regression(
            selection.events, selection.n, {item.label: item.values}, model="glmm", ci="t"
        )
        told = test["f"], test["df1"], test["df2"], test["pvalue"], test["r2"], test["tau2"]
        assert told == (fit.qm, *fit.qm_df, fit.qm_pvalue, fit.r2, fit.tau2)
        lines = found.table[found.table["moderator"] == item.label]
        shown = lines[lines["level"] != lines["reference"]]
        for line, coefficient in zip(shown.itertuples(), fit.coefficients[1:], strict=True):
            assert math.log(line.odds_ratio) == pytest.approx(coefficient.estimate, abs=1e-12)
            limits = math.log(line.ci_low), math.log(line.ci_high)
            assert limits == pytest.approx(coefficient.ci, abs=1e-12)


def test_an_odds_ratio_for_twice_the_patients_is_that_of_the_logarithm(pool, found):
    selection = pool.selection
    natural = meta_regression(
        selection.events, selection.n, {"size": np.log(selection.n)}, model="glmm"
    )
    (line,) = found.table[found.table["level"] == "twice the patients"].itertuples()
    assert line.odds_ratio == pytest.approx(2 ** natural.coefficients[1].estimate, rel=1e-8)


def test_levels_are_counted_and_each_moderator_has_one_reference(pool, found):
    protocol = pool.selection.protocol
    for name, stratum in protocol.strata.items():
        lines = found.table[found.table["moderator"] == stratum.label]
        if stratum.across:
            assert lines.empty
            continue
        values = [row.value(stratum.column) for row in pool.selection.rows]
        counted = {
            group.label: sum(value in group.members for value in values)
            for group in protocol.groups(name).values()
        }
        told = dict(zip(lines["level"], lines["k"], strict=True))
        assert told == {label: k for label, k in counted.items() if k}
        assert (lines["level"] == lines["reference"]).sum() == 1


def test_it_is_called_exploratory_and_says_which_model_it_is_by(found):
    assert found.verdict is None
    for word in ("Exploratory", "GLMM", "nothing is corrected", "need not hold of their patients"):
        assert word in found.sentence
    assert "the plan's own model has no regression" in found.sentence


def test_below_ten_studies_only_the_gate_speaks(first_review):
    shut = META_REGRESSION(first_review.outcome("mpr").pools["core+extended"], first_review)
    assert shut.table.empty
    assert "needs 10 studies, and there are 9" in shut.sentence


def test_what_does_not_differ_or_leaves_no_row_free_is_no_moderator(pool, with_rows):
    alike = with_rows(pool, setting="salvage", n=40, year=2020).selection
    assert [item.label for item in offered(alike)] == ["Drug class"]
    unsaid = with_rows(pool, setting="").selection
    assert "Setting" not in {item.label for item in offered(unsaid)}
    k = pool.selection.k
    one_each = ["salvage", *["neoadjuvant"], *[""] * (k - 2)]  # two levels in two rows
    few = with_rows(pool, setting=one_each).selection
    assert "Setting" not in {item.label for item in offered(few)}


def test_the_plan_says_which_moderators_are_looked_at(pool):
    protocol = pool.selection.protocol.model_copy(update={"moderators": ("size",)})
    named = replace(pool.selection, protocol=protocol)
    assert [item.label for item in offered(named)] == ["Size of the study"]
    none = protocol.model_copy(update={"moderators": ()})
    assert offered(replace(pool.selection, protocol=none)) == []


def test_a_row_that_does_not_say_is_in_no_level_and_in_no_fit(pool, review, with_rows):
    rows = pool.selection.rows
    setting = ["" if row.n == 147 else row.value("setting") for row in rows]
    result = moderators(with_rows(pool, setting=setting), review)
    lines = result.table[result.table["moderator"] == "Setting"]
    assert lines["k"].sum() == pool.selection.k - 1
    (tested,) = (test for test in result.data["tests"] if test["moderator"] == "Setting")
    assert tested["k"] == pool.selection.k - 1


def test_time_is_the_middle_of_enrolment_only_where_every_row_has_one(pool, with_rows):
    assert offered(pool.selection)[-1].label == "Year of publication"
    k = pool.selection.k
    ends = (["2019-12-31", "2020-07"] * k)[:k]
    dated = with_rows(pool, enrol_start="2018-01", enrol_end=ends)
    time = offered(dated.selection)[-1]
    assert time.label == "Middle of enrolment"
    assert time.values[0] == pytest.approx(2019.0, abs=0.01)
    assert time.values[1] == pytest.approx(2019.25, abs=0.01)


def test_a_level_without_an_event_has_no_odds_ratio_and_says_why(pool, review, with_rows):
    here = [row.value("agent_class") == "egfr_tki" for row in pool.selection.rows]
    result = moderators(with_rows(pool, events=np.where(here, 0, pool.selection.events)), review)
    drugs = result.table[result.table["moderator"] == "Drug class"]
    assert drugs["odds_ratio"].notna().sum() == 1, "the reference alone"
    tests, ratios = META_REGRESSION.sheets(result)
    assert "Drug class: A group of studies has no events" in tests.note
    assert any("not estimable" in line for line in ratios.lines)
