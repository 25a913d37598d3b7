"""The flow of records: it balances, says all of its boxes, and agrees with the table."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

import pytest
from bs4 import BeautifulSoup

from onearm.errors import InputError
from onearm.evidence import Evidence, Record
from onearm.evidence.flow import flow_columns
from onearm.evidence.plan.vocabulary import FlowPlan
from onearm.evidence.tables.columns import EXITS
from onearm.figures import flow


def changed(evidence: Evidence, record: str, **cells: str) -> Evidence:
    return with_records(
        evidence,
        lambda row: dataclasses.replace(row, **cells) if row.record_id == record else row,
    )


def with_records(evidence: Evidence, change: Callable[[Record], Record]) -> Evidence:
    return dataclasses.replace(evidence, records=tuple(map(change, evidence.records)))


def draw(evidence: Evidence):
    return flow(evidence, name="flow", title="Flow of records")


def test_every_box_is_the_sum_of_its_exits(evidence: Evidence) -> None:
    for column in flow_columns(evidence):
        left = {way: found.number for way, found in column.exits.items()}
        assert column.screened == sum(number for _, number in column.met_by)
        assert column.screened == column.sought + sum(
            n for (at, _), n in left.items() if at == "screened"
        )
        assert column.sought == column.assessed + sum(
            n for (at, _), n in left.items() if at == "sought"
        )
        assert column.assessed == column.included + left["assessed", "excluded"]
        for found in column.exits.values():
            assert sum(number for _, number in found.reasons) <= found.number
        for way in EXITS:
            if way[1] in ("excluded", "not_retrieved"):
                found = column.exits[way]
                assert sum(number for _, number in found.reasons) == found.number


def test_the_columns_add_up_to_all_records(evidence: Evidence) -> None:
    *columns, total = flow_columns(evidence)
    assert sum(column.screened for column in columns) == total.screened == len(evidence.records)
    assert sum(column.included for column in columns) == total.included


def test_two_versions_of_a_trial_are_two_reports_and_one_study(evidence: Evidence) -> None:
    total = flow_columns(evidence)[-1]
    # LCMC3 by its abstract and by its paper, and eight studies by two reports each.
    assert total.included == total.studies + 1 + 8
    assert evidence.study("lcmc3conference").version_of


@pytest.mark.parametrize(
    ("record", "cells", "says"),
    [
        (
            "R08",
            {"decision": "excluded"},
            ("78 records sought, and 77 left", "R08 (excluded when sought)"),
        ),
        (
            "R05",
            {"decision": "included"},
            ("5 records met and screened, and 4 left", "R05 (included when screened)"),
        ),
        (
            "R01",
            {"decision": "awaiting"},
            ("4 records assessed, and 3 left", "R01 (awaiting when assessed)"),
        ),
    ],
)
def test_an_imbalance_is_told_with_its_numbers(
    evidence: Evidence, record: str, cells: dict[str, str], says: tuple[str, ...]
) -> None:
    with pytest.raises(InputError, match="does not balance") as caught:
        draw(changed(evidence, record, **cells))
    assert all(part in str(caught.value) for part in says), caught.value


def test_reading_refuses_the_record_with_its_place(data_copy) -> None:
    from onearm import read_evidence

    path = data_copy / "records.csv"
    path.write_text(path.read_text().replace("screened,excluded", "screened,included", 1))
    with pytest.raises(InputError) as caught:
        read_evidence(data_copy)
    (problem,) = [f for f in caught.value.findings if f.code == "decision-at-stage"]
    assert (problem.file, problem.column, problem.value) == ("records.csv", "decision", "included")
    assert "choose from: excluded, awaiting" in problem.mend


def test_the_alternative_names_every_box_with_the_numbers_drawn(evidence: Evidence) -> None:
    drawing = draw(evidence)
    drawn = " ".join(
        t.get_text() for t in BeautifulSoup(drawing.svg, "html.parser").find_all("text")
    )
    for column in flow_columns(evidence)[:-1]:
        told = drawing.alt.split(f"{column.title}: ")[1]
        assert told.startswith(f"{column.screened} record")
        for way, words in EXITS.items():
            number = column.exits[way].number
            if not way[1].startswith("included"):
                assert f"{words}: {number}" in told
            for reason, times in column.exits[way].reasons:
                if not way[1].startswith("included"):
                    assert f"{times} × {reason}" in told
        for box in (f"Records screened: {column.screened}", f"Reports sought: {column.sought}",
                    f"Reports assessed: {column.assessed}"):  # fmt: skip
            assert box in drawn
    total = flow_columns(evidence)[-1]
    words = f"Included: {total.studies} studies in {total.included} reports"
    assert words in drawing.alt
    assert words in drawn


def test_the_numbers_are_those_of_the_table(evidence: Evidence) -> None:
    from onearm.report.pages.evidence.flow import flow_table

    soup = BeautifulSoup(flow_table(evidence).html, "html.parser")
    head = [th.get_text() for th in soup.thead.find_all("th")]
    table = {
        row.th.get_text(): dict(
            zip(head[1:], (td.get_text() for td in row.find_all("td")), strict=True)
        )
        for row in soup.tbody.find_all("tr")
    }
    compared = 0
    for row in draw(evidence).numbers:
        if row["box"] in table:
            compared += 1
            assert table[row["box"]][row["column"]] == str(row["records"])
    assert compared >= 3 * 5


def with_reasons(evidence: Evidence, stage: str, decision: str, reasons: Sequence[str]) -> Evidence:
    """The evidence with these reasons, in turn, at one exit."""
    ahead = iter(reasons)
    return with_records(
        evidence,
        lambda row: (
            dataclasses.replace(row, reason=next(ahead))
            if (row.stage, row.decision) == (stage, decision)
            else row
        ),
    )


def test_hostile_text_stays_text_and_long_lists_are_counted(evidence: Evidence) -> None:
    reasons = [f"<script>{i}</script> & ${i}$ " * 20 for i in range(len(evidence.records))]
    hostile = with_reasons(evidence, "screened", "excluded", reasons)
    soup = BeautifulSoup(draw(hostile).svg, "html.parser")
    assert soup.find("script") is None
    column = flow_columns(evidence)[1]
    rest = column.exits["screened", "excluded"].number - 6
    assert f"{rest} × for other reasons" in soup.get_text()


def drawn_with(evidence: Evidence, reasons: list[str]) -> str:
    """The drawn words when the reports not retrieved have these reasons."""
    svg = draw(with_reasons(evidence, "sought", "not_retrieved", reasons)).svg
    return " ".join(t.get_text() for t in BeautifulSoup(svg, "html.parser").find_all("text"))


def test_no_reason_is_cut(evidence: Evidence) -> None:
    long = "A report that was cited without author or title in the text and could not be found " * 4
    drawn = drawn_with(evidence, [f"{long}8", f"{long}9", "Another reason"])
    assert "…" not in drawn
    for reason in (f"{long}8", f"{long}9", "Another reason"):
        assert f"1 × {reason}" in drawn


def test_it_begins_with_what_was_identified_and_by_which_search(evidence: Evidence) -> None:
    drawing = draw(evidence)
    soup = BeautifulSoup(drawing.svg, "html.parser")
    drawn = " ".join(t.get_text() for t in soup.find_all("text"))
    for said in (drawn, drawing.alt):
        assert "Search" in said
        assert evidence.protocol.status.last_search in said
    numbers = {(row["column"], row["box"]): row["records"] for row in drawing.numbers}
    for column in flow_columns(evidence)[:-1]:
        assert f"Records identified: {sum(n for _, n in column.met_by)}" in drawn
        identified = numbers[column.title, "Records identified"]
        removed = numbers[column.title, "Removed before screening"]
        assert f"Removed before screening: {removed}" in drawn
        assert identified - removed == column.screened
    assert numbers["All records", "Records identified"] == len(evidence.records)


def test_it_fits_a_sheet_of_paper(evidence: Evidence) -> None:
    wide, high = map(float, re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"|$', draw(
        evidence).svg).groups())  # fmt: skip
    assert high / wide < 1.35  # A4 within margins, and room for the caption


def test_without_records_there_is_no_flow(evidence: Evidence) -> None:
    assert draw(dataclasses.replace(evidence, records=())) is None


@pytest.mark.parametrize("many", [1, 2, 3, 4])
def test_the_plan_names_the_columns(evidence: Evidence, many: int, drawn, complaints) -> None:
    ways = [f"way{place}" for place in range(many)]
    plans = [
        FlowPlan(title=f"Column {way}", ways={way: f"found by {way}", f"{way}x": "found otherwise"})
        for way in ways
    ]
    records = tuple(
        dataclasses.replace(row, met_by=ways[place % many])
        for place, row in enumerate(evidence.records)
    )
    # the last column is not in use: no record was met by it
    plans.append(FlowPlan(title="Unused", ways={"unused": "unused"}))
    protocol = evidence.protocol.model_copy(update={"flow": tuple(plans), "status": None})
    other = dataclasses.replace(evidence, protocol=protocol, records=records)
    drawing, figure = drawn("flow", lambda: draw(other))
    assert complaints(figure) == []
    assert {row["column"] for row in drawing.numbers} == {
        *(f"Column {way}" for way in ways),
        "All records",
    }
    assert f"Column way{many - 1}" in drawing.svg
    assert "Search" not in drawing.alt


def test_it_is_the_same_every_time_and_within_the_page(evidence: Evidence) -> None:
    first, second = draw(evidence), draw(evidence)
    assert first.svg == second.svg
    width = float(re.search(r'width="([\d.]+)pt"', first.svg)[1])
    assert width == pytest.approx(9.6 * 72)
