"""One study more at a time: every step is the pool of the studies so far."""

from __future__ import annotations

import pytest
from scipy.special import logit

import onearm
from onearm.models import ModelError
from onearm.robustness import cumulative

EVENTS, N = [5, 4, 11, 0], [10, 33, 30, 1]
YEARS = [2019, 2018, 2022, 2018]


def test_the_cumulative_pool_of_r_is_met() -> None:
    """metafor 3.8-1: cumul(rma(measure = "PLO", method = "REML")), z intervals."""
    table = cumulative(EVENTS, N, by="given", ci="wald").table
    b = [-1.0196570079633167, -0.8553110233470773, -0.8750892429791064]
    tau2 = [1.6199420305154364, 0.6923501998266591, 0.5526448562666556]
    low = [-2.960161531174286, -1.9621757151581367, -1.8561394115610006]
    assert logit(table["estimate"][1:]).tolist() == pytest.approx(b, rel=1e-7)
    assert table["tau2"][1:].tolist() == pytest.approx(tau2, rel=1e-7)
    assert logit(table["ci_low"][1:]).tolist() == pytest.approx(low, rel=1e-7)


@pytest.mark.parametrize("model", ["inverse-variance", "glmm", "bayes"])
def test_a_step_is_the_pool_so_far(model) -> None:
    table = cumulative(EVENTS, N, by="given", model=model).table
    for step in range(1, 5):
        direct = onearm.pool(EVENTS[:step], N[:step], model=model)
        row = table.iloc[step - 1]
        assert row["k"] == step
        found = (row["estimate"], row["ci_low"], row["ci_high"], row["prediction_low"])
        expected = (direct.estimate, *direct.ci, direct.prediction_interval[0])
        assert found == pytest.approx(expected, abs=1e-10, nan_ok=True)


def test_studies_come_by_year_and_ties_as_given() -> None:
    result = cumulative(EVENTS, N, year=YEARS, study=list("abcd"))
    assert list(result.table["study"]) == ["b", "d", "a", "c"]
    assert list(result.table["year"]) == [2018, 2018, 2019, 2022]
    assert result.name == "cumulative_year"


def test_studies_come_by_size() -> None:
    result = cumulative(EVENTS, N, by="size", study=list("abcd"))
    assert list(result.table["study"]) == ["b", "c", "a", "d"]
    assert "year" not in result.table
    assert "from the largest to the smallest" in result.sentence


def test_the_largest_step_is_named() -> None:
    result = cumulative([2, 2, 15, 8], [20, 20, 20, 20], by="given", study=list("abcd"))
    assert "the largest step came with c" in result.sentence


def test_fewer_than_two_studies_accumulate_nothing() -> None:
    assert "there are no steps" in cumulative([1], [4], by="size").sentence
    assert cumulative([], [], by="size").table.empty


@pytest.mark.parametrize("wrong", [{}, {"year": [1, 2]}, {"by": "weight"}, {"study": ["a"]}])
def test_what_is_missing_is_said(wrong) -> None:
    options = {"by": "size"} | wrong if "study" in wrong else wrong
    with pytest.raises(ModelError):
        cumulative(EVENTS, N, **options)
