from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from onearm.errors import InputError
from onearm.evidence import Row, non_overlapping, select, strata


def rows(selection) -> list[str]:
    return [row.row_id for row in selection.rows]


def reasons(selection) -> dict[str, str]:
    return {each.row.row_id: each.reason for each in selection.excluded}


def codes(selection) -> list[str]:
    return [caution.code for caution in selection.cautions]


def test_the_primary_pool_and_why_every_other_row_stays_out(evidence) -> None:
    found = select(evidence, "pcr")
    assert rows(found) == ["L1", "A6", "C1"]
    assert found.labels == ("Lococo 2023", "ALNEO 2025", "Chiappetta 2025")
    assert found.events.tolist() == [5, 4, 11]
    assert found.n.tolist() == [10, 28, 30]
    assert found.events.dtype == np.int64
    assert (found.k, found.people, found.gate.code) == (3, 68, "headline")
    why = reasons(found)
    assert set(why) == {"K1", "X18", "A5", "C2", "C3", "C4"}
    assert why["K1"] == "a case report, n = 1, and the plan asks for at least 5"
    assert "extended" in why["X18"]
    assert why["A5"] == "counted per enrolled patient, and this pool is per operated patient"
    assert "counted whole" in why["C3"]
    assert "alternative choice (denominator: 28)" in why["C4"]


def test_rows_and_excluded_together_are_all_rows_of_the_outcome(evidence) -> None:
    for code in ("pcr", "mpr"):
        for denominator in ("resected", "enrolled", "evaluable"):
            found = select(evidence, code, evidence_set="core+extended", denominator=denominator)
            everything = [row.row_id for row in evidence.rows_of(code)]
            assert sorted([*rows(found), *reasons(found)]) == sorted(everything)
            assert all(reasons(found).values())


def test_a_report_can_walk_from_the_number_to_its_source(evidence) -> None:
    row = select(evidence, "mpr", denominator="enrolled").rows[0]
    assert row.count.printed_percent == "46"
    assert (row.count.source, row.count.locator) == ("000_seed.txt", "row A3")
    assert evidence.counts[row.count.line - 2].row_id == "A3"
    assert (row.value("setting"), row.value("agent_class")) == ("neoadjuvant", "alk_tki")
    assert evidence.protocol.value_label("setting", "neoadjuvant") == "Planned neoadjuvant therapy"
    assert (row.label, row.study.citation) == ("ALNEO 2025", "J Clin Oncol 2025")


def test_a_value_is_looked_for_in_the_count_and_then_in_the_study(folder) -> None:
    folder.row("lococo2023")["country"] = "Italy"
    (row, *_) = select(folder.read(), "pcr").rows
    assert isinstance(row, Row)
    assert row.value("country") == "Italy"
    assert row.value("year") == "2023"
    assert row.value("events") == "5"
    assert row.value("agent_class") == "alk_tki"
    assert row.value("agent") == "alectinib"
    assert [row.value(column) for column in ("missing_reason", "centres", "zebra", "line")] == [
        "",
        "",
        "",
        "",
    ]
    unknown = next(r for r in folder.read().rows if r.row_id == "C14")
    assert not unknown.is_counted
    assert unknown.value("events") == ""
    with pytest.raises(ValueError, match="C14 has no count"):
        unknown.events  # noqa: B018 - reading it is what is tested


def test_extended_evidence_joins_only_when_asked(evidence) -> None:
    assert rows(select(evidence, "pcr", evidence_set="core+extended")) == ["X18", "L1", "A6", "C1"]


def test_parts_take_the_place_of_the_whole_when_they_add_up(evidence) -> None:
    found = select(evidence, "pcr", parts=True)
    assert rows(found) == ["L1", "A6", "C2", "C3"]
    assert found.labels[2:] == ("Chiappetta 2025 (immunotherapy)", "Chiappetta 2025 (targeted)")
    assert reasons(found)["C1"] == "its parts are counted instead"
    assert "parts-of-one-study" in codes(found)


def test_parts_that_do_not_add_up_stay_out(folder) -> None:
    folder.row("C3")["events"] = "2"
    found = select(folder.read(), "pcr", parts=True)
    assert rows(found) == ["L1", "A6", "C1"]
    assert "do not add up" in reasons(found)["C3"]


def test_a_study_without_a_whole_is_counted_by_its_parts(folder) -> None:
    folder.tables["outcomes"] = [r for r in folder.tables["outcomes"] if r["row_id"] != "C1"]
    assert rows(select(folder.read(), "pcr")) == ["L1", "A6", "C2", "C3"]


def test_a_variant_takes_the_place_of_its_row(evidence) -> None:
    found = select(evidence, "mpr", variants=("definition: <= 10 %",))
    assert rows(found) == ["L2b", "A4"]
    assert found.events.tolist() == [10, 15]
    assert reasons(found)["L2"] == "replaced by the alternative choice (definition: <= 10 %)"
    assert "definition-operators-differ" not in codes(found)
    assert "definition-operators-differ" in codes(select(evidence, "mpr"))


def test_a_variant_of_the_whole_silences_the_parts(evidence) -> None:
    found = select(evidence, "pcr", variants=("denominator: 28",), parts=True)
    assert rows(found) == ["L1", "A6", "C4"]


def test_a_variant_of_the_whole_leaves_the_stratum_of_a_part_alone(evidence) -> None:
    found = select(
        evidence, "pcr", variants=("denominator: 28",), stratum="agent_group", group="targeted"
    )
    assert rows(found) == ["L1", "A6", "C3"]


def test_two_variants_of_one_row_cannot_both_be_meant(folder) -> None:
    folder.add(dict(folder.row("L2b"), row_id="L2c", variant="other"))
    with pytest.raises(InputError, match="name one of them"):
        select(folder.read(), "mpr", variants=("definition: <= 10 %", "other"))


def test_the_minimum_can_be_the_callers_or_the_outcomes(folder) -> None:
    evidence = folder.read()
    assert "K1" in rows(select(evidence, "pcr", minimum_n=1))
    assert rows(select(evidence, "pcr", minimum_n=29)) == ["C1"]
    folder.protocol = folder.protocol.replace('code = "pcr"', 'code = "pcr"\nmin_n = 11')
    assert rows(select(folder.read(), "pcr")) == ["A6", "C1"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"outcome_code": ["pcr", "mpr"]}, "one outcome"),
        ({"outcome_code": "r0"}, "it has: pcr, mpr"),
        ({"denominator": ("resected", "enrolled")}, "one denominator"),
        ({"denominator": "operated"}, "no denominator “operated”; there is enrolled"),
        ({"evidence_set": "all"}, "it has: core, core"),
        ({"stratum": "setting", "group": "palliative"}, "salvage and neoadjuvant"),
        ({"stratum": "place", "group": "x"}, "setting and agent_group"),
        ({"stratum": "setting"}, "give both"),
        ({"stratum": "agent_group", "group": "alk"}, "targeted, immunotherapy and mixed"),
        ({"variants": ("definition: <= 10 %",)}, "there is denominator: 28"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(evidence, arguments, says: str) -> None:
    with pytest.raises(InputError, match=says.replace("+", r"\+")):
        select(evidence, **({"outcome_code": "pcr"} | arguments))


def test_a_selection_that_mixes_cannot_be_built(evidence) -> None:
    sound = select(evidence, "pcr")
    first, *others = sound.rows
    for column, value in (("denominator", "enrolled"), ("unit", "cells"), ("outcome", "mpr")):
        other = replace(first, count=replace(first.count, **{column: value}))
        with pytest.raises(InputError, match=f"never mixes {column}s"):
            replace(sound, rows=(other, *others))
    with pytest.raises(InputError, match="twice"):
        replace(sound, rows=(*sound.rows, first))


def test_other_units_stay_out(folder) -> None:
    folder.row("L1")["unit"] = "procedures"
    assert reasons(select(folder.read(), "pcr"))["L1"] == "counts procedures, not patients"


def test_an_outcome_without_rows_is_an_empty_selection(folder) -> None:
    folder.tables["outcomes"] = [r for r in folder.tables["outcomes"] if r["outcome"] != "mpr"]
    found = select(folder.read(), "mpr")
    assert (found.k, found.people, found.gate.code) == (0, 0, "none")
    assert found.events.shape == (0,)
    assert found.cautions == ()
    assert [choice.k for choice in non_overlapping(found).selections] == [0]


def test_one_version_of_a_trial_is_kept(folder, make_count) -> None:
    folder.tables["studies"] += [
        dict(
            folder.row("lin2023"),
            study_id="early",
            label="Early",
            year="2019",
            version_of="lin2023",
        ),
        dict(
            folder.row("lin2023"),
            study_id="middle",
            label="Middle",
            year="2021",
            version_of="lin2023",
        ),
    ]
    folder.add(
        make_count("E1", "early", "pcr", "1", "20"),
        make_count("M1", "middle", "pcr", "1", "25"),
        make_count("E2", "early", "mpr", "3", "20"),
        make_count("M2", "middle", "mpr", "4", "25"),
    )
    evidence = folder.read()
    pcr = select(evidence, "pcr", evidence_set="core+extended")
    assert "X18" in rows(pcr)
    assert reasons(pcr)["E1"] == "another version of the trial that Lin 2023 reports"
    assert "M1" in reasons(pcr)
    # The named version has no count of this outcome: the latest of the others stands for it.
    mpr = select(evidence, "mpr", evidence_set="core+extended")
    assert "M2" in rows(mpr)
    assert "Middle" in reasons(mpr)["E2"]


def test_possible_overlap_keeps_both_with_a_caution(evidence) -> None:
    found = select(evidence, "pcr")
    (pair,) = found.overlaps
    assert pair.bound == 6
    assert codes(found).count("possible-overlap") == 1
    assert [choice.labels for choice in non_overlapping(found).selections] == [
        ("Lococo 2023", "ALNEO 2025"),
        ("ALNEO 2025", "Chiappetta 2025"),
    ]
    for choice in non_overlapping(found).selections:
        assert choice.overlaps == ()
        assert len(choice.excluded) == len(found.excluded) + 1


def test_only_the_part_that_may_overlap_gives_way(evidence) -> None:
    found = select(evidence, "pcr", parts=True)
    assert [choice.row_ids for choice in non_overlapping(found).selections] == [
        {"L1", "A6", "C2"},
        {"A6", "C2", "C3"},
    ]
    assert select(evidence, "pcr", stratum="agent_group", group="immunotherapy").overlaps == ()


def test_nothing_to_choose_returns_the_selection_itself(evidence) -> None:
    found = select(evidence, "mpr")
    assert [rows(choice) for choice in non_overlapping(found).selections] == [rows(found)]


def test_strata_follow_the_plan_and_use_parts_where_drugs_are_asked_for(evidence) -> None:
    by_drug = strata(evidence, "pcr", "agent_group")
    assert list(by_drug) == ["Targeted therapy", "Immunotherapy", "Not separated"]
    assert rows(by_drug["Targeted therapy"]) == ["L1", "A6", "C3"]
    assert rows(by_drug["Immunotherapy"]) == ["C2"]
    by_setting = strata(evidence, "pcr", "setting")
    assert rows(by_setting["Salvage surgery"]) == ["L1", "C1"]
    assert rows(by_setting["Planned neoadjuvant therapy"]) == ["A6"]
    with pytest.raises(InputError, match="there is setting and agent_group"):
        strata(evidence, "pcr", "country")


def test_order_does_not_depend_on_the_order_of_the_tables(folder) -> None:
    first = select(folder.read(), "pcr", evidence_set="core+extended")
    for rows_of_table in folder.tables.values():
        rows_of_table.reverse()
    second = select(folder.read(), "pcr", evidence_set="core+extended")
    assert rows(first) == rows(second)
    assert reasons(first) == reasons(second)
    assert list(reasons(first)) == list(reasons(second))
    assert first.cautions == second.cautions


def test_labels_of_any_text_reach_the_selection_untouched(folder) -> None:
    label = '=cmd|"<b>🫁</b>' + "x" * 300
    folder.row("lococo2023")["label"] = label
    assert select(folder.read(), "pcr").labels[0] == label


def test_the_gate_counts_studies_and_not_their_parts(folder) -> None:
    folder.row("A6")["use"] = "context"
    folder.row("A6")["use_reason"] = "not pooled"
    found = select(folder.read(), "pcr", parts=True)
    assert (found.k, found.studies, found.gate.code) == (3, 2, "provisional")
    assert found.gate.sentence.startswith("3 cohorts of 2 studies")


def test_a_count_outside_the_question_is_in_no_pool(folder, make_count) -> None:
    folder.add(
        make_count("Z1", "lin2023", "pcr", "1", "40", population="control", agent_class="chemo")
    )
    for arguments in ({}, {"parts": True}, {"minimum_n": 1}):
        found = select(folder.read(), "pcr", evidence_set="core+extended", **arguments)
        assert "Z1" not in rows(found)
        assert reasons(found)["Z1"] == "outside the question: drug class is Chemotherapy"


def test_a_stratum_that_is_not_the_whole_question_keeps_nobody_out(folder) -> None:
    folder.row("L1")["agent_class"] = "chemo"
    folder.protocol = folder.protocol.replace("only = true", "only = false")
    assert "L1" in rows(select(folder.read(), "pcr"))


def test_subgroups_that_are_mixed_are_named(folder) -> None:
    def told(**arguments) -> list[str]:
        found = select(folder.read(), "pcr", **arguments)
        return [c.sentence for c in found.cautions if c.code == "mixed-agent_group"]

    assert told() == ["Drug class is mixed (Targeted therapy; Not separated); see the subgroups."]
    within = "Drug class is mixed within one group: {}."
    assert told(stratum="agent_group", group="targeted", parts=True) == [
        within.format("Targeted therapy")
    ]
    assert told(stratum="agent_group", group="immunotherapy") == []
    assert told(stratum="agent_group", group="mixed") == [within.format("Not separated")]
    assert told(stratum="setting", group="neoadjuvant") == []


COMBINED = """\
[strata.combined]
label = "Drugs together"
column = "agent_class"
across = true

[strata.combined.groups.every]
label = "Every drug"
members = ["alk_tki", "egfr_tki", "tki_mixed", "ici_any"]

[[outcome]]
"""


def test_groups_taken_together_run_across_the_others_and_leave_them_as_they_were(folder) -> None:
    before = strata(folder.read(), "pcr", by="agent_group")
    folder.protocol = folder.protocol.replace("[[outcome]]\n", COMBINED, 1)
    evidence = folder.read()
    after = strata(evidence, "pcr", by="agent_group")
    assert {k: v.labels for k, v in after.items()} == {k: v.labels for k, v in before.items()}
    together = strata(evidence, "pcr", by="combined")
    assert list(together) == ["Every drug"]
    assert sorted(together["Every drug"].labels) == sorted(
        label for part in after.values() for label in part.labels
    )
    alone = select(evidence, "pcr", stratum="combined", group="every", parts=True)
    assert alone.labels == together["Every drug"].labels
    assert "mixed-combined" not in codes(select(evidence, "pcr"))


BY_COUNTRY = """\
[strata.country]
label = "Country"
column = "country"

[[outcome]]
"""


def test_a_stratum_by_country_needs_the_plan_alone(folder) -> None:
    for study, country in (
        ("lococo2023", "Italy"),
        ("alneo2025", "Italy"),
        ("chiappetta2025", "Spain"),
        ("hashimoto2022", "Japan"),
    ):
        folder.row(study)["country"] = country
    folder.protocol = folder.protocol.replace("[[outcome]]\n", BY_COUNTRY, 1)
    evidence = folder.read()
    found = strata(evidence, "pcr", "country")
    assert {label: rows(each) for label, each in found.items()} == {
        "Italy": ["L1", "A6"],
        "Japan": [],
        "Spain": ["C1"],
    }
    assert reasons(found["Italy"])["C1"] == "another subgroup: Spain"
    (mixed,) = [c for c in select(evidence, "pcr").cautions if c.code == "mixed-country"]
    assert mixed.sentence == "Country is mixed (Italy; Spain); see the subgroups."


def test_another_class_of_drug_needs_the_plan_alone(folder, make_count) -> None:
    folder.add(
        make_count("R1", "lin2023", "pcr", "3", "20", population="ros1", agent_class="ros1_tki")
    )
    with pytest.raises(InputError) as caught:
        folder.read()
    (refused,) = caught.value.findings
    assert (refused.code, refused.value) == ("not-in-list", "ros1_tki")
    folder.protocol = (
        folder.protocol.replace('alk_tki = "ALK', 'ros1_tki = "ROS1 inhibitor"\nalk_tki = "ALK')
        .replace('members = ["alk_tki", ', 'members = ["ros1_tki", "alk_tki", ')
        .replace('alk_tki = ["alk"]', 'ros1_tki = ["ros1"]\nalk_tki = ["alk"]')
    )
    evidence = folder.read()
    found = strata(evidence, "pcr", "agent_group", evidence_set="core+extended", minimum_n=1)
    assert "R1" in reasons(found["Targeted therapy"])  # the study is counted whole
    folder.row("X18")["population"] = "others"
    found = strata(folder.read(), "pcr", "agent_group", evidence_set="core+extended")
    assert "R1" in rows(found["Targeted therapy"])
    assert found["Targeted therapy"].protocol.value_label("agent_class", "ros1_tki") == (
        "ROS1 inhibitor"
    )
