"""Every page loads from disk, asks for nothing else, and has nothing to complain of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "reports").glob("*.html"))
WIDTHS = (1440, 768, 320)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_asks_for_its_own_file_only_and_fits_every_screen(
    tab: Page, path: Path, overhang: Callable[[Page], list[str]]
) -> None:
    for width in WIDTHS:
        tab.set_viewport_size({"width": width, "height": 800})
        if width == WIDTHS[0]:
            tab.goto(path.as_uri())
        assert overhang(tab) == [], f"wider than a screen of {width} pixels"
    assert tab.requested == [path.as_uri()]
    assert tab.refused == []
    assert tab.complaints == []


def test_the_first_screen_has_a_sentence_of_every_outcome(tab: Page) -> None:
    tab.set_viewport_size({"width": 1440, "height": 900})
    tab.goto((ROOT / "reports" / "index.html").as_uri())
    ends = tab.eval_on_selector_all(
        "main > ul:first-of-type > li", "all => all.map(e => e.getBoundingClientRect().bottom)"
    )
    assert len(ends) > 10
    assert max(ends) < 900
    assert tab.locator("#answers tbody tr").count() == len(ends)
    figure = tab.locator("#answers svg").first.bounding_box()
    assert figure
    assert figure["y"] + figure["height"] < 900


def test_a_request_to_the_network_would_be_seen(tab: Page, tmp_path: Path) -> None:
    page = tmp_path / "calls.html"
    page.write_text('<!doctype html><title>x</title><img src="https://example.org/x.png">')
    tab.goto(page.as_uri())
    assert tab.refused == ["https://example.org/x.png"]
    assert tab.complaints
