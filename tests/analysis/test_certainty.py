"""Certainty: the rules of the plan by hand-made pools, and the shipped judgements."""

from __future__ import annotations

from dataclasses import replace

import pytest

from onearm.analysis import Certainty, OutcomeAnalysis, Pool, Review
from onearm.analysis.certainty import DOMAINS, TAKEN_OVER, Domain, certainty
from onearm.evidence import Evidence, select
from onearm.evidence.tables.columns import JUDGED_DOMAINS


def pool_of(evidence: Evidence, counts: list[tuple[int, int]], threshold: float) -> Pool:
    """A pool of invented studies, with the plan of pCR under another threshold."""
    chosen = select(evidence, "pcr", evidence_set="core+extended")
    patterns = list({row.study_id: row for row in chosen.rows}.values())
    rows = tuple(
        replace(row, count=replace(row.count, events=events, n=n))
        for row, (events, n) in zip(patterns[: len(counts)], counts, strict=True)
    )
    outcome = chosen.outcome.model_copy(update={"threshold": threshold})
    selection = replace(chosen, outcome=outcome, rows=rows, overlaps=())
    return Review(evidence).fit(selection, "Core and extended evidence")


def judge(evidence: Evidence, pool: Pool) -> Certainty:
    """The certainty of invented studies, of which people have judged nothing alone."""
    return certainty(evidence, pool, lambda _: frozenset())


def computed(
    evidence: Evidence, counts: list[tuple[int, int]], threshold: float
) -> dict[str, Domain]:
    pool = pool_of(evidence, counts, threshold)
    return {domain.name: domain for domain in judge(evidence, pool).domains}


def judged_anew(found: OutcomeAnalysis, pool: Pool) -> Certainty:
    """The certainty of a pool, whatever was computed before of the same rows."""
    return certainty(found.review.evidence, pool, lambda name: found.pools[name].selection.row_ids)


def test_the_domains_are_those_of_grade_and_every_one_has_a_reason(review: Review) -> None:
    for found in review.outcomes:
        strata = [p for by in found.strata["core+extended"].values() for p in by]
        for pool in [*found.pools.values(), *strata]:
            judged = found.certainty(pool)
            if not pool.selection.k:
                assert (judged.level, judged.word, judged.domains) == (0, "nothing to judge", ())
                continue
            assert [d.name for d in judged.domains] == list(DOMAINS.values())
            assert all(d.reason.strip() and d.downgrade in (0, 1, 2) for d in judged.domains)
            expected = max(1, 2 - sum(d.downgrade for d in judged.domains))
            assert judged.level == expected
            assert judged.word == ("very low", "low")[expected - 1]
            assert judged.symbols == "⊕" * expected + "◯" * (4 - expected)
            assert judged.to_dict()["domains"][0]["name"] == "Risk of bias"


def test_a_stratum_takes_over_what_people_judged_and_says_so(review: Review) -> None:
    found = review.outcome("pcr")
    whole = found.certainty(found.pools["core"]).domains
    stratum = found.certainty(found.strata["core"]["setting"][0]).domains
    judged = [list(DOMAINS).index(name) for name in JUDGED_DOMAINS]
    for place, (ours, theirs) in enumerate(zip(stratum, whole, strict=True)):
        if place in judged:
            assert (ours.downgrade, ours.reason) == (theirs.downgrade, TAKEN_OVER)
            assert TAKEN_OVER not in theirs.reason
        else:
            assert ours.reason != TAKEN_OVER, "what is computed is computed of these rows"


def test_no_stratum_is_given_reasons_that_name_what_it_does_not_hold(review: Review) -> None:
    given = {line.reason for line in review.evidence.judgements}
    assert given
    for found in review.outcomes:
        whole = {pool.selection.row_ids for pool in found.pools.values()}
        for pool in found.every_pool():
            if pool.selection.row_ids in whole:
                continue
            told = " ".join(d.reason for d in found.certainty(pool).domains)
            assert not any(reason in told for reason in given), (found.code, pool.label)


def test_a_pool_of_other_rows_is_no_whole_whatever_its_name(review: Review) -> None:
    found = review.outcome("pcr")
    whole, stratum = found.pools["core"], found.strata["core"]["setting"][0]
    named = replace(stratum, label=whole.label)
    assert judged_anew(found, named).domains[0].reason == TAKEN_OVER
    renamed = replace(whole, label="Salvage")
    assert judged_anew(found, renamed).domains[0].reason != TAKEN_OVER


def test_nothing_is_judged_without_judgements(evidence: Evidence) -> None:
    found = Review(replace(evidence, judgements=())).outcome("pcr")
    judged = found.certainty(found.pools["core"])
    assert (judged.level, judged.word, judged.symbols) == (0, "not judged", "")


def test_studies_on_both_sides_of_the_threshold_are_inconsistent(evidence: Evidence) -> None:
    found = computed(evidence, [(2, 60), (50, 60), (30, 60)], 0.5)["Inconsistency"]
    assert found.downgrade == 1
    assert "(2 of 60) lies wholly below" in found.reason
    assert "(50 of 60) wholly above" in found.reason


def test_alike_studies_are_consistent_however_many(evidence: Evidence) -> None:
    found = computed(evidence, [(30, 60), (31, 60), (29, 60), (32, 60)], 0.2)["Inconsistency"]
    assert found.downgrade == 0
    assert "lies beside it" in found.reason


def test_a_wide_prediction_interval_over_the_threshold_is_inconsistent(evidence: Evidence) -> None:
    found = computed(evidence, [(1, 30), (6, 30), (18, 30)], 0.3)["Inconsistency"]
    assert found.downgrade == 1
    assert "wider than 50 points" in found.reason


def test_i2_never_counts(evidence: Evidence) -> None:
    # Large studies that differ little: a high I² (most of what is seen is heterogeneity), and
    # all of them on the same side of the threshold. By the credible interval: that the exact
    # one of so few studies is ready for a tau of 1.5 is another reason, and has its own test.
    primary = evidence.protocol.primary.quicker()
    plan = evidence.protocol.model_copy(update={"primary": primary})
    evidence = replace(evidence, protocol=plan)
    pool = pool_of(evidence, [(400, 1000), (480, 1000), (560, 1000)], threshold=0.1)
    reml = Review(evidence).fit(pool.selection, pool.label, evidence.protocol.companions[0])
    assert reml.pooled.i2 > 0.9
    assert judge(evidence, pool).domains[1].downgrade == 0


@pytest.mark.parametrize(
    ("counts", "threshold", "downgrade", "says"),
    [
        ([(60, 120), (58, 120), (61, 120)], 0.2, 0, "are enough by the plan"),
        ([(60, 120), (58, 120), (61, 120)], 0.5, 1, "includes the threshold of 50.0 %"),
        ([(60, 120), (58, 120)], 0.2, 1, "2 studies (fewer than 3)"),
        ([(15, 30), (16, 30), (14, 30)], 0.2, 1, "90 patients (fewer than 100)"),
        ([(15, 30), (16, 30)], 0.5, 2, "2 studies (fewer than 3); 60 patients"),
        (
            [(0, 30), (0, 30), (0, 50)],
            0.2,
            0,
            "The exact one-sided 95 % bound (at most 2.7 %) excludes the threshold of 20.0 %.",
        ),
        (
            [(0, 30), (0, 30), (0, 50)],
            0.02,
            1,
            "one-sided 95 % bound (at most 2.7 %) does not exclude",
        ),
        ([(30, 30), (30, 30), (50, 50)], 0.9, 0, "one-sided 95 % bound (at least 97.3 %) excludes"),
        ([(3, 30)], 0.1, 2, "The 95 % interval (2.1 to 26.5 %) includes"),
    ],
)
def test_imprecision_by_the_interval_that_is_shown_and_the_numbers(
    evidence: Evidence, counts: list[tuple[int, int]], threshold: float, downgrade: int, says: str
) -> None:
    found = computed(evidence, counts, threshold)["Imprecision"]
    assert (found.downgrade, says in found.reason) == (downgrade, True), found.reason


def test_the_rules_are_those_of_the_plan(evidence: Evidence) -> None:
    rules = evidence.protocol.certainty.model_copy(
        update={"minimum_patients": 300, "start": "moderate"}
    )
    protocol = evidence.protocol.model_copy(update={"certainty": rules})
    other = replace(evidence, protocol=protocol)
    counts = [(50, 100), (48, 100)]
    assert computed(evidence, counts, 0.2)["Imprecision"].downgrade == 1
    assert "200 patients (fewer than 300)" in computed(other, counts, 0.2)["Imprecision"].reason
    zero = tuple(replace(line, downgrade=0) for line in other.judgements)
    other = replace(other, judgements=zero)
    judged = judge(other, pool_of(other, counts, threshold=0.2))
    assert (judged.level, judged.word) == (2, "low")
    assert [d.name for d in judged.downgrades] == ["Imprecision"]


def test_the_shipped_judgements_cover_the_plan_and_leave_no_set_without_rows(
    evidence: Evidence,
) -> None:
    lines = evidence.judgements
    assert {line.domain for line in lines} == set(JUDGED_DOMAINS)
    filled = {
        (plan.code, each.name)
        for plan in evidence.protocol.outcome
        for each in evidence.protocol.sets
        if select(evidence, plan.code, evidence_set=each.name).k
    }
    assert {(line.outcome, line.evidence_set) for line in lines} == filled
    assert len(lines) == 3 * len(filled)
