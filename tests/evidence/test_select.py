from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from onearm.errors import InputError
from onearm.evidence import non_overlapping, overlap_pairs, select, strata
from onearm.evidence.selection.selected import make_selection


def rows(selection) -> list[str]:
    return selection.rows["row_id"].tolist()


def reasons(selection) -> dict[str, str]:
    return dict(zip(selection.excluded["row_id"], selection.excluded["reason"], strict=True))


def codes(selection) -> list[str]:
    return [caution.code for caution in selection.cautions]


def test_the_primary_pool_and_why_every_other_row_stays_out(evidence) -> None:
    found = select(evidence, "pcr")
    assert rows(found) == ["L1", "A6", "C1"]
    assert found.labels == ("Lococo 2023", "ALNEO 2025", "Chiappetta 2025")
    assert found.events.tolist() == [5, 4, 11]
    assert found.n.tolist() == [10, 28, 30]
    assert found.events.dtype == np.int64
    assert (found.k, found.patients, found.gate.code) == (3, 68, "headline")
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
            everything = evidence.outcomes.loc[evidence.outcomes["outcome"] == code, "row_id"]
            assert sorted([*rows(found), *reasons(found)]) == sorted(everything)
            assert all(reasons(found).values())


def test_a_report_can_walk_from_the_number_to_its_source(evidence) -> None:
    row = select(evidence, "mpr", denominator="enrolled").rows.iloc[0]
    assert row["printed_percent"] == "46"
    assert (row["source"], row["locator"]) == ("000_seed.txt", "row A3")
    assert evidence.outcomes.loc[row["line"] - 2, "row_id"] == "A3"
    assert (row["setting_label"], row["agent_group_label"]) == (
        "Planned neoadjuvant therapy", "Targeted therapy",
    )  # fmt: skip
    assert row["study_label"] == "ALNEO 2025"
    assert row["citation"] == "J Clin Oncol 2025"


def test_extended_evidence_joins_only_when_asked(evidence) -> None:
    assert rows(select(evidence, "pcr", evidence_set="core+extended")) == ["X18", "L1", "A6", "C1"]


def test_parts_take_the_place_of_the_whole_when_they_add_up(evidence) -> None:
    found = select(evidence, "pcr", level_of_detail="parts")
    assert rows(found) == ["L1", "A6", "C2", "C3"]
    assert found.labels[2:] == ("Chiappetta 2025 (immunotherapy)", "Chiappetta 2025 (targeted)")
    assert reasons(found)["C1"] == "its parts are counted instead"
    assert "parts-of-one-study" in codes(found)


def test_parts_that_do_not_add_up_stay_out(folder) -> None:
    folder.row("C3")["events"] = "2"
    found = select(folder.read(), "pcr", level_of_detail="parts")
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
    found = select(evidence, "pcr", variants=("denominator: 28",), level_of_detail="parts")
    assert rows(found) == ["L1", "A6", "C4"]


def test_a_variant_of_the_whole_leaves_the_stratum_of_a_part_alone(evidence) -> None:
    found = select(evidence, "pcr", variants=("denominator: 28",), agent_group="targeted")
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
        ({"evidence_set": "all"}, "core and core"),
        ({"setting": "palliative"}, "salvage and neoadjuvant"),
        ({"agent_group": "alk"}, "targeted, immunotherapy and mixed"),
        ({"level_of_detail": "arms"}, "whole and parts"),
        ({"variants": ("definition: <= 10 %",)}, "there is denominator: 28"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_what_can(evidence, arguments, says: str) -> None:
    with pytest.raises(InputError, match=says.replace("+", r"\+")):
        select(evidence, **({"outcome_code": "pcr"} | arguments))


def test_a_selection_that_mixes_cannot_be_built(evidence) -> None:
    plan, pooling = evidence.protocol.plan("pcr"), evidence.protocol.pooling
    sound = select(evidence, "pcr").rows.assign(reason="")
    for column, value in (("denominator", "enrolled"), ("unit", "cells"), ("outcome", "mpr")):
        mixed = sound.copy()
        mixed.loc[0, column] = value
        with pytest.raises(InputError, match=f"never mixes {column}s"):
            make_selection(plan, "core", "resected", mixed, (), pooling)
    twice = pd.concat([sound, sound.head(1)])
    with pytest.raises(InputError, match="twice"):
        make_selection(plan, "core", "resected", twice, (), pooling)


def test_other_units_stay_out(folder) -> None:
    folder.row("L1")["unit"] = "procedures"
    assert reasons(select(folder.read(), "pcr"))["L1"] == "counts procedures, not patients"


def test_an_outcome_without_rows_is_an_empty_selection(folder) -> None:
    folder.tables["outcomes"] = [r for r in folder.tables["outcomes"] if r["outcome"] != "mpr"]
    found = select(folder.read(), "mpr")
    assert (found.k, found.patients, found.gate.code) == (0, 0, "none")
    assert found.events.shape == (0,)
    assert found.cautions == ()
    assert [choice.k for choice in non_overlapping(found)] == [0]


def test_one_version_of_a_trial_is_kept(folder, make_count) -> None:
    folder.tables["studies"] += [
        dict(folder.row("lin2023"), study_id="early", label="Early", year="2019",
             version_of="lin2023"),
        dict(folder.row("lin2023"), study_id="middle", label="Middle", year="2021",
             version_of="lin2023"),
    ]  # fmt: skip
    folder.add(
        make_count("E1", "early", "pcr", "1", "20"), make_count("M1", "middle", "pcr", "1", "25"),
        make_count("E2", "early", "mpr", "3", "20"), make_count("M2", "middle", "mpr", "4", "25"),
    )  # fmt: skip
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
    (pair,) = overlap_pairs(found)
    assert pair.bound == 6
    assert codes(found).count("possible-overlap") == 1
    assert [choice.labels for choice in non_overlapping(found)] == [
        ("Lococo 2023", "ALNEO 2025"),
        ("ALNEO 2025", "Chiappetta 2025"),
    ]
    for choice in non_overlapping(found):
        assert overlap_pairs(choice) == ()
        assert len(choice.excluded) == len(found.excluded) + 1


def test_only_the_part_that_may_overlap_gives_way(evidence) -> None:
    found = select(evidence, "pcr", level_of_detail="parts")
    assert [set(choice.rows["row_id"]) for choice in non_overlapping(found)] == [
        {"L1", "A6", "C2"},
        {"A6", "C2", "C3"},
    ]
    assert overlap_pairs(select(evidence, "pcr", agent_group="immunotherapy")) == ()


def test_nothing_to_choose_returns_the_selection_itself(evidence) -> None:
    found = select(evidence, "mpr")
    assert [rows(choice) for choice in non_overlapping(found)] == [rows(found)]


def test_strata_follow_the_plan_and_use_parts_where_drugs_are_asked_for(evidence) -> None:
    by_drug = strata(evidence, "pcr", "agent_group")
    assert list(by_drug) == ["Targeted therapy", "Immunotherapy", "Not separated"]
    assert rows(by_drug["Targeted therapy"]) == ["L1", "A6", "C3"]
    assert rows(by_drug["Immunotherapy"]) == ["C2"]
    by_setting = strata(evidence, "pcr")
    assert rows(by_setting["Salvage surgery"]) == ["L1", "C1"]
    assert rows(by_setting["Planned neoadjuvant therapy"]) == ["A6"]
    with pytest.raises(InputError, match="setting, agent_group or combined"):
        strata(evidence, "pcr", "country")


def test_order_does_not_depend_on_the_order_of_the_tables(folder) -> None:
    first = select(folder.read(), "pcr", evidence_set="core+extended")
    for rows_of_table in folder.tables.values():
        rows_of_table.reverse()
    second = select(folder.read(), "pcr", evidence_set="core+extended")
    drop = ["line", "study_line"]
    pd.testing.assert_frame_equal(first.rows.drop(columns=drop), second.rows.drop(columns=drop))
    pd.testing.assert_frame_equal(
        first.excluded.drop(columns=drop), second.excluded.drop(columns=drop)
    )
    assert first.cautions == second.cautions


def test_labels_of_any_text_reach_the_selection_untouched(folder) -> None:
    label = '=cmd|"<b>🫁</b>' + "x" * 300
    folder.row("lococo2023")["label"] = label
    assert select(folder.read(), "pcr").labels[0] == label


def test_the_gate_counts_studies_and_not_their_parts(folder) -> None:
    folder.row("A6")["use"] = "context"
    folder.row("A6")["use_reason"] = "not pooled"
    found = select(folder.read(), "pcr", level_of_detail="parts")
    assert (found.k, found.studies, found.gate.code) == (3, 2, "provisional")
    assert found.gate.sentence.startswith("3 cohorts of 2 studies")


def test_a_control_arm_of_chemotherapy_is_in_no_pool(folder, make_count) -> None:
    folder.add(make_count("Z1", "lin2023", "pcr", "1", "40", population="control",
                          agent_class="chemo"))  # fmt: skip
    for arguments in ({}, {"level_of_detail": "parts"}, {"minimum_n": 1}):
        found = select(folder.read(), "pcr", evidence_set="core+extended", **arguments)
        assert "Z1" not in rows(found)
        assert reasons(found)["Z1"] == (
            "other drugs than the plan asks about: chemo is in none of its groups of drugs"
        )


def test_a_plan_without_groups_of_drugs_asks_about_any(folder) -> None:
    folder.row("L1")["agent_class"] = "chemo"
    head, _, tail = folder.protocol.partition("[strata.agent_group.targeted]")
    folder.protocol = head + "[[outcome]]" + tail.partition("[[outcome]]")[2]
    assert "L1" in rows(select(folder.read(), "pcr"))


def test_different_drugs_that_meet_are_named(folder) -> None:
    def told(**arguments) -> list[str]:
        found = select(folder.read(), "pcr", **arguments)
        return [c.sentence for c in found.cautions if c.code == "agents-mixed"]

    assert told() == ["Different drugs meet: Targeted therapy; Not separated. See the strata."]
    assert told(agent_group="targeted", level_of_detail="parts") == [
        "Different drugs meet within one group: Targeted therapy."
    ]
    assert told(agent_group="immunotherapy") == []
    assert told(agent_group="mixed") == ["Different drugs meet within one group: Not separated."]
    assert told(setting="neoadjuvant") == []


COMBINED = """\
[strata.combined.every]
label = "Every drug"
members = ["alk_tki", "egfr_tki", "tki_mixed", "ici_any"]

[[outcome]]
"""


def test_groups_taken_together_run_across_the_others_and_leave_them_as_they_were(folder) -> None:
    before = strata(folder.read(), "pcr", by="agent_group", level_of_detail="parts")
    folder.protocol = folder.protocol.replace("[[outcome]]\n", COMBINED, 1)
    evidence = folder.read()
    after = strata(evidence, "pcr", by="agent_group", level_of_detail="parts")
    assert {k: v.labels for k, v in after.items()} == {k: v.labels for k, v in before.items()}
    together = strata(evidence, "pcr", by="combined", level_of_detail="parts")
    assert list(together) == ["Every drug"]
    assert sorted(together["Every drug"].labels) == sorted(
        label for part in after.values() for label in part.labels
    )
    alone = select(evidence, "pcr", agent_group="every", level_of_detail="parts")
    assert alone.labels == together["Every drug"].labels


def test_a_group_has_one_name_only(folder) -> None:
    folder.protocol = folder.protocol.replace(
        "[[outcome]]\n", COMBINED.replace("combined.every", "combined.targeted"), 1
    )
    with pytest.raises(InputError) as caught:
        folder.read()
    assert "agent_group and combined both have a group targeted" in str(
        [f.sentence for f in caught.value.findings]
    )


def test_a_plan_without_groups_taken_together_has_no_such_stratum(evidence) -> None:
    assert strata(evidence, "pcr", by="combined") == {}
