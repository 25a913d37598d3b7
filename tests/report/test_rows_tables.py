"""Every pool leads to its own rows, and what is called left out is in no pool."""

from collections import Counter

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import analyse
from onearm.report.pages.outcome.rows import excluded_table, pool_anchor, rows_table
from onearm.report.pages.outcome.tables import pool_numbers, sensitivity_table
from onearm.report.pages.synopsis.findings_summary import summary
from onearm.report.pages.synopsis.tables import answers_table
from onearm.robustness import sensitivity


@pytest.fixture(scope="module")
def analyses(evidence):
    return {plan.code: analyse(evidence, plan.code) for plan in evidence.protocol.outcome}


def soup_of(*fragments):
    return BeautifulSoup("".join(fragment.html for fragment in fragments), "html.parser")


def all_pools(analysis):
    parts = [part for splits in analysis.strata.values() for split in splits.values()
             for part in split]  # fmt: skip
    return [*analysis.pools.values(), *parts]


def place(analysis):
    return soup_of(
        rows_table(analysis.pools, analysis.strata), excluded_table(analysis.pools, analysis.strata)
    )


def test_the_number_of_studies_leads_to_exactly_the_rows_that_meet(analyses):
    for analysis in analyses.values():
        page = place(analysis)
        for pool in all_pools(analysis):
            if not pool.selection.k:
                continue
            target = BeautifulSoup(pool_numbers(pool)[0], "html.parser").a["href"].removeprefix("#")
            line = page.find(id=target)
            assert [link.get_text() for link in line("a")] == list(pool.selection.rows["row_id"])
            for link in line("a"):
                assert page.find(id=link["href"].removeprefix("#")).name == "tr"


def test_a_row_of_a_stratum_alone_is_shown_with_its_setting_and_drugs(analyses):
    row = place(analyses["pcr"]).find(id="row-C2")
    cells = [cell.get_text() for cell in row(["th", "td"])]
    assert cells[0] == "C2"
    assert "Salvage surgery after systemic therapy" in cells
    assert "Immunotherapy, with or without chemotherapy" in cells


def test_what_is_left_out_is_in_no_pool_and_leads_to_the_evidence(analyses):
    for analysis in analyses.values():
        pooled = {row for pool in all_pools(analysis) for row in pool.selection.rows["row_id"]}
        last = list(analysis.pools.values())[-1].selection.excluded
        table = soup_of(excluded_table(analysis.pools, analysis.strata))
        links = [row.th.a for row in table.select("tbody tr")]
        left_out = {link.get_text() for link in links}
        assert left_out == set(last["row_id"]) - pooled
        assert [link["href"] for link in links] == [
            f"evidence.html#row-{link.get_text()}" for link in links
        ]


def test_the_first_page_and_the_other_choices_lead_to_lines_that_are_there(evidence, analyses):
    first = soup_of(
        answers_table(evidence, list(analyses.values()), "Answers"),
        summary(evidence, list(analyses.values()), "core+extended"),
    )
    places = {code: place(analysis) for code, analysis in analyses.items()}
    led = [
        link["href"].split(".html#") for link in first("a") if ".html#pool-" in link["href"]
    ]  # fmt: skip
    assert led
    assert all(places[code].find(id=target) for code, target in led)
    for code, page in places.items():
        others = soup_of(
            *(sensitivity_table(pool, sensitivity(evidence, pool))
              for pool in analyses[code].pools.values())
        )  # fmt: skip
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


def test_an_outcome_without_a_pool_says_so(analyses):
    empty = next(a for a in analyses.values() if not any(p.selection.k for p in all_pools(a)))
    shown = soup_of(rows_table(empty.pools, empty.strata))
    assert shown.table is None
    assert shown.get_text() == "No pool of the protocol has a row of this outcome."
