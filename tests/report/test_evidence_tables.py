"""The evidence page: nothing lost by folding, lights never by colour alone, all of it linked."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

import onearm.report
from onearm.analysis import analyse
from onearm.evidence import Evidence
from onearm.evidence.flow import flow_columns
from onearm.report.kit.html import Html
from onearm.report.pages.evidence import appraisal as lights
from onearm.report.pages.evidence import tables as show

CSS = Path(onearm.report.__file__).parent / "templates" / "onearm" / "evidence.css"


def soup_of(shown: Html) -> BeautifulSoup:
    return BeautifulSoup(shown.html, "html.parser")


def test_every_row_is_there_once_under_its_outcome(evidence: Evidence) -> None:
    soup = soup_of(show.all_rows_table(evidence))
    ids = Counter(tr["id"] for tr in soup.select("tbody tr"))
    assert set(ids) == {f"row-{row}" for row in evidence.outcomes["row_id"]}
    assert set(ids.values()) == {1}
    summaries = [s.get_text() for s in soup.find_all("summary")]
    assert len(summaries) == len(evidence.protocol.outcome) + 1
    for plan, heading in zip(evidence.protocol.outcome, summaries, strict=False):
        of = evidence.outcomes[evidence.outcomes["outcome"] == plan.code]
        pooled = int((of["use"] == "pool").sum())
        assert heading.startswith(f"{plan.label}: {len(of)} row")
        assert heading.endswith(f" {pooled} marked for pooling")


def test_every_record_is_there_once_under_what_became_of_it(evidence: Evidence) -> None:
    soup = soup_of(show.records_table(evidence))
    ids = [tr["id"] for tr in soup.select("tbody tr")]
    assert sorted(ids) == sorted(f"record-{r}" for r in evidence.records["record_id"])
    counted = [int(re.search(r"\((\d+)\)$", s.get_text())[1]) for s in soup.find_all("summary")]
    assert sum(counted) == len(evidence.records)


def test_the_flow_adds_up_in_every_column(evidence: Evidence) -> None:
    rows = {
        tr.th.get_text(): [int(td.get_text()) for td in tr.find_all("td")]
        for tr in soup_of(show.flow_table(evidence)).select("tbody tr")
    }
    identified, screened, sought, assessed = (
        rows.pop(name)
        for name in ("Records identified", "Records screened", "Reports sought", "Reports assessed")
    )
    assert identified == screened
    assert [sum(column) for column in zip(*rows.values(), strict=True)] == screened
    for seeds, others, total, core, extended in (*rows.values(), screened, sought, assessed):
        assert seeds + others == total == core + extended


def test_the_words_of_the_flow_count_reports_and_studies_and_admit_what_was_not_searched(
    evidence: Evidence,
) -> None:
    text = show.flow_words(evidence).text
    assert "25 reports of 24 studies" in text
    assert evidence.protocol.status.last_search in text


def numbers_of(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def test_the_extracted_studies_come_down_to_those_of_the_flow(evidence: Evidence) -> None:
    total = flow_columns(evidence)[-1]
    text = show.extracted_words(evidence).text
    entries, studies, versions, pooled, described, excluded, second_hand = numbers_of(text)
    assert entries == len(evidence.studies)
    assert versions == int((evidence.studies["version_of"] != "").sum())
    assert studies == entries - versions == pooled + described + excluded + second_hand
    assert (pooled, pooled + described) == (total.pooled_studies, total.studies)
    assert second_hand == int((evidence.studies["source_type"] == "secondary_citation").sum())


def test_the_bridge_follows_the_records(evidence: Evidence) -> None:
    records = evidence.records.copy()
    at = records["study_id"] == "bott2018"
    records.loc[at, "decision"] = "included_not_pooled"
    other = dataclasses.replace(evidence, records=records)
    assert "7 included and only described, 3 read and excluded" in show.extracted_words(other).text
    none = dataclasses.replace(evidence, records=evidence.records.iloc[:0])
    assert "28 not included for another reason" in show.extracted_words(none).text


def test_the_tables_are_linked_where_they_are(data_copy: Path) -> None:
    links = [a["href"] for a in soup_of(show.take_tables(str(data_copy))).find_all("a")]
    names = ["studies.csv", "outcomes.csv", "records.csv", "appraisal.csv", "certainty.csv",
             "protocol.toml"]  # fmt: skip
    assert links == [f"files/data/{name}" for name in names]
    (data_copy / "certainty.csv").unlink()
    assert "certainty.csv" not in show.take_tables(str(data_copy)).html


def test_every_study_has_its_characteristics_and_its_reference(evidence: Evidence) -> None:
    table, cited = soup_of(show.studies_table(evidence)), show.studies_references(evidence)
    ids = {tr["id"] for tr in table.select("tbody tr")}
    assert ids == {f"study-{study}" for study in evidence.studies["study_id"]}
    for study in evidence.studies.itertuples():
        assert str(study.citation) in cited.text
        assert str(study.notes) in cited.text


def test_every_light_has_a_symbol_a_word_a_class_and_leads_to_its_reason(
    evidence: Evidence,
) -> None:
    reasons = soup_of(lights.appraisal_reasons(evidence))
    found = soup_of(lights.appraisal_lights(evidence)).select("a.light")
    assert len(found) == len(evidence.appraisal)
    judged = {
        f"appraisal-{row.study_id}-{row.item}": row for row in evidence.appraisal.itertuples()
    }
    for light in found:
        row = judged[light["href"][1:]]
        symbol, word = lights.STATES[str(row.judgement)]
        assert light.find("span", class_="symbol").get_text() == symbol
        assert light.find_all("span")[1].get_text() == word
        assert str(row.judgement).replace("_", "-") in light["class"]
        target = reasons.find(id=light["href"][1:]).get_text()
        assert str(row.question) in target
        assert str(row.reason) in target
        assert word in target


def test_the_states_differ_in_symbol_and_word_and_each_has_its_look() -> None:
    assert len({symbol for symbol, _ in lights.STATES.values()}) == 5
    assert len({word for _, word in lights.STATES.values()}) == 5
    css = CSS.read_text(encoding="utf-8")
    for state in lights.STATES:
        assert f".light.{state.replace('_', '-')}" in css
    assert "not assessable from the source that was read" in lights.legend().html


def test_there_is_no_sum_score(evidence: Evidence) -> None:
    text = f"{lights.appraisal_lights(evidence).text} {lights.appraisal_reasons(evidence).text}"
    assert not re.search(r"\bscore\b|\b\d+ ?/ ?(8|10)\b|\btotal\b", text, re.IGNORECASE)


@pytest.mark.parametrize("evidence_set", ["core", "core+extended"])
def test_an_outcomes_page_shows_the_studies_of_its_pool(
    evidence: Evidence, evidence_set: str
) -> None:
    pool = analyse(evidence, "pcr").pools[evidence_set]
    soup = soup_of(lights.contributing(evidence, pool))
    targets = [a["href"] for a in soup.select("tbody th a")]
    expected = {f"evidence.html#study-{s}" for s in pool.selection.rows["study_id"]}
    assert set(targets) == expected
    assert len(targets) == len(expected)
    assert all(a["href"].startswith("evidence.html#appraisal-") for a in soup.select("a.light"))


def test_a_contributing_study_that_is_not_appraised_is_told(evidence: Evidence) -> None:
    pool = analyse(evidence, "pcr").pools["core"]
    some = evidence.appraisal[evidence.appraisal["study_id"] != "alneo2025"]
    text = lights.contributing(dataclasses.replace(evidence, appraisal=some), pool).text
    assert "Not appraised is: ALNEO 2025." in text
    none = dataclasses.replace(evidence, appraisal=evidence.appraisal.iloc[:0])
    assert "Not appraised are: " in lights.contributing(none, pool).text
    assert lights.appraisal_lights(none).text == "No study is appraised."
    empty = analyse(evidence, "mortality_90d").pools["core"]
    assert "No study contributes" in lights.contributing(evidence, empty).text


def test_ids_are_unique_over_the_whole_page(evidence: Evidence) -> None:
    pieces = [
        show.flow_table(evidence), show.records_table(evidence), show.studies_table(evidence),
        show.studies_references(evidence), lights.appraisal_lights(evidence),
        lights.appraisal_reasons(evidence), show.all_rows_table(evidence),
    ]  # fmt: skip
    ids = [tag["id"] for piece in pieces for tag in soup_of(piece).find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_empty_tables_are_told(evidence: Evidence) -> None:
    bare = dataclasses.replace(
        evidence, records=evidence.records.iloc[:0], outcomes=evidence.outcomes.iloc[:0]
    )
    assert show.records_table(bare).text == "No record was met."
    assert show.all_rows_table(bare).text == "There is no row."


def test_hostile_cells_stay_text(evidence: Evidence) -> None:
    bad = "<img src=x onerror=alert(1)>&\"'"
    hostile = dataclasses.replace(
        evidence,
        records=evidence.records.assign(reason=bad, citation=bad),
        outcomes=evidence.outcomes.assign(printed=bad, locator=bad),
        appraisal=evidence.appraisal.assign(reason=bad, question=bad),
        studies=evidence.studies.assign(notes=bad, agent=bad, country=bad),
    )
    for piece in (
        show.records_table, show.all_rows_table, show.studies_table, show.studies_references,
        lights.appraisal_lights, lights.appraisal_reasons,
    ):  # fmt: skip
        assert soup_of(piece(hostile)).find("img") is None
