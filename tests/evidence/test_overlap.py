from __future__ import annotations

import itertools
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onearm.evidence import Study, study_pairs
from onearm.evidence.records import families
from onearm.evidence.selection.choices import MOST, Choices, maximal_choices
from onearm.evidence.selection.overlap import may_share, shared_groups, windows_meet
from onearm.evidence.tables.reading import survey


def study(name: str = "x", **cells: str) -> Study:
    return Study(name, name, **cells)


def test_the_bound_compares_parts_with_compatible_drugs(evidence) -> None:
    (pair,) = study_pairs(evidence)
    assert (pair.study_a, pair.study_b, pair.group) == ("lococo2023", "chiappetta2025", "gemelli")
    assert pair.bound == 6
    assert "at most 1 with it and 5 without it" in pair.sentence
    assert "1 + 5 = 6" in pair.sentence
    assert "(2020-01 to 2021-12 and 2015-01-01 to 2022-12-31) overlap" in pair.sentence


def test_without_the_parts_the_bound_is_wider(folder) -> None:
    outcomes = folder.tables["outcomes"]
    folder.tables["outcomes"] = [r for r in outcomes if r["row_id"] not in ("C2", "C3")]
    # min(5, 11) + min(5, 19): no better than the size of the smaller study.
    assert study_pairs(folder.read())[0].bound == 10


def test_parts_that_are_not_the_whole_study_give_no_bound(folder) -> None:
    folder.row("C2")["n"] = "20"
    assert study_pairs(folder.read())[0].bound == 10


def test_counts_with_different_thresholds_are_not_compared(folder, make_count) -> None:
    folder.tables["outcomes"] = [
        make_count("a", "lococo2023", "mpr", "9", "10", definition_operator="<"),
        make_count("b", "chiappetta2025", "mpr", "2", "8", definition_operator="<="),
    ]
    assert study_pairs(folder.read())[0].bound == 8
    folder.row("b")["definition_operator"] = ""
    assert study_pairs(folder.read())[0].bound == 8
    folder.row("b")["definition_operator"] = "<"
    assert study_pairs(folder.read())[0].bound == 2 + 1


def test_drugs_that_exclude_each_other_share_nobody(folder) -> None:
    for row_id in ("C1", "C3", "C4", "C14"):
        folder.row(row_id)["agent_class"] = "ici_mono"
    assert study_pairs(folder.read()) == ()


def test_versions_of_one_trial_are_no_possible_overlap(folder) -> None:
    folder.row("chiappetta2025")["version_of"] = "lococo2023"
    assert study_pairs(folder.read()) == ()


def test_a_study_without_counts_has_no_bound(folder) -> None:
    outcomes = folder.tables["outcomes"]
    folder.tables["outcomes"] = [r for r in outcomes if r["study_id"] != "lococo2023"]
    (pair,) = study_pairs(folder.read())
    assert pair.bound is None
    assert "do not limit how many" in pair.sentence


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
def test_which_kinds_may_share_a_person(evidence, a: str, b: str, meet: bool) -> None:
    row = evidence.rows[0]
    p, q = (
        replace(row, count=replace(row.count, topic={"agent_class": value})) for value in (a, b)
    )
    protocol = evidence.protocol
    assert may_share(p, q, protocol) is may_share(q, p, protocol) is meet


def test_groups_and_windows() -> None:
    a, b = study(overlap_group="a; c; b"), study(overlap_group="b; a")
    assert shared_groups(a, b) == "a; b"
    assert shared_groups(study(), study()) == ""
    early = study(enrol_start="2019", enrol_end="2020-03")
    assert windows_meet(early, study(enrol_start="2020-03-31", enrol_end="2021")) is True
    assert windows_meet(early, study(enrol_start="2020-04", enrol_end="2021")) is False
    assert windows_meet(early, study(enrol_start="", enrol_end="2021")) is None


def test_families_follow_chains_and_survive_circles() -> None:
    head = families(
        [
            study("first", version_of="second"),
            study("second", version_of="third"),
            study("third"),
            study("here", version_of="there"),
            study("there", version_of="here"),
        ]
    )
    assert head["first"] == head["second"] == head["third"] == "third"
    assert head["here"] == head["there"]


def test_versions_in_a_circle_are_errors_and_a_chain_is_none(folder) -> None:
    folder.row("hashimoto2022")["version_of"] = "lin2023"
    folder.row("lin2023")["version_of"] = "alneo2025"
    folder.read()
    folder.row("alneo2025")["version_of"] = "lin2023"
    found = survey(folder.write()).errors
    assert [(f.code, f.study_id, f.column) for f in found] == [
        ("version-circular", "alneo2025", "version_of"),
        ("version-circular", "lin2023", "version_of"),
    ]
    assert "alneo2025 → lin2023 → alneo2025" in found[0].sentence


@given(st.integers(0, 7), st.data())
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
    found = maximal_choices(members, conflicts)
    assert list(found.found) == sorted(wanted)
    assert (found.total, found.are_all, found.sentence) == (len(wanted), True, "")


def steps(function, *arguments) -> tuple[Choices, int]:
    """Return what a function returns, and how many lines of code it ran on the way."""
    number = 0

    def trace(frame, event, _):
        nonlocal number
        number += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        found = function(*arguments)
    finally:
        sys.settrace(before)
    return found, number


def test_hundreds_of_studies_without_overlap_are_one_choice_in_few_steps() -> None:
    found, small = steps(maximal_choices, [f"s{i}" for i in range(50)], [])
    assert found.found == (tuple(f"s{i}" for i in range(50)),)
    found, large = steps(maximal_choices, [f"s{i}" for i in range(500)], [])
    assert found.total == 1
    assert len(found.found[0]) == 500
    assert large < 15 * small  # ten times the studies, and not the square of it


def test_a_chain_of_overlaps_is_walked_without_its_dead_ends() -> None:
    members = [f"s{i:02d}" for i in range(12)]
    found = maximal_choices(members, itertools.pairwise(members))
    # Maximal independent sets of a path: each is two or three places after the last one.
    assert found.total == len(found.found) == 28
    for choice in found.found:
        places = [members.index(member) for member in choice]
        assert places[0] in (0, 1)
        assert places[-1] in (10, 11)
        assert {b - a for a, b in itertools.pairwise(places)} <= {2, 3}


def test_too_many_choices_are_capped_with_a_sentence() -> None:
    pairs = [(f"a{i:02d}", f"b{i:02d}") for i in range(10)]
    members = [member for pair in pairs for member in pair]
    found = maximal_choices(members, pairs)
    assert (found.total, len(found.found), found.are_all) == (1024, MOST, False)
    assert found.sentence == f"The first {MOST} of 1024 choices are shown."
    assert len(set(found.found)) == MOST
    assert all(len(choice) == 10 for choice in found.found)


def test_choices_that_are_too_many_to_count_are_said_to_be() -> None:
    # Thirty groups of three, of which one each is taken, all tied together by one study.
    groups = [[f"g{i:02d}{j}" for j in range(3)] for i in range(30)]
    conflicts = [pair for group in groups for pair in itertools.combinations(group, 2)]
    conflicts += [("hub", group[0]) for group in groups]
    found = maximal_choices(["hub", *itertools.chain.from_iterable(groups)], conflicts)
    assert found.total is None
    assert len(found.found) == MOST
    assert "more than can be counted" in found.sentence
    apart = {frozenset(pair) for pair in conflicts}
    for choice in found.found:
        assert not any(frozenset(p) in apart for p in itertools.combinations(choice, 2))
