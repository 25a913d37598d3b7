"""The PRISMA map: complete, honest, and a build that stops when a section is gone."""

import dataclasses
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from onearm import OnearmError
from onearm.report.build.pages import slug
from onearm.report.pages.methods.checklist import ITEMS, LIVING, NEEDS
from onearm.report.pages.methods.prisma import EACH, check_map, gaps, prisma_table
from onearm.robustness import CHECKS

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHECKLIST = (
    "1 2 3 4 5 6 7 8 9 10a 10b 11 12 13a 13b 13c 13d 13e 13f 14 15 16a 16b 17 18 19 20a 20b 20c "
    "20d 21 22 23a 23b 23c 23d 24a 24b 24c 25 26 27"
)
PLACES = sorted({place for item in ITEMS for place in item.places} | set(LIVING))


def _places(protocol):
    for place in PLACES:
        kind, _, anchor = place.partition("#")
        codes = [plan.code for plan in protocol.outcome]
        each = [EACH[kind].format(code=code) for code in codes] if kind in EACH else []
        pages = each or [f"{kind}.html"]
        for page in pages:
            yield page, anchor


@pytest.fixture
def pages(evidence):
    made = {}
    for page, anchor in _places(evidence.protocol):
        made[page] = made.get(page, "") + f'<h2 class="x" id="{anchor}">T</h2>\n'
    return made


def test_every_item_is_there_once_in_order():
    assert [item.number for item in ITEMS] == CHECKLIST.split()


def test_what_is_not_reported_says_why(evidence):
    for item in ITEMS:
        assert item.places or item.note, item.number
        assert item.asks, item.number
    states = {item.state(evidence) for item in ITEMS}
    assert states == {"reported", "in part", "not reported"}


def test_whole_pages_pass(pages, evidence):
    assert gaps(pages, evidence) == []
    check_map(pages, evidence)


@pytest.mark.parametrize("place", PLACES)
def test_any_missing_section_stops_the_build_by_name(place, pages, evidence):
    kind, _, anchor = place.partition("#")
    code = evidence.protocol.outcome[-1].code
    page = EACH[kind].format(code=code) if kind in EACH else f"{kind}.html"
    pages[page] = pages[page].replace(f'id="{anchor}"', f'title="{anchor}" data-id="{anchor}"')
    with pytest.raises(OnearmError, match="nothing was published") as caught:
        check_map(pages, evidence)
    assert f"{page}#{anchor}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_page_is_named(pages, evidence):
    del pages["methods.html"]
    assert "15: methods.html#Certainty" in gaps(pages, evidence)


def test_text_that_looks_like_an_anchor_is_none(pages, evidence):
    pages["methods.html"] = pages["methods.html"].replace(
        '<h2 class="x" id="Certainty">', '<pre>&lt;h2 id="Certainty"&gt;</pre><h2>'
    )
    assert any("Certainty" in gap for gap in gaps(pages, evidence))


def test_the_table_links_every_place_and_escapes_the_status(evidence):
    status = evidence.protocol.status.model_copy(update={"last_search": "<b>never</b>"})
    protocol = evidence.protocol.model_copy(update={"status": status})
    other = dataclasses.replace(evidence, protocol=protocol)
    soup = BeautifulSoup(prisma_table(other).html, "html.parser")
    assert soup.find("b") is None
    assert "<b>never</b>" in soup.get_text()
    linked = {a["href"] for a in soup.find_all("a") if not a["href"].startswith("#ref-")}
    first = protocol.outcome[0].code
    assert linked == {
        f"{EACH.get(kind, kind + '.html').format(code=first)}#{anchor}"
        for kind, _, anchor in (place.partition("#") for place in PLACES)
    }
    assert len(soup.tbody.find_all("tr")) == len(ITEMS)


def test_a_section_of_what_was_not_supplied_is_not_missed_and_its_item_says_so(pages, evidence):
    protocol = evidence.protocol.model_copy(update={"status": None, "question": "", "strata": {}})
    supplied = evidence.supplied - {"records", "appraisal", "certainty"}
    small = dataclasses.replace(evidence, protocol=protocol, supplied=supplied)
    for place in NEEDS:
        kind, _, anchor = place.partition("#")
        for page in pages:
            if page == f"{kind}.html" or (kind in EACH and page not in ("methods.html",)):
                pages[page] = pages[page].replace(f'id="{anchor}"', "")
    assert gaps(pages, evidence), "where they were supplied they are missed"
    assert gaps(pages, small) == []
    states = {item.number: item.state(small) for item in ITEMS}
    assert [number for number, state in states.items() if state == "not supplied"] == [
        "3", "4", "6", "11", "15", "16a", "18",
    ]  # fmt: skip
    shown = BeautifulSoup(prisma_table(small).html, "html.parser")
    assert "Not supplied: records.csv" in shown.get_text()
    linked = {a["href"] for a in shown.find_all("a")}
    assert not {f"evidence.html#{place}" for place in ("Flow-of-records", "Appraisal")} & linked


def test_a_place_that_is_a_check_is_one_of_the_registry():
    checks = {p.split("#")[1] for p in PLACES if p.startswith("robustness#") and p[11].islower()}
    assert checks
    assert checks <= set(CHECKS)


def _headings(kind):
    name = {"index": "synopsis"}.get(kind, kind)
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return {slug(line) for line in re.findall(r"(?m)^##+ (.+)$", text)}


@pytest.mark.parametrize("place", [place for place in PLACES if place.split("#")[1][0].isupper()])
def test_the_notebooks_have_the_headings_of_the_map(place):
    kind, _, anchor = place.partition("#")
    assert anchor in _headings(kind)
