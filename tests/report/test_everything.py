"""The whole report on one page: nothing is lost, no id is there twice, every link within holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

REPORTS = Path(__file__).parents[2] / "reports"


@pytest.fixture(scope="module")
def whole() -> BeautifulSoup:
    return BeautifulSoup((REPORTS / "everything.html").read_text("utf-8"), "html.parser")


def test_every_page_is_there_with_its_words(whole: BeautifulSoup) -> None:
    told = " ".join(whole.get_text().split())
    for path in sorted(REPORTS.glob("*.html")):
        if path.name == "everything.html":
            continue
        page = BeautifulSoup(path.read_text("utf-8"), "html.parser").main
        for gone in page(["script"]) + page(class_="explorer-choose"):
            gone.decompose()
        assert " ".join(page.get_text().split()) in told, path.name


def test_no_id_is_there_twice_and_links_within_lead_somewhere(whole: BeautifulSoup) -> None:
    ids = [tag["id"] for tag in whole.find_all(id=True)]
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    within = {link["href"][1:] for link in whole.main("a") if link.get("href", "").startswith("#")}
    assert within <= set(ids)
    assert len(within) > 100
    named = {
        name
        for attribute in ("for", "aria-describedby", "aria-labelledby")
        for tag in whole.main.find_all(attrs={attribute: True})
        for name in " ".join([tag[attribute]]).split()
    }
    assert len(named) > 100
    assert named <= set(ids)


def test_nothing_in_it_runs(whole: BeautifulSoup) -> None:
    assert not whole("script")
    assert not whole.find_all(["select", "button"])
