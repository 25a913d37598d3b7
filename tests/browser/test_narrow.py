"""On a narrow screen a row of a table is a block: all of its numbers are seen without scrolling."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from onearm.report.kit.html import Html

pytestmark = pytest.mark.browser

OUTSIDE = """() => [...document.querySelectorAll('tbody :is(th, td)')].filter(cell => {
  const {left, right} = cell.getBoundingClientRect();
  return left < 0 || right > document.documentElement.clientWidth;
}).map(cell => `${cell.dataset.label}: ${cell.innerText.slice(0, 40)}`)"""
NAMED = """() => [...document.querySelectorAll('tbody td')].every(cell =>
  getComputedStyle(cell, '::before').content.includes(JSON.stringify(cell.dataset.label)))"""


@pytest.mark.parametrize("width", [320, 768])
def test_no_cell_is_off_the_screen_and_each_says_its_column(
    new_tab: Callable[..., Page], made: Callable[..., Path], wide_tables: list[Html], width: int
) -> None:
    tab = new_tab(viewport={"width": width, "height": 900})
    tab.goto(made(*wide_tables).as_uri())
    assert tab.locator("tbody td").count() > 100
    assert tab.evaluate(OUTSIDE) == []
    assert tab.evaluate(NAMED)


def test_on_a_wide_screen_a_table_is_a_table(
    new_tab: Callable[..., Page], made: Callable[..., Path], wide_tables: list[Html]
) -> None:
    tab = new_tab(viewport={"width": 1440, "height": 900})
    tab.goto(made(*wide_tables).as_uri())
    assert tab.evaluate("getComputedStyle(document.querySelector('tbody td')).display") == (
        "table-cell"
    )


def test_the_navigation_takes_one_line_of_a_wide_screen(
    new_tab: Callable[..., Page], made: Callable[..., Path]
) -> None:
    tab = new_tab(viewport={"width": 1440, "height": 900})
    tab.goto(made().as_uri())
    links = tab.get_by_role("navigation", name="Pages of this report").get_by_role("link")
    assert links.count() > 10
    assert len({round(link.bounding_box()["y"]) for link in links.all()}) == 1
