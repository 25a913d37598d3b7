"""What `onearm check` must say of the shipped evidence, and what it must not."""

from __future__ import annotations

from pathlib import Path

import pytest

from onearm.evidence import (
    Evidence,
    Finding,
    audit,
    check,
    non_overlapping,
    read_evidence,
    select,
    strata,
)

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def shipped() -> Evidence:
    return read_evidence(DATA)


@pytest.fixture(scope="module")
def findings(shipped: Evidence) -> tuple[Finding, ...]:
    return audit(shipped)


def about(findings: tuple[Finding, ...], code: str, *words: str) -> Finding:
    found = [f for f in findings if f.code == code and all(w in f.sentence for w in words)]
    assert len(found) == 1, [f.sentence for f in findings if f.code == code]
    return found[0]


def test_there_is_no_error(findings: tuple[Finding, ...]) -> None:
    assert [f for f in findings if f.severity == "error"] == []
    assert check(DATA) == findings


def test_alneo_prints_surgery_types_over_33_under_a_heading_of_28(findings) -> None:
    found = about(findings, "mixed-denominators", "ALNEO", "lobectomy")
    assert found.severity == "warning"
    for words in ("over 33: lobectomy 21 (64 %), pneumonectomy 3 (9 %) and other surgery 4 (12 %)",
                  "24 (86 %)", "speaks of 28 patients"):  # fmt: skip
        assert words in found.sentence
    for events, printed in ((21, 64), (3, 9), (4, 12)):
        about(findings, "percent-mismatch", "ALNEO", f"{printed} % with {events} does not fit "
              "n = 28; it fits n = 33, which this study also uses")  # fmt: skip


def test_alneo_rounds_15_of_33_twice(findings) -> None:
    about(findings, "percent-double-rounded", "ALNEO", "46 % for 15 of 33")


def test_alneo_90_percent_interval_is_clopper_pearson(findings) -> None:
    found = about(findings, "interval-reproduced", "ALNEO", "90 % interval 31–61 %")
    assert "Clopper–Pearson with rounding in two steps" in found.sentence
    assert "not 95 %" in found.sentence
    about(findings, "interval-method", "ALNEO", "Clopper–Pearson is what reproduces both")


def test_chiappetta_cuts_11_of_30_to_36(findings) -> None:
    about(findings, "percent-truncated", "Chiappetta", "36 % for 11 of 30")


def test_thresholds_of_major_response_differ(findings) -> None:
    found = about(findings, "definition-operators-differ", "Major pathological response")
    assert "“<” (viable tumour < 10 %) in Lococo 2023" in found.sentence
    assert "ALNEO 2025" in found.sentence.split("“<=” (viable tumour ≤ 10 %) in ")[1]


def test_lococo_and_chiappetta_may_share_six_patients(shipped, findings) -> None:
    found = about(findings, "possible-overlap", "Lococo", "Chiappetta")
    assert found.severity == "warning"
    assert "At most 6 operated patients" in found.sentence
    assert "1 + 5 = 6" in found.sentence
    bounds = {(p.study_a, p.study_b): p.bound for p in select(shipped, "pcr").overlaps}
    assert bounds["lococo2023", "chiappetta2025"] == 6


def test_the_core_pools_are_those_that_a_careful_reviewer_ends_with(shipped) -> None:
    pcr, mpr = select(shipped, "pcr"), select(shipped, "mpr")
    assert list(zip(pcr.labels, pcr.events, pcr.n, strict=True)) == [
        ("Lococo 2023", 5, 10), ("ALNEO 2025", 4, 28), ("Chiappetta 2025", 11, 30),
    ]  # fmt: skip
    assert list(zip(mpr.labels, mpr.events, mpr.n, strict=True)) == [
        ("Lococo 2023", 9, 10), ("ALNEO 2025", 15, 28),
    ]  # fmt: skip
    assert mpr.gate.code == "provisional"
    itt = select(shipped, "mpr", denominator="enrolled")
    assert list(zip(itt.labels, itt.events, itt.n, strict=True)) == [("ALNEO 2025", 15, 33)]


def test_every_selection_of_the_plan_can_be_made_and_mixes_nothing(shipped) -> None:
    for plan in shipped.protocol.outcome:
        for evidence_set in ("core", "core+extended"):
            for denominator in (plan.denominator, *plan.sensitivity_denominators):
                found = select(shipped, plan.code, evidence_set=evidence_set,
                               denominator=denominator)  # fmt: skip
                assert (found.events <= found.n).all()
                assert (found.n >= shipped.protocol.pooling.minimum_n).all()
                assert len(set(found.labels)) == found.k
                assert {r.study.version_of for r in found.rows}.isdisjoint(
                    r.study_id for r in found.rows
                )
                assert all(c.overlaps == () for c in non_overlapping(found).selections)
            for by in ("setting", "agent_group"):
                parts = strata(shipped, plan.code, by, evidence_set=evidence_set)
                assert all(s.studies <= s.k for s in parts.values())


def test_a_part_of_a_study_is_named_in_words(
    shipped: Evidence, findings: tuple[Finding, ...]
) -> None:
    slugs = {count.population for count in shipped.counts if "_" in count.population}
    assert "nivolumab_ipilimumab" in slugs
    said = " ".join(finding.sentence for finding in findings)
    assert [slug for slug in slugs if slug in said] == []
    assert "NEOSTAR 2021 (nivolumab ipilimumab)" in said
