"""What may be quoted of a pool is what its page shows, in the JSON, the CSV and a release."""

import csv
import io
from dataclasses import replace

import pytest

from onearm.analysis import Review
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


def test_where_nobody_had_the_event_a_bound_and_no_estimate_is_shown(outcomes):
    pool = outcomes["mortality_30d"]["pools"]["core+extended"]
    shown = pool["shown"]
    assert (pool["standing"], shown["estimate"], shown["tau2"]) == ("no-event", None, None)
    assert shown["mean_proportion"] is shown["i2"] is None
    assert shown["prediction_interval"] == NOTHING
    # 1 - 0.05 ** (1 / 97), Clopper and Pearson's one-sided limit of 0 of 97
    assert shown["bound"] == pytest.approx([0, 0.0304118], abs=1e-6)
    # Studies may differ: the exact interval, which holds then too, is wider than that bound.
    assert shown["ci"] == pool["pooled"]["ci"]
    assert shown["ci"][0] == 0
    assert shown["ci"][1] > shown["bound"][1]
    assert pool["pooled"]["estimate"] > 0, "the raw result of the model stays on record"


def test_of_one_study_its_own_proportion_and_exact_interval_are_shown(outcomes):
    pool = outcomes["complication_minor"]["pools"]["core"]
    (study,) = pool["pooled"]["studies"]
    assert pool["standing"] == "single"
    assert pool["shown"]["estimate"] == pytest.approx(study["proportion"])
    assert pool["shown"]["ci"] == pytest.approx(study["ci"])
    assert pool["shown"]["prediction_interval"] == pool["shown"]["bound"] == NOTHING


def test_a_prediction_is_shown_behind_its_gate_alone(outcomes):
    others = [item for item in outcomes["pcr"]["sensitivity"] if item["evidence_set"] == "core"]
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
    assert float(alike["bound_high"]) == pytest.approx(0.0304118, abs=1e-6)
    for line in lines:
        if line["standing"] in ("no-event", "only-events", "none"):
            assert not any(line[name] for name in ("estimate", "mean_proportion", "tau2", "i2"))
            assert not line["prediction_low"] + line["prediction_high"]
            assert bool(line["bound_high"]) == (line["standing"] != "none")
            if line["standing"] == "none":
                assert not line["ci_low"] + line["ci_high"]
            elif line["ci_low"]:
                assert float(line["ci_low"]) <= float(line["bound_low"])
                assert float(line["ci_high"]) >= float(line["bound_high"])
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
    heard = {line["agreement"] for line in lines if line["analysis"] == "companion model"}
    assert heard == {""}


def test_a_verdict_is_printed_in_words_whichever_way_it_goes(review, lines):
    protocol = review.protocol
    less = protocol.agreement.model_copy(update={"margin": 0.02})
    plan = protocol.model_copy(update={"agreement": less})
    strict = Review(replace(review.evidence, protocol=plan))
    record = outcome_record(strict.outcome("pcr"))
    assert record["strata"]["core+extended"]["agent_group"][1]["agreement"]["verdict"] is False
    against = list(csv.DictReader(io.StringIO(results_csv({"pcr": record}))))
    told = [
        [
            line["agreement"]
            for line in printed
            if (line["outcome"], line["evidence_set"], line["choice"])
            == ("pcr", "core+extended", name)
        ]
        for printed, name in (
            (lines, "EGFR inhibitor"),
            (against, "EGFR inhibitor"),
            (against, "Immunotherapy, with or without chemotherapy"),
        )
    ]
    assert told == [["agree"], ["disagree: do not pool"], ["agree"]]
    core = [line for line in against if line["evidence_set"] == "core" and line["k"] == "1"]
    verdicts = {line["agreement"] for line in core if line["analysis"].startswith("stratum")}
    assert verdicts == {""}, "of one study nothing is compared"


def test_a_release_holds_what_is_shown(outcomes):
    whole = outcomes["mortality_30d"]["pools"]["core+extended"]
    frozen = cut(outcomes["mortality_30d"])["pools"]["core+extended"]
    assert frozen["shown"] == whole["shown"]["bound"]
    assert frozen["estimate"] is frozen["tau2"] is None
