"""A robustness page says the numbers of its checks, whatever k is, and records them."""

import json

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import Review
from onearm.report.build.record import MIME, Record
from onearm.report.pages.robustness import sections as show
from onearm.robustness import CHECKS, examine, gates, specifications
from onearm.words import number, p_value, percent, with_interval


@pytest.fixture(scope="module")
def review(evidence):
    return Review(evidence)


@pytest.fixture(scope="module", params=["mortality_90d", "complication_minor", "complication_any"])
def page(request, first_review):
    """Nothing, one study, and a few."""
    analysis = first_review.outcome(request.param)
    results = {name: examine(pool, first_review) for name, pool in analysis.pools.items()}
    return analysis, results, specifications(first_review, request.param)


def _soup(html):
    return BeautifulSoup(html.html, "html.parser")


@pytest.mark.parametrize("check", CHECKS)
def test_a_section_says_the_sentence_and_tabulates_what_there_is(page, check):
    analysis, results, _ = page
    shown = _soup(show.check_section(analysis, check))
    expected = []
    for name, of_set in results.items():
        result = of_set[check]
        assert result.sentence in shown.get_text()
        if not result.table.empty:
            label = analysis.pools[name].label
            expected += [(label, sheet) for sheet in CHECKS[check].sheets(result) if sheet.lines]
    tables = shown.find_all("table")
    assert len(tables) == len(expected)
    for one, (label, sheet) in zip(tables, expected, strict=True):
        assert one.caption.get_text() == f"{label}: {sheet.title}"
        assert _cells(one) == [list(line) for line in sheet.lines]
        assert {len(line) for line in sheet.lines} == {len(sheet.columns)}


def test_numbers_of_the_tables_are_those_of_the_checks(page):
    analysis, results, curve = page
    text = show.check_section(analysis, "overlap_choices").text
    for result in (of_set["overlap_choices"] for of_set in results.values()):
        for line in result.rows:
            assert with_interval(line["estimate"], (line["ci_low"], line["ci_high"])) in text
    tables = show.curve_section(analysis).text
    assert curve.sentence in tables
    if curve.table.empty:
        assert tables == curve.sentence
        assert show.curve_figure(analysis) is None
        return
    for line in curve.table[curve.table["in_plan"]].to_dict("records"):
        assert with_interval(line["estimate"], (line["ci_low"], line["ci_high"])) in tables


def test_the_short_answers_are_the_verdicts(page):
    analysis, results, curve = page
    rows = _soup(show.robustness_in_short(analysis)).tbody.find_all("tr")
    asked = [name for name, check in CHECKS.items() if check.asks(analysis.plan)]
    for row, check in zip(rows, [*asked, "specifications"], strict=True):
        found = [r[check] for r in results.values()] if check in CHECKS else [curve] * 2
        told = [cell.get_text() for cell in row.find_all("td")]
        assert told == [show.ANSWERS[result.verdict] for result in found]


def test_an_answer_that_would_mislead_by_itself_is_explained(page):
    analysis, results, curve = page
    text = show.robustness_in_short(analysis).text
    trade_offs = {of_set["calibration"].data.get("trade_off") for of_set in results.values()}
    for said in trade_offs - {None, ""}:
        assert text.count(said) == 1
    if analysis.code == "complication_any":
        assert curve.verdict is True
        assert results["core"]["overlap_choices"].verdict is False
        assert "A choice without overlap that leaves one study is judged" in text
        choices = results["core"]["overlap_choices"].table["choice"][1:]
        assert all(choice in curve.sentence for choice in choices)
        single = curve.data["single"]
        alone = results["core"]["overlap_choices"].table["estimate"][1:]
        assert (single["lowest"], single["highest"]) == pytest.approx((min(alone), max(alone)))


def test_gates_are_told_for_every_diagnostic(page):
    analysis, _, _ = page
    rows = _soup(show.gates_table(analysis)).tbody.find_all("tr")
    assert len(rows) == len(gates(0, analysis.review.protocol))
    for row in rows:
        needs, *shown, _ = (cell.get_text() for cell in row.find_all("td"))
        expected = [pool.selection.studies >= int(needs) for pool in analysis.pools.values()]
        assert [text == "shown" for text in shown] == expected


def test_the_record_is_json_and_holds_every_sentence(page):
    analysis, results, curve = page
    record = Record(f"robustness_{analysis.code}", show.robustness_record(analysis))
    data = json.loads(json.dumps(record._repr_mimebundle_()[MIME], allow_nan=False))
    assert data["name"] == f"robustness_{analysis.code}"
    for name, of_set in results.items():
        for check, result in of_set.items():
            assert data["data"]["checks"][name][check]["sentence"] == result.sentence
    assert data["data"]["specifications"]["verdict"] == curve.verdict


def test_a_figure_is_drawn_where_there_is_something_to_draw(page):
    analysis, results, _ = page
    for check in CHECKS:
        figures = show.check_figures(analysis, check)
        widest = results["core+extended"][check]
        assert (figures is None) == (check not in show.FIGURES or widest.table.empty)
    figures = show.check_figures(analysis, "calibration")
    if figures is not None:
        names = [drawing.name for drawing in figures.parts]
        assert names == ["coverage-core", "coverage-core-extended"]


@pytest.fixture(scope="module")
def many(review):
    """Enough studies for every table, and two checks of them."""
    analysis = review.outcome("pcr")
    checks = ("influence", "meta_regression")
    return analysis, {check: CHECKS[check](analysis.widest, review) for check in checks}


def _cells(table):
    rows = table.tbody("tr")
    return [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in rows]


def test_influence_is_tabulated_with_what_is_left_without_each_study(many):
    analysis, results = many
    result = results["influence"]
    shown = _soup(show.check_section(analysis, "influence"))
    measures, models = (_cells(table) for table in shown.find_all("table")[-2:])
    assert all(table.find_parent("details") for table in shown.find_all("table"))
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
    analysis, results = many
    result = results["meta_regression"]
    shown = _soup(show.check_section(analysis, "meta_regression"))
    tests, ratios = (_cells(table) for table in shown.find_all("table")[-2:])
    for line, test in zip(tests, result.data["tests"], strict=True):
        assert line[0] == test["moderator"]
        assert line[3:] == [p_value(test["pvalue"]), percent(test["r2"]), number(test["tau2"])]
    for line, row in zip(ratios, result.table.itertuples(), strict=True):
        reference = bool(row.reference) and row.level == row.reference
        limits = "reference" if reference else f"{number(row.ci_low)} to {number(row.ci_high)}"
        ratio = "1" if reference else number(row.odds_ratio)
        assert line[1:] == [row.level, str(row.k), ratio, limits]
