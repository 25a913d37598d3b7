from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onearm.evidence.selection.bounds import may_share
from onearm.evidence.selection.overlap import (
    families,
    maximal_choices,
    shared_groups,
    study_pairs,
    windows_meet,
)
from onearm.evidence.tables.reading import load


def pairs(evidence):
    return study_pairs(evidence.studies, evidence.outcomes)


def test_the_bound_compares_parts_with_compatible_drugs(evidence) -> None:
    (pair,) = pairs(evidence)
    assert (pair.study_a, pair.study_b, pair.group) == ("lococo2023", "chiappetta2025", "gemelli")
    assert pair.bound == 6
    assert "at most 1 with it and 5 without it" in pair.sentence
    assert "1 + 5 = 6" in pair.sentence
    assert "(2020-01 to 2021-12 and 2015-01-01 to 2022-12-31) overlap" in pair.sentence


def test_without_the_parts_the_bound_is_wider(folder) -> None:
    outcomes = folder.tables["outcomes"]
    folder.tables["outcomes"] = [r for r in outcomes if r["row_id"] not in ("C2", "C3")]
    # min(5, 11) + min(5, 19): no better than the size of the smaller study.
    assert pairs(folder.read())[0].bound == 10


def test_parts_that_are_not_the_whole_study_give_no_bound(folder) -> None:
    folder.row("C2")["n"] = "20"
    assert pairs(folder.read())[0].bound == 10


def test_counts_with_different_thresholds_are_not_compared(folder, make_count) -> None:
    folder.tables["outcomes"] = [
        make_count("a", "lococo2023", "mpr", "9", "10", definition_operator="<"),
        make_count("b", "chiappetta2025", "mpr", "2", "8", definition_operator="<="),
    ]
    assert pairs(folder.read())[0].bound == 8
    folder.row("b")["definition_operator"] = ""
    assert pairs(folder.read())[0].bound == 8
    folder.row("b")["definition_operator"] = "<"
    assert pairs(folder.read())[0].bound == 2 + 1


def test_drugs_that_exclude_each_other_share_nobody(folder) -> None:
    for row_id in ("C1", "C3", "C4", "C14"):
        folder.row(row_id)["agent_class"] = "ici_mono"
    assert pairs(folder.read()) == ()


def test_versions_of_one_trial_are_no_possible_overlap(folder) -> None:
    folder.row("chiappetta2025")["version_of"] = "lococo2023"
    assert pairs(folder.read()) == ()


def test_a_study_without_counts_has_no_bound(folder) -> None:
    outcomes = folder.tables["outcomes"]
    folder.tables["outcomes"] = [r for r in outcomes if r["study_id"] != "lococo2023"]
    (pair,) = pairs(folder.read())
    assert pair.bound is None
    assert "no bound" in pair.sentence


@pytest.mark.parametrize(
    ("a", "b", "meet"),
    [
        ("alk_tki", "tki_mixed", True),
        ("alk_tki", "egfr_tki", False),
        ("alk_tki", "ici_any", False),
        ("ici_mono", "ici_any", True),
        ("ici_mono", "ici_chemo", False),
        ("tki_chemo", "egfr_tki", False),
        ("mixed", "ici_dual", True),
        ("mixed", "mixed", True),
    ],
)
def test_which_classes_may_share_a_patient(a: str, b: str, meet: bool) -> None:
    assert may_share(a, b) is may_share(b, a) is meet


def test_groups_and_windows() -> None:
    assert shared_groups("a; c; b", "b; a") == "a; b"
    assert shared_groups("", "") == ""
    early = {"enrol_start": "2019", "enrol_end": "2020-03"}
    assert windows_meet(early, {"enrol_start": "2020-03-31", "enrol_end": "2021"}) is True
    assert windows_meet(early, {"enrol_start": "2020-04", "enrol_end": "2021"}) is False
    assert windows_meet(early, {"enrol_start": "", "enrol_end": "2021"}) is None


def test_families_follow_chains_and_survive_circles(folder) -> None:
    folder.row("hashimoto2022")["version_of"] = "lin2023"
    folder.row("lin2023")["version_of"] = "alneo2025"
    studies = folder.read().studies.set_index("study_id", drop=False)
    studies.loc["lococo2023", "version_of"] = "chiappetta2025"
    studies.loc["chiappetta2025", "version_of"] = "lococo2023"
    head = families(studies)
    assert head["hashimoto2022"] == head["lin2023"] == head["alneo2025"] == "alneo2025"
    assert head["lococo2023"] == head["chiappetta2025"]


def test_versions_in_a_circle_are_errors_and_a_chain_is_none(folder) -> None:
    folder.row("hashimoto2022")["version_of"] = "lin2023"
    folder.row("lin2023")["version_of"] = "alneo2025"
    folder.read()
    folder.row("alneo2025")["version_of"] = "lin2023"
    evidence, found = load(folder.write())
    assert evidence is None
    assert [(f.code, f.study_id, f.column) for f in found] == [
        ("version-circular", "alneo2025", "version_of"),
        ("version-circular", "lin2023", "version_of"),
    ]
    assert "alneo2025 → lin2023 → alneo2025" in found[0].sentence


@given(st.integers(0, 6), st.data())
def test_choices_are_all_the_maximal_ones(size: int, data: st.DataObject) -> None:
    members = [f"s{i}" for i in range(size)]
    possible = list(itertools.combinations(members, 2))
    conflicts = [p for p in possible if data.draw(st.booleans())]
    free = [
        set(choice)
        for r in range(size + 1)
        for choice in itertools.combinations(members, r)
        if not any(a in choice and b in choice for a, b in conflicts)
    ]
    wanted = {tuple(sorted(c)) for c in free if not any(c < other for other in free)}
    found = list(maximal_choices(members, conflicts))
    assert len(found) == len(set(found))
    assert set(found) == wanted
