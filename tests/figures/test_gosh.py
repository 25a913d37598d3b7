"""The GOSH view shows every subset and names the study that moves them."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import pytest

from onearm import subsets
from onearm.figures import gosh
from onearm.words import percent

SVG = "{http://www.w3.org/2000/svg}"
STUDIES = ["A 2020", "B 2021", "$C$ 2022", "D 2023"]


@pytest.fixture(scope="module")
def frame():
    return subsets([1, 2, 18, 4], [20, 21, 22, 23])


def _drawn(monkeypatch, frame):
    module = sys.modules["onearm.figures.gosh"]
    seen = {}
    finish = module.finish
    monkeypatch.setattr(
        module, "finish", lambda figure, **k: (seen.update(f=figure), finish(figure, **k))[1]
    )
    drawing = gosh(frame, STUDIES, name="g", title="A title")
    return drawing, seen["f"].axes[0]


def test_one_dot_a_subset_where_its_numbers_are(frame, monkeypatch) -> None:
    drawing, axes = _drawn(monkeypatch, frame)
    without, within, whole = axes.lines
    pooled = frame[frame["k"] > 1]
    has = (pooled["subset"] & 4) > 0
    for line, part in ((without, pooled[~has]), (within, pooled[has])):
        assert sorted(line.get_xdata()) == pytest.approx(sorted(part["estimate"]), abs=0.0013)
        assert max(line.get_ydata()) == pytest.approx(part["tau2"].max() ** 0.5, abs=0.005)
    assert whole.get_xdata()[0] == pytest.approx(frame["estimate"].iloc[-1], abs=1e-6)
    assert gosh(frame, STUDIES, name="g", title="A title").svg == drawing.svg


def test_the_influential_study_is_named_in_the_drawing_and_in_words(frame) -> None:
    drawing = gosh(frame, STUDIES, name="g", title="A title")
    texts = [t.text for t in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]
    assert "with $C$ 2022" in texts
    assert "without $C$ 2022" in texts
    assert "$C$ 2022 moves them most" in drawing.alt
    pooled = frame[frame["k"] > 1]
    assert f"11 subsets of two studies or more: estimates from {percent(pooled['estimate'].min())}"\
        in drawing.alt  # fmt: skip


def test_nothing_to_pool_is_said_and_drawn_without_an_error() -> None:
    assert "no two studies" in gosh(subsets([3], [9]), ["A"], name="g", title="t").alt


def test_two_studies_have_one_subset_and_no_rival() -> None:
    drawing = gosh(subsets([3, 4], [9, 9]), ["A", "B"], name="g", title="t")
    assert "1 subset of two studies" in drawing.alt
    assert "moves them most" not in drawing.alt
