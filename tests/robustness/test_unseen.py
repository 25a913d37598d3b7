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
    return pool(x, [*pooled.selection.n, *[n] * many], model=LOGIT.model).estimate


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
    n, threshold = result.data["n"], studies.selection.outcome.threshold
    assert result.data["needed"] is None
    assert result.verdict is True
    corrected = 0.5 / (n + 1)
    assert corrected > threshold
    many = [_with(studies, k, 0, n) for k in (result.data["cap"], 5_000)]
    assert result.table["estimate"].iloc[0] == pytest.approx(many[0], abs=1e-9)
    assert many[0] > many[1] > threshold
    assert many[1] == pytest.approx(corrected, rel=1e-3), "what they say, the one event apart"


def test_what_the_model_says_with_the_most_unseen_studies_is_told(review, rare):
    result = unseen(rare, review, model=LOGIT)
    most = _with(rare, result.data["cap"], 0, result.data["n"])
    assert result.data["with_most"] == pytest.approx(most, abs=1e-9)
    assert f"with them the model estimates {percent(most)}." in result.sentence


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
    events, n = studies.selection.events.tolist(), studies.selection.n.tolist()
    added = result.data["needed"] or 2
    most = pool([*events, *[0] * added], [*n, *[result.data["n"]] * added], model="bayes").estimate
    assert result.table["estimate"].iloc[0] == pytest.approx(most, abs=1e-9)
    assert list(result.table["which"]) == ["median"]
