"""What may be quoted of a pool is what its page shows, in the JSON, the CSV and a release."""

import csv
import io

import pytest

from onearm.report.build.results import results_csv
from onearm.report.history.releases import cut
from onearm.robustness.checks.agreement import agreement_record
from onearm.robustness.sensitivity import outcome_record

NOTHING = [None, None]


@pytest.fixture(scope="module")
def outcomes(review):
    codes = ("mortality_30d", "complication_minor", "pcr")
    return {code: outcome_record(review.outcome(code)) for code in codes}


@pytest.fixture(scope="module")
def lines(outcomes):
    return list(csv.DictReader(io.StringIO(results_csv(outcomes))))


def test_where_nobody_had_the_event_only_the_bound_is_shown(outcomes):
    pool = outcomes["mortality_30d"]["pools"]["core+extended"]
    shown = pool["shown"]
    assert (pool["standing"], shown["estimate"], shown["ci"]) == ("no-event", None, NOTHING)
    assert shown["prediction_interval"] == NOTHING
    # 1 - 0.05 ** (1 / 34), Clopper and Pearson's one-sided limit of 0 of 34
    assert shown["bound"] == pytest.approx([0, 0.0843394], abs=1e-6)
    assert pool["pooled"]["estimate"] > 0, "the raw result of the model stays on record"


def test_of_one_study_its_own_proportion_and_exact_interval_are_shown(outcomes):
    pool = outcomes["complication_minor"]["pools"]["core"]
    (study,) = pool["pooled"]["studies"]
    assert pool["standing"] == "single"
    assert pool["shown"]["estimate"] == pytest.approx(study["proportion"])
    assert pool["shown"]["ci"] == pytest.approx(study["ci"])
    assert pool["shown"]["prediction_interval"] == pool["shown"]["bound"] == NOTHING


def test_a_prediction_is_shown_behind_its_gate_alone(outcomes):
    others = outcomes["pcr"]["sensitivity"]
    (without,) = (item for item in others if item["label"] == "without Lococo 2023")
    assert without["k"] == 2
    assert without["shown"]["ci"] == without["pooled"]["ci"]
    assert without["shown"]["prediction_interval"] == NOTHING
    whole = outcomes["pcr"]["pools"]["core"]
    assert whole["shown"]["prediction_interval"] == whole["pooled"]["prediction_interval"]


def test_the_lines_print_what_is_shown(lines):
    asked = ("mortality_30d", "core+extended", "protocol")
    (alike,) = (
        line for line in lines if (line["outcome"], line["evidence_set"], line["analysis"]) == asked
    )
    assert float(alike["bound_high"]) == pytest.approx(0.0843394, abs=1e-6)
    for line in lines:
        if line["standing"] in ("no-event", "only-events", "none"):
            assert not any(line[name] for name in ("estimate", "ci_low", "mean_proportion", "tau2"))
        else:
            assert line["estimate"]
            assert line["ci_high"]
            assert not line["bound_low"] + line["bound_high"]


def test_every_pool_and_stratum_has_the_verdict_on_the_methods(review, outcomes, lines):
    for code, record in outcomes.items():
        analysis = review.outcome(code)
        pairs = [(analysis.pools[name], found) for name, found in record["pools"].items()]
        for name, splits in record["strata"].items():
            for by, split in splits.items():
                pairs += zip(analysis.strata[name][by], split, strict=True)
        for pool, found in pairs:
            assert found["agreement"] == agreement_record(pool, review)
            assert found["certainty"], "it stands beside what was there"
    asked = ("pcr", "core+extended", "EGFR inhibitor")
    egfr = next(
        line for line in lines if (line["outcome"], line["evidence_set"], line["choice"]) == asked
    )
    assert egfr["agreement"] == "disagree: do not pool"
    heard = {line["agreement"] for line in lines if line["analysis"] == "companion model"}
    assert heard == {""}


def test_a_release_holds_what_is_shown(outcomes):
    whole = outcomes["mortality_30d"]["pools"]["core+extended"]
    frozen = cut(outcomes["mortality_30d"])["pools"]["core+extended"]
    assert frozen["shown"] == whole["shown"]["bound"]
    assert frozen["estimate"] is frozen["tau2"] is None
