"""A robustness page says the numbers of its checks, whatever k is, and records them."""

import json

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import analyse
from onearm.report.build.record import MIME, Record
from onearm.report.build.runs import plan
from onearm.report.pages.robustness import studies as studies
from onearm.report.pages.robustness import tables as show
from onearm.robustness import examine, specifications
from onearm.robustness.examine import CHECKS
from onearm.words import number, p_value, percent, with_interval


@pytest.fixture(scope="module", params=["mortality_90d", "complication_minor", "complication_any"])
def page(request, evidence):
    """Nothing, one study, and a few."""
    pools = analyse(evidence, request.param).pools
    results = {name: examine(pool, evidence.protocol) for name, pool in pools.items()}
    return request.param, pools, results, specifications(evidence, request.param)


SECTIONS = {
    "agreement": show.agreement_table,
    "calibration": show.calibration_table,
    "influence": studies.influence_tables,
    "subsets": studies.pulls_table,
    "cumulative": studies.steps_tables,
    "overlap_choices": show.overlap_table,
    "fragility": show.fragility_table,
    "unseen": show.unseen_table,
    "small_study_effects": show.small_study_table,
    "meta_regression": studies.moderator_tables,
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
    each = 2 if check == "cumulative" else 1
    assert len(tables) == each * len(expected)
    for one, result in zip(tables, (r for r in expected for _ in range(each)), strict=True):
        assert each * len(one.tbody.find_all("tr")) == len(result.table)
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


def test_an_answer_that_would_mislead_by_itself_is_explained(page):
    code, pools, results, curve = page
    text = show.in_short(pools, results, curve).text
    trade_offs = {of_set["calibration"].data.get("trade_off") for of_set in results.values()}
    for said in trade_offs - {None, ""}:
        assert text.count(said) == 1
    if code == "complication_any":
        assert curve.verdict is True
        assert results["core"]["overlap_choices"].verdict is False
        assert "where such a choice leaves one study" in text
        choices = results["core"]["overlap_choices"].table["choice"][1:]
        assert all(choice in curve.sentence for choice in choices)
        single = curve.data["single"]
        alone = results["core"]["overlap_choices"].table["estimate"][1:]
        assert (single["lowest"], single["highest"]) == pytest.approx((min(alone), max(alone)))


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


@pytest.fixture(scope="module")
def many(evidence):
    """Enough studies for every table, and two checks of them."""
    pool = analyse(evidence, "pcr").pools["core+extended"]
    checks = ("influence", "meta_regression")
    return {check: CHECKS[check](pool, evidence.protocol) for check in checks}


def _cells(table):
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in table.tbody("tr")]


def test_influence_is_tabulated_with_what_is_left_without_each_study(many):
    result = many["influence"]
    shown = _soup(studies.influence_tables("Core", result))
    assert shown.details.summary.get_text().startswith("Core")
    measures, models = (_cells(table) for table in shown.find_all("table"))
    for line, row in zip(measures, result.table.itertuples(), strict=True):
        assert line[0] == row.study
        assert line[2:8] == [
            number(value)
            for value in (row.rstudent, row.dffits, row.cook_d, row.cov_ratio, row.hat, row.tau2)
        ]
        assert float(line[8]) == pytest.approx(result.data["q"] + row.q_change, abs=0.006)
        assert line[10] == ("yes" if row.influential else "no")
    every = result.data["every_model"]
    assert [line[0] for line in models] == every["without"]
    for column, estimates in enumerate(list(every.values())[1:], start=1):
        assert [line[column] for line in models] == [percent(value) for value in estimates]


def test_moderators_are_tabulated_with_their_tests_and_odds_ratios(many):
    result = many["meta_regression"]
    tests, ratios = (
        _cells(table) for table in _soup(studies.moderator_tables("Core", result)).find_all("table")
    )
    for line, test in zip(tests, result.data["tests"], strict=True):
        assert line[0] == test["moderator"]
        assert line[3:] == [p_value(test["pvalue"]), percent(test["r2"]), number(test["tau2"])]
    for line, row in zip(ratios, result.table.itertuples(), strict=True):
        reference = bool(row.reference) and row.level == row.reference
        limits = "reference" if reference else f"{number(row.ci_low)} to {number(row.ci_high)}"
        assert line[1:] == [row.level, str(row.k), "1" if reference else number(row.odds_ratio),
                            limits]  # fmt: skip
