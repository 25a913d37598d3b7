"""The summary of findings: every outcome, every reason, and links that lead there and back."""

from __future__ import annotations

import dataclasses

import pytest
from bs4 import BeautifulSoup

from onearm.analysis import Review, per_hundred
from onearm.evidence import Evidence
from onearm.report.pages.synopsis.findings_summary import certainty_of, in_plain_words, summary
from onearm.robustness import agreement


def soup_of(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


def words(review: Review, code: str, evidence_set: str) -> str:
    analysis = review.outcome(code)
    pool = analysis.pools[evidence_set]
    return in_plain_words(pool, analysis.certainty(pool), agreement(pool, review))


def only(evidence: Evidence, *codes: str, **changes: object) -> Review:
    """A review of the same tables whose plan has some outcomes alone, with changes to each."""
    plans = tuple(evidence.protocol.plan(code).model_copy(update=changes) for code in codes)
    protocol = evidence.protocol.model_copy(update={"outcome": plans})
    return Review(dataclasses.replace(evidence, protocol=protocol))


def strict(evidence: Evidence, *codes: str, **changes: object) -> Review:
    """The same under a margin of one point, within which hardly any methods agree."""
    protocol = only(evidence, *codes, **changes).protocol
    agreed = protocol.agreement.model_copy(update={"margin": 0.01})
    protocol = protocol.model_copy(update={"agreement": agreed})
    return Review(dataclasses.replace(evidence, protocol=protocol))


@pytest.mark.parametrize("evidence_set", ["core", "core+extended"])
def test_every_outcome_has_its_line_with_the_numbers_of_its_pool(
    review: Review, evidence_set: str
) -> None:
    soup = soup_of(summary(review, evidence_set).html)
    rows = soup.table.tbody.find_all("tr")
    assert [r.th.get_text() for r in rows] == [p.label for p in review.protocol.outcome]
    for row, analysis in zip(rows, review.outcomes, strict=True):
        pool = analysis.pools[evidence_set]
        cells = [cell.get_text() for cell in row.find_all("td")]
        assert cells[0] == per_hundred(pool)
        assert cells[2] == str(pool.people)
        graded = analysis.certainty(pool)
        assert graded.word in cells[4]
        assert graded.symbols in cells[4]


def test_the_table_is_accessible(review: Review) -> None:
    soup = soup_of(summary(review, "core").html)
    assert soup.caption.get_text() == "Summary of findings: core evidence"
    assert {th["scope"] for th in soup.thead.find_all("th")} == {"col"}
    assert {tr.th["scope"] for tr in soup.tbody.find_all("tr")} == {"row"}
    assert all(s["aria-hidden"] == "true" for s in soup.find_all("span", class_="circles"))


def test_every_level_taken_off_leads_to_its_reason_and_back(review: Review) -> None:
    soup = soup_of(summary(review, "core+extended").html)
    links = [a for span in soup.find_all("span", class_="notes") for a in span.find_all("a")]
    expected = [
        (analysis.plan, domain)
        for analysis in review.outcomes
        for domain in analysis.certainty(analysis.pools["core+extended"]).downgrades
    ]
    assert len(links) == len(expected) > 30
    for link, (plan, domain) in zip(links, expected, strict=True):
        assert link.get_text() == f"{domain.name} −{domain.downgrade}"
        reason = soup.find(id=link["href"][1:])
        assert domain.reason in reason.get_text()
        back = soup.find(id=reason.a["href"][1:])
        assert back.name == "tr"
        assert back.th.get_text() == plan.label


def test_both_sets_can_stand_on_one_page(review: Review) -> None:
    html = "".join(summary(review, name).html for name in ("core", "core+extended"))
    ids = [tag["id"] for tag in soup_of(html).find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_a_sentence_says_on_which_side_of_the_threshold_and_is_no_surer_than_its_certainty(
    first_review: Review,
) -> None:
    assert words(first_review, "downstaging_pathological", "core").endswith(
        "; the whole interval is above the decision threshold of 50 %."
    )
    assert "; the interval includes the decision threshold of 10 %" in words(
        first_review, "pcr", "core+extended"
    )
    assert words(first_review, "pcr", "core+extended").startswith("Very uncertain: about 18 of 100")
    assert "none of 34 patients" in words(first_review, "mortality_30d", "core+extended")
    assert "3 of 10 in one study" in words(first_review, "complication_minor", "core")


def test_where_the_methods_disagree_no_side_is_told_but_each_methods(
    review: Review, evidence: Evidence
) -> None:
    """Of pCR one method of two reaches below the 10 % that the plan's is wholly above.

    By the margin of the plan the methods of no pool disagree; by one point some do.
    """
    narrow = strict(evidence, "pcr", "mpr", "mortality_30d")
    verdicts = set()
    for each in (review, narrow):
        for analysis in each.outcomes:
            for name, pool in analysis.pools.items():
                said = words(each, analysis.code, name)
                verdict = agreement(pool, each).verdict
                verdicts.add(verdict)
                assert said.startswith("Do not pool: the methods disagree") == (verdict is False)
    assert verdicts == {True, False, None}
    pcr = narrow.outcome("pcr")
    compared = agreement(pcr.pools["core"], narrow)
    heard = compared.table[compared.table["counts"]]
    assert (heard["ci_low"] > pcr.plan.threshold).tolist().count(True) == 1
    assert len(heard) == 2
    assert words(narrow, "pcr", "core") == (
        "Do not pool: the methods disagree. The studies range from 14.3 % to 50.0 %. "
        "1 of 2 methods puts the whole interval above 10.0 %; 1 does not."
    )
    assert words(narrow, "mpr", "core").endswith(
        "1 of 5 methods puts the whole interval above 25.0 %; 4 do not."
    )
    line = soup_of(summary(narrow, "core").html).tbody.tr
    assert "Do not pool" in line.find_all("td")[-1].get_text()
    high = strict(evidence, "pcr", threshold=0.99)
    every = "All 6 methods put the whole interval below 99.0 %."
    assert words(high, "pcr", "core+extended").endswith(every)


def test_without_a_threshold_no_side_is_told(evidence: Evidence, first_evidence: Evidence) -> None:
    free = {"threshold": None, "direction": None}
    bare = only(first_evidence, "pcr", "mortality_30d", **free)
    assert words(strict(evidence, "pcr", **free), "pcr", "core") == (
        "Do not pool: the methods disagree. The studies range from 14.3 % to 50.0 %."
    )
    assert words(bare, "pcr", "core") == "Very uncertain: about 32 of 100."
    assert words(bare, "pcr", "core+extended") == "Very uncertain: about 18 of 100."
    assert "threshold" not in summary(bare, "core+extended").text.lower()


def test_a_one_sided_bound_is_called_one(first_evidence: Evidence) -> None:
    deaths = summary(only(first_evidence, "mortality_30d"), "core+extended")
    line = soup_of(deaths.html).tbody.tr
    assert "at most 8.4 %, exact one-sided 95 % bound" in line.get_text("|")
    assert "0.0 to 8.4" not in soup_of(deaths.html).get_text()


def test_a_count_that_may_not_be_pooled_is_not_denied(
    first_review: Review, first_evidence: Evidence
) -> None:
    rows = first_evidence.rows_of("mortality_90d")
    assert any(row.is_counted for row in rows), "counts exist, and may not be pooled"
    assert words(first_review, "mortality_90d", "core") == "No count that may be pooled."
    told = summary(only(first_evidence, "mortality_90d"), "core").text
    assert "Not reported" not in told
    assert "no study" not in told.lower()
    assert certainty_of(first_review.outcome("mortality_90d")) is None


def test_what_is_not_judged_has_no_column(evidence: Evidence) -> None:
    bare = Review(dataclasses.replace(evidence, judgements=()))
    shown = summary(bare, "core")
    assert "⊕" not in shown.text
    assert "ertainty" not in shown.text
    heads = [cell.get_text() for cell in soup_of(shown.html).thead("th")]
    assert heads == [
        "Outcome",
        "Of 100 patients",
        "Studies",
        "Patients",
        "95 % interval",
        "In plain words",
    ]
    assert certainty_of(bare.outcome("pcr")) is None


def test_an_outcome_that_is_not_judged_says_so_among_those_that_are(evidence: Evidence) -> None:
    some = tuple(one for one in evidence.judgements if one.outcome != "pcr")
    bare = Review(dataclasses.replace(evidence, judgements=some))
    line = soup_of(summary(bare, "core").html).tbody.tr
    assert line.th.get_text() == "Pathological complete response"
    assert line.find_all("td")[4].get_text() == "not judged"
    assert certainty_of(bare.outcome("pcr")) is None


def test_an_outcomes_page_has_every_pool_with_every_domain(review: Review) -> None:
    analysis = review.outcomes[0]
    soup = soup_of(certainty_of(analysis).html)
    rows = soup.tbody.find_all("tr")
    assert len(rows) == len(list(analysis.every_pool()))
    names = [row.th.get_text() for row in rows]
    assert len(set(names)) == len(names)
    assert len(soup.find_all("details")) == len(rows)
    assert all(len(d.find_all("li")) == 5 for d in soup.find_all("details"))


def test_a_hostile_reason_stays_text(evidence: Evidence) -> None:
    bad = tuple(
        dataclasses.replace(one, reason="<script>alert(1)</script> & ‘x’")
        for one in evidence.judgements
    )
    html = summary(Review(dataclasses.replace(evidence, judgements=bad)), "core").html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
