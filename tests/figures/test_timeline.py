"""The timeline draws windows as reported, and hatches what two of a group share."""

from dataclasses import replace

import pytest

from onearm.evidence import Study, study_pairs
from onearm.evidence.selection.overlap import windows_meet
from onearm.figures import timeline
from onearm.figures.windows import Group, Pair, Window, groups

COLUMNS = ["study_id", "label", "year", "enrol_start", "enrol_end", "overlap_group", "version_of"]


@pytest.fixture
def studied(evidence):
    """Return a function: rows of studies in, evidence of them and no outcome out."""

    def make(*rows):
        studies = tuple(Study(**dict(zip(COLUMNS, row, strict=True))) for row in rows)
        return replace(evidence, studies=studies, counts=())

    return make


def test_every_pair_that_may_share_patients_is_said_with_its_windows(evidence):
    drawing = timeline(evidence, name="t", title="T")
    words = {True: "windows overlap", False: "windows do not overlap"}
    for pair in study_pairs(evidence):
        a, b = evidence.study(pair.study_a), evidence.study(pair.study_b)
        names = f"{a.label} and {b.label}"
        meet = windows_meet(a, b)
        told = words.get(meet, "windows not both known")
        assert f"{names}: {told}" in drawing.alt
        rows_of_pair = [
            row
            for row in drawing.numbers
            if row["kind"] == "pair" and f"{row['study']} and {row['other']}" == names
        ]
        assert {row["overlap"] for row in rows_of_pair} == {meet is True}
    for row in drawing.numbers:
        if row["kind"] == "window":
            assert f"{row['study']} {row['start']} to {row['end']}" in drawing.alt or (
                not row["reported"]
            )


def test_a_study_of_several_groups_is_in_each_and_a_trial_reported_twice_is_a_group(evidence):
    found, alone = groups(evidence)
    labels = [group.label for group in found]
    assert sum("Lococo 2023" in [w.study for w in group.windows] for group in found) == 2
    assert "One trial, several reports: LCMC3 2022" in labels
    grouped = {window.study_id for group in found for window in group.windows}
    assert alone == len(evidence.studies) - len(grouped)


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [
        ("2020", "2020", (2020, 2021)),
        ("2020-01", "2020-12", (2020, 2021)),
        ("2020-01-01", "2020-12-31", (2020, 2021)),
        ("2021-07", "2021-07", (2021.5, 2021 + 7 / 12)),
        ("", "2021", None),
        ("", "", None),
    ],
)
def test_a_window_is_drawn_whole_to_its_precision(start, end, span):
    found = Window("a", "A", start, end).span
    assert found is span if span is None else found == pytest.approx(span)


def test_what_two_share_is_told_as_reported_and_joined_for_a_third():
    a, b = Window("a", "A", "2015", "2020-06"), Window("b", "B", "2018-03-01", "2022")
    c, late = Window("c", "C", "2017", "2018"), Window("d", "D", "2023", "2024")
    assert Pair(a, b, False, 4).shared.words == "2018-03-01 to 2020-06"
    assert Pair(a, b, False, 4, "4 patients").sentence == (
        "A and B: windows overlap 2018-03-01 to 2020-06, at most 4 patients in both."
    )
    assert Pair(a, late, False, None).sentence == "A and D: windows do not overlap."
    assert Pair(a, late, False, None).shared is None
    group = Group("g", (a, b, c), (Pair(a, b, False, None), Pair(a, c, False, None)))
    assert group.shared_by(a) == [pytest.approx((2017, 2020.5))]
    assert group.shared_by(late) == []


def test_what_is_shared_is_hatched_and_not_only_coloured(studied, drawn):
    two = studied(
        ["a", "A", 2020, "2015", "2020", "g", ""], ["b", "B", 2021, "2018", "2021", "g", ""]
    )
    drawing, figure = drawn("timeline", lambda: timeline(two, name="t", title="T"))
    hatched = [patch for patch in figure.axes[0].patches if patch.get_hatch()]
    assert [tuple(p.get_xy()[[0, 1], 0]) for p in hatched] == [(2018, 2021)] * 2
    assert "A and B: windows overlap 2018 to 2020." in drawing.alt


def test_a_window_not_reported_is_listed(studied):
    rows = (
        ["a", "A", 2020, "", "", "g", ""],
        ["b", "B", 2021, "2018", "", "g", ""],
        ["c", "C", None, "2018", "2019", "g", ""],
    )
    drawing = timeline(studied(*rows), name="t", title="T")
    assert "C 2018 to 2019; A not reported; B from 2018" in drawing.alt
    assert "windows not both known" in drawing.alt


@pytest.mark.parametrize(("start", "group"), [("2018", ""), ("", "g")])
def test_without_groups_or_windows_there_is_no_timeline(studied, start, group):
    rows = (["a", "A", 2020, start, start, group, ""], ["b", "B", 2020, start, "", group, ""])
    assert timeline(studied(*rows), name="t", title="T") is None


def test_hostile_names_and_long_lists_are_drawn_apart(studied, hostile, drawn, complaints):
    rows = [
        [
            f"s{place}",
            name,
            2020,
            f"20{10 + place % 9}-01",
            f"20{20 + place % 5}",
            f"g{place % 3}",
            "",
        ]
        for place, name in enumerate(hostile * 3)
    ]
    drawing, figure = drawn("timeline", lambda: timeline(studied(*rows), name="t", title="T"))
    assert complaints(figure) == []
    assert all(name in drawing.alt for name in hostile)


def test_the_evidence_is_drawn_apart_and_always_the_same(evidence, drawn, complaints):
    drawing, figure = drawn("timeline", lambda: timeline(evidence, name="t", title="T"))
    assert complaints(figure) == []
    assert drawing.svg == timeline(evidence, name="t", title="T").svg
