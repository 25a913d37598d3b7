from __future__ import annotations

import pytest

from onearm.evidence import Finding, audit

CODES = {"resected-exceed-enrolled", "grade-exceeds-any", "deaths-decrease"}


def told(folder) -> list[Finding]:
    return [f for f in audit(folder.read()) if f.code in CODES]


def one(folder) -> Finding:
    (found,) = told(folder)
    assert found.severity == "warning"
    assert found.mend
    return found


def test_a_sound_folder_contradicts_nothing(folder) -> None:
    assert told(folder) == []


def test_more_events_among_the_operated_than_among_the_enrolled(folder) -> None:
    folder.row("A6")["events"] = "5"
    found = one(folder)
    assert (found.code, found.row_id, found.column) == ("resected-exceed-enrolled", "A6", "events")
    assert "5 events among the operated (n = 28) and 4 among the enrolled" in found.sentence
    folder.row("A6").update(use="excluded", use_reason="another count")
    assert told(folder) == []


def test_more_operated_than_enrolled(folder) -> None:
    folder.row("A6")["n"] = "34"
    found = one(folder)
    assert (found.row_id, found.column, found.value) == ("A6", "n", "34")


@pytest.mark.parametrize("graded", ["complication_major", "complication_minor"])
def test_more_of_one_grade_than_of_any(folder, make_count, graded: str) -> None:
    folder.add(
        make_count("G", "lin2023", graded, "5", "29"),
        make_count("ANY", "lin2023", "complication_any", "4", "29"),
    )
    found = one(folder)
    assert (found.code, found.row_id) == ("grade-exceeds-any", "G")
    assert "5 of 29" in found.sentence
    assert "only 4 of 29" in found.sentence
    for column, value in (("denominator", "treated"), ("population", "stage_iii")):
        kept = folder.row("ANY")[column]
        folder.row("ANY")[column] = value
        assert told(folder) == []
        folder.row("ANY")[column] = kept
    folder.row("ANY")["events"] = "5"
    assert told(folder) == []


def test_the_dead_stay_dead(folder, make_count) -> None:
    folder.add(
        make_count("D30", "lin2023", "mortality_30d", "2", "29"),
        make_count("D90", "lin2023", "mortality_90d", "1", "29"),
    )
    found = one(folder)
    assert (found.code, found.row_id) == ("deaths-decrease", "D30")
    assert "nobody who has died is alive later" in found.sentence
    folder.row("D90")["n"] = "25"
    assert told(folder) == []
    folder.row("D90").update(n="29", events="2")
    assert told(folder) == []
