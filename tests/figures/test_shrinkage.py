"""The shrinkage plot draws what was observed and what the model makes of it."""

import math
from dataclasses import replace

import pytest

from onearm.figures import shrinkage
from onearm.words import percent, with_interval


@pytest.mark.parametrize("model", ["bayes", "glmm"])
def test_the_words_and_the_rows_have_the_same_numbers(made, model):
    pool = made([(0, 12), (5, 10), (9, 40)], model=model)
    drawing = shrinkage(pool, name="s", title="T")
    for row in drawing.numbers:
        observed = with_interval(row["observed"], (row["ci_low"], row["ci_high"]))
        assert (
            f"{row['study']}: observed {row['events']} of {row['n']}, {observed}; "
            f"in the model {percent(row['shrunken'])}."
        ) in drawing.alt
        assert row["pooled"] == pytest.approx(pool.pooled.estimate)
    assert percent(pool.pooled.estimate) in drawing.alt
    assert drawing.svg == shrinkage(pool, name="s", title="T").svg


def test_marks_stand_where_the_numbers_are(made, drawn):
    pool = made([(0, 12), (5, 10), (9, 40)])
    _, figure = drawn("shrinkage", lambda: shrinkage(pool, name="s", title="T"))
    (axes,) = figure.axes
    places = {
        marker: [line.get_xdata()[0] for line in axes.lines
                 if line.get_marker() == marker and len(line.get_xdata())]
        for marker in "so"
    }  # fmt: skip
    assert places["s"] == pytest.approx([s.proportion for s in pool.pooled.studies], abs=1e-6)
    assert places["o"] == pytest.approx([s.shrunken for s in pool.pooled.studies], abs=1e-6)


def test_a_model_without_rates_of_its_own_says_so(made):
    drawing = shrinkage(
        made([(1, 12), (5, 10), (9, 40)], model="inverse-variance"), name="s", title="T"
    )
    if "in the model" not in drawing.alt:
        assert "no rates of its own" in drawing.alt
        assert all("shrunken" not in row for row in drawing.numbers)


@pytest.mark.parametrize("counts", [[], [(0, 5)], [(0, 5), (0, 9)], [(5, 5), (9, 9)]])
def test_where_nothing_is_pooled_nothing_is_shrunk(made, counts):
    drawing = shrinkage(made(counts), name="s", title="T")
    assert "in the model" not in drawing.alt
    assert len(drawing.numbers) == len(counts)
    assert not any("shrunken" in row for row in drawing.numbers)


def test_intervals_of_shrunken_rates_are_used_where_a_model_gives_them(made):
    pool = made([(1, 12), (5, 10), (9, 40)])
    studies = tuple(replace(s) for s in pool.pooled.studies)
    for study in studies:
        object.__setattr__(study, "shrunken_ci", (0.1, 0.4))
    drawing = shrinkage(
        replace(pool, pooled=replace(pool.pooled, studies=studies)), name="s", title="T"
    )
    assert all((row["shrunken_low"], row["shrunken_high"]) == (0.1, 0.4) for row in drawing.numbers)
    assert "(10.0 to 40.0)" in drawing.alt


def test_hostile_names_are_drawn_apart(made, hostile, drawn, complaints):
    pool = made([(place, 12) for place in range(len(hostile))], hostile)
    drawing, figure = drawn("shrinkage", lambda: shrinkage(pool, name="s", title="T"))
    assert complaints(figure) == []
    assert all(name in drawing.alt for name in hostile)


def test_the_evidence_is_drawn_apart(review):
    pool = review.outcome("r0").widest
    drawing = shrinkage(pool, name="s", title="T")
    assert all(math.isfinite(row["shrunken"]) for row in drawing.numbers)
