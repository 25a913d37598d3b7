"""The judgements of certainty: what is refused, what is noted, what may be absent."""

from __future__ import annotations

import pytest

from onearm.errors import InputError
from onearm.evidence import audit, check
from onearm.evidence.tables.columns import JUDGED_DOMAINS

SETS = ("core", "core+extended")


def judgements(*codes: str) -> list[dict[str, str]]:
    return [
        {
            "outcome": code,
            "evidence_set": evidence_set,
            "domain": domain,
            "downgrade": "1",
            "reason": f"why {domain}",
        }
        for code in codes
        for evidence_set in SETS
        for domain in JUDGED_DOMAINS
    ]


@pytest.fixture
def judged(folder):
    folder.tables["certainty"] = judgements("pcr", "mpr")
    return folder


def refused(folder) -> list[tuple[str, int | None, str | None, str | None, str, str]]:
    with pytest.raises(InputError) as caught:
        folder.read()
    return [(f.code, f.row, f.column, f.value, f.sentence, f.mend) for f in caught.value.findings]


def test_judgements_of_every_outcome_are_read(judged) -> None:
    evidence = judged.read()
    assert len(evidence.judgements) == 12
    assert not [f for f in audit(evidence) if f.code.startswith("certainty")]


def test_without_the_file_nothing_is_judged_and_nobody_complains(folder) -> None:
    evidence = folder.read()
    assert evidence.judgements == ()
    assert not [f for f in audit(evidence) if f.code.startswith("certainty")]


def test_an_empty_file_is_noted_once(folder) -> None:
    folder.tables["certainty"] = []
    (note,) = [f for f in audit(folder.read()) if f.code.startswith("certainty")]
    assert (note.code, note.severity, note.file) == (
        "certainty-not-judged",
        "note",
        "certainty.csv",
    )


@pytest.mark.parametrize("reason", ["", "   "])
@pytest.mark.parametrize("downgrade", ["0", "1"])
def test_a_reason_is_never_empty(judged, reason: str, downgrade: str) -> None:
    judged.tables["certainty"][4] |= {"reason": reason, "downgrade": downgrade}
    (problem,) = refused(judged)
    assert problem[:4] == ("cell-empty", 6, "reason", reason)
    assert "What the judgement rests on" in problem[5]


@pytest.mark.parametrize(
    ("column", "value", "code", "says"),
    [
        ("outcome", "zebra", "certainty-outcome-unknown", "no outcome of the plan or the tables"),
        ("domain", "imprecision", "not-in-list", "Choose from: risk_of_bias, indirectness"),
        ("domain", "risk of bias", "not-in-list", "Perhaps risk_of_bias is meant"),
        ("evidence_set", "extended", "not-in-list", "core+extended"),
        ("downgrade", "3", "not-in-list", "Choose from: 0, 1, 2"),
        ("downgrade", "", "cell-empty", "How many levels"),
    ],
)
def test_a_wrong_cell_is_told_with_its_place(
    judged, column: str, value: str, code: str, says: str
) -> None:
    judged.tables["certainty"][0][column] = value
    problems = refused(judged)
    (wrong,) = [p for p in problems if p[0] == code]
    assert wrong[1:4] == (2, column, value)
    assert says in wrong[4] + wrong[5]


def test_a_slip_of_a_code_is_recognised(judged) -> None:
    judged.tables["certainty"][0]["outcome"] = "pcrr"
    assert any("Perhaps pcr is meant" in p[5] for p in refused(judged))


def test_a_line_twice_is_refused(judged) -> None:
    judged.tables["certainty"].append(dict(judged.tables["certainty"][0]))
    (problem,) = refused(judged)
    assert problem[:2] == ("duplicate-row", 14)


def test_a_missing_line_is_told_with_what_to_add(judged) -> None:
    del judged.tables["certainty"][4]  # pcr, core+extended, indirectness
    (problem,) = refused(judged)
    assert problem[:4] == ("certainty-line-missing", 6, "domain", "pcr, core+extended")
    assert "indirectness is missing" in problem[4]
    assert "“pcr,core+extended,indirectness,0-2,why”" in problem[5]


def test_a_missing_set_is_told_too(judged) -> None:
    del judged.tables["certainty"][:3]
    (problem,) = refused(judged)
    assert "risk of bias, indirectness and publication bias are missing" in problem[4]


def test_an_outcome_without_any_line_is_not_judged_and_the_audit_says_what_to_add(judged) -> None:
    judged.tables["certainty"] = judgements("pcr")
    (warning,) = [f for f in audit(judged.read()) if f.code.startswith("certainty")]
    assert (warning.code, warning.severity, warning.value) == (
        "certainty-not-judged",
        "warning",
        "mpr",
    )
    assert "“mpr,core,risk_of_bias,0-2,why”" in warning.mend


def test_a_set_without_rows_needs_no_line(judged) -> None:
    for row in judged.tables["outcomes"]:
        if row["outcome"] == "mpr":
            row |= {"use": "context", "use_reason": "for this test", "variant": ""}
    judged.tables["certainty"] = judgements("pcr")
    assert not [f for f in audit(judged.read()) if f.code.startswith("certainty")]


def test_lines_of_an_outcome_that_the_plan_does_not_pool_are_noted_only(judged) -> None:
    head, *outcomes = judged.protocol.split("[[outcome]]")
    judged.protocol = f"{head}[[outcome]]{outcomes[0]}".replace('nested_in = ["mpr"]', "")
    judged.protocol = judged.protocol.replace('facts = ["pcr", "mpr"]', 'facts = ["pcr"]')
    (note,) = [f for f in audit(judged.read()) if f.code.startswith("certainty")]
    assert (note.code, note.severity, note.row, note.value) == ("certainty-idle", "note", 8, "mpr")


def test_the_audit_goes_on_beside_a_wrong_judgement(judged) -> None:
    judged.tables["certainty"][0]["reason"] = ""
    codes = {f.code for f in check(judged.write())}
    assert "cell-empty" in codes
    assert "possible-overlap" in codes
    assert "certainty-not-judged" not in codes


def test_a_file_that_is_no_table_stops(judged) -> None:
    (judged.write() / "certainty.csv").write_bytes(b"\xff\xfe")
    codes = [f.code for f in check(judged.path) if f.severity == "error"]
    assert codes == ["file-not-utf8"]
