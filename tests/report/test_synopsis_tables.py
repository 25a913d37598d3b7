"""The first page: a sentence and a line an outcome, every line with its signal."""

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import Review
from onearm.analysis.certainty import TAKEN_OVER
from onearm.report.pages.outcome.answer import own_values
from onearm.report.pages.synopsis.tables import SIGNAL, answers_table, lead, strata_table
from onearm.robustness import agreement
from onearm.words import interval, percent, with_interval

PERCENT = "Percent (95 % interval)"
SETS = ("core", "core+extended")


@pytest.fixture(scope="module", params=[None, 0.02], ids=["as planned", "2 points allowed"])
def review(request, review):
    """The shipped review, and under a plan by which the methods disagree on some pools."""
    if request.param is None:
        return review
    less = review.protocol.agreement.model_copy(update={"margin": request.param})
    plan = review.protocol.model_copy(update={"agreement": less})
    strict = Review(replace(review.evidence, protocol=plan))
    assert {agreement(a.widest, strict).verdict for a in strict.outcomes} == {True, False, None}
    return strict


@pytest.fixture(scope="module")
def tables(review):
    shown = {
        "class": strata_table(review, ["agent_group", "combined"], "core+extended", "By class"),
        **{f"whole {name}": answers_table(review, "Every outcome", name) for name in SETS},
        **{name: strata_table(review, ["setting"], name, "By setting") for name in SETS},
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


def test_a_sentence_an_outcome_says_how_often_and_from_how_many(review):
    told = lead(review).text.split("\n")
    there = [a for a in review.outcomes if a.widest.selection.k]
    for line, analysis in zip(told, there, strict=False):
        pool = analysis.widest
        assert line.startswith(f"- {analysis.plan.label}: ")
        who = f" ({pool.cohorts}, {review.protocol.people(pool.people)})"
        assert line.count(who) == 1
        said, more = line.split(who)
        if agreement(pool, review).verdict is False:
            assert f"{own_values(pool)}; not pooled" in said
        elif pool.is_pooled:
            assert f"{percent(pool.pooled.estimate)} (95 % interval" in said
            assert interval(*pool.pooled.ci) in said
        assert more == _of_groups(review, analysis)
    assert len(told) == len(there), "every outcome has a count"


def _of_groups(review, analysis):
    """What follows the sentence: the drug classes that have a number, and events left out."""
    classes = []
    for pool in analysis.strata["core+extended"]["agent_group"]:
        if pool.own is not None:
            classes.append(f"{pool.label} {pool.own.events} of {pool.own.n}")
        elif pool.is_pooled and agreement(pool, review).verdict is not False:
            classes.append(f"{pool.label} {with_interval(pool.pooled.estimate, pool.pooled.ci)}")
    more = f". By drug class: {'; '.join(classes)}." if len(classes) > 1 else ""
    if analysis.code != "mortality_30d":
        return more
    left = [each.row for each in analysis.widest.selection.excluded if each.row.count.events]
    why = ("Source not verified", "Time not stated", "an alternative choice", "Time not stated")
    told = [
        f"{row.events} of {row.n} ({row.label}: {brief})"
        for row, brief in zip(left, why, strict=True)
    ]
    assert not more
    return f". On record, not pooled: {', '.join(told[:-1])} and {told[-1]}."


def test_an_outcome_without_a_count_is_named_last(first_review):
    silent = [a.plan.label for a in first_review.outcomes if not a.widest.selection.k]
    assert silent == ["Death within 90 days"]
    assert lead(first_review).text.split("\n")[-1] == "No poolable count: Death within 90 days."


@pytest.mark.parametrize("name", SETS)
def test_a_table_has_a_line_an_outcome_by_its_full_name(tables, review, name):
    there = [a for a in review.outcomes if a.pools[name].selection.k]
    found = list(_lines(tables[f"whole {name}"]))
    assert [line["Outcome"] for line in found] == [a.plan.label for a in there]
    for line, analysis in zip(found, there, strict=True):
        pool = analysis.pools[name]
        assert line["Patients"] == str(pool.people)
        if agreement(pool, review).verdict is False:
            assert line[PERCENT].startswith(SIGNAL)
            assert line["Prediction, new centre"] == "–"


def test_every_line_of_strata_carries_the_signal_where_the_methods_disagree(review, tables):
    for name in SETS:
        pools = _pools(review, name, "setting")
        lines = list(_lines(tables[name]))
        assert [line["Setting"] for line in lines] == [pool.label for _, pool in pools]
        for line, (_, pool) in zip(lines, pools, strict=True):
            disagree = agreement(pool, review).verdict is False
            assert line[PERCENT].startswith(SIGNAL) == disagree
            assert (SIGNAL in line[PERCENT]) == disagree
    strict = review.protocol.agreement.margin < 0.1
    shown = [SIGNAL in line[PERCENT] for name in SETS for line in _lines(tables[name])]
    assert any(shown) == strict
    assert not all(shown)


def test_a_class_that_equals_a_narrower_pool_has_its_line(review, tables):
    lines = [(line["Outcome"], line["Drug class"]) for line in _lines(tables["class"])]
    assert lines == [
        (a.plan.short, pool.label)
        for a in review.outcomes
        for by in ("agent_group", "combined")
        for pool in a.strata["core+extended"][by]
    ]
    assert {("MPR", "ALK inhibitor"), ("R0", "ALK inhibitor")} <= set(lines)


def test_every_line_has_the_certainty_of_its_own_pool(review, tables):
    for name in SETS:
        shown = [line["Certainty"] for line in _lines(tables[name])]
        graded = [a.certainty(pool) for a, pool in _pools(review, name, "setting")]
        assert shown == [f"{one.symbols} {one.word}" for one in graded]
    assert TAKEN_OVER in tables["class"].get_text()


def test_a_single_study_is_its_own_and_an_edge_a_bound(tables):
    by_name = {line["Outcome"]: line for line in _lines(tables["whole core+extended"])}
    assert by_name["Minor postoperative complication"]["Studies"] == "1 not pooled"
    assert by_name["Minor postoperative complication"][PERCENT] == "30.0 % (6.7 to 65.2)"
    deaths = by_name["Death within 30 days"]
    assert deaths[PERCENT] == (
        "0 of 97: at most 3.0 % exact one-sided bound; if studies differ, 0.0 to 8.7 %"
    )


def test_captions_and_scopes_stand(tables):
    for soup in tables.values():
        assert soup.caption.get_text()
        assert {cell["scope"] for cell in soup.thead("th")} == {"col"}
        assert {row.th["scope"] for row in soup.tbody("tr")} == {"row"}
