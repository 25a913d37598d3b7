"""So many unseen studies move the estimate, and one fewer does not."""

import numpy as np
import pytest

from onearm.analysis import analyse
from onearm.models import pool
from onearm.robustness.unseen import unseen


def _with(pooled, many, events, n):
    x = [*pooled.selection.events, *[events] * many]
    return pool(x, [*pooled.selection.n, *[n] * many]).estimate


@pytest.mark.parametrize(("code", "name"), [("pcr", "core"), ("pcr", "core+extended"),
                                            ("complication_any", "core+extended")])  # fmt: skip
def test_the_number_is_the_fewest(code, name, evidence):
    studies = analyse(evidence, code).pools[name]
    result = unseen(studies, evidence.protocol)
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


def test_a_zero_that_its_correction_lifts_above_the_threshold_never_moves_it(evidence):
    studies = analyse(evidence, "mortality_30d").pools["core+extended"]
    result = unseen(studies, evidence.protocol)
    assert result.data["needed"] is None
    assert result.data["alone"] == pytest.approx(0.5 / 21)
    assert "by themselves for 2.4 %" in result.sentence
    assert result.verdict is True


def test_no_study_is_gated(evidence):
    studies = analyse(evidence, "mortality_90d").pools["core"]
    assert "needs 1 study" in unseen(studies, evidence.protocol).sentence
