"""So many unseen studies move the estimate, and one fewer does not."""

import numpy as np
import pytest

from onearm.evidence import ModelPlan
from onearm.models import pool
from onearm.robustness.checks.unseen import UNSEEN, unseen
from onearm.words import percent

LOGIT = ModelPlan(model="inverse-variance")  # its fits are quick, whatever the plan's model is


@pytest.fixture
def rare(first_review, with_rows):
    """The pool of deaths within 30 days, had one patient of its 34 died."""
    found = first_review.outcome("mortality_30d").pools["core+extended"]
    return first_review.fit(with_rows(found, events=[1, 0]).selection, found.label, LOGIT)


def _with(pooled, many, events, n):
    x = [*pooled.selection.events, *[events] * many]
    return pool(x, [*pooled.selection.n, *[n] * many]).estimate


@pytest.mark.parametrize(("code", "name"), [("pcr", "core"), ("pcr", "core+extended"),
                                            ("complication_any", "core+extended")])  # fmt: skip
def test_the_number_is_the_fewest(code, name, review):
    studies = review.outcome(code).pools[name]
    result = unseen(studies, review, model=LOGIT)
    threshold = studies.selection.outcome.threshold
    above = result.data["side"] == "above"
    for line in result.table.to_dict("records"):
        before, after = (
            _with(studies, line["needed"] - less, line["events"], line["n"]) for less in (1, 0)
        )
        assert (before >= threshold) == above
        assert (after >= threshold) != above
        assert line["estimate"] == pytest.approx(after, abs=1e-9)
        assert line["events"] == (0 if above else np.ceil(2 * threshold * line["n"]))
    assert result.data["n"] == round(float(np.median(studies.selection.n)))
    assert f"{result.data['needed']} unseen stud" in result.sentence


def test_a_zero_that_its_correction_lifts_above_the_threshold_never_moves_it(review, rare):
    studies = rare
    result = unseen(studies, review, model=LOGIT)
    assert result.data["needed"] is None
    alone = 0.5 / (result.data["n"] + 1)
    assert alone > studies.selection.outcome.threshold
    assert result.data["alone"] == pytest.approx(alone)
    assert f"the model estimates {percent(alone)} from studies of" in result.sentence
    assert result.verdict is True


def test_where_nobody_had_the_event_there_is_nothing_to_move(review):
    studies = review.outcome("mortality_30d").pools["core+extended"]
    result = UNSEEN(studies, review)
    assert result.verdict is None
    assert result.table.empty


def test_no_study_is_gated(review):
    studies = review.outcome("mortality_90d").pools["core"]
    assert "needs 1 study" in UNSEEN(studies, review).sentence


def test_a_likelihood_needs_no_correction_and_gets_there(review, rare):
    studies = rare
    result = unseen(studies, review, model=ModelPlan(model="bayes"), cap=2)
    alone = pool([0, 0], [result.data["n"]] * 2, model="bayes").estimate
    assert result.data["alone"] == pytest.approx(alone, abs=1e-9)
    assert list(result.table["which"]) == ["median"]
