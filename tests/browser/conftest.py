"""A real Chromium without a network, and the pages of the committed report.

Where there is no Chromium these tests are skipped and say so; with ONEARM_BROWSER=required,
as CI sets it, they fail instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from onearm.analysis import Review
from onearm.evidence import Evidence
from onearm.report.build.pages import page
from onearm.report.build.runs import plan
from onearm.report.kit.html import Html
from onearm.report.pages.evidence.appraisal import contributing
from onearm.report.pages.outcome.rows import excluded_table, rows_table
from onearm.report.pages.outcome.tables import pools_table
from onearm.report.pages.synopsis.findings_summary import summary

NAMES = ("chromium", "chromium-browser", "google-chrome")
ABSENT = (
    "no Chromium: set ONEARM_CHROMIUM to one, or let `make browser` install it (Debian, as root)"
)


def chromium(playwright: Playwright) -> str | None:
    """Return the Chromium to drive: the one that is named, the system's, or Playwright's own."""
    named = os.environ.get("ONEARM_CHROMIUM")
    if named:
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


# One a module, not one a session: Playwright leaves its event loop running in the thread, and
# tests of other folders in the same worker start loops of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, started once for a file of tests."""
    with sync_playwright() as playwright:
        program = chromium(playwright)
        if program is None:
            if os.environ.get("ONEARM_BROWSER") == "required":
                pytest.fail(ABSENT)
            pytest.skip(ABSENT)
        started = playwright.chromium.launch(
            executable_path=program,
            args=["--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


Opener = Callable[..., Page]


@pytest.fixture
def new_tab(browser: Browser) -> Iterator[Opener]:
    """Return a function that opens a tab; its arguments are those of a Playwright context."""
    contexts: list[BrowserContext] = []

    def opened(**options: Any) -> Page:
        context = browser.new_context(offline=True, service_workers="block", **options)
        contexts.append(context)
        return watched(context)

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def tab(new_tab: Opener) -> Page:
    """Return a tab that refuses every request but those for files, and keeps what it saw.

    `tab.requested` and `tab.refused` are lists of URLs; `tab.complaints` are what the console
    said at the level of a warning or above, uncaught errors, and dialogs.
    """
    return new_tab()


def watched(context: BrowserContext) -> Page:
    tab = context.new_page()
    requested: list[str] = []
    refused: list[str] = []
    complaints: list[str] = []
    kept = {"requested": requested, "refused": refused, "complaints": complaints}
    for name, seen in kept.items():
        setattr(tab, name, seen)

    def judge(route: Route) -> None:
        if route.request.url.startswith("file://"):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context.route("**/*", judge)
    tab.on("request", lambda request: requested.append(request.url))
    tab.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    tab.on(
        "console",
        lambda message: (
            complaints.append(f"{message.type}: {message.text}")
            if message.type in ("error", "warning", "assert")
            else None
        ),
    )

    def dismiss(dialog: Any) -> None:
        complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    tab.on("dialog", dismiss)
    return tab


OVERHANG = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const kept = e => {
    for (let p = e.parentElement; p; p = p.parentElement)
      if (getComputedStyle(p).overflowX !== 'visible') return true;
    return false;
  };
  const out = [...document.body.querySelectorAll('*')]
      .filter(e => e.getBoundingClientRect().left + e.scrollWidth > width + .5 && !kept(e)
          && getComputedStyle(e).overflowX === 'visible');
  return ['the page'].concat(out.filter(e => !out.some(o => o !== e && e.contains(o))).slice(0, 5)
      .map(e => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 40)}`));
}"""


@pytest.fixture(scope="session")
def overhang() -> Callable[[Page], list[str]]:
    """Return a function that names what makes a page scroll sideways; nothing may."""
    return lambda tab: tab.evaluate(OVERHANG)


@pytest.fixture
def made(tmp_path: Path, evidence: Evidence) -> Callable[..., Path]:
    """Return a function that writes the first page of the report with these fragments on it."""
    runs = plan(evidence.protocol)

    def make(*fragments: Html) -> Path:
        cells = [
            nbformat.v4.new_code_cell(
                "shown", outputs=[nbformat.v4.new_output("display_data", {"text/html": part.html})]
            )
            for part in fragments
        ]
        path = tmp_path / "made.html"
        text = page(nbformat.v4.new_notebook(cells=cells), runs[0], runs, report="A report")
        path.write_text(text, encoding="utf-8")
        return path

    return make


@pytest.fixture(scope="session")
def wide_tables(evidence: Evidence) -> list[Html]:
    """The widest tables of the first page and of an outcome's."""
    review = Review(evidence)
    analysis = review.outcome("pcr")
    tables = [
        summary(review, "core+extended"),
        pools_table(analysis, analysis.pools.values(), "Pools"),
        rows_table(analysis),
        contributing(evidence, analysis.widest),
        excluded_table(analysis),
    ]
    return [each for each in tables if each is not None]
