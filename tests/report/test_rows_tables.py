"""Every pool leads to its own rows, and what is called left out is in no pool."""

from collections import Counter
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from onearm.report.pages.outcome.rows import (
    excluded_table,
    pool_anchor,
    pool_rows_table,
    rows_table,
)
from onearm.report.pages.outcome.tables import pool_numbers, sensitivity_table
from onearm.report.pages.synopsis.findings_summary import summary
from onearm.report.pages.synopsis.tables import answers_table


@pytest.fixture(scope="module")
def analyses(review):
    return {analysis.code: analysis for analysis in review.outcomes}


def soup_of(*fragments):
    return BeautifulSoup("".join(one.html for one in fragments if one), "html.parser")


def place(analysis):
    return soup_of(rows_table(analysis), excluded_table(analysis))


def test_the_number_of_studies_leads_to_exactly_the_rows_that_meet(analyses):
    for analysis in analyses.values():
        page = place(analysis)
        for pool in analysis.every_pool():
            if not pool.selection.k:
                continue
            target = BeautifulSoup(pool_numbers(pool)[0], "html.parser").a["href"].removeprefix("#")
            line = page.find(id=target)
            assert [link.get_text() for link in line("a")] == [
                row.row_id for row in pool.selection.rows
            ]
            for link in line("a"):
                assert page.find(id=link["href"].removeprefix("#")).name == "tr"


def test_a_row_of_a_stratum_alone_is_shown_with_the_values_it_is_split_by(analyses):
    page = place(analyses["pcr"])
    row = page.find(id="row-C2")
    cells = [cell.get_text() for cell in row(["th", "td"])]
    assert cells[0] == "C2"
    assert "Salvage surgery after systemic therapy" in cells
    assert "Immunotherapy, with or without chemotherapy" in cells
    heads = [cell.get_text() for cell in page.find(id="rows").thead("th")]
    assert heads[2:4] == ["Drug class", "Setting"]


def test_what_is_left_out_is_in_no_pool_and_leads_to_the_evidence(analyses):
    for analysis in analyses.values():
        pooled = {row_id for pool in analysis.every_pool() for row_id in pool.selection.row_ids}
        last = {each.row.row_id for each in analysis.widest.selection.excluded}
        links = [row.th.a for row in soup_of(excluded_table(analysis)).select("tbody tr")]
        left_out = {link.get_text() for link in links}
        assert left_out == last - pooled
        assert [link["href"] for link in links] == [
            f"evidence.html#row-{link.get_text()}" for link in links
        ]


def test_the_first_page_and_the_other_choices_lead_to_lines_that_are_there(review, analyses):
    first = soup_of(
        answers_table(review, "Answers", "core+extended"), summary(review, "core+extended")
    )
    places = {code: place(analysis) for code, analysis in analyses.items()}
    led = [link["href"].split("-appendix.html#") for link in first("a") if "#pool-" in link["href"]]
    assert led
    assert all(places[code].find(id=target) for code, target in led)
    for code, page in places.items():
        analysis = analyses[code]
        others = soup_of(*(sensitivity_table(analysis, name) for name in analysis.pools))
        ids = [tag["id"] for part in (page, others) for tag in part.find_all(id=True)]
        assert [name for name, times in Counter(ids).items() if times > 1] == []
        for link in others("a"):
            assert link["href"].startswith("evidence.html#row-") or link["href"][1:] in ids


def test_pools_of_one_name_in_two_sets_have_two_places(analyses):
    splits = [splits["agent_group"] for splits in analyses["mpr"].strata.values()]
    names = [{pool.label for pool in split} for split in splits]
    assert names[0] & names[1]
    places = [pool_anchor(pool) for split in splits for pool in split]
    assert len(places) == len(set(places))


def test_pools_of_one_name_and_other_rows_have_two_places(analyses):
    first, second = analyses["pcr"].strata["core+extended"]["setting"]
    alike = replace(second, label=first.label)
    assert pool_anchor(first) != pool_anchor(alike)
    shown = soup_of(pool_rows_table([first, alike, first], "Rows"))
    assert len(shown.select("tbody tr")) == 2


def test_an_outcome_without_a_pool_has_no_table(first_review):
    empty = next(a for a in first_review.outcomes if not any(p.selection.k for p in a.every_pool()))
    assert rows_table(empty) is None
