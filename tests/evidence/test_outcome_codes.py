from __future__ import annotations

import pytest

from onearm.errors import InputError
from onearm.evidence import audit, select


def test_codes_are_named_by_the_plan_or_written_as_words(evidence) -> None:
    protocol = evidence.protocol
    assert [protocol.outcome_name(code) for code in ("pcr", "r0", "some_event")] == [
        "Pathological complete response",
        "R0 resection",
        "some event",
    ]
    assert [protocol.short_name(code) for code in ("pcr", "r0")] == ["pCR", "R0 resection"]


def test_sentences_use_the_plans_short_name(folder) -> None:
    (pair,) = select(folder.read(), "pcr").overlaps
    assert "pCR was 5 of 10 in Lococo 2023" in pair.sentence
    folder.protocol = folder.protocol.replace('short = "pCR"', 'short = "complete"')
    (found,) = [f for f in audit(folder.read()) if f.code == "possible-overlap"]
    assert "complete was 5 of 10 in Lococo 2023" in found.sentence


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        ("pcrr", "pcr"),
        ("prc", "pcr"),
        ("mpr_", "mpr"),
        ("p_c_r", ""),
        ("mcr", ""),
        ("pathology_seen", ""),
    ],
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


@pytest.mark.parametrize("code", ["r0", "ypt0", "objective_response"])
def test_a_known_outcome_need_not_be_planned(folder, code: str) -> None:
    folder.row("L1")["outcome"] = code
    assert not [f for f in audit(folder.read()) if f.code.startswith("outcome-un")]


def test_another_horizon_is_no_slip(folder) -> None:
    folder.protocol = folder.protocol.replace('code = "pcr"', 'code = "mortality_90d"')
    folder.protocol = folder.protocol.replace('facts = ["pcr", ', "facts = [")
    for row in folder.tables["outcomes"]:
        row["outcome"] = row["outcome"].replace("pcr", "mortality_180d")
    codes = {f.code for f in audit(folder.read())}
    assert "outcome-unplanned" in codes


def test_a_described_outcome_may_have_any_code(folder) -> None:
    folder.row("L1").update(outcome="pcrr", use="context", use_reason="described")
    assert not [f for f in audit(folder.read()) if f.code.startswith("outcome-un")]
