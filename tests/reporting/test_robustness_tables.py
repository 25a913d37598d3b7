"""A robustness page says the numbers of its checks, whatever k is, and records them."""

import json

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import analyse
from onearm.reporting import robustness_tables as show
from onearm.reporting.plan import plan
from onearm.reporting.record import MIME, Record
from onearm.robustness import examine, specifications
from onearm.words import with_interval


@pytest.fixture(scope="module", params=["mortality_90d", "complication_minor", "complication_any"])
def page(request, evidence):
    """Nothing, one study, and a few."""
    pools = analyse(evidence, request.param).pools
    results = {name: examine(pool, evidence.protocol) for name, pool in pools.items()}
    return request.param, pools, results, specifications(evidence, request.param)


SECTIONS = {
    "agreement": show.agreement_table,
    "calibration": show.calibration_table,
    "influence": None,
    "subsets": show.pulls_table,
    "cumulative": show.steps_table,
    "overlap_choices": show.overlap_table,
    "fragility": show.fragility_table,
    "unseen": show.unseen_table,
    "small_study_effects": show.small_study_table,
}


def _soup(html):
    return BeautifulSoup(html.html, "html.parser")


@pytest.mark.parametrize("check", SECTIONS)
def test_a_section_says_the_sentence_and_tabulates_what_there_is(page, check):
    _, pools, results, _ = page
    shown = _soup(show.section(pools, results, check, SECTIONS[check]))
    found = [of_set[check] for of_set in results.values()]
    for result in found:
        assert result.sentence in shown.get_text()
    tables = shown.find_all("table")
    expected = [result for result in found if not result.table.empty and SECTIONS[check]]
    assert len(tables) == len(expected)
    for one, result in zip(tables, expected, strict=True):
        assert len(one.tbody.find_all("tr")) == len(result.table)
        heads = len(one.thead.find_all("th"))
        assert all(len(row.find_all(["th", "td"])) == heads for row in one.tbody.find_all("tr"))


def test_numbers_of_the_tables_are_those_of_the_checks(page):
    _, pools, results, curve = page
    text = show.section(pools, results, "overlap_choices", show.overlap_table).text
    for result in (of_set["overlap_choices"] for of_set in results.values()):
        for line in result.table.to_dict("records"):
            assert with_interval(line["estimate"], (line["ci_low"], line["ci_high"])) in text
    if curve.table.empty:
        assert show.curve_tables(curve).text == "No table."
        return
    tables = show.curve_tables(curve).text
    for line in curve.table[curve.table["in_plan"]].to_dict("records"):
        assert with_interval(line["estimate"], (line["ci_low"], line["ci_high"])) in tables


def test_the_short_answers_are_the_verdicts(page):
    _, pools, results, curve = page
    rows = _soup(show.in_short(pools, results, curve)).tbody.find_all("tr")
    for row, check in zip(rows, show.QUESTIONS, strict=True):
        found = [curve] * 2 if check == "specifications" else [r[check] for r in results.values()]
        told = [cell.get_text() for cell in row.find_all("td")]
        assert told == [show.ANSWERS[result.verdict] for result in found]


def test_gates_are_told_for_every_diagnostic(page, evidence):
    _, pools, _, _ = page
    rows = _soup(show.gates_table(pools, evidence.protocol)).tbody.find_all("tr")
    for row in rows:
        needs, *shown, _ = (cell.get_text() for cell in row.find_all("td"))
        expected = [pool.selection.studies >= int(needs) for pool in pools.values()]
        assert [text == "shown" for text in shown] == expected


def test_the_record_is_json_and_holds_every_sentence(page):
    code, _, results, curve = page
    record = Record(f"robustness_{code}", show.robustness_record(code, results, curve))
    data = json.loads(json.dumps(record._repr_mimebundle_()[MIME], allow_nan=False))
    assert data["name"] == f"robustness_{code}"
    for name, of_set in results.items():
        for check, result in of_set.items():
            assert data["data"]["checks"][name][check]["sentence"] == result.sentence
    assert data["data"]["specifications"]["verdict"] == curve.verdict


def test_every_outcome_has_its_robustness_page_behind_it(evidence):
    runs = {run.name: run for run in plan(evidence.protocol)}
    for outcome in evidence.protocol.outcome:
        deeper = runs[f"{outcome.code}-robustness"]
        assert deeper.parent == outcome.code
        assert deeper.title == f"{outcome.label}: robustness"
        assert deeper.parameters == {"outcome": outcome.code}
