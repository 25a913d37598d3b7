from __future__ import annotations

import pytest

from onearm.evidence import Finding, audit, check
from onearm.evidence.findings import in_order


def told(folder, code: str) -> list[Finding]:
    findings = audit(folder.read())
    assert findings == in_order(findings)
    return [f for f in findings if f.code == code]


def one(folder, code: str) -> Finding:
    found = told(folder, code)
    assert len(found) == 1, [f.sentence for f in found]
    assert found[0].mend
    return found[0]


def test_a_sound_folder_has_no_errors_and_the_same_findings_every_time(folder) -> None:
    first = check(folder.write())
    assert not [f for f in first if f.severity == "error"]
    assert first == check(folder.path)


def test_a_percentage_that_fits_another_group_of_the_study(folder, make_count) -> None:
    folder.add(make_count("A8", "alneo2025", "lobectomy", "21", "28", printed_percent="64",
                          use="context", use_reason="describes"))  # fmt: skip
    found = one(folder, "percent-mismatch")
    assert (found.severity, found.row_id, found.value) == ("warning", "A8", "64")
    assert "64 % with 21 does not fit n = 28; it fits n = 33, which this study also uses" in (
        found.sentence
    )


@pytest.mark.parametrize(
    ("events", "n", "printed", "says"),
    [
        ("9", "11", "91.0", "no number of patients fits it"),
        ("9", "11", "75", "n = 12, which this study does not use"),
        ("3", "11", "5", "n from 55 to 66, none of which"),
    ],
)
def test_a_percentage_that_fits_nothing_here(
    folder, make_count, events: str, n: str, printed: str, says: str
) -> None:
    folder.add(make_count("Z", "lin2023", "r0", events, n, printed_percent=printed))
    assert says in one(folder, "percent-mismatch").sentence


def test_double_rounding_and_truncation_are_notes(folder) -> None:
    twice, cut = one(folder, "percent-double-rounded"), one(folder, "percent-truncated")
    assert (twice.row_id, twice.severity) == ("A3", "note")
    assert "46 % for 15 of 33" in twice.sentence
    assert (cut.row_id, cut.severity) == ("C1", "note")
    assert "36 % for 11 of 30" in cut.sentence


def test_a_percentage_without_a_count_names_the_candidates(folder, make_count) -> None:
    folder.add(make_count("A12", "alneo2025", "downstaging_nodal", "", "", printed_percent="48",
                          denominator="unstated", use="context", use_reason="not derivable",
                          missing_reason="only a percentage"))  # fmt: skip
    sentence = one(folder, "percent-without-count").sentence
    assert "16/33" in sentence
    assert "nothing over 28 does" in sentence


def test_intervals_are_explained_with_level_and_method(folder) -> None:
    pcr, mpr = told(folder, "interval-reproduced")
    assert "90 % interval 31–61 %" in mpr.sentence
    assert "Clopper–Pearson with rounding in two steps (30.49 → 30.5 → 31" in mpr.sentence
    assert "The level is 90 %, not 95 %" in mpr.sentence
    assert "reproduced by Clopper–Pearson." in pcr.sentence
    assert "not 95 %" not in pcr.sentence
    assert "Clopper–Pearson is what reproduces both" in one(folder, "interval-method").sentence


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ({"printed_ci_level": "95"}, "interval-unexplained", "at 90 % it would be Clopper"),
        ({"printed_ci_low": "20"}, "interval-unexplained", "no standard method"),
        ({"printed_ci_level": ""}, "interval-level-missing", "at 90 % it would be"),
        ({"n": "40"}, "interval-unexplained", "over n = 33, which this study also uses"),
    ],
)
def test_intervals_that_need_a_question(folder, change, code: str, says: str) -> None:
    folder.row("A3").update(change)
    found = one(folder, code)
    assert (found.severity, found.row_id) == ("warning", "A3")
    assert says in found.sentence


def test_mixed_denominators_in_one_passage(folder, make_count) -> None:
    place = {"locator": "paragraph 3", "use": "context", "use_reason": "describes"}
    folder.add(
        make_count("A8", "alneo2025", "lobectomy", "21", "28", printed_percent="64", **place),
        make_count("A11", "alneo2025", "r0", "24", "28", printed_percent="86", **place),
    )
    (found,) = [f for f in told(folder, "mixed-denominators") if f.severity == "warning"]
    assert "over 28: R0 resection 24 (86 %); over 33: lobectomy 21 (64 %)" in found.sentence
    assert "speaks of 28 patients" in found.sentence
    folder.row("A8").update(n="33", denominator="enrolled")
    assert {f.severity for f in told(folder, "mixed-denominators")} == {"note"}


def test_several_denominators_for_one_outcome_are_a_note(folder) -> None:
    sentences = [f.sentence for f in told(folder, "mixed-denominators")]
    assert any("15 of 28 operated patients and 15 of 33 enrolled patients" in s for s in sentences)


def test_thresholds_that_differ_where_rows_could_meet(folder) -> None:
    found = one(folder, "definition-operators-differ")
    assert "“<” (below 10 %) in Lococo 2023; “<=” (at most 10 %) in ALNEO 2025" in found.sentence
    folder.row("L2")["definition_operator"] = "<="
    assert told(folder, "definition-operators-differ") == []


def test_a_major_response_rarer_than_a_complete_one(folder, make_count) -> None:
    folder.add(
        make_count("X31", "lin2023", "mpr", "3", "21"),
        make_count("X30", "lin2023", "pcr", "7", "21", use="context", use_reason="x"),
    )
    found = one(folder, "nested-exceeds")
    assert (found.row_id, found.severity) == ("X31", "warning")
    assert "10 of 21" in found.mend
    folder.row("X31")["denominator"] = "enrolled"
    assert told(folder, "nested-exceeds") == []


def test_parts_that_do_not_sum(folder) -> None:
    assert told(folder, "parts-do-not-sum") == []
    folder.row("C3")["events"] = "2"
    assert "10/22 immunotherapy + 2/8 targeted = 12/30" in one(folder, "parts-do-not-sum").sentence


def test_overlap_possible_and_certain(folder, make_count) -> None:
    found = one(folder, "possible-overlap")
    assert found.severity == "warning"
    assert "At most 6 operated patients" in found.sentence
    for row_id in ("L1", "L2"):
        folder.row(row_id).update(use="context", use_reason="not pooled")
    assert one(folder, "possible-overlap").severity == "note"
    folder.row("hashimoto2022")["version_of"] = "lococo2023"
    assert "Hashimoto 2022 and Lococo 2023" in one(folder, "certain-overlap").sentence
    assert told(folder, "version-superseded") == []
    folder.row("L1").update(use="pool", use_reason="")
    assert "Pathological complete" in one(folder, "version-superseded").sentence


def test_counts_of_one_trial_from_two_versions(folder) -> None:
    assert told(folder, "versions-mixed") == []
    folder.row("chiappetta2025")["version_of"] = "lococo2023"
    found = one(folder, "versions-mixed")
    assert (found.severity, found.study_id) == ("note", "chiappetta2025")
    assert "come from different versions: Chiappetta 2025 gives" in found.sentence
    assert "(5 of 10)" in found.sentence


def test_sources_second_hand(folder) -> None:
    assert [f.study_id for f in told(folder, "secondary-source")] == [
        "alneo2025", "chiappetta2025",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("doi", "mend"),
    [("https://doi.org/10.1000/x1", "Write 10.1000/x1."), ("doi:10.1/x", "leave it empty")],
)
def test_dois_are_bare(folder, doi: str, mend: str) -> None:
    folder.row("lococo2023")["doi"] = doi
    assert mend in one(folder, "doi-malformed").mend


@pytest.mark.parametrize(
    ("text", "is_address"),
    [
        ("https://mirror.example/article/1", True),
        ("pubmed-d.example.org/40627103", True),
        ("doi 10.1016/j.athoracsur.2023.01.027", False),
        ("https://doi.org/10.1000/x", False),
        ("seed 002 (news, and/or abstract)", False),
        ("hdl:2158/1425342", False),
    ],
)
def test_addresses_are_no_citations(folder, text: str, is_address: bool) -> None:
    folder.row("L1")["source"] = text
    assert [f.row_id for f in told(folder, "mirror-address")] == ["L1"] * is_address


def test_a_study_that_nobody_can_find(folder) -> None:
    folder.row("lin2023").update(doi="", citation="Lin, a poster")
    assert "lin2023" in [f.study_id for f in told(folder, "uncited-study")]
    folder.row("lin2023")["citation"] = "Lin, in a repository, hdl:10.2158/1425:342"
    (found,) = [f for f in told(folder, "uncited-study") if f.study_id == "lin2023"]
    assert found.severity == "warning"
    assert "handle alone" in found.sentence
    folder.row("lin2023")["citation"] = "Lin, a poster. NCT01234567"
    assert "lin2023" not in [f.study_id for f in told(folder, "uncited-study")]


def test_rows_worth_knowing(folder, make_count) -> None:
    assert {f.row_id for f in told(folder, "derived-row")} == {"A6", "A4", "C3"}
    assert one(folder, "case-report").row_id == "K1"
    assert "missing, not zero" in one(folder, "missing-outcome").sentence
    assert told(folder, "small-n") == []
    assert told(folder, "zero-without-statement") == []
    folder.add(make_count("S", "lin2023", "mpr", "1", "4"))
    assert one(folder, "small-n").row_id == "S"
    folder.row("X18")["printed"] = ""
    assert one(folder, "zero-without-statement").row_id == "X18"


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [("2021-05", "2020", True), ("2021", "2021-01-01", False), ("2020-02-02", "2020-02", False),
     ("2021-05-02", "2021-05-01", True), ("2021", "", False)],
)  # fmt: skip
def test_dates_that_run_backwards(folder, start: str, end: str, wrong: bool) -> None:
    folder.row("alneo2025").update(enrol_start=start, enrol_end=end)
    assert len(told(folder, "enrolment-reversed")) == wrong


def test_studies_that_strata_and_readers_cannot_place(folder) -> None:
    folder.row("alneo2025")["setting"] = ""
    folder.row("lin2023")["label"] = "Lococo 2023"
    assert one(folder, "subgroup-missing").study_id == "alneo2025"
    assert len(told(folder, "label-duplicated")) == 2


def test_the_flow_balances(folder) -> None:
    assert told(folder, "records-unbalanced") == []
    records = folder.tables["records"]
    records[0]["evidence_set"] = "extended"
    records[1].update(decision="excluded", reason="why not")
    records[3]["study_id"] = ""
    sentences = " ".join(f.sentence for f in told(folder, "records-unbalanced"))
    assert "The evidence set of the record is extended, and that of its study is core" in sentences
    assert "ALNEO 2025 has rows that may be pooled, and no record of it is included" in sentences
    assert "Hashimoto 2022 is in no record" in sentences
    assert "The record is included, and no row of it may be pooled" in sentences


def test_appraisal_that_is_missing_or_unfinished(folder) -> None:
    assert {f.study_id: f.severity for f in told(folder, "appraisal-missing")} == {
        "alneo2025": "warning", "chiappetta2025": "warning", "hashimoto2022": "warning",
        "lin2023": "note",
    }  # fmt: skip
    folder.tables["appraisal"].pop()
    assert "9 judgements of the 10 items" in one(folder, "appraisal-incomplete").sentence


def test_the_plan_and_the_rows_meet(folder) -> None:
    assert told(folder, "outcome-without-rows") == []
    assert told(folder, "outside-the-question") == []
    folder.row("L1")["agent_class"] = "chemo"
    found = one(folder, "outside-the-question")
    assert (found.row_id, found.severity) == ("L1", "warning")
    assert "every pool leaves it out" in found.sentence
    for old, new in (('code = "mpr"', 'code = "r0"'), ('"mpr"]', '"r0"]'), ("\nr0 =", "\nx =")):
        folder.protocol = folder.protocol.replace(old, new)
    assert one(folder, "outcome-without-rows").value == "r0"


def test_rows_that_no_pool_can_take(folder) -> None:
    folder.row("L1")["unit"] = "cells"
    folder.row("A6")["denominator"] = "unstated"
    assert one(folder, "pool-mixes-units").row_id == "L1"
    assert one(folder, "denominator-unstated").row_id == "A6"


@pytest.mark.parametrize("start", ["=1+1", "+x", "-x", "@SUM(A1)", "\tx"])
def test_text_that_a_spreadsheet_would_run(folder, start: str) -> None:
    folder.row("lococo2023")["notes"] = start
    found = one(folder, "formula-text")
    assert (found.file, found.column, found.value) == ("studies.csv", "notes", start)
    folder.row("lococo2023").update(notes="", agent=start.strip())
    if not start.startswith("\t"):
        assert one(folder, "formula-text").column == "agent"


def test_figures_that_a_spreadsheet_made_dates_of(folder) -> None:
    folder.row("L1")["printed"] = "3/10"
    folder.row("L2")["printed"] = "10-Mar"
    assert one(folder, "spreadsheet-date").row_id == "L2"


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", "=1", '"', "🫁", "L" * 300])
def test_findings_carry_hostile_labels_untouched(folder, label: str) -> None:
    folder.row("chiappetta2025")["label"] = label
    assert label in one(folder, "percent-truncated").sentence
