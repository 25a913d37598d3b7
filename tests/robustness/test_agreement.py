"""The do-not-pool signal follows the plan's margin and nothing else."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from onearm.analysis import Review
from onearm.models import make_model, pool
from onearm.robustness.checks.agreement import (
    _sides,
    agreement,
    agreement_record,
    compared_methods,
    disagree,
)
from onearm.robustness.checks.calibration import TAU, P, least_coverage


@pytest.fixture(scope="module")
def core(review):
    return review.outcome("pcr").pools["core"]


def test_the_limits_are_those_of_direct_fits(core, review):
    result = agreement(core, review)
    lines = result.table.set_index("method")
    for label, plan in compared_methods(review.protocol).items():
        fit = pool(core.selection.events, core.selection.n, model=plan.model, **plan.options)
        assert tuple(lines.loc[label, ["ci_low", "ci_high"]]) == pytest.approx(fit.ci, abs=1e-9)
    assert result.data["spread"] == pytest.approx(np.ptp(lines.loc[lines["counts"], "estimate"]))


def least_by_brute_force(sizes, model):
    """The least coverage for two studies over all scenarios, going through every table."""
    x, y = (each.ravel() for each in np.meshgrid(*(np.arange(n + 1) for n in sizes)))
    tables = np.stack([x, y])
    fit = model(tables, np.broadcast_to(np.array(sizes)[:, None], tables.shape))
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    found = []
    for p in P:
        for tau in TAU:
            rates = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + tau * nodes)))
            each = [binom.pmf(row[:, None], size, rates) @ weights / weights.sum()
                    for row, size in zip(tables, sizes, strict=True)]  # fmt: skip
            inside = ~((p < fit.ci[:, 0]) | (fit.ci[:, 1] < p))  # no interval excludes nothing
            found.append(float((each[0] * each[1])[inside].sum()))
    return min(found)


def test_methods_count_that_hold_their_level_for_these_sizes(first_review):
    """Two studies: every table is gone through for each method that is examined."""
    (few,) = (p for p in first_review.outcome("mpr").pools.values() if p.selection.k == 2)
    sizes = tuple(sorted(few.selection.n.tolist()))
    lines = agreement(few, first_review).table.set_index("method")
    plan = first_review.protocol
    assert lines.loc[plan.primary.label or "Primary model", "counts"]
    seen = set()
    for label, each in compared_methods(plan).items():
        if each is plan.primary or each.make().comparison_only:
            continue
        least = least_by_brute_force(sizes, each.make(plan.pooling.level))
        assert lines.loc[label, "least_coverage"] == pytest.approx(least, abs=1e-6)
        assert lines.loc[label, "counts"] == (least >= plan.agreement.least_coverage)
        seen.add(least >= plan.agreement.least_coverage)
    assert seen == {True, False}


def test_a_least_coverage_is_the_least_of_all_scenarios():
    model = make_model("inverse-variance", tau2="DL")
    least = least_coverage((8, 12), {"DL": model}, 0.95)["DL"]
    assert least == pytest.approx(least_by_brute_force((8, 12), model), abs=1e-6)


def test_what_is_for_comparison_only_is_listed_and_not_heard(core, review, replanned):
    (freeman,) = (p for p in review.protocol.companions if p.make().comparison_only)
    result = agreement(core, review)
    assert freeman.label in set(result.table["method"])
    assert f"{int(result.table['counts'].sum())} methods" in result.sentence
    assert f"Not counted: {freeman.label}." in result.sentence
    others = tuple(p for p in review.protocol.companions if p is not freeman)
    assert agreement(core, replanned(companions=others)).data["spread"] == result.data["spread"]
    # the plan's own model is heard whatever it is
    own = agreement(core, replanned(primary=freeman, companions=others)).table
    assert own.set_index("method").loc[freeman.label, "counts"]


def test_the_verdict_turns_at_the_margin(core, review, replanned):
    spread = agreement(core, review).data["spread"]
    assert spread > 0
    for margin, agrees in ((spread + 1e-6, True), (spread - 1e-6, False)):
        plan = review.protocol.agreement.model_copy(update={"margin": margin})
        result = agreement(core, replanned(agreement=plan))
        assert result.verdict is agrees
        assert ("do not pool" in result.sentence) is not agrees


def test_whole_intervals_on_both_sides_of_the_threshold_are_no_agreement(
    core, evidence, monkeypatch
):
    """One method that counts is given an interval elsewhere, with its estimate kept."""
    review = Review(evidence)
    usual, threshold = agreement(core, review), core.selection.outcome.threshold
    lines = usual.table.set_index("method")
    own = review.protocol.primary.label
    other = next(label for label in lines.index[lines["counts"]] if label != own)
    assert lines.loc[own, "ci_low"] > threshold, "the plan's own lies above"
    assert lines.loc[other, "ci_low"] <= threshold <= lines.loc[other, "ci_high"]
    assert (usual.data["sides"], usual.verdict) == ([1], True)
    asked = Review.pooled
    for low, sides in ((0.5 * threshold, [-1, 1]), (1.5 * threshold, [1])):
        limits = (low, low + 0.2 * threshold)

        def pooled(self, selection, plan, *, _limits=limits):
            fit = asked(self, selection, plan)
            return replace(fit, ci=_limits) if plan.label == other else fit

        monkeypatch.setattr(Review, "pooled", pooled)
        found = agreement(core, Review(evidence))
        assert found.data["sides"] == sides
        assert found.data["spread"] == usual.data["spread"] <= found.data["margin"]
        assert found.verdict is (len(sides) == 1)
        assert ("Whole intervals lie on both sides" in found.sentence) is (len(sides) == 2)
    assert _sides([{"ci_low": 0.1, "ci_high": 0.2}, {"ci_low": 0.3, "ci_high": 0.4}], 0.25) == [
        -1,
        1,
    ]
    assert _sides([{"ci_low": 0.1, "ci_high": 0.3}, {"ci_low": 0.3, "ci_high": 0.4}], 0.25) == [1]


def test_every_kind_of_model_is_heard(review):
    assert {plan.model for plan in compared_methods(review.protocol).values()} >= {
        "inverse-variance", "glmm", "bayes"}  # fmt: skip


def test_a_method_without_an_interval_is_named(core, review, replanned, with_rows):
    """Studies without any event beside studies with nothing else: no maximum exists."""
    n = core.selection.n
    events = np.where(np.arange(len(n)) % 2, n, 0)
    separated = with_rows(core, events=events)
    result = agreement(separated, review)
    assert "GLMM, t(k−1)" in result.data["without"]
    assert len(result.table) + len(result.data["without"]) == len(compared_methods(review.protocol))
    for label in result.data["without"]:
        assert label in result.sentence
    single = agreement(separated, replanned(companions=()))
    assert single.verdict is None
    assert "one method alone is heard" in single.sentence
    assert list(single.table["method"]) == [review.protocol.primary.label]
    assert {*single.table["method"], *single.data["without"]} == {
        *compared_methods(replanned(companions=()).protocol)
    }
    assert all(label in single.sentence for label in single.data["without"])


def test_one_study_leaves_nothing_to_compare(review):
    studies = review.outcome("complication_minor").pools["core"]
    assert agreement(studies, review).verdict is None


def test_strata_are_heard_like_wholes(first_review):
    """The signal was silent below the whole; it is so only where all patients were alike."""
    strata = [
        stratum
        for code in ("pcr", "mpr", "r0")
        for by in ("agent_group", "setting")
        for stratum in first_review.outcome(code).strata["core+extended"][by]
        if stratum.selection.k > 1
    ]
    alike = [stratum for stratum in strata if stratum.standing.is_alike]
    others = [stratum for stratum in strata if not stratum.standing.is_alike]
    assert alike
    assert len(others) >= 10
    assert {agreement(stratum, first_review).verdict for stratum in alike} == {None}
    for stratum in others:
        result = agreement(stratum, first_review)
        threshold = stratum.selection.outcome.threshold
        heard = result.table[result.table["counts"]]
        near = np.ptp(heard["estimate"]) <= first_review.protocol.agreement.margin
        apart = (heard["ci_high"] < threshold).any() and (heard["ci_low"] > threshold).any()
        assert len(heard) >= 2
        assert result.verdict is bool(near and not apart), stratum.label


def test_the_record_has_the_verdict_with_its_numbers_or_says_that_there_is_none(core, review):
    result = agreement(core, review)
    assert agreement_record(core, review) == {
        "verdict": result.verdict, "margin": result.data["margin"],
        "spread": result.data["spread"],
    }  # fmt: skip
    single = review.outcome("complication_minor").pools["core"]
    assert agreement_record(single, review) == {
        "verdict": None, "margin": review.protocol.agreement.margin, "spread": None,
    }  # fmt: skip


def test_a_pool_that_is_asked_of_again_is_not_fitted_again(core, review, monkeypatch):
    first = agreement(core, review)
    monkeypatch.setattr("onearm.analysis.review.pool", None)
    assert disagree(core, review) is (first.verdict is False)
    again = agreement(replace(core, label="The same rows by another name"), review)
    assert again.data == first.data | {"pool": "The same rows by another name"}
    assert again.sentence.startswith("The same rows by another name: ")
