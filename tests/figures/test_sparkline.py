"""A sparkline says and draws the numbers of its pool, in a line."""

import re
from xml.etree import ElementTree

import pytest

from onearm.figures import sparkline
from onearm.figures.sparkline import EDGE, WIDTH
from onearm.words import interval, percent, with_interval

SVG = "{http://www.w3.org/2000/svg}"


def _root(mark):
    return ElementTree.fromstring(str(mark))


def _place(proportion):
    return pytest.approx(EDGE + (WIDTH - 2 * EDGE) * proportion, abs=0.01)


def test_a_headline_is_a_filled_diamond_as_wide_as_its_interval(made):
    pool = made([(5, 20), (8, 20), (3, 15)])
    root = _root(sparkline(pool, 0.25))
    (diamond,) = (e for e in root.iter() if e.get("fill") == "currentColor")
    low, middle, high = re.findall(r"[ML]([\d.]+) ", diamond.get("d"))[:3]
    assert float(low) == _place(pool.pooled.ci[0])
    assert float(middle) == _place(pool.pooled.estimate)
    assert float(high) == _place(pool.pooled.ci[1])
    assert root.get("aria-label") == (
        f"{with_interval(pool.pooled.estimate, pool.pooled.ci)}, prediction interval "
        f"{interval(*pool.prediction)}; decision threshold {percent(0.25)}"
    )
    (tick,) = (e for e in root.iter() if e.get("class") == "threshold")
    assert float(tick.get("d")[1:].split()[0]) == _place(0.25)


def test_provisional_and_single_are_hollow(made):
    double, single = (_root(sparkline(made(c))) for c in ([(5, 20), (8, 20)], [(5, 20)]))
    for root in (double, single):
        assert not [e for e in root.iter() if e.get("fill") == "currentColor"]
    assert [e for e in double.iter() if e.get("stroke-dasharray")]
    assert double.get("aria-label").endswith("provisional")
    assert len(single.findall(f"{SVG}rect")) == 1
    assert single.get("aria-label") == "25.0 % (8.7 to 49.1), one study, not pooled"


@pytest.mark.parametrize("counts", [[], [(0, 9), (0, 8)], [(9, 9), (8, 8)], [(0, 5)], [(5, 5)]])
def test_extremes_stay_within_the_line(made, counts):
    pool = made(counts)
    text = str(sparkline(pool, 1.0))
    root = ElementTree.fromstring(text)
    xs = [float(x) for x in re.findall(r"[MLH]([\d.]+)", " ".join(e.get("d", "") for e in root))]
    assert all(0 <= x <= WIDTH for x in xs)
    assert "nan" not in text
    assert root.get("aria-label").startswith(
        "nothing to pool" if not counts else ("", *"0123456789")
    )


def test_it_has_no_ids_no_styles_and_always_the_same_bytes(made):
    pool = made([(5, 20), (8, 20), (3, 15)])
    text = str(sparkline(pool))
    assert text == str(sparkline(pool))
    assert "style=" not in text
    assert " id=" not in text
    assert 'role="img"' in text
    assert "currentColor" in text
