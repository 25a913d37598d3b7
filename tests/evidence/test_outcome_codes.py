from __future__ import annotations

import pytest

from onearm.errors import InputError
from onearm.evidence import audit, overlap_pairs, select
from onearm.evidence.plan.codes import code_in_words


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("pcr", "pCR"),
        ("r0", "R0"),
        ("drug_ae_alt_grade1_2", "drug AE ALT grade 1–2"),
        ("drug_ae_alt_grade3", "drug AE ALT grade 3"),
        ("drug_ae_grade3plus", "drug AE grade 3 or higher"),
        ("drug_ae_asthenia", "drug AE asthenia"),
        ("complication_clavien2plus", "complication Clavien 2 or higher"),
        ("mortality_30d", "mortality 30 days"),
        ("stage_iiia", "stage IIIA"),
        ("stage_iv", "stage IV"),
        ("substage_t1an2", "substage T1aN2"),
        ("lobectomy", "lobectomy"),
    ],
)
def test_codes_are_written_as_people_write(code: str, words: str) -> None:
    assert code_in_words(code) == words


def test_sentences_use_the_plans_short_name(folder) -> None:
    (pair,) = overlap_pairs(select(folder.read(), "pcr"))
    assert "pCR was 5 of 10 in Lococo 2023" in pair.sentence
    folder.protocol = folder.protocol.replace('short = "pCR"', 'short = "complete"')
    (found,) = [f for f in audit(folder.read()) if f.code == "possible-overlap"]
    assert "complete was 5 of 10 in Lococo 2023" in found.sentence


@pytest.mark.parametrize(
    ("code", "meant"),
    [("pcrr", "pcr"), ("prc", "pcr"), ("mpr_", "mpr"), ("p_c_r", ""), ("pathology_seen", "")],
)
def test_a_misspelt_outcome_is_refused_and_a_strange_one_is_told(
    folder, code: str, meant: str
) -> None:
    folder.row("L1")["outcome"] = code
    if meant:
        with pytest.raises(InputError) as caught:
            folder.read()
        (found,) = caught.value.findings
        assert (found.code, found.severity) == ("outcome-misspelt", "error")
        assert found.mend == f"Perhaps {meant} is meant."
    else:
        (found,) = [f for f in audit(folder.read()) if f.code == "outcome-unplanned"]
        assert found.severity == "warning"
    assert (found.row_id, found.row, found.value) == ("L1", 2, code)
    assert f"no outcome “{code}”" in found.sentence


@pytest.mark.parametrize("code", ["r0", "ypt0", "objective_response", "drug_ae_rash"])
def test_a_known_outcome_need_not_be_planned(folder, code: str) -> None:
    folder.row("L1")["outcome"] = code
    assert not [f for f in audit(folder.read()) if f.code.startswith("outcome-un")]


def test_another_horizon_is_no_slip(folder) -> None:
    folder.protocol = folder.protocol.replace('code = "pcr"', 'code = "mortality_90d"')
    for row in folder.tables["outcomes"]:
        row["outcome"] = row["outcome"].replace("pcr", "mortality_180d")
    codes = {f.code for f in audit(folder.read())}
    assert "outcome-unplanned" in codes


def test_a_described_outcome_may_have_any_code(folder) -> None:
    folder.row("L1").update(outcome="pcrr", use="context", use_reason="described")
    assert not [f for f in audit(folder.read()) if f.code.startswith("outcome-un")]
