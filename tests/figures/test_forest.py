"""A forest plot says in words, and shows as marks, the numbers of its pool."""

import sys
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from onearm.figures import forest, overview
from onearm.figures.footnotes import BADGE, badge
from onearm.words import percent, with_interval

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def pools(review):
    return {
        code: review.outcome(code) for code in ("pcr", "mpr", "complication_major", "mortality_90d")
    }


def _draw(pool, **options):
    return forest(pool, name="f", title="A title", **options)


def _texts(drawing):
    return [t.text for t in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


def test_the_same_pool_is_the_same_bytes_and_another_name_other_ids(pools):
    pool = pools["pcr"].pools["core"]
    assert _draw(pool).svg == _draw(pool).svg
    other = forest(pool, name="g", title="A title")
    ids = {e.get("id") for e in ElementTree.fromstring(_draw(pool).svg).iter() if e.get("id")}
    assert not ids & {e.get("id") for e in ElementTree.fromstring(other.svg).iter()}


def test_counts_percent_and_pooled_estimate_are_printed_and_said(pools):
    pool = pools["pcr"].pools["core"]
    drawing = _draw(pool)
    texts = _texts(drawing)
    for study in pool.pooled.studies:
        shown = with_interval(study.proportion, study.ci)
        assert f"{study.events}/{study.n}" in texts
        assert shown in texts
        assert f"{study.study}: {study.events} of {study.n}, {shown}." in drawing.alt
    assert with_interval(pool.pooled.estimate, pool.pooled.ci) in texts
    assert percent(pool.pooled.estimate) in drawing.alt


def test_marks_stand_where_the_numbers_are(pools, monkeypatch):
    """The squares and diamonds of the axes, read back from matplotlib."""
    module = sys.modules["onearm.figures.forest"]

    seen = {}
    finish = module.finish
    monkeypatch.setattr(
        module, "finish", lambda figure, **k: (seen.update(f=figure), finish(figure, **k))[1]
    )
    pool = pools["pcr"].pools["core"]
    _draw(pool)
    (axes,) = seen["f"].axes
    squares = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "s"]
    assert squares == pytest.approx([s.proportion for s in pool.pooled.studies], abs=1e-6)
    diamond = axes.patches[0].get_xy()[:, 0]
    assert (diamond.min(), diamond.max()) == pytest.approx(pool.pooled.ci, abs=1e-6)
    bar = axes.patches[1].get_xy()[:, 0]
    assert (bar.min(), bar.max()) == pytest.approx(pool.pooled.prediction_interval, abs=1e-6)
    areas = np.array([line.get_markersize() for line in axes.lines if line.get_marker() == "s"])
    weights = [s.weight for s in pool.pooled.studies]
    assert list(np.argsort(areas)) == list(np.argsort(weights))


def test_a_single_study_has_no_diamond_and_two_are_called_provisional(pools):
    single = _draw(pools["complication_major"].pools["core"])
    assert any("nothing is pooled" in text for text in _texts(single))
    assert not any(text.startswith("Pooled") for text in _texts(single))
    double = _draw(pools["mpr"].pools["core"])
    assert any("provisional" in text for text in _texts(double))


def test_one_study_that_is_not_pooled_has_no_weight(made):
    assert "100.0 %" not in _texts(_draw(made([(2, 9)], label="One")))


def test_no_study_is_said_and_drawn_without_an_error(pools):
    empty = _draw(pools["mortality_90d"].pools["core"])
    assert "no count of this outcome" in empty.alt


def test_blocks_are_drawn_one_under_the_other(pools):
    analysis = pools["pcr"]
    strata = analysis.strata["core+extended"]["setting"]
    texts = _texts(_draw(analysis.pools["core"], blocks=strata))
    positions = [texts.index(part.label) for part in strata]
    assert positions == sorted(positions)
    assert sum(text.startswith("Pooled") for text in texts) == sum(p.is_pooled for p in strata)


def test_the_graphic_names_and_describes_itself(pools):
    root = ElementTree.fromstring(_draw(pools["pcr"].pools["core"]).svg)
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == "A title"
    assert root.find(f"{SVG}metadata") is None


def test_the_overview_speaks_of_every_outcome(pools):
    drawing = overview(list(pools.values()), name="o", title="All")
    for analysis in pools.values():
        assert analysis.plan.label in drawing.alt
        assert analysis.plan.short in _texts(drawing)


def test_every_study_carries_the_definition_of_its_source(first_review):
    drawing = _draw(first_review.outcome("complication_major").widest)
    printed = " ".join(_texts(drawing))
    for short in ("of grade ≥ 3", "grading not given", "definition not stated"):
        assert short in printed
    whole = (
        "Definitions in the sources: postoperative complication of grade ≥ 3 (Fukushima 2023); "
        "major complication, grading not given in the abstract (Lococo 2023); "
        "major postoperative complication (Mastromarino 2025)."
    )
    assert whole in drawing.alt
    assert whole in printed


def test_no_study_is_without_a_badge_of_its_definition(review):
    for code in ("pcr", "mpr", "r0", "mortality_30d"):
        pool = review.outcome(code).widest
        told = [badge(row, pool.selection.outcome) for row in pool.selection.rows]
        assert all(told)
        assert max(map(len, told)) <= BADGE
        (studies,) = [[n for n in _draw(pool).numbers if n["kind"] == "study"]]
        assert [n["definition"] for n in studies] == [
            row.count.definition for row in pool.selection.rows
        ]


@pytest.mark.parametrize(
    ("definition", "operator", "said"),
    [
        ("", "", "definition not stated"),
        ("pathological complete response", "", "definition not stated"),
        ("pathological complete response, not defined in the abstract", "",
         "definition not stated"),
        ("pathological complete response compatible with ypStage 0", "",
         "compatible with ypStage 0"),
        ("complete response of grade >= 3, grading not given", "", "grading not given"),
        ("absence of residual tumour cells", "=", "no viable tumour"),
        ("no " + "very " * 20 + "viable", "", f"no {' '.join(['very'] * 9)}…"),
    ],
)  # fmt: skip
def test_a_name_alone_is_no_definition(review, made, definition, operator, said):
    (row,) = made([(1, 9)], definition=definition, definition_operator=operator).selection.rows
    assert badge(row, review.protocol.plan("pcr")) == said


def test_a_horizon_in_the_name_is_a_definition(review, made):
    words = "death within 30 days"
    (row,) = made([(1, 9)], definition=words, definition_operator="").selection.rows
    assert badge(row, review.protocol.plan("mortality_30d")) == words


def test_without_any_definition_nothing_is_said_of_definitions(made):
    drawing = _draw(made([(1, 9), (2, 9)], definition="", definition_operator=""))
    assert "efinition" not in drawing.alt + " ".join(_texts(drawing))


def test_the_denominator_is_named_under_the_axis_and_in_words(pools):
    drawing = _draw(pools["pcr"].widest)
    assert "Proportion of operated patients" in _texts(drawing)
    assert "Proportion of operated patients." in drawing.alt


def test_fewer_studies_than_the_plan_pools_are_drawn_alone(made):
    pool = made([(1, 9), (2, 9)])
    pooling = pool.selection.protocol.pooling.model_copy(update={"provisional_k": 3})
    protocol = pool.selection.protocol.model_copy(update={"pooling": pooling})
    alone = replace(pool, selection=replace(pool.selection, protocol=protocol))
    texts = _texts(_draw(alone))
    assert any("2 studies, fewer than the 3" in text for text in texts)
    assert not any(text.startswith("Pooled") for text in texts)
