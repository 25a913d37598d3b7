"""Every admissible choice is crossed, fitted once, and judged against direct fits."""

import pickle
import sys
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pytest

from onearm.analysis import Review
from onearm.errors import InputError
from onearm.evidence import ModelPlan, non_overlapping
from onearm.models import pool
from onearm.robustness.specifications.axes import axes_table
from onearm.robustness.specifications.curve import MODEL_AXES, model_choices, specifications
from onearm.robustness.specifications.rows import KEEP_ALL, ROW_AXES, row_choices


@pytest.fixture(scope="module")
def difficult(first_review):
    """Few sets of rows, one of them with a study at 10/10."""
    return specifications(first_review, "r0")


@pytest.fixture(scope="module")
def quick(review, replanned):
    """The plan without its slow models, for outcomes of many rows."""
    crossed = review.protocol.specifications.model_copy(update={"likelihoods": ()})
    return replanned(specifications=crossed)


def test_every_line_is_what_a_direct_fit_gives(difficult, first_review):
    models = {model.settings: model.plan for model in model_choices(first_review.protocol)}
    found = row_choices(first_review, "r0")
    rows, counts = {choice.settings: choice.rows for choice in found.choices}, found.counts
    checked = difficult.table[::9]
    for line in checked.to_dict("records"):
        settings = next(
            s for s in rows
            if all(s[i] in line[axis] for i, axis in enumerate(ROW_AXES))
            and len(rows[s]) == line["k"]
            and sum(counts[r][1] for r in rows[s]) == line["patients"]
        )  # fmt: skip
        plan = models[tuple("".join(line[axis]) for axis in MODEL_AXES)]
        x, n = zip(*(counts[row] for row in rows[settings]), strict=True)
        fit = pool(x, n, model=plan.model, **plan.options)
        assert line["estimate"] == pytest.approx(fit.estimate, abs=1e-9)
        assert (line["ci_low"], line["ci_high"]) == pytest.approx(fit.ci, abs=1e-7)
    assert len(checked) > 10


def test_the_protocols_own_pools_are_on_the_curve(difficult, first_review):
    own = difficult.table[difficult.table["in_plan"]]
    primary = first_review.protocol.primary
    expected = [
        pool(s.events, s.n, model=primary.model, **primary.options).estimate
        for s in (
            first_review.select("r0", evidence_set=name) for name in ("core", "core+extended")
        )
    ]
    assert list(own["estimate"]) == pytest.approx(sorted(expected), abs=1e-9)


def test_counts_and_shares_add_up(difficult):
    table, data = difficult.table, difficult.data
    assert data["distinct"] == len(table) <= data["admissible"] <= data["combinations"]
    assert data["row_sets"] * data["models"] >= data["distinct"]
    sides = [data[f"interval_{side}"] for side in ("above", "across", "below")]
    assert sum(sides) == len(table)
    assert data["estimate_above"] == (table["estimate"] >= data["threshold"]).sum()
    assert table["estimate"].is_monotonic_increasing
    assert f"{data['admissible']:,} of them admissible" in difficult.sentence
    assert difficult.verdict is False


def test_nothing_is_fitted_twice(difficult):
    what = [*MODEL_AXES, *ROW_AXES]
    assert not difficult.table[what].astype(str).duplicated().any()


def test_only_admissible_models_are_on_the_curve(difficult, quick):
    table = difficult.table
    all_full = (table["estimate"] > 0.999) & (table["model"].map("".join) == "glmm")
    assert not (all_full & (table["ci_low"] == 0)).any()
    pcr = specifications(quick, "pcr").table
    tukey = pcr[pcr["transform"] == ("freeman-tukey",)]
    assert len(tukey)
    whole = [quick.select("pcr", evidence_set="core+extended").k]
    assert tukey["k"].max() < whole[0], "147 and 10 patients are more than ten times apart"
    assert (pcr["k"] >= 2).all()


def test_the_choices_of_overlap_are_those_of_the_evidence(review):
    choices = row_choices(review, "pcr").choices
    usual = ("core", "resected", "as in the plan", "at least 5 patients", "any design",
             "any source")  # fmt: skip
    plain = [choice for choice in choices if choice.settings[:6] == usual]
    without = non_overlapping(review.select("pcr")).selections
    expected = {tuple(row.row_id for row in s.rows) for s in without}
    assert {c.rows for c in plain if c.settings[6] != KEEP_ALL} == expected
    (whole,) = [c for c in plain if c.settings[6] == KEEP_ALL]
    assert whole.in_plan
    assert set(whole.rows) == review.select("pcr").row_ids


def test_the_axis_that_moves_most_is_found_by_hand():
    """Two axes of rows, two models: differences small enough to work out on paper."""
    width = len(ROW_AXES)
    rows = [(a, b, *("x",) * (width - 2)) for a in "pq" for b in "mn"]
    place = [0, 1, 2, 2]  # the last two choices leave the same rows
    models = [("one", "s", "t", "i"), ("one", "s", "u", "i")]
    estimate = np.array([[0.1, 0.2, 0.5], [0.1, 0.25, 0.6]])
    table = axes_table(
        rows, place, models, estimate, estimate - 0.1, estimate + 0.2,
        np.array([[True] * 3, [True, True, False]]), [0],
    ).set_index("axis")  # fmt: skip
    # first axis: sets (0, 2) and (1, 2), by the first model only: 0.4 and 0.3
    assert table.loc["evidence", "pairs"] == 2
    assert table.loc["evidence", "median_change"] == pytest.approx(0.35)
    # second axis: sets (0, 1) by both models: 0.1 and 0.15; (2, 2) is no comparison
    assert table.loc["denominator", "pairs"] == 2
    assert table.loc["denominator", "largest_change"] == pytest.approx(0.15)
    # tau2: the two models on sets 0 and 1: 0 and 0.05
    assert table.loc["tau2", "median_change"] == pytest.approx(0.025)
    assert table.loc["tau2", "median_limit_change"] == pytest.approx(0.025)
    assert table.loc["model", "pairs"] == 0
    assert table.index[0] == "evidence"


def test_one_study_has_no_curve_and_says_so(review):
    shut = specifications(review, "complication_minor")
    assert shut.verdict is None
    assert "needs 2 studies" in shut.sentence
    assert shut.table.empty


@pytest.mark.parametrize(("outcome", "word"), [("mortality_30d", "no"), ("r0", "every")])
def test_without_any_event_there_is_no_curve_of_corrections(review, outcome, word):
    """After salvage surgery nobody died, and every resection was complete."""
    shut = specifications(review, outcome, stratum="setting", group="salvage")
    assert shut.verdict is None
    assert shut.table.empty
    assert f"whichever rows meet, {word} patient had the event" in shut.sentence
    counts = row_choices(review, outcome, stratum="setting", group="salvage").counts.values()
    assert len(counts) >= 2
    assert all(events == (0 if word == "no" else n) for events, n in counts)


def test_one_event_in_any_row_that_may_meet_makes_a_curve(review):
    """Of the pool nobody died within 30 days; by another choice of rows somebody did."""
    assert review.outcome("mortality_30d").pools["core+extended"].standing == "no-event"
    counts = row_choices(review, "mortality_30d").counts.values()
    assert sum(events for events, _ in counts) > 0
    assert not specifications(review, "mortality_30d").table.empty


def test_a_stratum_is_the_curve_of_its_rows_alone(quick):
    whole = specifications(quick, "pcr")
    salvage = specifications(quick, "pcr", stratum="setting", group="salvage")
    rows = quick.select("pcr", evidence_set="core+extended", stratum="setting", group="salvage")
    assert 0 < salvage.table["patients"].max() <= rows.n.sum() < whole.table["patients"].max()
    with pytest.raises(InputError, match="no group of setting “salvation”; there is salvage"):
        specifications(quick, "pcr", stratum="setting", group="salvation")


class Backwards(Executor):
    """Does the last task first, and counts them."""

    tasks = 0

    def map(self, function, *arguments, timeout=None, chunksize=1):
        given = list(zip(*arguments, strict=True))
        self.tasks += len(given)
        return reversed([function(*pickle.loads(pickle.dumps(one))) for one in reversed(given)])


def test_an_executor_changes_no_byte_and_gets_blocks(difficult, first_evidence, monkeypatch):
    executor = Backwards()
    there = specifications(Review(first_evidence), "r0", executor=executor)
    assert there.table.to_csv() == difficult.table.to_csv()
    assert there.data == difficult.data
    assert executor.tasks == difficult.data["models"]
    monkeypatch.setattr(sys.modules["onearm.robustness.specifications.curve"], "BLOCK", 3)
    smaller = specifications(Review(first_evidence), "r0", executor=executor)
    assert executor.tasks == difficult.data["models"] * 4  # seven sets of rows: 1 + 3 blocks
    for name in ("estimate", "ci_low", "ci_high"):
        assert smaller.table[name].to_numpy() == pytest.approx(
            difficult.table[name].to_numpy(), abs=1e-8
        )


def test_where_no_model_is_admissible_that_is_said(first_review):
    """Sizes too different for Freeman and Tukey, counts without a maximum, and nothing else."""
    protocol, evidence = first_review.protocol, first_review.evidence
    crossed = protocol.specifications.model_copy(
        update={"likelihoods": (), "transforms": ("freeman-tukey",)}
    )
    primary = ModelPlan(model="glmm", ci="t")
    plan = protocol.model_copy(update={"specifications": crossed, "primary": primary})
    small, large = (row.row_id for row in first_review.select("complication_any").rows)
    told = {small: {"events": 0, "n": 10}, large: {"events": 500, "n": 500}}
    counts = tuple(replace(one, **told.get(one.row_id, {})) for one in evidence.counts)
    shut = specifications(
        Review(replace(evidence, protocol=plan, counts=counts)), "complication_any"
    )
    assert shut.verdict is None
    assert "no model of the plan is admissible" in shut.sentence


def test_without_a_threshold_nothing_is_said_of_sides(difficult, first_evidence):
    plans = tuple(
        plan.model_copy(update={"threshold": None}) if plan.code == "r0" else plan
        for plan in first_evidence.protocol.outcome
    )
    protocol = first_evidence.protocol.model_copy(update={"outcome": plans})
    curve = specifications(Review(replace(first_evidence, protocol=protocol)), "r0")
    assert curve.verdict is None
    assert "threshold" not in curve.sentence
    assert "side" not in curve.table
    assert "estimate_above" not in curve.data
    assert list(curve.table["estimate"]) == list(difficult.table["estimate"])
