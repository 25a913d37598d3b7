"""The summary of findings: every outcome, every reason, and links that lead there and back."""

from __future__ import annotations

import dataclasses

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import OutcomeAnalysis, analyse
from onearm.analysis.certainty import certainty
from onearm.analysis.plain import per_hundred
from onearm.evidence import Evidence
from onearm.report.pages.synopsis.findings_summary import certainty_of, in_plain_words, summary
from onearm.robustness import agreement


@pytest.fixture(scope="module")
def analyses(evidence: Evidence) -> list[OutcomeAnalysis]:
    return [analyse(evidence, plan.code) for plan in evidence.protocol.outcome]


def soup_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize("evidence_set", ["core", "core+extended"])
def test_every_outcome_has_its_line_with_the_numbers_of_its_pool(
    evidence: Evidence, analyses: list[OutcomeAnalysis], evidence_set: str
) -> None:
    soup = soup_of(summary(evidence, analyses, evidence_set).html)
    rows = soup.table.tbody.find_all("tr")
    assert [r.th.get_text() for r in rows] == [p.label for p in evidence.protocol.outcome]
    for row, analysis in zip(rows, analyses, strict=True):
        pool = analysis.pools[evidence_set]
        cells = [cell.get_text() for cell in row.find_all("td")]
        assert cells[0] == per_hundred(pool)
        assert cells[2] == str(pool.patients)
        graded = certainty(evidence, pool, analysis.outcome)
        assert graded.word in cells[4]
        assert graded.symbols in cells[4]


def test_the_table_is_accessible(evidence: Evidence, analyses: list[OutcomeAnalysis]) -> None:
    soup = soup_of(summary(evidence, analyses, "core").html)
    assert soup.caption.get_text().startswith("Summary of findings: core evidence")
    assert {th["scope"] for th in soup.thead.find_all("th")} == {"col"}
    assert {tr.th["scope"] for tr in soup.tbody.find_all("tr")} == {"row"}
    assert all(s["aria-hidden"] == "true" for s in soup.find_all("span", class_="circles"))


def test_every_level_taken_off_leads_to_its_reason_and_back(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    soup = soup_of(summary(evidence, analyses, "core+extended").html)
    links = [a for span in soup.find_all("span", class_="notes") for a in span.find_all("a")]
    expected = [
        (analysis.outcome, domain)
        for analysis in analyses
        for domain in certainty(
            evidence, analysis.pools["core+extended"], analysis.outcome
        ).downgrades
    ]
    assert len(links) == len(expected) > 30
    for link, (plan, domain) in zip(links, expected, strict=True):
        assert link.get_text() == f"{domain.name} −{domain.downgrade}"
        reason = soup.find(id=link["href"][1:])
        assert domain.reason in reason.get_text()
        back = soup.find(id=reason.a["href"][1:])
        assert back.name == "tr"
        assert back.th.get_text() == plan.label


def test_both_sets_can_stand_on_one_page(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    html = "".join(summary(evidence, analyses, name).html for name in ("core", "core+extended"))
    ids = [tag["id"] for tag in soup_of(html).find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_a_sentence_says_on_which_side_of_the_threshold_and_is_no_surer_than_its_certainty(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    by_code = {a.outcome.code: a for a in analyses}

    def words(code: str, evidence_set: str) -> str:
        pool, plan = by_code[code].pools[evidence_set], by_code[code].outcome
        compared = agreement(pool, evidence.protocol)
        return in_plain_words(pool, plan, certainty(evidence, pool, plan), compared)

    assert "the whole interval is above the 50 of 100" in words("downstaging_pathological", "core")
    assert "it may be above or below the 10 of 100" in words("pcr", "core+extended")
    assert "none of 34 patients" in words("mortality_30d", "core+extended")
    assert "3 of 10 in the one study" in words("complication_minor", "core")
    assert words("mortality_90d", "core") == "No count that may be pooled: a gap, and not a zero."


def test_where_the_methods_disagree_no_side_is_told_but_each_methods(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    """Of pCR four methods of six reach below the 10 of 100 that the plan's is wholly above."""
    for analysis in analyses:
        plan = analysis.outcome
        for pool in analysis.pools.values():
            compared = agreement(pool, evidence.protocol)
            said = in_plain_words(pool, plan, certainty(evidence, pool, plan), compared)
            assert ("Do not pool: the methods disagree" in said) == (compared.verdict is False)
    (pcr,) = (a for a in analyses if a.outcome.code == "pcr")
    pool, plan = pcr.pools["core"], pcr.outcome
    compared = agreement(pool, evidence.protocol)
    heard = compared.table[compared.table["counts"]]
    assert sum(heard["ci_low"] > plan.threshold) == 2
    assert in_plain_words(pool, plan, certainty(evidence, pool, plan), compared) == (
        "Very uncertain: about 32 of 100. Do not pool: the methods disagree; by 2 the whole "
        "interval is above and by 4 it may be above or below the 10 of 100 that matter."
    )
    line = soup_of(summary(evidence, analyses, "core").html).tbody.tr
    assert "Do not pool" in line.find_all("td")[-1].get_text()
    everyone = evidence.protocol.plan("pcr").model_copy(update={"threshold": 0.99})
    assert "by all 6 the whole interval is below the 99 of 100" in in_plain_words(
        pool, everyone, certainty(evidence, pool, everyone), compared
    )


def test_a_one_sided_bound_is_called_one(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    (deaths,) = (a for a in analyses if a.outcome.code == "mortality_30d")
    line = soup_of(summary(evidence, [deaths], "core+extended").html).tbody.tr
    assert "at most 8.4 %, exact one-sided 95 % bound" in line.get_text("|")
    assert "0.0 to 8.4" not in soup_of(summary(evidence, [deaths], "core+extended").html).get_text()


def test_a_count_that_may_not_be_pooled_is_not_denied(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    rows = evidence.outcomes[evidence.outcomes["outcome"] == "mortality_90d"]
    assert rows["events"].notna().any(), "counts exist, and may not be pooled"
    (deaths,) = (a for a in analyses if a.outcome.code == "mortality_90d")
    told = summary(evidence, [deaths], "core").text + certainty_of(evidence, deaths).text
    assert "No count of this outcome that may be pooled: nothing to judge." in told
    assert "no study" not in told.lower()


def test_what_is_not_judged_says_so_everywhere(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    bare = dataclasses.replace(evidence, certainty=evidence.certainty.iloc[:0])
    text = summary(bare, analyses, "core").text
    assert "not judged" in text
    assert "⊕" not in text
    assert "No certainty is lowered for any reason" not in text or "not judged" in text
    assert certainty_of(bare, analyses[0]).text == "The certainty of this outcome is not judged."


def test_an_outcomes_page_has_every_pool_with_every_domain(
    evidence: Evidence, analyses: list[OutcomeAnalysis]
) -> None:
    soup = soup_of(certainty_of(evidence, analyses[0]).html)
    rows = soup.tbody.find_all("tr")
    pools = list(analyses[0].pools.values())
    strata = [p for of in analyses[0].strata.values() for by in of.values() for p in by]
    assert len(rows) == len(pools) + len(strata)
    assert len(soup.find_all("details")) == len(rows)
    assert all(len(d.find_all("li")) == 5 for d in soup.find_all("details"))
    empty = next(a for a in analyses if a.outcome.code == "mortality_90d")
    assert "nothing to judge" in certainty_of(evidence, empty).text


def test_a_hostile_reason_stays_text(evidence: Evidence, analyses: list[OutcomeAnalysis]) -> None:
    bad = evidence.certainty.assign(reason="<script>alert(1)</script> & ‘x’")
    html = summary(dataclasses.replace(evidence, certainty=bad), analyses, "core").html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
