"""Pools that no evidence has (any counts, any names), and figures as matplotlib sees them."""

import itertools
import sys
from dataclasses import fields, replace
from unittest import mock

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from onearm.analysis import Review
from onearm.evidence import ModelPlan, Row, Study
from onearm.figures.drawing import style

HOSTILE = [
    "<script>alert(1)</script> & Sons",
    "$x_1^2$ {curly} \\frac",
    "Weißmüller–Øster 2021 “quoted” 'single'",
    '=HYPERLINK("http://x")',
    "研究所 二〇二一年 の報告",
    "A study whose name goes on and on until it has eighty characters, no fewer, 2021",
    "Unbroken" * 10,
]


@pytest.fixture(scope="session")
def review(evidence):
    return Review(evidence)


@pytest.fixture(scope="session")
def made(review):
    """Return a function: counts and names in, a pool out."""
    real = review.outcome("pcr").widest.selection
    pattern = real.rows[0]
    of_studies = {each.name for each in fields(Study)}

    def make(counts, names=None, label="Made", model="bayes", **columns):
        of_study = {name: value for name, value in columns.items() if name in of_studies}
        of_count = {name: value for name, value in columns.items() if name not in of_studies}
        rows = []
        for place, (events, n) in enumerate(counts):
            name = names[place] if names else f"Study {place + 1}"
            study_id = f"s{place}"
            study = replace(pattern.study, study_id=study_id, label=name, **of_study)
            own = {"study_id": study_id, "row_id": f"R{place}", "events": events, "n": n}
            count = replace(pattern.count, **own, **of_count)
            rows.append(Row(count, study, name))
        chosen = replace(real, rows=tuple(rows), excluded=(), overlaps=())
        return review.fit(chosen, label, ModelPlan(model=model))

    return make


@pytest.fixture
def hostile():
    return list(HOSTILE)


@pytest.fixture
def drawn(monkeypatch):
    """Return a function: a module of figures and a call in, the drawing and its figure out."""

    def draw(module, call):
        module, seen = sys.modules[f"onearm.figures.{module}"], {}
        finish = module.finish
        with monkeypatch.context() as patch:
            patch.setattr(
                module,
                "finish",
                lambda figure, **k: (seen.update(f=figure), finish(figure, **k))[1],
            )
            return call(), seen["f"]

    return draw


@pytest.fixture
def complaints():
    """Return a function: which texts of a figure lie on each other, or leave it."""

    def found(figure):
        texts = _boxes(figure)
        assert texts, "nothing was drawn"
        wide, high = (72 * inches for inches in figure.get_size_inches())
        for text, box in texts:
            if box.x0 < -1 or box.y0 < -1 or box.x1 > wide + 1 or box.y1 > high + 1:
                yield f"{text!r} leaves the figure: {box}"
        for (one, a), (other, b) in itertools.combinations(texts, 2):
            # a text's box has some air above and below its letters
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            up = min(a.y1, b.y1) - max(a.y0, b.y0)
            if across > 0.5 and up > 1.0:
                yield f"{one!r} lies on {other!r}"

    return lambda figure: list(found(figure))


def _boxes(figure):
    """Every text that is drawn, with its box in points; a tick outside its axis is not."""
    drawn, draw = [], Text.draw
    with (
        style("test"),
        mock.patch.object(
            Text, "draw", lambda text, renderer: (drawn.append(text), draw(text, renderer))
        ),
    ):
        canvas = FigureCanvasAgg(figure)
        figure.set_dpi(144)
        canvas.draw()
        renderer, half = canvas.get_renderer(), Affine2D().scale(0.5)
        return [
            (text.get_text(), text.get_window_extent(renderer).transformed(half))
            for text in drawn
            if text.get_visible() and text.get_text().strip()
        ]
