"""The curve and the funnel draw the numbers of their checks, and say them."""

import sys
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import PathPatch

from onearm.figures.funnel import _names, funnel
from onearm.figures.specification_curve import _runs, specification_curve
from onearm.robustness import small_study_effects, specifications
from onearm.words import percent

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def curve(review):
    return specifications(review, "complication_any")


@pytest.fixture(scope="module")
def pcr(review):
    pool = review.outcome("pcr").widest
    return pool, small_study_effects(pool, review)


def _texts(drawing):
    return [t.text for t in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


def _axes(monkeypatch, module, draw):
    seen = {}
    finish = module.finish
    monkeypatch.setattr(
        module, "finish", lambda figure, **k: (seen.update(f=figure), finish(figure, **k))[1]
    )
    draw()
    return seen["f"].axes


def test_the_curve_is_the_sorted_table_and_its_bars_are_the_intervals(curve, monkeypatch):
    module = sys.modules["onearm.figures.specification_curve"]
    _, axes = _axes(monkeypatch, module, lambda: specification_curve(curve, name="s", title="T"))
    line = next(line for line in axes.lines if line.get_label() == "estimate")
    assert line.get_ydata() == pytest.approx(curve.table["estimate"], abs=1e-6)
    patches = [patch for patch in axes.patches if isinstance(patch, PathPatch)]
    ends = np.concatenate([patch.get_path().vertices for patch in patches])
    drawn = {tuple(row) for row in ends[:, 1].reshape(-1, 2).round(4).tolist()}
    told = curve.table[["ci_low", "ci_high"]].round(4).itertuples(index=False, name=None)
    assert drawn == set(told)
    own = next(line for line in axes.lines if line.get_label() == "the plan's own")
    assert list(own.get_xdata()) == list(np.flatnonzero(curve.table["in_plan"]))


def test_every_setting_on_the_curve_is_named(curve):
    drawing = specification_curve(curve, name="s", title="T")
    texts = _texts(drawing)
    for axis in curve.data["axes"]:
        settings = {s for found in curve.table[axis["axis"]] for s in found}
        assert (axis["label"].capitalize() in texts) == (len(settings) > 1)
    assert "knapp-hartung-conservative" in texts
    assert curve.sentence in drawing.alt
    assert drawing.svg == specification_curve(curve, name="s", title="T").svg


def test_runs_cover_what_is_true_and_nothing_else():
    has = np.array([True, True, False, True])
    assert _runs(has, 3).tolist() == [[-0.5, 3], [1.5, 3], [2.5, 3], [3.5, 3]]
    assert _runs(np.zeros(4, dtype=bool), 0).shape == (0, 2)


def test_the_funnel_draws_every_study_at_its_size(pcr, monkeypatch):
    module = sys.modules["onearm.figures.funnel"]
    pool, result = pcr
    (axes,) = _axes(monkeypatch, module, lambda: funnel(pool, result, name="f", title="T"))
    points = sorted(
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.lines
        if line.get_marker() == "o"
    )
    studies = [(s.proportion, s.n) for s in pool.pooled.studies]
    assert np.array(points) == pytest.approx(np.array(sorted(studies)), abs=1e-6)
    assert axes.get_yscale() == "log"
    plt.close("all")


def test_the_funnel_says_every_study_and_what_was_found(pcr):
    pool, result = pcr
    drawing = funnel(pool, result, name="f", title="T")
    for study in pool.pooled.studies:
        assert f"{study.study}: {percent(study.proportion)} of {study.n}" in drawing.alt
    assert result.sentence in drawing.alt


def test_names_in_the_funnel_do_not_lie_on_each_other(pcr):
    moved = {study.study: down for study, _, down, _ in _names(pcr[0].pooled.studies)}
    assert moved["LCMC3 2021 (conference)"] == 0
    assert moved["Lin 2023"] > 0, "29 and 31 patients at 0 %"
    assert all(down >= 0 for down in moved.values())
