"""The coverage map prints and says the numbers of its frame."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from onearm.figures import coverage_map
from onearm.robustness import coverage_percent, operating_characteristics

SVG = "{http://www.w3.org/2000/svg}"
METHODS = ("Logit, Wald", "Logit, conservative Knapp–Hartung", "Bayes, half-normal(1)")


@pytest.fixture(scope="module")
def frame():
    return operating_characteristics((4, 6), methods=METHODS, p=(0.1, 0.5), tau=(0.0, 1.0))


def _texts(drawing):
    return [t.text for t in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


def test_the_same_frame_is_the_same_bytes(frame) -> None:
    one, two = (coverage_map(frame, name="c", title="A title") for _ in range(2))
    assert one.svg == two.svg
    assert one.alt.startswith("Maps of coverage and width, confidence intervals. A title.")


@pytest.mark.parametrize("interval", ["confidence", "prediction"])
def test_every_cell_is_printed_and_never_rounded_up(frame, interval) -> None:
    texts = _texts(coverage_map(frame, name="c", title="t", interval=interval))
    for row in frame[frame["interval"] == interval].itertuples():
        assert row.method in texts
        assert f"{100 * row.mean_width:.0f}" in texts
        printed = [t for t in texts if t.replace(".", "").isdigit()]
        near = [float(t) for t in printed if 0 <= 100 * row.coverage - float(t) + 1e-9 < 0.1]
        assert near, row


def test_what_falls_short_is_bold_and_counted(frame) -> None:
    drawing = coverage_map(frame, name="c", title="t")
    root = ElementTree.fromstring(drawing.svg)
    bold = [t.text for t in root.iter(f"{SVG}text") if "700" in (t.get("style") or "")]
    here = frame[frame["interval"] == "confidence"]
    short = int((here["coverage"] < 0.95).sum())
    assert short > 0
    assert len([t for t in bold if t.replace(".", "").isdigit()]) == short
    for method, part in here.groupby("method"):
        count = int((part["coverage"] < 0.95).sum())
        assert f"below 95 % in {count} of 4 cells" in drawing.alt
        assert f"{method}: coverage from {coverage_percent(part['coverage'].min())}" in drawing.alt


def test_the_numbers_to_take_away_are_those_of_both_intervals_with_their_tails(frame) -> None:
    rows = coverage_map(frame, name="c", title="t").numbers
    assert len(rows) == len(frame)
    assert {row["interval"] for row in rows} == {"confidence", "prediction"}
    for row in rows:
        assert row["coverage"] + row["missed_below"] + row["missed_above"] == pytest.approx(1)
