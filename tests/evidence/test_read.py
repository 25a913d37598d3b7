from __future__ import annotations

import pytest

from onearm.errors import InputError
from onearm.evidence import check, read_evidence
from onearm.evidence.findings import errors_among, in_order
from onearm.evidence.tables.reading import survey

HOSTILE = [
    "<script>alert('x')</script>",
    '=HYPERLINK("http://x","y")',
    'She said "no", twice',
    "🫁 Ünïcode ≤ 10 %",
    "L" * 300,
    "NA",
    "1e5",
]


def problems(folder) -> list[tuple[str, str, int | None, str | None]]:
    errors = survey(folder.write()).errors
    assert errors
    return [(f.code, f.file, f.row, f.column) for f in errors]


def test_a_sound_folder_is_read_with_types_and_lines(folder) -> None:
    evidence = folder.read()
    (a6,) = [count for count in evidence.counts if count.row_id == "A6"]
    assert (a6.events, a6.n, a6.line) == (4, 28, folder.line("A6"))
    assert [count.row_id for count in evidence.counts if count.events is None] == ["C14"]
    assert (evidence.studies[0].version_of, evidence.studies[0].year) == ("", 2023)
    assert evidence.studies[0].topic == {"setting": "salvage", "agent": "alectinib"}
    assert evidence.has("records")
    assert evidence.has("outcomes", "locator")
    assert not evidence.has("certainty")
    assert evidence.protocol.pooling.minimum_n == 5


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_passes_through_untouched(folder, text: str) -> None:
    folder.row("lococo2023")["label"] = text
    folder.row("L1")["notes"] = text
    evidence = folder.read()
    assert evidence.studies[0].label == text
    assert evidence.counts[0].notes == text


@pytest.mark.parametrize("text", ["two\nlines", "a\ttab", "a\x1bsign", "a\u2028line"])
@pytest.mark.parametrize(
    ("key", "column"), [("lococo2023", "label"), ("lococo2023", "agent"), ("lococo2023", "country")]
)
def test_what_cannot_be_drawn_is_refused_at_its_cell(
    folder, text: str, key: str, column: str
) -> None:
    folder.row(key)[column] = text
    (found,) = survey(folder.write()).errors
    assert (found.code, found.row, found.column) == ("not-one-line", 2, column)
    assert "has a line break or a control character" in found.sentence
    folder.row(key).update({column: "sound", "notes": "two\nlines"})
    assert folder.read().studies[0].notes == "two\nlines"


@pytest.mark.parametrize(
    ("key", "column", "value", "code", "says", "mend"),
    [
        ("L1", "events", "12.5", "not-integer", "12.5", "never a percentage"),
        ("L1", "events", "5.0", "not-integer", "5.0", "Write 5."),
        ("L1", "n", "1,200", "not-integer", "1,200", "1200"),
        ("L1", "events", "-1", "not-integer", "-1", "never a percentage"),
        ("L1", "events", "50%", "not-integer", "50%", "never a percentage"),
        ("L1", "events", "NA", "not-integer", "NA", "never a percentage"),
        ("L1", "events", " 5", "not-integer", "spaces", "Write 5"),
        ("L1", "events", "٥", "not-integer", "٥", "never a percentage"),
        ("L1", "n", "99999999999999999999", "not-integer", "999", "never a percentage"),
        ("L1", "events", "3-Oct", "spreadsheet-date", "3-Oct", "as text"),
        ("A3", "printed_ci_low", "May-21", "spreadsheet-date", "May-21", "as text"),
        ("A3", "printed_percent", "46%", "not-number", "46%", "Write 46."),
        ("A3", "printed_percent", "45,5", "not-number", "45,5", "Write 45.5."),
        ("A3", "printed_percent", "146", "percent-above-100", "146", "as printed"),
        ("A3", "printed_ci_high", "", "interval-incomplete", "one limit", "both"),
        ("L1", "denominator", "Resected", "not-in-list", "Resected", "Perhaps resected"),
        (
            "L1",
            "denominator",
            "operated",
            "not-in-list",
            "operated",
            "Perhaps resected is meant. Choose from: enrolled, treated, resected",
        ),
        ("L1", "denominator", "treatd", "not-in-list", "treatd", "Perhaps treated is meant"),
        ("L1", "agent_class", "chemotherapy", "not-in-list", "chemotherapy", "Perhaps chemo is"),
        ("lococo2023", "design", "case series", "not-in-list", "case", "single_arm_trial"),
        ("L1", "use", "", "cell-empty", "use", "pooled"),
        ("L1", "outcome", "p CR", "code-malformed", "p CR", "lower_snake_case"),
        ("L1", "row_id", "", "cell-empty", "row_id", "Short name"),
        ("L1", "study_id", "lococo", "unknown-study", "lococo", "Add the study"),
        ("L1", "events", "11", "events-exceed-n", "11 events among 10", "exchanged"),
        ("L2", "row_id", "L1", "duplicate-row", "row 2", "of its own"),
        ("L2", "outcome", "pcr", "duplicate-row", "already counts pcr", "Keep one"),
        ("A6", "derivation", "", "derived-without-derivation", "derived", "arithmetic"),
        ("C4", "use_reason", " ", "use-without-reason", "sensitivity", "use_reason"),
        ("C4", "variant", "", "variant-missing", "alternative", "Name the choice"),
        ("C1", "variant", "x", "variant-misplaced", "Only sensitivity", "Empty"),
        ("L1", "locator", "", "locator-missing", "where in the source", "Table 2"),
        ("C4", "locator", " ", "locator-missing", "where in the source", "Table 2"),
        ("L1", "source", "", "cell-empty", "source", "The document"),
        ("C14", "missing_reason", "", "missing-without-reason", "nothing says why", "Never"),
        ("C14", "use", "pool", "pool-without-counts", "no count", "context"),
        ("lococo2023", "year", "23", "not-year", "23", "four digits"),
        ("lococo2023", "enrol_start", "2020-13", "not-iso-date", "2020-13", "YYYY-MM"),
        ("lococo2023", "enrol_start", "2021-02-30", "not-iso-date", "2021-02-30", "YYYY-MM"),
        ("lococo2023", "enrol_start", "01/05/2021", "spreadsheet-date", "01/05", "YYYY-MM"),
        ("lococo2023", "overlap_group", "A,B", "slugs-malformed", "A,B", "semicolon"),
        ("lococo2023", "version_of", "nobody", "unknown-study", "nobody", "Add the study"),
        ("lococo2023", "version_of", "lococo2023", "version-of-itself", "itself", "other record"),
    ],
)
def test_every_wrong_cell_is_one_clear_finding(
    folder, key: str, column: str, value: str, code: str, says: str, mend: str
) -> None:
    folder.row(key)[column] = value
    findings = survey(folder.write()).errors
    (found,) = [f for f in findings if f.code == code]
    assert says in found.sentence
    assert mend in found.mend
    assert found.severity == "error"
    assert found.row is not None
    told = check(folder.path)
    assert errors_among(told) == findings
    assert {f.code for f in told} >= {"case-report", "secondary-source"}
    others = {f.code for f in findings} - {code}
    # Half an interval and an unknown study have nothing else to answer for.
    assert others <= ({"missing-without-reason", "pool-without-counts"} if value == "" else set())


def test_zero_at_risk_is_no_count(folder) -> None:
    folder.row("L1").update(events="0", n="0")
    assert problems(folder) == [("n-is-zero", "outcomes.csv", 2, "n")]


def test_a_count_that_is_only_described_has_a_place_too_and_a_gap_needs_none(folder) -> None:
    folder.row("C14")["locator"] = ""
    folder.read()
    folder.row("L1").update(use="context", use_reason="described", locator="")
    assert problems(folder) == [("locator-missing", "outcomes.csv", 2, "locator")]


def test_all_problems_of_all_files_are_told_at_once(folder) -> None:
    folder.row("L1")["events"] = "x"
    folder.row("A6")["events"] = "29"
    folder.row("alneo2025")["evidence_set"] = ""
    folder.tables["records"][0]["decision"] = "excluded"
    folder.tables["appraisal"][1]["item"] = "1"
    folder.protocol = folder.protocol.replace("minimum_n", "minimun_n")
    assert problems(folder) == [
        ("duplicate-row", "appraisal.csv", 3, "study_id"),
        ("not-integer", "outcomes.csv", folder.line("L1"), "events"),
        ("events-exceed-n", "outcomes.csv", folder.line("A6"), "events"),
        ("protocol-key-unknown", "protocol.toml", None, "pooling.minimun_n"),
        ("decision-without-reason", "records.csv", 2, "reason"),
        ("cell-empty", "studies.csv", 3, "evidence_set"),
    ]
    with pytest.raises(InputError, match="6 problems") as caught:
        read_evidence(folder.path)
    assert len(caught.value.findings) == 6
    assert "outcomes.csv, row 2, column events" in str(caught.value)


def test_missing_and_unknown_columns_are_named(folder) -> None:
    folder.without |= {"outcomes.events", "outcomes.n", "outcomes.source", "outcomes.agent_class"}
    for row in folder.tables["outcomes"]:
        row["event"] = row["events"]
    missing, unknown = survey(folder.write()).errors
    assert (missing.code, missing.column) == ("column-missing", "events, n, source, agent_class")
    assert "lacks the columns “events”, “n”, “source” and “agent_class”" in missing.sentence
    assert "needs study_id, outcome, events, n, source and agent_class" in missing.mend
    assert (unknown.code, unknown.value) == ("column-unknown", "event")
    assert unknown.mend.startswith("Perhaps events is meant.")
    assert "[columns.outcomes.event]" in unknown.mend


def test_a_broken_studies_file_does_not_blame_the_others(folder) -> None:
    path = folder.write() / "studies.csv"
    path.write_bytes(b"\xff\xfe")
    assert [f.code for f in check(folder.path)] == ["file-not-utf8"]
    path.unlink()
    assert [(f.code, f.file) for f in check(folder.path)] == [("file-missing", "studies.csv")]


def test_a_ragged_study_is_told_once(folder) -> None:
    path = folder.write() / "studies.csv"
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[1] + ",more", *lines[2:]]) + "\n", "utf-8")
    assert [(f.code, f.row) for f in errors_among(check(folder.path))] == [("row-ragged", 2)]


def test_no_folder_is_a_finding_too(tmp_path) -> None:
    assert [f.code for f in check(tmp_path / "nowhere")] == ["folder-missing"]
    with pytest.raises(InputError, match="nowhere"):
        read_evidence(tmp_path / "nowhere")


def test_tables_without_rows_are_errors_where_there_is_nothing_to_pool(folder) -> None:
    folder.tables = {name: [] for name in folder.tables}
    folder.protocol = folder.protocol.replace("required = true\n", "")
    assert [(f.code, f.file) for f in check(folder.write())] == [
        ("table-empty", "outcomes.csv"),
        ("table-empty", "studies.csv"),
    ]


def test_an_error_hides_nothing_that_the_audit_says_of_other_rows(folder) -> None:
    before = check(folder.write())
    folder.row("L1")["events"] = "x"
    after = check(folder.write())
    assert [(f.code, f.row_id) for f in errors_among(after)] == [("not-integer", "L1")]
    elsewhere = {f for f in before if f.study_id not in ("lococo2023", None)}
    assert elsewhere
    assert elsewhere <= set(after)
    assert after == in_order(after)
    with pytest.raises(InputError):
        read_evidence(folder.path)


def test_nothing_is_called_missing_that_stands_in_a_row_in_error(folder) -> None:
    folder.tables["records"][0]["decision"] = "maybe"
    folder.tables["appraisal"][0]["judgement"] = "perhaps"
    folder.row("C3")["n"] = "eight"
    folder.row("alneo2025")["setting"] = "neo"
    for row in folder.tables["outcomes"]:
        if row["outcome"] == "mpr":
            row["basis"] = "guessed"
    told = check(folder.write())
    assert {f.code for f in errors_among(told)} == {"not-in-list", "not-integer"}
    absent = {
        "records-unbalanced",
        "appraisal-incomplete",
        "parts-do-not-sum",
        "subgroup-missing",
        "outcome-without-rows",
    }
    assert absent.isdisjoint(f.code for f in told)
    assert "case-report" in {f.code for f in told}


def test_a_study_keeps_its_counts_when_one_of_its_cells_is_wrong(folder) -> None:
    folder.row("chiappetta2025")["year"] = "25"
    folder.row("hashimoto2022")["version_of"] = "chiappetta2025"
    reading = survey(folder.write())
    assert reading.evidence is not None
    assert "C1" in {count.row_id for count in reading.evidence.counts}
    assert "percent-truncated" in {f.code for f in check(folder.path)}
    folder.tables["studies"][2]["study_id"] = "chia petta"
    assert "C1" not in {count.row_id for count in survey(folder.write()).evidence.counts}
    assert {f.code for f in errors_among(check(folder.path))} == {
        "key-malformed",
        "not-year",
        "unknown-study",
    }


def test_an_error_in_the_plan_hides_nothing_that_the_audit_says(folder) -> None:
    before = check(folder.write())
    folder.protocol = folder.protocol.replace("minimum_n", "minimun_n")
    after = check(folder.write())
    assert [f.code for f in errors_among(after)] == ["protocol-key-unknown"]
    assert set(before) <= set(after)
    with pytest.raises(InputError):
        read_evidence(folder.path)


def test_of_a_plan_that_is_no_toml_the_tables_are_judged_as_far_as_all_reviews_are_alike(
    folder,
) -> None:
    folder.row("L1")["events"] = "x"
    folder.row("L2")["use"] = "maybe"
    folder.protocol = folder.protocol.replace('title = "', "title = ")
    assert problems(folder) == [
        ("not-integer", "outcomes.csv", 2, "events"),
        ("not-in-list", "outcomes.csv", 3, "use"),
        ("toml-malformed", "protocol.toml", None, None),
    ]
