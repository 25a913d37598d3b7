"""What every drawing is: the same bytes twice, ids of its own, rows as it draws them."""

import re
from xml.etree import ElementTree

import pytest
from matplotlib.colors import to_rgb

from onearm.figures import (
    forest,
    funnel,
    influence_plot,
    overview,
    shrinkage,
    specification_curve,
    timeline,
)
from onearm.figures.drawing import ACCENT, INK, MUTED, SECOND
from onearm.robustness import influence, small_study_effects, specifications
from onearm.words import interval, percent, with_interval

COUNTS = {
    "none": [],
    "one": [(3, 10)],
    "two": [(3, 10), (4, 20)],
    "zero": [(0, 10), (0, 20)],
    "full": [(10, 10), (20, 20)],
    "mixed": [(0, 10), (20, 20), (5, 30)],
}


@pytest.mark.parametrize("case", COUNTS)
def test_the_words_have_the_numbers_of_the_rows(made, case):
    pool = made(COUNTS[case])
    drawing = forest(pool, name="f", title="T")
    for row in drawing.numbers:
        if row["kind"] == "prediction":
            assert interval(row["ci_low"], row["ci_high"]) in drawing.alt
            continue
        limits = row["ci_low"], row["ci_high"]
        if row["kind"] == "study":
            told = f"{row['events']} of {row['n']}, {with_interval(row['proportion'], limits)}"
        else:
            told = f"{percent(row['proportion'])}, 95 % credible interval {interval(*limits)}"
        assert told in drawing.alt
    kinds = [row["kind"] for row in drawing.numbers]
    assert kinds.count("study") == len(COUNTS[case])
    assert kinds.count("pooled") == int(pool.is_pooled)


def test_hostile_names_stay_text(made, hostile):
    drawing = forest(made([(1, 9)] * len(hostile), hostile), name="f", title="T <b>")
    root = ElementTree.fromstring(drawing.svg)
    assert not [e for e in root.iter() if e.tag.endswith("script")]
    assert all(name in drawing.alt for name in hostile)
    assert [row["name"] for row in drawing.numbers[: len(hostile)]] == hostile


def test_print_forms_are_the_same_twice_and_say_nothing_of_the_hour(made):
    pool = made(COUNTS["mixed"])
    one, other = (forest(pool, name="f", title="T") for _ in range(2))
    assert one.svg == other.svg
    assert one.pdf == other.pdf
    assert one.png == other.png
    assert one.pdf.startswith(b"%PDF-")
    for word in (b"CreationDate", b"Producer", b"Creator", b"/Type3"):
        assert word not in one.pdf
    assert b"CIDFontType2" in one.pdf or b"/TrueType" in one.pdf, "letters of font type 42"
    assert one.png.startswith(b"\x89PNG")
    assert b"Software" not in one.png
    wide = int.from_bytes(one.png[16:20], "big")
    assert wide == round(300 * 180 / 25.4), "300 dots an inch at 180 mm"


def test_only_forests_are_printed(review):
    drawing = overview([review.outcome("pcr")], name="o", title="T")
    assert drawing.pdf is None
    assert drawing.png is None
    _, metadata = drawing._repr_mimebundle_()
    assert sorted(metadata["image/svg+xml"]["files"]) == ["csv", "json"]


def test_ids_are_unique_over_a_page(review, made):
    pool = made(COUNTS["mixed"])
    drawings = [
        forest(pool, name="one", title="T"),
        forest(pool, name="other", title="T"),
        shrinkage(pool, name="third", title="T"),
        timeline(review.evidence, name="fourth", title="T"),
        overview([review.outcome("pcr")], name="fifth", title="T"),
    ]
    ids = [found for d in drawings for found in re.findall(r'\bid="([^"]+)"', d.svg)]
    assert len(ids) == len(set(ids))
    used = {u for d in drawings for u in re.findall(r'(?:href="#|url\(#)([^")]+)', d.svg)}
    assert used <= set(ids)


def test_the_overview_has_a_row_for_every_pool(review):
    analyses = [review.outcome(code) for code in ("pcr", "mortality_30d", "mortality_90d")]
    drawing = overview(analyses, name="o", title="T")
    assert len(drawing.numbers) == 6
    for row in drawing.numbers:
        if row["standing"] in ("headline", "provisional"):
            assert percent(row["proportion"]) in drawing.alt
            assert interval(row["ci_low"], row["ci_high"]) in drawing.alt
        if row["standing"] == "none":
            assert row["proportion"] is None


def test_the_colours_of_lines_stand_out_from_white():
    """WCAG 1.4.11 asks for 3 to 1 of graphics, 1.4.3 for 4.5 to 1 of text."""
    for colour, least in ((INK, 4.5), (MUTED, 4.5), (ACCENT, 3.0), (SECOND, 3.0)):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)
        ]
        luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
        assert 1.05 / (luminance + 0.05) >= least, colour


def test_an_outcome_without_a_study_says_so(review):
    outcome = review.outcome("mortality_90d")
    empty = [pool for pool in outcome.pools.values() if not pool.selection.k]
    assert empty
    drawing = overview([outcome], name="o", title="T")
    assert drawing.svg.count(">nothing to pool<") == len(empty)


def test_no_text_of_the_other_figures_lies_on_another(review, drawn, complaints):
    analyses = review.outcomes
    _, figure = drawn("overview", lambda: overview(analyses, name="o", title="T"))
    assert complaints(figure) == []
    pool = analyses[0].widest
    sizes = small_study_effects(pool, review)
    _, figure = drawn("funnel", lambda: funnel(pool, sizes, name="u", title="T"))
    assert complaints(figure) == []
    rows = pool.selection
    result = influence(rows.events, rows.n, study=rows.labels)
    _, figure = drawn("influence_plot", lambda: influence_plot(result, name="i", title="T"))
    assert complaints(figure) == []
    curve = specifications(review, "complication_any")
    _, figure = drawn(
        "specification_curve", lambda: specification_curve(curve, name="s", title="T")
    )
    assert complaints(figure) == []
