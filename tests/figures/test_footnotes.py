"""Where a source prints another figure than its counts give, a forest plot says so."""

import json
import re
from xml.etree import ElementTree

import pytest

from onearm.figures import forest
from onearm.figures.footnotes import footnotes, letter
from onearm.words import with_interval

SVG = "{http://www.w3.org/2000/svg}"
BLANK = {"printed_percent": "", "printed_ci_low": "", "printed_ci_high": "", "printed_ci_level": ""}


def _texts(drawing):
    return " ".join(t.text for t in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text"))


@pytest.mark.parametrize(
    ("count", "columns", "told"),
    [
        ((15, 33), {"printed_percent": "45"}, ""),
        ((15, 33), {"printed_percent": "46"}, "printed 46 %, rounded twice, recomputed 45.5 %"),
        ((11, 30), {"printed_percent": "36"},
         "printed 36 %, cut off and not rounded, recomputed 36.7 %"),
        ((21, 28), {"printed_percent": "64"}, "printed 64 %, recomputed 75.0 %"),
        ((15, 28), {"printed_ci_low": "31", "printed_ci_high": "61", "printed_ci_level": "90"},
         "printed 31 to 61 at 90 %, recomputed 33.9 to 72.5 at 95 %"),
        ((4, 33), {"printed_ci_low": "3", "printed_ci_high": "28", "printed_ci_level": "95"}, ""),
        ((4, 33), {"printed_ci_low": "3", "printed_ci_high": "27", "printed_ci_level": "95"},
         "printed 3 to 27 at 95 %, recomputed 3.4 to 28.2 at 95 %"),
        ((4, 33), {"printed_ci_low": "3", "printed_ci_high": "28", "printed_ci_level": ""},
         "printed 3 to 28 without a level, recomputed 3.4 to 28.2 at 95 %"),
    ],
)  # fmt: skip
def test_what_is_printed_otherwise_is_told(made, count, columns, told):
    pool = made([count], basis="stated", **{**BLANK, **columns})
    assert footnotes(pool) == [told]
    drawing = forest(pool, name="f", title="T")
    assert ("[a]" in _texts(drawing)) == bool(told)
    if told:
        assert f"Footnote a, Study 1: {told}." in drawing.alt
    assert drawing.numbers[0]["footnote"] == told


def test_a_derived_count_is_told_with_the_figure_its_source_prints(review):
    """ALNEO prints 46 % and a 90 % interval of 33 enrolled; the pool counts 28 operated."""
    pool = review.outcome("mpr").pools["core"]
    drawing = forest(pool, name="f", title="T")
    alneo = next(s for s in pool.pooled.studies if s.study.startswith("ALNEO"))
    told = (
        f"printed 46 % (31 to 61 at 90 %) of 33 enrolled patients, recomputed "
        f"{with_interval(alneo.proportion, alneo.ci)} at 95 % of {alneo.n} operated patients"
    )
    assert told in drawing.alt
    assert told in next(row["footnote"] for row in drawing.numbers if "ALNEO" in row["name"])


def test_every_mark_has_its_footnote(review):
    for code in ("pcr", "mpr"):
        drawing = forest(review.outcome(code).widest, name="f", title="T")
        notes = re.findall(r"Footnote ([a-z]+),", drawing.alt)
        assert notes == [letter(place) for place in range(len(notes))]
        for mark in notes:
            assert _texts(drawing).count(f"[{mark}]") == 2, "beside the study and at the foot"
        assert json.dumps(drawing.numbers).count("recomputed") == len(notes)


def test_letters_go_on_after_z():
    assert [letter(place) for place in (0, 25, 26, 27, 52, 701, 702)] == [
        "a", "z", "aa", "ab", "ba", "zz", "aaa",
    ]  # fmt: skip
