"""The first page: a line an outcome and evidence set, every line with its signal."""

import pytest
from bs4 import BeautifulSoup

from onearm.analysis.certainty import TAKEN_OVER
from onearm.analysis.plain import next_patients
from onearm.report.pages.synopsis.tables import SIGNAL, answers_table, strata_table
from onearm.robustness import agreement

PERCENT = "Percent (95 % interval)"


@pytest.fixture(scope="module")
def tables(review):
    shown = {
        "whole": answers_table(review, "Every outcome"),
        "class": strata_table(
            review, ["agent_group", "combined"], "core+extended", "By class", again=False
        ),
        **{
            name: strata_table(review, ["setting"], name, "By setting")
            for name in ("core", "core+extended")
        },
    }
    return {name: BeautifulSoup(found.html, "html.parser") for name, found in shown.items()}


def _lines(soup):
    """Every line as header to text, its certainty without the folded reasons."""
    names = [cell.get_text() for cell in soup.thead("th")]
    for row in soup.tbody("tr"):
        cells = [(cell.summary or cell).get_text().strip() for cell in row(["th", "td"])]
        yield dict(zip(names, cells, strict=True))


def _pools(review, evidence_set, by):
    return [(a, pool) for a in review.outcomes for pool in a.strata[evidence_set][by]]


def test_the_first_table_has_whole_pools_alone_and_every_outcome_by_its_full_name(
    tables, review, first_review
):
    analyses = review.outcomes
    found = list(_lines(tables["whole"]))
    assert {line["Evidence"] for line in found} == {"core", "all"}
    there = [a for a in analyses if any(pool.selection.k for pool in a.pools.values())]
    full = [line["Outcome"] for line in found if line["Outcome"] in {a.plan.label for a in there}]
    assert full == [a.plan.label for a in there]
    again = [line["Outcome"] for line in found if line["Outcome"] not in full]
    assert again
    assert set(again) <= {a.plan.short for a in there}
    silent = {a.plan.label for a in analyses} - set(full)
    assert silent == set()
    assert "No poolable count" not in answers_table(review, "Every").text
    first = answers_table(first_review, "Every")
    assert "No poolable count: Death within 90 days." in first.text


def test_every_line_of_strata_carries_the_signal_where_the_methods_disagree(review, tables):
    for name in ("core", "core+extended"):
        pools = _pools(review, name, "setting")
        lines = list(_lines(tables[name]))
        assert [line["Setting"] for line in lines] == [pool.label for _, pool in pools]
        for line, (_, pool) in zip(lines, pools, strict=True):
            disagree = agreement(pool, review).verdict is False
            assert line[PERCENT].startswith(SIGNAL) == disagree
            assert (SIGNAL in line[PERCENT]) == disagree
    flagged = [
        (line["Outcome"], line["Drug class"])
        for line in _lines(tables["class"])
        if SIGNAL in line[PERCENT]
    ]
    assert ("pCR", "ALK inhibitor") in flagged
    assert ("pCR", "Immunotherapy, with or without chemotherapy") not in flagged


def test_every_line_has_the_certainty_of_its_own_pool(review, tables):
    for name in ("core", "core+extended"):
        shown = [line["Certainty"] for line in _lines(tables[name])]
        graded = [a.certainty(pool) for a, pool in _pools(review, name, "setting")]
        assert shown == [f"{one.symbols} {one.word}" for one in graded]
    assert TAKEN_OVER in tables["class"].get_text()


def test_the_words_are_whole_people_and_the_marks_words(review, tables):
    first, second = list(_lines(tables["whole"]))[:2]
    assert (first["Of 100 patients"], second["Of 100 patients"]) == (
        "32 (14 to 61)",
        "22 (15 to 30)",
    )
    pool = review.outcomes[0].pools["core"]
    assert "{} to {}".format(*next_patients(pool)) == next(
        text for name, text in first.items() if name.startswith("Of the next")
    )
    by_name = {line["Outcome"]: line for line in _lines(tables["whole"])}
    assert by_name["Major pathological response"]["Studies"] == "2 provisional"
    assert by_name["Minor postoperative complication"]["Studies"] == "1 not pooled"
    assert by_name["Minor postoperative complication"]["Of 100 patients"] == "30 (7 to 65)"
    deaths = by_name["Death within 30 days"]
    assert deaths["Of 100 patients"] == "at most 3"
    assert deaths[PERCENT] == "0 of 97: at most 3.0 % exact one-sided bound"
    resected = next(line for line in _lines(tables["core+extended"]) if "54 of 54" in line[PERCENT])
    assert resected["Of 100 patients"] == "at least 95"


def test_captions_and_scopes_stand(tables):
    for soup in tables.values():
        assert soup.caption.get_text()
        assert {cell["scope"] for cell in soup.thead("th")} == {"col"}
        assert {row.th["scope"] for row in soup.tbody("tr")} == {"row"}
