"""Whatever the names and the counts: no text of a forest plot lies on another, or outside."""

import pytest

from onearm.figures import forest
from onearm.figures.text import width, wrap

LONG = "A study whose name goes on and on until it has eighty characters, no fewer, 2021"
CASES = {
    "one row": [(5, 10)],
    "two rows": [(5, 10), (3, 20)],
    "none": [],
    "all zero": [(0, 10), (0, 13), (0, 9)],
    "all full": [(10, 10), (13, 13)],
    "large": [(1_000, 10_000), (9_999, 10_000), (1, 10_000)],
    "forty": [(place % 8, 11) for place in range(40)],
    "two hundred": [(place % 8, 11 + place) for place in range(200)],
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", ["Short 2020", LONG])
def test_no_text_lies_on_another(complaints, made, case, name):
    counts = CASES[case]
    names = [f"{name} {place}" for place in range(len(counts))]
    drawing = forest(made(counts, names), name="f", title="T")
    assert complaints(drawing.figure) == []


def test_hostile_names_are_drawn_apart(complaints, made, hostile):
    pool = made([(place, 12) for place in range(len(hostile))], hostile, printed_percent="99")
    assert complaints(forest(pool, name="f", title="T").figure) == []


def test_blocks_with_weights_and_long_badges_are_drawn_apart(complaints, made):
    badges = {"source_type": "secondary_citation", "definition_operator": "<=", "basis": "derived"}
    parts = [
        made(
            [(1, 9), (4, 12), (0, 7)], [LONG, LONG + "b", "c"], LONG, "inverse-variance", **badges
        ),
        made([(999, 1000), (1, 1000)], None, "Another stratum", "inverse-variance"),
    ]
    assert complaints(forest(parts[0], name="f", title="T", blocks=parts).figure) == []


@pytest.mark.parametrize("code", ["pcr", "mpr", "r0", "mortality_30d"])
def test_the_evidence_is_drawn_apart(complaints, review, code):
    analysis = review.outcome(code)
    for pool in analysis.pools.values():
        assert complaints(forest(pool, name="f", title="T").figure) == []
    for parts in filter(None, analysis.strata["core+extended"].values()):
        assert complaints(forest(parts[0], name="f", title="T", blocks=parts).figure) == []


def test_a_text_is_broken_where_its_column_ends():
    for line in wrap(LONG, 120, 9).split("\n"):
        assert width(line, 9) <= 120
    assert wrap("a b c", 500, 9) == "a b c"
    assert wrap(LONG * 3, 100, 9, most=2).endswith("…")
    assert len(wrap("x" * 200, 100, 9, most=9).split("\n")) > 5
    assert wrap("", 100, 9) == ""
