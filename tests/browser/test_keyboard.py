"""Everything by keyboard: each control is reached, seen and worked, and none is a trap."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "reports").glob("*.html"))

# The controls in the order of the document; of a group of radio buttons, Tab reaches one.
CONTROLS = """() => {
  const shown = e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})
      && e.getClientRects().length > 0;
  const all = [...document.querySelectorAll(
      'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]')]
    .filter(e => e.tabIndex >= 0 && !e.disabled && shown(e))
    .filter(e => e.type !== 'radio' || e.checked
        || (!document.querySelector(`input[name="${e.name}"]:checked`)
            && e === document.querySelector(`input[name="${e.name}"]`)));
  window.controls = all;
  return all.length;
}"""

# Where the focus is now: its place among the controls, and whether one can see it.
FOCUSED = """() => {
  const e = document.activeElement;
  if (!e || e === document.body || e === document.documentElement) return null;
  const style = getComputedStyle(e);
  const ring = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0)
      || style.boxShadow !== 'none';
  const hit = rect => {
    for (const x of [.02, .25, .5, .75, .98]) for (const y of [.02, .25, .5, .75, .98]) {
      const at = document.elementFromPoint(rect.left + x * rect.width, rect.top + y * rect.height);
      if (at && (at === e || e.contains(at))) return true;
    }
    return false;
  };
  return {
    place: window.controls.indexOf(e),
    ring, seen: [...e.getClientRects()].some(hit),
    scroller: e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight,
    kind: e.tagName === 'INPUT' ? e.type : e.tagName.toLowerCase(),
    words: e.outerHTML.slice(0, 120),
    state: e.tagName === 'SUMMARY' ? e.parentElement.open
        : e.type === 'checkbox' ? e.checked : null,
  };
}"""


def focused(tab: Page) -> dict[str, Any] | None:
    found: dict[str, Any] | None = tab.evaluate(FOCUSED)
    return found


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_tab_walks_through_every_control_in_order(tab: Page, path: Path) -> None:
    tab.goto(path.as_uri())
    count = tab.evaluate(CONTROLS)
    assert count > 3
    reached = []
    for _ in range(2 * count + 20):
        tab.keyboard.press("Tab")
        here = focused(tab)
        if here is None or (reached and here["place"] == reached[0]):
            break
        assert here["ring"], f"no sign of the focus on {here['words']}"
        assert here["seen"], f"the focus is hidden on {here['words']}"
        if here["place"] < 0:  # Chromium lets one walk to what scrolls
            assert here["scroller"], f"focus on what is no control: {here['words']}"
            continue
        reached.append(here["place"])
        work(tab, here)
    else:
        pytest.fail("Tab never leaves the page")
    assert reached == list(range(count)), named(tab, set(range(count)) - set(reached))
    assert tab.complaints == []


def named(tab: Page, places: set[int]) -> list[str]:
    """Say which controls were not reached; none if only the order was wrong."""
    script = "places => places.map(place => window.controls[place].outerHTML.slice(0, 120))"
    words: list[str] = tab.evaluate(script, sorted(places))
    return words or ["all were reached, in another order than the document's"]


def work(tab: Page, here: dict[str, Any]) -> None:
    """Open and close what opens, by Enter; tick and untick what can be ticked, by Space."""
    key = {"summary": "Enter", "checkbox": "Space"}.get(here["kind"])
    if key is None:
        return
    for expected in (not here["state"], here["state"]):
        tab.keyboard.press(key)
        now = focused(tab)
        assert now is not None, f"{key} takes the focus away from {here['words']}"
        assert now["place"] == here["place"], f"{key} moves the focus from {here['words']}"
        assert now["state"] == expected, f"{key} does not work {here['words']}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_first_link_skips_to_the_content(tab: Page, path: Path) -> None:
    tab.goto(path.as_uri())
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('main') !== null")


def test_one_can_walk_back(tab: Page) -> None:
    tab.goto((ROOT / "reports" / "pcr.html").as_uri())
    tab.evaluate(CONTROLS)
    for _ in range(30):
        tab.keyboard.press("Tab")
    forth = focused(tab)
    for key in ("Tab", "Shift+Tab"):
        tab.keyboard.press(key)
    assert focused(tab) == forth
