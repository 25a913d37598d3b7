"""Hostile text in every free cell of every table stays text on every page.

The report is made by its own driver from a spoiled copy of the evidence, then opened in a real
browser: what would run, fetch or open a dialog would be seen.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page

from onearm.evidence import read_evidence
from onearm.evidence.tables.columns import TABLES, tables_of
from onearm.report.build.build import build

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(2)</script>',
    "</script><script>alert(3)</script>",
    "</style><svg onload=alert(4)>",
    '=HYPERLINK("https://example.org","x")',
    "]]><x-made>bold</x-made><!-- ",
    "&#x3c;i&#x3e; &amp; &nbsp",
    "{{7*7}} {% raw %} ${7*7}",
    "$x^{2$ \\frac{ `a` **b** [c](javascript:alert(5))",
    "javascript:alert(6)",
    "\u202egnp.exe\u202c O'Brien",
    "🫁" + "n" * 299,
)
KEPT = {"seed", "variant"}  # text by kind, but what they may say is a rule of the tables


def spoil(data: Path) -> None:
    """Put hostile text into every free cell that is not empty, each with a number of its own."""
    numbers = count()
    for table in tables_of(read_evidence(data).protocol).values():
        path = data / table.file
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for field in table.fields:
            if field.kind in ("text", "line") and field.name not in KEPT:
                frame[field.name] = [
                    f"{HOSTILE[number % len(HOSTILE)]} {number}" if cell else ""
                    for cell, number in zip(frame[field.name], numbers, strict=False)
                ]
        frame.to_csv(path, index=False, quoting=csv.QUOTE_MINIMAL)
    path = data / "protocol.toml"
    title = '(?m)^title = "'
    path.write_text(re.sub(title, r"\g<0><img src=x onerror=alert(7)> ", path.read_text()))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory, one_outcome: Callable[[Path], Path]) -> Path:
    """The shipped data with a protocol of one outcome, spoilt."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    spoil(one_outcome(Path(shutil.copytree(ROOT / "data", data))))
    return data


@pytest.fixture(scope="module")
def report(spoilt: Path) -> Path:
    """The report that is made of it."""
    built = build(spoilt, spoilt.parent / "reports", ROOT / "notebooks", jobs=2)
    assert built.failures == ()
    return built.out


def squeezed(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def cells(data: Path) -> dict[str, str]:
    """Return every hostile cell as it must be read, by its number."""
    found = {}
    for table in TABLES.values():
        frame = pd.read_csv(data / table.file, dtype=str, keep_default_na=False)
        for column in frame.columns:
            for cell in frame[column]:
                start, _, number = cell.rpartition(" ")
                if start in HOSTILE:
                    found[number] = squeezed(cell)
    return found


@pytest.mark.slow
def test_hostile_text_is_there_word_for_word(spoilt: Path, report: Path) -> None:
    """Each cell that is shown at all is shown as it was written."""
    hostile = cells(spoilt)
    assert len(hostile) > 500
    shown: set[str] = set()
    for page in sorted(report.glob("*.html")):
        text = squeezed(BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").get_text())
        shown |= {number for number, cell in hostile.items() if cell in text}
    assert len(shown) > 0.5 * len(hostile)
    assert {int(number) % len(HOSTILE) for number in shown} == set(range(len(HOSTILE)))


@pytest.mark.slow
def test_a_hostile_name_is_text_in_a_drawing(spoilt: Path, report: Path) -> None:
    labels = pd.read_csv(spoilt / "studies.csv", index_col="study_id")["label"]
    page = (report / "complication_any-appendix.html").read_text(encoding="utf-8")
    figure = BeautifulSoup(page, "html.parser").find("figure", id="forest-core-extended")
    for study in ("lococo2023", "chiappetta2025"):
        assert squeezed(labels[study]) in squeezed(figure.svg.desc.get_text())
    assert not figure.svg.find(["script", "img", "foreignobject"])


@pytest.mark.slow
def test_no_cell_of_the_results_would_run_in_a_spreadsheet(report: Path) -> None:
    for path in [report / "results.csv", *sorted(report.glob("files/*.csv"))]:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column in table.columns:
            texts = table[column][~table[column].str.fullmatch(r"-?[\d.e-]*")]
            assert not texts.str.match(r"[=+\-@\t\r]").any(), f"{path.name}, {column}"


@pytest.mark.slow
@pytest.mark.browser
def test_hostile_text_does_nothing_in_a_browser(
    tab: Page, report: Path, overhang: Callable[[Page], list[str]]
) -> None:
    pages = sorted(report.glob("*.html"))
    assert len(pages) > 3
    for page in pages:
        tab.goto(page.as_uri())
        made = tab.evaluate(
            """() => [...document.querySelectorAll('main img, iframe, object, x-made, [onerror],'
                + '[onload], a[href^="javascript:"]')].map(e => e.outerHTML.slice(0, 200))"""
        )
        assert made == [], page.name
        assert overhang(tab) == [], f"a name of 300 letters widens {page.name}"
    assert tab.requested == [page.as_uri() for page in pages]
    assert tab.refused == []
    assert tab.complaints == []
