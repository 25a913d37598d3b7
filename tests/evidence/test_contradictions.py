"""Counts of one study that cannot all be true, by what the plan declares."""

from __future__ import annotations

import pytest

from onearm.analysis import Review
from onearm.evidence import Finding, audit
from onearm.robustness import sensitivity

CODES = {"part-exceeds-whole", "nested-exceeds"}
NESTED = """\
[[outcome]]
code = "event_severe"
label = "Severe event"
denominator = "resected"
nested_in = ["event_any"]

[[outcome]]
code = "event_any"
label = "Any event"
denominator = "resected"
nested_in = ["event_ever"]

[[outcome]]
code = "event_ever"
label = "Event by any day"
denominator = "resected"

[other_outcomes]
"""


@pytest.fixture
def nested(folder, make_count):
    folder.protocol = folder.protocol.replace("[other_outcomes]\n", NESTED)
    return folder.add(
        make_count("S", "lin2023", "event_severe", "5", "29"),
        make_count("ANY", "lin2023", "event_any", "4", "29"),
    )


def told(folder) -> list[Finding]:
    return [f for f in audit(folder.read()) if f.code in CODES]


def one(folder, severity: str = "warning") -> Finding:
    (found,) = told(folder)
    assert found.severity == severity
    assert found.mend
    return found


def test_a_sound_folder_contradicts_nothing(folder) -> None:
    assert told(folder) == []


def test_more_events_in_a_part_than_in_the_whole(folder) -> None:
    folder.row("A6")["events"] = "5"
    found = one(folder)
    assert (found.code, found.row_id, found.column) == ("part-exceeds-whole", "A6", "events")
    assert (
        "5 events among the operated patients (n = 28) and 4 among the enrolled patients "
        "(n = 33), of whom they are a part" in found.sentence
    )
    folder.row("A6").update(use="excluded", use_reason="another count")
    assert told(folder) == []


def test_more_people_in_a_part_than_in_the_whole(folder) -> None:
    folder.row("A6")["n"] = "34"
    found = one(folder)
    assert (found.row_id, found.column, found.value) == ("A6", "n", "34")
    folder.row("A6")["denominator"] = "evaluable"  # of which the plan says nothing
    assert told(folder) == []


def test_a_part_of_a_part_is_a_part(folder, make_count) -> None:
    folder.protocol = folder.protocol.replace(
        'evaluable = "evaluable patient"',
        'evaluable = { noun = "evaluable patient", part_of = "resected" }',
    )
    folder.add(make_count("E", "alneo2025", "pcr", "4", "34", denominator="evaluable"))
    assert {(f.row_id, f.column) for f in told(folder)} == {("E", "n")}
    assert len(told(folder)) == 2  # among the operated, and among the enrolled


def test_more_of_a_nested_outcome_than_of_the_one_that_includes_it(nested) -> None:
    found = one(nested)
    assert (found.code, found.row_id, found.column) == ("nested-exceeds", "ANY", "events")
    assert "4 of 29 with Any event, but 5 of 29 with Severe event" in found.sentence
    assert "may count Any event without Severe event: together they are 4 + 5 = 9 of 29" in (
        found.sentence
    )
    assert "exchanged, or one counts events instead of patients" in found.sentence
    assert "add 9 of 29 as a derived row: use = sensitivity" in found.mend
    for column, value in (
        ("denominator", "treated"),
        ("population", "stage_iii"),
        ("events", "5"),
        ("n", "28"),
    ):
        kept = nested.row("ANY")[column]
        nested.row("ANY")[column] = value
        assert told(nested) == []
        nested.row("ANY")[column] = kept


def test_of_unequal_groups_no_sum_is_offered(nested) -> None:
    nested.row("S")["n"] = "28"
    for _ in range(2):
        found = one(nested)
        assert "together" not in found.sentence
        assert "derived row" not in found.mend
        assert "exchanged" in found.sentence
        nested.row("S").update(events="26", n="29")  # 30 of 29 would be no count


def test_the_sum_is_offered_once_and_taken_by_the_sensitivity_analysis(nested, make_count) -> None:
    derivation = "the two added, should the wider leave the narrower out"
    choice = "definition: severe events added"
    reason = "the other reading of the two counts"
    nested.row("ANY").update(use="excluded", use_reason="fewer than the severe ones")
    nested.add(
        make_count(
            "SUM",
            "lin2023",
            "event_any",
            "9",
            "29",
            basis="derived",
            derivation=derivation,
            use="sensitivity",
            use_reason=reason,
            variant=choice,
        ),
        make_count("OTHER", "alneo2025", "event_any", "6", "28"),
    )
    found = one(nested, "note")
    assert found.row_id == "ANY"
    assert "Row SUM offers the sum to the sensitivity analysis" in found.mend
    analysis = Review(nested.write()).outcome("event_any")
    taken = {
        alternative.pool.label: {row.row_id: row.events for row in alternative.pool.selection.rows}
        for alternative in sensitivity(analysis, "core+extended")
    }
    assert analysis.pools["core+extended"].selection.row_ids == {"OTHER"}
    assert taken[choice] == {"OTHER": 6, "SUM": 9}


def test_nesting_holds_by_way_of_others(nested, make_count) -> None:
    nested.row("ANY").update(outcome="event_ever")
    found = one(nested)
    assert "Event by any day includes" in found.sentence


def test_what_is_known_not_to_fit_is_a_note(nested) -> None:
    for row_id in ("ANY", "S"):
        nested.row(row_id).update(use="context", use_reason="described")
    assert one(nested, "note").row_id == "ANY"
    nested.row("S").update(use="pool", use_reason="")
    assert one(nested).row_id == "ANY"
    nested.row("ANY").update(use="excluded", use_reason="exclusive classes")
    assert one(nested, "note").row_id == "ANY"
    nested.row("ANY").update(use="sensitivity", variant="exclusive classes")
    assert told(nested) == []
