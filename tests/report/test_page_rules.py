"""What holds for every page as a file: whole, strict, in order, and leading somewhere."""

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent.parent
REPORTS = ROOT / "reports"
PAGES = sorted(REPORTS.glob("*.html"))
POLICY = {
    "default-src": "'none'",
    "img-src": "data:",
    "style-src": "'unsafe-inline'",
    "base-uri": "'none'",
    "form-action": "'none'",
}
DATA = "application/json"
# The only places outside that a page may link to.
LINKED = ("https://doi.org/", "https://github.com/neurostuff/PyMARE")

every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)


@cache
def soup(path):
    """Parse a page once; no test changes what it is given."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def ids(path):
    """Return every id of a page, once each time it stands there."""
    return tuple(tag["id"] for tag in soup(path).find_all(id=True))


@cache
def places(path):
    return frozenset(ids(path))


def policy(page):
    (meta,) = page.find_all("meta", {"http-equiv": "Content-Security-Policy"})
    parts = [part.split() for part in meta["content"].split(";")]
    return {name: " ".join(values) for name, *values in parts}


@every_page
def test_a_page_is_whole(path):
    page = soup(path)
    assert page.html["lang"] == "en"
    assert len(page.find_all("h1")) == 1
    assert len(page.find_all("main")) == 1
    if path.name != "everything.html":
        assert path.stat().st_size < 3_000_000


def test_the_page_that_gathers_all_is_no_larger_than_what_it_gathers():
    """Styles and figures that pages share are there once, so nothing is carried twice."""
    gathered = sum(path.stat().st_size for path in PAGES if path.name != "everything.html")
    assert 0.5 * gathered < (REPORTS / "everything.html").stat().st_size < gathered


def test_no_two_pages_have_one_title():
    titles = [soup(path).title.get_text().strip() for path in PAGES]
    assert all(titles)
    assert len(titles) == len(set(titles))


@every_page
def test_a_page_may_load_nothing_and_run_its_one_script_only(path):
    page = soup(path)
    scripts = page.find_all("script")
    data = [tag for tag in scripts if tag.get("type") == DATA]
    code = [tag for tag in scripts if tag.get("type") != DATA]
    if page.find(id="explorer-data"):
        assert [tag.get("id") for tag in data] == ["explorer-data"]
        json.loads(data[0].string)
        (script,) = code
        assert script.attrs == {}
        digest = base64.b64encode(hashlib.sha256(script.string.encode()).digest()).decode()
        assert policy(page) == POLICY | {"script-src": f"'sha256-{digest}'"}
    else:
        assert scripts == []
        assert policy(page) == POLICY
    # What comes before the policy is not under it.
    assert (
        page.find("meta", {"http-equiv": True}).find_previous(["script", "style", "link"]) is None
    )


@every_page
def test_no_element_asks_for_anything(path):
    page = soup(path)
    for tag in page.find_all(True):
        for name in tag.attrs:
            assert name not in ("src", "srcset", "data", "poster", "background", "ping"), tag.name
            assert not name.startswith("on"), f"<{tag.name} {name}>"
        assert tag.name not in ("iframe", "object", "embed", "base", "form"), tag.name
        if tag.name in ("link", "image", "use"):
            assert tag.get("href", tag.get("xlink:href", "#")).startswith("#")
    styles = " ".join(
        [
            *(s.get_text() for s in page.find_all("style")),
            *(t["style"] for t in page.find_all(style=True)),
        ]
    )
    assert not re.search(r"@import|url\((?!#)", styles)


@every_page
def test_links_within_the_report_lead_somewhere(path):
    for tag in soup(path).find_all("a", href=True):
        if tag["href"].startswith(LINKED):
            continue
        name, _, place = tag["href"].partition("#")
        target = path if not name else REPORTS / name
        assert target.is_file(), tag["href"]
        if place:
            assert place in places(target), tag["href"]


@every_page
def test_every_id_is_used_once(path):
    assert len(ids(path)) == len(places(path))


@every_page
def test_headings_go_down_one_step_at_a_time(path):
    headings = soup(path).find_all(re.compile(r"^h[1-6]$"))
    levels = [int(heading.name[1]) for heading in headings]
    assert levels[0] == 1
    for before, after, heading in zip(levels, levels[1:], headings[1:], strict=False):
        assert after <= before + 1, heading.get_text()
    assert all(heading.get_text().strip() for heading in headings)


@every_page
def test_every_table_says_what_it_is_and_what_its_headings_head(path):
    for table in soup(path).find_all("table"):
        assert table.caption is not None, table.get_text()[:80]
        assert len(table.caption.get_text().strip()) > 5
        assert table.find("th", scope="col"), table.caption.get_text()
        for heading in table.find_all("th"):
            assert heading.get("scope") in ("col", "row", "colgroup", "rowgroup"), heading


@every_page
def test_every_page_says_which_evidence_and_plan_it_is_of(path):
    results = json.loads((REPORTS / "results.json").read_text(encoding="utf-8"))
    text = soup(path).get_text()
    for digest in ("data_sha256", "protocol_sha256"):
        assert results[digest][:12] in text, digest
