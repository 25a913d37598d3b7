"""Regression and index equal R's; below ten studies there is neither."""

import numpy as np
import pytest

from onearm.models.inverse_variance.transforms import effects
from onearm.robustness.checks.small_study import (
    SMALL_STUDY_EFFECTS,
    lfk_index,
    size_regression,
)


def _effects(x, n, scale):
    y, v, _ = effects(np.array(x)[:, None], np.array(n)[:, None], scale)
    return y[:, 0], v[:, 0], np.array(n)


def test_peters_equals_metafor():
    """metafor 3.8-1, regtest(model = "lm", predictor = "ninv") on logits, add 1/2 only to 0/n."""
    line = size_regression(*_effects((2, 0, 9, 1, 3, 20), (6, 4, 12, 8, 10, 31), "logit"))
    assert line.statistic == pytest.approx(-2.29501949, abs=1e-8)
    assert line.pvalue == pytest.approx(0.08339485, abs=1e-8)
    assert line.df == 4


def test_the_weights_on_logits_are_those_of_peters():
    x, n = np.array([2, 9, 3, 20]), np.array([6, 12, 10, 31])
    _, v, _ = _effects(x, n, "logit")
    assert 1 / v == pytest.approx(x * (n - x) / n, rel=1e-12)


def test_the_line_is_a_weighted_least_squares_line():
    y, v, n = _effects((2, 1, 9, 1, 3), (6, 4, 12, 8, 10), "arcsine")
    line = size_regression(y, v, n)
    slope, intercept = np.polyfit(1 / n, y, 1, w=np.sqrt(1 / v))
    assert (line.slope, line.intercept) == pytest.approx((slope, intercept), rel=1e-10)


def test_equal_effects_have_no_test():
    line = size_regression(*_effects((1, 2, 3), (10, 20, 30), "logit"))
    assert np.isnan(line.pvalue)
    assert line.slope == 0
    assert np.isnan(lfk_index(np.ones(3), np.ones(3)))


def test_lfk_equals_metasens():
    y = np.array([-4.27, -1.71, -0.58, -0.19, 0.0])
    v = np.array([0.158, 0.076, 0.018, 0.022, 0.040])
    assert lfk_index(y, v) == pytest.approx(-3.3101115, abs=1e-7)
    mixed = [3, 0, 4, 2, 1]
    assert lfk_index(y[mixed], v[mixed]) == pytest.approx(-3.3101115, abs=1e-7)


def test_a_symmetrical_plot_has_index_zero_but_for_the_half_rank():
    y, v = np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), np.ones(5)
    assert abs(lfk_index(y, v)) < 0.05


def test_nothing_is_shown_below_ten(first_review):
    for name, k in (("core", 3), ("core+extended", 13)):
        studies = first_review.outcome("pcr").pools[name]
        result = SMALL_STUDY_EFFECTS(studies, first_review)
        assert studies.selection.k == k
        assert result.verdict is None
        assert result.table.empty == (k < 10)
    assert "exploratory" in result.sentence
    assert "no test" in result.data["warning"]
    assert f"2 of {studies.cohorts} have half an event added" in result.sentence
    assert "Egger" not in result.sentence
