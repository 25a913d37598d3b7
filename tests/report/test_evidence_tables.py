"""The evidence page: nothing lost by folding, lights never by colour alone, all of it linked."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

import onearm.report
from onearm.analysis import Pool, Review
from onearm.evidence import Evidence, EvidenceSetPlan, read_evidence
from onearm.evidence.flow import flow_columns
from onearm.report.kit.html import Html, anchor
from onearm.report.pages.evidence import appraisal as lights
from onearm.report.pages.evidence import flow, tables
from onearm.report.pages.evidence.page import EvidencePage

CSS = Path(onearm.report.__file__).parent / "templates" / "onearm" / "evidence.css"


def soup_of(shown: Html) -> BeautifulSoup:
    return BeautifulSoup(shown.html, "html.parser")


def test_every_row_is_there_once_under_its_outcome(evidence: Evidence) -> None:
    soup = soup_of(tables.all_rows_table(evidence))
    ids = Counter(tr["id"] for tr in soup.select("tbody tr"))
    assert set(ids) == {anchor(row.row_id) for row in evidence.counts}
    assert set(ids.values()) == {1}
    summaries = [s.get_text() for s in soup.find_all("summary")]
    assert len(summaries) == len(evidence.protocol.outcome) + 1
    for plan, heading in zip(evidence.protocol.outcome, summaries, strict=False):
        of = [row for row in evidence.counts if row.outcome == plan.code]
        pooled = sum(row.use == "pool" for row in of)
        assert heading.startswith(f"{plan.label}: {len(of)} row")
        assert heading.endswith(f" {pooled} marked for pooling")


def test_every_record_is_there_once_under_what_became_of_it(evidence: Evidence) -> None:
    soup = soup_of(flow.records_table(evidence))
    ids = [tr["id"] for tr in soup.select("tbody tr")]
    assert sorted(ids) == sorted(f"record-{r.record_id}" for r in evidence.records)
    counted = [int(re.search(r"\((\d+)\)$", s.get_text())[1]) for s in soup.find_all("summary")]
    assert sum(counted) == len(evidence.records)


def test_the_flow_adds_up_in_every_column(evidence: Evidence) -> None:
    rows = {
        tr.th.get_text(): [int(td.get_text()) for td in tr.find_all("td")]
        for tr in soup_of(flow.flow_table(evidence)).select("tbody tr")
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
    text = flow.flow_words(evidence).text
    assert "66 reports of 57 studies" in text
    assert evidence.protocol.status.last_search in text


def numbers_of(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", text)]


def test_the_extracted_studies_come_down_to_those_of_the_flow(evidence: Evidence) -> None:
    total = flow_columns(evidence)[-1]
    text = flow.extracted_words(evidence).text
    entries, studies, versions, pooled, described, excluded, second_hand = numbers_of(text)
    assert entries == len(evidence.studies)
    assert versions == sum(study.version_of != "" for study in evidence.studies)
    assert studies == entries - versions == pooled + described + excluded + second_hand
    assert (pooled, pooled + described) == (total.pooled_studies, total.studies)
    cited = [study for study in evidence.studies if study.source_type == "secondary_citation"]
    assert second_hand == len(cited)


def test_the_bridge_follows_the_records(evidence: Evidence) -> None:
    records = tuple(
        dataclasses.replace(each, decision="included_not_pooled")
        if each.study_id == "bott2018"
        else each
        for each in evidence.records
    )
    other = dataclasses.replace(evidence, records=records)
    assert "15 included and only described, 5 read and excluded" in flow.extracted_words(other).text
    one = dataclasses.replace(evidence, records=records[:1])
    assert "62 not included for another reason" in flow.extracted_words(one).text


def test_the_tables_are_linked_where_they_are(data_copy: Path) -> None:
    shown = tables.take_tables(read_evidence(data_copy))
    links = [a["href"] for a in soup_of(shown).find_all("a")]
    names = ["studies", "outcomes", "records", "appraisal", "certainty"]
    files = [*(f"{name}.csv" for name in names), "protocol.toml"]
    assert links == [f"files/data/{name}" for name in files]
    (data_copy / "certainty.csv").unlink()
    assert "certainty.csv" not in tables.take_tables(read_evidence(data_copy)).html


def test_every_study_has_its_characteristics_and_its_reference(evidence: Evidence) -> None:
    table, cited = soup_of(tables.studies_table(evidence)), tables.studies_references(evidence)
    ids = {tr["id"] for tr in table.select("tbody tr")}
    assert ids == {f"study-{study.study_id}" for study in evidence.studies}
    for study in evidence.studies:
        assert study.citation in cited.text
        assert study.notes in cited.text


def test_every_light_has_a_symbol_a_word_a_class_and_leads_to_its_reason(
    evidence: Evidence,
) -> None:
    reasons = soup_of(lights.appraisal_reasons(evidence))
    found = soup_of(lights.appraisal_lights(evidence)).select("a.light")
    assert len(found) == len(evidence.appraisal)
    judged = {f"appraisal-{row.study_id}-{row.tool}-{row.item}": row for row in evidence.appraisal}
    for light in found:
        row = judged[light["href"][1:]]
        symbol, word = lights.STATES[row.judgement]
        assert light.find("span", class_="symbol").get_text() == symbol
        assert light.find_all("span")[1].get_text() == word
        assert row.judgement.replace("_", "-") in light["class"]
        target = reasons.find(id=light["href"][1:]).get_text()
        assert row.question in target
        assert row.reason in target
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
    pool = Review(evidence).outcome("pcr").pools[evidence_set]
    soup = soup_of(lights.contributing(evidence, pool))
    targets = [a["href"] for a in soup.select("tbody th a")]
    expected = {f"evidence.html#study-{row.study_id}" for row in pool.selection.rows}
    assert set(targets) == expected
    assert len(targets) == len(expected)
    assert all(a["href"].startswith("evidence.html#appraisal-") for a in soup.select("a.light"))


def test_a_contributing_study_that_is_not_appraised_is_told(evidence: Evidence) -> None:
    review = Review(evidence)
    pool = review.outcome("pcr").pools["core"]
    some = tuple(item for item in evidence.appraisal if item.study_id != "alneo2025")
    text = lights.contributing(dataclasses.replace(evidence, appraisal=some), pool).text
    assert "Not appraised: ALNEO 2025." in text
    other = tuple(item for item in some if item.study_id not in ids_of(pool))
    text = lights.contributing(dataclasses.replace(evidence, appraisal=other), pool).text
    assert text == "Not appraised: Lococo 2023, ALNEO 2025 and Chiappetta 2025."
    none = dataclasses.replace(evidence, appraisal=())
    assert lights.contributing(none, pool) is None
    assert lights.appraisal_lights(none) is None
    assert lights.appraisal_reasons(none) is None
    empty = review.outcome("mortality_90d").pools["core"]
    assert "No study contributes" in lights.contributing(evidence, empty).text


def ids_of(pool: Pool) -> set[str]:
    return {row.study_id for row in pool.selection.rows}


def test_two_tools_for_one_study_have_places_of_their_own(evidence: Evidence) -> None:
    again = tuple(
        dataclasses.replace(item, tool="jbi_prevalence")
        for item in evidence.appraisal
        if (item.study_id, item.tool) == ("lococo2023", "jbi_case_series") and item.item < 10
    )
    both = dataclasses.replace(evidence, appraisal=(*evidence.appraisal, *again))
    ids = [tag["id"] for tag in soup_of(lights.appraisal_reasons(both)).find_all(id=True)]
    assert len(ids) == len(set(ids))
    shown = soup_of(lights.appraisal_lights(both))
    assert {light["href"][1:] for light in shown.select("a.light")} == set(ids)
    pool = Review(both).outcome("pcr").pools["core"]
    captions = [c.get_text() for c in soup_of(lights.contributing(both, pool)).find_all("caption")]
    assert len(captions) == len(set(captions)) == 2


def test_ids_are_unique_over_the_whole_page(evidence: Evidence) -> None:
    pieces = [
        flow.flow_table(evidence),
        flow.records_table(evidence),
        tables.studies_table(evidence),
        tables.studies_references(evidence),
        lights.appraisal_lights(evidence),
        lights.appraisal_reasons(evidence),
        tables.all_rows_table(evidence),
    ]
    ids = [tag["id"] for piece in pieces for tag in soup_of(piece).find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_what_is_not_there_is_left_out(evidence: Evidence) -> None:
    bare = dataclasses.replace(evidence, records=(), counts=())
    for piece in (flow.flow_words, flow.flow_table, flow.records_table, flow.extracted_words):
        assert piece(bare) is None
    assert tables.all_rows_table(bare).text == "There is no row."


def test_one_evidence_set_is_not_mentioned_and_an_empty_column_is_left_out(
    evidence: Evidence,
) -> None:
    whole = evidence.protocol.model_copy(
        update={"evidence_set": (EvidenceSetPlan(name="all", label="All studies"),)}
    )
    studies = tuple(dataclasses.replace(study, country="") for study in evidence.studies)
    other = dataclasses.replace(evidence, protocol=whole, studies=studies)
    heads = [th.get_text() for th in soup_of(tables.studies_table(other)).select("thead th")]
    assert "Set" not in heads
    assert "Country" not in heads
    assert "Drugs given before surgery" in heads, "the plan's own columns are shown"
    heads = [th.get_text() for th in soup_of(flow.flow_table(other)).select("thead th")]
    assert heads == ["Step", *(part.title for part in whole.flow), "All records"]


def test_a_small_review_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "protocol.toml").write_text(
        'title = "T"\n[[outcome]]\ncode = "pain"\nlabel = "Pain"\n'
    )
    (tmp_path / "studies.csv").write_text("study_id,label\na,A 2001\nb,B 2002\n")
    (tmp_path / "outcomes.csv").write_text(
        "study_id,outcome,events,n,source\na,pain,3,20,x\nb,pain,5,22,y\n"
    )
    page = EvidencePage(Review(tmp_path))
    for name in ("flow", "flow_table", "records", "timeline", "references", "appraisal"):
        assert getattr(page, name)() is None, name
    assert "2 rows, 2 marked for pooling" in page.rows().text
    assert "A 2001" in page.studies().text
    assert [finding["code"] for finding in page.record().data["findings"]] == []


def spoilt(rows: tuple[Any, ...], **cells: object) -> tuple[Any, ...]:
    return tuple(dataclasses.replace(row, **cells) for row in rows)


def test_hostile_cells_stay_text(evidence: Evidence) -> None:
    bad = "<img src=x onerror=alert(1)>&\"'"
    hostile = dataclasses.replace(
        evidence,
        records=spoilt(evidence.records, reason=bad, citation=bad),
        counts=spoilt(evidence.counts, printed=bad, locator=bad),
        appraisal=spoilt(evidence.appraisal, reason=bad, question=bad),
        studies=spoilt(evidence.studies, notes=bad, topic={"agent": bad}, country=bad),
    )
    for piece in (
        flow.records_table,
        tables.all_rows_table,
        tables.studies_table,
        tables.studies_references,
        lights.appraisal_lights,
        lights.appraisal_reasons,
    ):
        assert soup_of(piece(hostile)).find("img") is None
