"""The do-not-pool signal follows the plan's margin and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from onearm.evidence.plan.protocol import Agreement
from onearm.models import pool
from onearm.robustness.checks.agreement import (
    agreement,
    agreement_record,
    compared_methods,
    disagree,
)


@pytest.fixture(scope="module")
def core(review):
    return review.outcome("pcr").pools["core"]


def test_the_limits_are_those_of_direct_fits(core, review):
    result = agreement(core, review)
    lines = result.table.set_index("method")
    for label, plan in compared_methods(review.protocol).items():
        assert lines.loc[label, "counts"] == (plan.options.get("transform") != "freeman-tukey")
        fit = pool(core.selection.events, core.selection.n, model=plan.model, **plan.options)
        assert tuple(lines.loc[label, ["ci_low", "ci_high"]]) == pytest.approx(fit.ci, abs=1e-9)
    for side in ("lower_spread", "upper_spread"):
        column = {"lower_spread": "ci_low", "upper_spread": "ci_high"}[side]
        assert result.data[side] == pytest.approx(np.ptp(lines.loc[lines["counts"], column]))


def test_what_is_for_comparison_only_is_listed_and_not_heard(core, review, replanned):
    (freeman,) = (p for p in review.protocol.companions if p.make().comparison_only)
    result = agreement(core, review)
    assert freeman.label in set(result.table["method"])
    assert f"Over {len(result.table) - 1} methods" in result.sentence
    assert f"Not counted among them: {freeman.label}." in result.sentence
    assert result.sentence.lower().count("comparison only") == 1
    others = tuple(p for p in review.protocol.companions if p is not freeman)
    without = agreement(core, replanned(companions=others))
    for name in ("lower_spread", "upper_spread", "narrowest", "widest"):
        assert without.data[name] == result.data[name]
    # the plan's own model is heard whatever it is
    own = replanned(primary=freeman, companions=others)
    assert agreement(core, own).data["not_counted"] == []


def test_the_verdict_turns_at_the_margin(core, review, replanned):
    spread = max(agreement(core, review).data[s]
                 for s in ("lower_spread", "upper_spread"))  # fmt: skip
    for margin, agrees in ((spread + 1e-6, True), (spread - 1e-6, False)):
        result = agreement(core, replanned(agreement=Agreement(margin=margin)))
        assert result.verdict is agrees
        assert ("do not pool" in result.sentence) is not agrees


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
    assert "one method alone has an interval" in single.sentence
    assert single.table.empty


def test_one_study_leaves_nothing_to_compare(review):
    studies = review.outcome("complication_minor").pools["core"]
    assert agreement(studies, review).verdict is None


def test_strata_are_heard_like_wholes(first_review):
    """The signal was silent below the whole: three studies of one class, and four planned ones."""

    def flagged(code, by):
        return {pool.label for pool in first_review.outcome(code).strata["core+extended"][by]
                if disagree(pool, first_review)}  # fmt: skip

    assert "EGFR inhibitor" in flagged("pcr", "agent_group")
    assert "Immunotherapy, with or without chemotherapy" not in flagged("pcr", "agent_group")
    assert flagged("mpr", "setting") == {"Salvage surgery after systemic therapy"}
    # of the salvage series everybody was resected completely: nothing to compare there
    assert flagged("r0", "setting") == {"Planned neoadjuvant therapy"}


def test_the_record_has_the_verdict_with_its_numbers_or_says_that_there_is_none(core, review):
    result = agreement(core, review)
    names = ("margin", "lower_spread", "upper_spread")
    assert agreement_record(core, review) == {
        "verdict": result.verdict, **{name: result.data[name] for name in names}
    }  # fmt: skip
    single = review.outcome("complication_minor").pools["core"]
    assert agreement_record(single, review) == {
        "verdict": None, "margin": review.protocol.agreement.margin,
        "lower_spread": None, "upper_spread": None,
    }  # fmt: skip


def test_a_pool_that_is_asked_of_again_is_not_fitted_again(core, review, monkeypatch):
    first = agreement(core, review)
    monkeypatch.setattr("onearm.analysis.review.pool", None)
    assert disagree(core, review)
    again = agreement(replace(core, label="The same rows by another name"), review)
    assert again.data == first.data | {"pool": "The same rows by another name"}
    assert again.sentence.startswith("The same rows by another name: do not pool")
