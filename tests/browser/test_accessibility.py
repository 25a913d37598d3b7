"""axe-core, over every page: the rules of WCAG 2.2 A and AA, and its best practices."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page

from onearm.analysis import Review
from onearm.evidence import Evidence
from onearm.report.kit.html import Html

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
WHOLE = ROOT / "reports" / "everything.html"
PAGES = sorted(set((ROOT / "reports").glob("*.html")) - {WHOLE})
KINDS = ("index", "pcr", "pcr-robustness", "evidence", "methods", "changes")
SHADES = [path for path in PAGES if path.stem in KINDS]
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice",
]  # fmt: skip
# What colours and a narrow screen may change; the rest is the same document.
SHOWN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
# What joining pages may break; each of them is looked at as a whole by itself.
JOINED = [
    "aria-valid-attr-value", "document-title", "duplicate-id-aria", "heading-order",
    "html-has-lang", "label", "landmark-one-main", "list", "listitem", "page-has-heading-one",
]  # fmt: skip
# Nothing is preloaded: there is no network, and the pages have no style sheets elsewhere.
# A drawing is one image to whoever listens (role="img"): the thousands of marks within it are
# looked through by the tests of its alternative, and take axe most of its time.
RUN = """runOnly => axe.run({exclude: [['figure svg > g']]},
    {runOnly, resultTypes: ['violations'], preload: false})"""

Opener = Callable[..., Page]


def violations(tab: Page, page: Path, rules: list[str] | None = None) -> list[str]:
    """Return what axe objects to, a line for each place; by all its rules unless some are named."""
    tab.goto(page.as_uri())
    tab.evaluate(AXE)
    found = tab.evaluate(
        RUN, {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    )
    assert found["testEngine"]["name"] == "axe-core"
    return [
        f"{rule['id']}: {node['target']}: {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_axe_finds_nothing(new_tab: Opener, path: Path) -> None:
    # axe is a script, and the pages' own policy forbids scripts; test_loading holds them to it.
    assert violations(new_tab(bypass_csp=True), path) == []


def test_axe_finds_nothing_broken_by_joining_the_pages(new_tab: Opener) -> None:
    assert violations(new_tab(bypass_csp=True), WHOLE, JOINED) == []


@pytest.mark.parametrize("path", SHADES, ids=lambda path: path.stem)
def test_axe_finds_nothing_in_the_dark_on_a_narrow_screen(new_tab: Opener, path: Path) -> None:
    narrow = {"width": 320, "height": 640}
    tab = new_tab(bypass_csp=True, color_scheme="dark", viewport=narrow)
    assert violations(tab, path, SHOWN) == []


def test_axe_finds_nothing_with_the_readers_own_colours(new_tab: Opener) -> None:
    tab = new_tab(bypass_csp=True, forced_colors="active")
    assert violations(tab, ROOT / "reports" / "pcr.html", SHOWN) == []


def test_paper_is_white_although_the_screen_is_dark(new_tab: Opener) -> None:
    tab = new_tab(bypass_csp=True, color_scheme="dark")
    tab.emulate_media(media="print", color_scheme="dark")
    assert violations(tab, ROOT / "reports" / "pcr.html", ["color-contrast"]) == []
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_blocks_are_still_tables_to_whoever_listens(
    new_tab: Opener, made: Callable[..., Path], wide_tables: list[Html], evidence: Evidence
) -> None:
    tab = new_tab(bypass_csp=True, viewport={"width": 320, "height": 900})
    assert violations(tab, made(*wide_tables)) == []
    seen = tab.get_by_role("table", name="Pools", exact=True)
    assert seen.get_by_role("columnheader").count() == 8
    assert seen.get_by_role("rowheader").count() == 2
    people = str(Review(evidence).outcome("pcr").widest.people)
    assert seen.get_by_role("cell", name=people, exact=True).count() == 1


def test_axe_would_find_something(new_tab: Opener, tmp_path: Path) -> None:
    page = tmp_path / "poor.html"
    small = "<button style='width:9px;height:9px'></button>"
    page.write_text(
        "<!doctype html><html lang=en><title>x</title><main><h1>x</h1>"
        "<p style='color:#999;background:#fff'>pale</p><img src=x><input>"
        f"<div style='width:60px;line-height:10px'>{small} {small}</div></main>"
    )
    found = " ".join(violations(new_tab(bypass_csp=True), page))
    for rule in ("color-contrast:", "image-alt:", "label:", "target-size:"):
        assert rule in found
