"""Every check is run with the plan's model or closed with a reason, whatever k is."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest

import onearm
from onearm.analysis import Review
from onearm.evidence import ModelPlan
from onearm.robustness import METHODS, coverage_percent
from onearm.robustness.calibration.methods import build_methods, memory_needed
from onearm.robustness.checks import CHECKS
from onearm.robustness.checks.calibration import CALIBRATION
from onearm.robustness.checks.overlap import overlap_bounds
from onearm.robustness.examine import diagnostic_gate, examine

CREDIBLE = ModelPlan(model="bayes", label="Credible")  # the plan's model, its interval apart


@pytest.fixture(scope="module")
def found(review):
    pools = {
        name: review.outcome(code).pools["core"]
        for name, code in (
            ("none", "mortality_90d"),
            ("single", "complication_minor"),
            ("two", "mpr"),
            ("three", "pcr"),
        )
    }
    return {name: (pool, examine(pool, review)) for name, pool in pools.items()}


@pytest.mark.parametrize("name", ["none", "single", "two", "three"])
def test_every_check_answers_and_the_gates_are_kept(name, found, review):
    pool, results = found[name]
    assert list(results) == list(CHECKS)
    for check, result in results.items():
        gate = diagnostic_gate(check, pool.selection.studies, review.protocol)
        assert (result.data.get("gate") == "closed") == (not gate.is_open), check
        assert result.sentence.endswith("."), check
        data = {name: value for name, value in result.data.items() if name != "frame"}
        json.dumps(replace(result, data=data).to_dict(), allow_nan=False)


def test_without_any_event_no_check_compares_what_models_make_of_nothing(review):
    pool = review.outcome("mortality_30d").pools["core+extended"]
    assert pool.standing == "no-event"
    results = examine(pool, review)
    for name in ("agreement", "cumulative", "fragility", "unseen"):
        assert results[name].verdict is None, name
        assert results[name].data["gate"] == "closed", name
        assert results[name].table.empty, name
        assert pool.extreme() in results[name].sentence, name
        assert "do not pool" not in results[name].sentence, name
    assert results["calibration"].table["holds"].any(), "the sizes alone can be judged"


def test_overlap_of_studies_without_an_event_is_told_without_estimates(review, with_rows):
    pool = review.outcome("complication_any").pools["core"]
    for events, word in ((pool.selection.n * 0, "at most"), (pool.selection.n, "at least")):
        alike = review.fit(with_rows(pool, events=events).selection, pool.label)
        result = overlap_bounds(alike, review)
        assert result.verdict is None
        assert result.data["pairs"]
        assert f"{int(events.sum())} of {int(pool.selection.n.sum())}; {word}" in result.sentence
        assert "estimate" not in result.sentence


def test_the_plans_own_method_is_judged_among_all(found):
    """The exact interval is none of those that are always examined, and holds where they do not."""
    _, results = found["three"]
    calibrated = results["calibration"]
    own, table = calibrated.data["own"], calibrated.table.set_index("method")
    assert calibrated.data["exact"]
    assert own not in METHODS
    assert set(table.index) == {own, *METHODS}
    assert calibrated.verdict is True
    assert table.loc[own, "least"] >= 0.95
    assert not table.loc["Bayes, half-normal(1)", "holds"], "its credible interval does not"
    assert "Exact, by enumeration" in calibrated.sentence


def test_a_plans_method_that_is_always_examined_is_known_by_its_label(found, replanned):
    pool, results = found["three"]
    calibrated = CALIBRATION.run(pool, replanned(primary=CREDIBLE))
    assert calibrated.data["own"] == "Bayes, half-normal(1)"
    assert set(calibrated.table["method"]) == set(METHODS)
    assert calibrated.verdict is False
    among = results["calibration"].table.set_index("method")["least"]
    assert dict(calibrated.table.set_index("method")["least"]) == pytest.approx(
        dict(among[list(METHODS)])
    )


def test_an_exact_interval_is_not_counted_anew_where_tables_are_drawn(first_review, monkeypatch):
    module = sys.modules["onearm.robustness.checks.calibration"]
    monkeypatch.setattr(module, "DRAWS_SLOW", 60)
    monkeypatch.setattr(module, "DRAWS", 300)
    result = CALIBRATION.run(first_review.outcome("r0").pools["core+extended"], first_review)
    assert not result.data["exact"]
    assert result.verdict is True
    assert "right by construction" in result.sentence
    assert result.data["own"] in result.data["left_out"]
    assert result.data["own"] not in set(result.table["method"])


def test_a_large_design_is_drawn_and_says_what_it_left_out(first_evidence, monkeypatch):
    module = sys.modules["onearm.robustness.checks.calibration"]
    monkeypatch.setattr(module, "DRAWS_SLOW", 60)
    monkeypatch.setattr(module, "DRAWS", 300)
    plan = first_evidence.protocol.model_copy(update={"primary": CREDIBLE})
    credible = Review(replace(first_evidence, protocol=plan))
    result = CALIBRATION.run(credible.outcome("pcr").pools["core+extended"], credible)
    assert not result.data["exact"]
    assert "300 for the methods that are a formula and 60 for others" in result.sentence
    assert result.verdict is None
    assert "too few draws to say whether it holds 95 %" in result.sentence
    assert result.data["own"] in result.data["unsure"]
    assert result.data["own"] in set(result.table["method"])
    assert result.data["left_out"]
    for method in result.data["left_out"]:
        assert method not in set(result.table["method"])
        assert method in result.sentence


def test_a_method_far_below_its_level_fails_however_few_the_draws(first_review, monkeypatch):
    module = sys.modules["onearm.robustness.checks.calibration"]
    monkeypatch.setattr(module, "DRAWS_SLOW", 60)
    monkeypatch.setattr(module, "DRAWS", 300)
    result = CALIBRATION.run(first_review.outcome("pcr").pools["core+extended"], first_review)
    frame, table = result.data["frame"], result.table.set_index("method")
    error = frame.groupby("method")["monte_carlo_se"].max()
    shown = frame[frame["interval"] == "confidence"]
    least = shown.loc[shown.groupby("method")["coverage"].idxmin()].set_index("method")
    short = least["coverage"] + 3 * least["monte_carlo_se"] < 0.95
    assert short["Logit, Wald"]
    assert error["Logit, Wald"] > 0.01
    assert "Logit, Wald" not in result.data["unsure"]
    assert not table.loc["Logit, Wald", "holds"]
    assert set(result.data["unsure"]) == {
        m for m in table.index if error[m] > 0.01 and not short[m]
    }
    (sheet,) = CALIBRATION.sheets(result)
    (wald,) = (line for line in sheet.lines if line[0] == "Logit, Wald")
    assert wald[-1] == "no"


def test_cohorts_of_one_study_are_not_told_as_studies(first_review):
    pool = first_review.outcome("pcr").pools["core+extended"]
    assert pool.cohorts == "13 cohorts of 12 studies"
    for name in ("influence", "cumulative"):
        said = CHECKS[name](pool, first_review).sentence
        assert pool.cohorts in said, name
        assert "13 studies" not in said, name
    assert (
        f"of {pool.cohorts} have half an event added"
        in CHECKS["small_study_effects"](pool, first_review).sentence
    )


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["r0"])
def test_the_draws_of_a_report_suffice_for_a_verdict_on_the_plans_method(first_review, outcome):
    result = CALIBRATION.run(first_review.outcome(outcome).pools["core+extended"], first_review)
    assert result.verdict is not None
    assert result.data["own"] not in result.data["unsure"]


def test_checks_use_the_protocols_model(found):
    pool, results = found["three"]
    assert results["influence"].data["estimate"] == pytest.approx(pool.pooled.estimate, abs=1e-9)
    last = results["cumulative"].table.iloc[-1]
    assert last["estimate"] == pytest.approx(pool.pooled.estimate, abs=1e-9)


def test_the_strongest_pull_is_told_from_all_subsets(found):
    pool, results = found["three"]
    result = results["subsets"]
    assert result.data["model"] == "bayes"
    assert len(result.data["frame"]) == 7
    assert f"{result.table['study'][0]} moves it most" in result.sentence
    assert set(result.table["study"]) == set(pool.selection.labels)
    assert result.table["difference"].abs().is_monotonic_decreasing


def test_prediction_intervals_are_judged_beside_the_confidence_intervals(found):
    calibrated = found["three"][1]["calibration"]
    frame = calibrated.data["frame"]
    ahead = frame[frame["interval"] == "prediction"].groupby("method")["coverage"]
    table = calibrated.table.set_index("method")
    assert dict(table["prediction_least"]) == dict(ahead.min())
    assert dict(table["prediction_median"]) == dict(ahead.median())
    said = calibrated.data["prediction"]
    own = table.loc[calibrated.data["own"]]
    assert coverage_percent(own["prediction_least"]) in said
    assert coverage_percent(own["prediction_median"]) in said


def test_the_pool_grows_by_year_and_by_size_to_the_same_whole(found):
    pool, results = found["three"]
    table = results["cumulative"].table
    for by in ("year", "size"):
        steps = table[table["by"] == by]
        assert list(steps["k"]) == [1, 2, 3]
        assert steps["estimate"].iloc[-1] == pytest.approx(pool.pooled.estimate, abs=1e-9)
    assert table.loc[table["by"] == "size", "n"].is_monotonic_decreasing
    assert "from the largest to the smallest" in results["cumulative"].sentence


def test_every_model_is_left_without_every_study_as_if_fitted_alone(found, review):
    pool, results = found["three"]
    told = results["influence"].data["every_model"]
    assert told["without"][1:] == list(pool.selection.labels)
    x, n = pool.selection.events, pool.selection.n
    plans = (review.protocol.primary, *review.protocol.companions)
    assert list(told)[1:] == [plan.label for plan in plans]
    for plan in plans:
        direct = [
            onearm.pool(np.delete(x, i), np.delete(n, i), model=plan.model, **plan.options).estimate
            for i in range(len(n))
        ]
        assert told[plan.label][1:] == pytest.approx(direct, abs=1e-9), plan.label


def test_a_closed_gate_gives_no_reason_of_few_studies_where_there_is_none(found):
    _, results = found["none"]
    for result in results.values():
        assert "one study" not in result.sentence
        assert "there are 0" in result.sentence


def test_likelihoods_too_large_for_memory_are_left_out_and_named(
    found, review, replanned, monkeypatch
):
    """The plan's own is the last to go; an exact interval takes no memory to speak of."""
    pool, results = found["three"]
    exact, credible = results["calibration"].data["own"], "Bayes, half-normal(1)"
    module = sys.modules["onearm.robustness.checks.calibration"]
    sizes = pool.selection.n.tolist()
    quick = {label: spec for label, spec in METHODS.items() if spec["model"] == "inverse-variance"}
    for plan, kept in (
        (review, {exact: review.protocol.primary.make(0.95)} | quick),
        (replanned(primary=CREDIBLE), {credible: METHODS[credible]} | quick),
        (replanned(primary=CREDIBLE), quick),
    ):
        models = build_methods(kept, 0.95).values()
        monkeypatch.setattr(module, "MEMORY", memory_needed(sizes, models, 30))
        result = CALIBRATION.run(pool, plan)
        own = exact if plan is review else credible
        assert result.data["own"] == own
        assert set(result.table["method"]) == set(kept)
        assert set(result.data["left_out"]) == {own, *METHODS} - set(kept)
        assert "for time or memory" in result.sentence
    assert result.verdict is None, "nothing is said of a method that was not examined"


def test_a_design_of_many_studies_is_not_calibrated_and_says_so(review, with_rows):
    pool = review.outcome("pcr").pools["core+extended"]
    rows = pool.selection.rows * 2
    twice = [
        replace(row, count=replace(row.count, row_id=f"{row.row_id}-{i}", population=f"part-{i}"))
        for i, row in enumerate(rows)
    ]
    many = replace(pool, selection=replace(pool.selection, rows=tuple(twice)))
    result = CALIBRATION(many, review)
    assert result.verdict is None
    assert result.table.empty
    assert "not computed for more than 20 studies" in result.sentence


def test_the_same_sizes_are_calibrated_once_in_a_process(found, review, monkeypatch):
    pool, results = found["three"]
    module = sys.modules["onearm.robustness.checks.calibration"]
    monkeypatch.setattr(module, "operating_characteristics", None)
    again = CALIBRATION.run(pool, review)
    assert again.sentence == results["calibration"].sentence


def test_a_check_is_made_once_a_review(review):
    pool = review.outcome("mpr").pools["core"]
    first = examine(pool, review)
    assert all(examine(pool, review)[name] is result for name, result in first.items())


def test_what_rests_on_a_threshold_is_left_out_where_there_is_none(review, replanned):
    plans = tuple(one.model_copy(update={"threshold": None}) for one in review.protocol.outcome)
    bare = replanned(outcome=plans)
    results = examine(bare.outcome("r0").pools["core"], bare)
    assert {"fragility", "unseen"} == set(CHECKS) - set(results)
    assert results["overlap_choices"].verdict is None
    assert not results["overlap_choices"].table.empty
    assert not any("threshold" in result.sentence for result in results.values())
