"""The influence panel shows and says the numbers of its table."""

from __future__ import annotations

import sys
from xml.etree import ElementTree

import pytest

from onearm.figures import influence_plot
from onearm.robustness import influence
from onearm.words import number, with_interval

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def result():
    return influence([1, 2, 18, 4], [20, 21, 22, 23], study=["A", "B", "C", "D"], model="glmm")


def test_every_measure_is_said_and_the_influential_study_marked(result) -> None:
    drawing = influence_plot(result, name="i", title="A title")
    assert drawing.svg == influence_plot(result, name="i", title="A title").svg
    assert result.sentence in drawing.alt
    for row in result.table.to_dict("records"):
        without = with_interval(row["estimate"], (row["ci_low"], row["ci_high"]))
        assert f"Without {row['study']}: {without}; deleted residual " in drawing.alt
        assert f"Cook's distance {number(row['cook_d'])}" in drawing.alt
    texts = [t.text for t in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]
    assert "■ influential by the usual rules" in texts
    assert {"A", "B", "C", "D", "DFFITS", "hat"} <= set(texts)


def test_marks_stand_where_the_numbers_are(result, monkeypatch) -> None:
    module = sys.modules["onearm.figures.influence_plot"]
    seen = {}
    finish = module.finish
    monkeypatch.setattr(
        module, "finish", lambda figure, **k: (seen.update(f=figure), finish(figure, **k))[1]
    )
    influence_plot(result, name="i", title="t")
    pools, *panels = seen["f"].axes
    dots = [line.get_xdata()[0] for line in pools.lines if line.get_marker() == "o"]
    assert dots == pytest.approx(result.table["estimate"].tolist(), abs=1e-6)
    assert len(panels) == len(module.COLUMNS)
    for axes, column in zip(panels, module.COLUMNS, strict=True):
        marks = [line.get_xdata()[0] for line in axes.lines if line.get_marker() in ("o", "s")]
        assert marks == pytest.approx(result.table[column.value].tolist(), abs=1e-6)


def test_few_or_undefined_studies_are_drawn_without_an_error() -> None:
    for events, n in (([0, 0, 3], [5, 6, 7]), ([2], [5]), ([], [])):
        result = influence(events, n, model="glmm")
        assert influence_plot(result, name="i", title="t").svg.startswith("<svg")
