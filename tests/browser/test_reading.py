"""A reader's budget: screens, words, sheets, and how many clicks away an answer is."""

from __future__ import annotations

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Page

from onearm.words import percent

pytestmark = pytest.mark.browser

REPORTS = Path(__file__).resolve().parents[2] / "reports"
RESULTS: dict[str, Any] = json.loads((REPORTS / "results.json").read_text(encoding="utf-8"))
OUTCOMES = tuple(RESULTS["outcomes"])
WIDEST = "core+extended"


@pytest.fixture
def screen(tab: Page) -> Page:
    tab.set_viewport_size({"width": 1440, "height": 900})
    return tab


def opened(tab: Page, name: str) -> str:
    """Open a page, and return what is visible on it."""
    tab.goto((REPORTS / f"{name}.html").as_uri())
    return seen(tab)


def seen(tab: Page) -> str:
    return " ".join(tab.locator("main").inner_text().split())


def screens(tab: Page) -> float:
    return float(tab.evaluate("document.documentElement.scrollHeight")) / 900


def sheets(tab: Page) -> int:
    return len(pypdf.PdfReader(BytesIO(tab.pdf(format="A4"))).pages)


def test_the_first_page_takes_four_screens_and_1500_words(screen: Page) -> None:
    words = opened(screen, "index").split()
    assert screens(screen) <= 4
    assert len(words) <= 1500


@pytest.mark.parametrize("code", OUTCOMES)
def test_an_outcome_takes_five_screens_four_sheets_and_2500_words(screen: Page, code: str) -> None:
    words = opened(screen, code).split()
    assert screens(screen) <= 5
    assert len(words) <= 2500
    assert sheets(screen) <= 4


@pytest.mark.parametrize("code", OUTCOMES)
def test_answer_and_first_study_stand_on_the_first_screen(screen: Page, code: str) -> None:
    opened(screen, code)
    answer = screen.locator("p.answer").first.bounding_box()
    assert answer
    assert answer["y"] + answer["height"] < 900
    if RESULTS["outcomes"][code]["pools"][WIDEST]["k"]:
        first = screen.locator(".line.study, figure").first.bounding_box()
        assert first
        assert first["y"] < 900


@pytest.mark.parametrize("name", ["index", "pcr", "r0", "mortality_30d"])
def test_nothing_is_clipped_on_a_phone(tab: Page, name: str) -> None:
    tab.set_viewport_size({"width": 375, "height": 800})
    opened(tab, name)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375
    wide = tab.eval_on_selector_all(
        ".line > *, p, li",
        "all => all.filter(x => x.scrollWidth > x.clientWidth + 1 "
        "&& getComputedStyle(x).display !== 'inline').map(x => x.outerHTML.slice(0, 120))",
    )
    assert wide == []
    header = tab.locator("header").bounding_box()
    assert header
    assert header["height"] < 250, "the navigation does not fill a phone"


def test_the_other_theme_is_one_click_away(screen: Page) -> None:
    opened(screen, "pcr")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = screen.evaluate(paper)
    screen.locator("#other-theme").check()
    assert screen.evaluate(paper) != light


# What a reader asks, and how many clicks away from the first page the answer is.


def test_0_clicks_to_the_studies_and_patients_behind_a_class(screen: Page) -> None:
    opened(screen, "index")
    (pool,) = [
        pool
        for pool in RESULTS["outcomes"]["mpr"]["strata"][WIDEST]["agent_group"]
        if pool["label"] == "ALK inhibitor"
    ]
    (line,) = [
        " ".join(row.inner_text().split())
        for row in screen.locator("tbody tr").all()
        if row.is_visible()
        and re.match(r"\W*MPR\s+ALK inhibitor\s", " ".join(row.inner_text().split()))
    ]
    assert re.search(rf"\b{pool['k']} .*\b{pool['patients']}\b", line)


def test_1_click_to_what_is_not_pooled_and_why(screen: Page) -> None:
    opened(screen, "index")
    screen.locator("#answers a", has_text="Pathological complete response").click()
    told = seen(screen)
    assert re.search(r"Hashimoto 2022 .*One patient", told)
    screen.goto((REPORTS / "index.html").as_uri())
    screen.locator("a", has_text="Studies, rows and audit").first.click()
    assert "second-hand" in seen(screen)


def test_1_click_to_both_denominators_and_the_pool_by_either(screen: Page) -> None:
    opened(screen, "index")
    screen.locator("#answers a", has_text="Major pathological response").click()
    told = seen(screen)
    assert "15/28" in told
    assert "15/33" in told
    (known,) = [
        each
        for each in RESULTS["outcomes"]["mpr"]["known"]
        if (each["events"], each["n"]) == (15, 33)
    ]
    assert "15/33 instead of 15/28" in told
    assert percent(known["estimate"]) in told


def test_1_click_to_who_may_be_counted_twice(screen: Page) -> None:
    opened(screen, "index")
    screen.locator("#answers a", has_text="Pathological complete response").click()
    assert re.search(r"may be counted twice: .*\(at most \d+\)", seen(screen))


def test_1_click_to_deaths_on_record(screen: Page) -> None:
    told = opened(screen, "index")
    assert "On record, not pooled:" in told
    screen.locator("#answers a", has_text="Death within 30 days").click()
    assert "On record, not pooled:" in seen(screen)


def test_1_click_to_the_rows_as_a_table_beside_the_rows(screen: Page) -> None:
    opened(screen, "pcr-appendix")
    target = screen.locator("a", has_text="every row (CSV)").first.get_attribute("href")
    assert target
    assert (REPORTS / target).is_file()


def test_1_click_to_what_changed(screen: Page) -> None:
    opened(screen, "index")
    screen.locator("a", has_text="What changed since the last release").first.click()
    assert re.search(r"Since version 1\.0", seen(screen))


def test_1_click_to_a_paragraph_to_paste(screen: Page) -> None:
    opened(screen, "pcr")
    screen.locator("summary", has_text="Results paragraph").click()
    pool = RESULTS["outcomes"]["pcr"]["pools"][WIDEST]
    assert re.search(rf"For pathological complete response, .*{pool['patients']}", seen(screen))
