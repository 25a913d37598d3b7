"""On paper: every figure whole, every row of every table on one sheet, nothing folded away."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from onearm.report.kit import html

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "reports").glob("*.html"))
# What browsers leave blank around a page unless told otherwise, and the width that remains
# in CSS pixels, of which an inch has 96.
MARGIN = "1cm"
MARGINS = dict.fromkeys(("top", "right", "bottom", "left"), MARGIN)
INNER = {"A4": round((21.0 - 2) / 2.54 * 96), "Letter": round((8.5 - 2 / 2.54) * 96)}

WIDE = """() => [...document.querySelectorAll('table, svg, pre, p, ul')]
  .filter(e => e.getClientRects().length)
  .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1
      || e.scrollWidth > document.documentElement.clientWidth + 1)
  .map(e => `${e.tagName} ${e.caption ? e.caption.textContent : e.textContent.slice(0, 60)}`)"""

# What must come out, as text: the rows, the drawings with their captions, what is folded.
CONTENT = """() => {
  const cells = row => [...row.cells].map(cell => cell.innerText);
  // Formulas are left out: their signs are not drawn in the order in which they are written.
  // The reasons within a cell are not printed: the page of the outcome has them.
  const written = e => [...e.childNodes].flatMap(node => node.nodeType === Node.TEXT_NODE
      ? [node.data] : node.matches?.('math, td > details > ul') ? [] : written(node));
  const ours = selector => [...document.querySelectorAll(selector)]
      .filter(e => !e.closest('details.code'));
  return {
    tables: ours('table').map(table => ({
      caption: table.caption ? table.caption.innerText : '',
      rows: [...table.rows].map(cells)})),
    figures: ours('figure').map(figure => ({
      id: figure.id, caption: figure.querySelector('figcaption').innerText,
      texts: [...figure.querySelectorAll('svg text')]
          .filter(e => e.checkVisibility()).map(e => e.textContent)})),
    folded: ours(':not(td) > details > :not(summary)').flatMap(written),
  };
}"""


def bare(text: str) -> str:
    """Return a text without what depends on where its lines end."""
    flat = unicodedata.normalize("NFKC", text)
    return re.sub(r"[\s\u00ad\u2010-]", "", flat)


def sheets(tab: Page, paper: str) -> list[str]:
    """Print, and read back what each sheet says."""
    printed = tab.pdf(format=paper, margin=MARGINS)
    return [bare(sheet.extract_text()) for sheet in PdfReader(io.BytesIO(printed)).pages]


def lost(content: dict[str, Any], sheets: list[str]) -> Iterator[str]:
    """Yield what cannot be read, or not on one sheet."""
    for table in content["tables"]:
        if bare(table["caption"]) not in "".join(sheets):
            yield f"the caption of {table['caption']!r}"
        first = [bare(cell) for cell in (table["caption"], *table["rows"][0], *table["rows"][1])]
        if not any(all(word in sheet for word in first) for sheet in sheets):
            yield f"the first row is not below its heading: {table['caption']!r}"
        for row in table["rows"]:
            words = [bare(cell) for cell in row]
            if not any(all(word in sheet for word in words) for sheet in sheets):
                yield f"a row of {table['caption']!r}: {' | '.join(row)[:160]}"
    for figure in content["figures"]:
        words = [bare(text) for text in [figure["caption"], *figure["texts"]]]
        if not any(all(word in sheet for word in words) for sheet in sheets):
            best = min(([word for word in words if word not in sheet] for sheet in sheets), key=len)
            yield f"the figure {figure['id']} is not whole on any sheet: {best[:3]}"
    for text in content["folded"]:
        if bare(text) not in "".join(sheets):
            yield f"what is folded: {text.strip()[:160]}"


def check(tab: Page, path: Path, paper: str) -> None:
    tab.goto(path.as_uri())
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": INNER[paper], "height": 1000})
    wide = [f"wider than {paper}: {words}" for words in tab.evaluate(WIDE)]
    content = tab.evaluate(CONTENT)
    printed = sheets(tab, paper)
    assert [*wide, *lost(content, printed)] == []
    assert_colophon("".join(printed))


def assert_colophon(text: str) -> None:
    results = json.loads((ROOT / "reports" / "results.json").read_text(encoding="utf-8"))
    for hashed in ("data_sha256", "protocol_sha256"):
        assert results[hashed][:12] in text, f"{hashed} is not on paper"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_on_a4_nothing_is_cut_and_nothing_is_missing(tab: Page, path: Path) -> None:
    check(tab, path, "A4")


@pytest.mark.parametrize("name", ["pcr", "pcr-appendix", "pcr-robustness"])
def test_on_letter_nothing_is_cut_and_nothing_is_missing(tab: Page, name: str) -> None:
    """Letter is shorter than A4: the tallest drawings are on the last two."""
    check(tab, ROOT / "reports" / f"{name}.html", "Letter")


@pytest.mark.parametrize("above", range(760, 1060, 20))
def test_a_heading_never_stands_alone_at_the_end_of_a_sheet(
    tab: Page, made: Callable[..., Path], above: int
) -> None:
    words = "Words that take several lines in a cell of a table. " * 4
    shown = html.table("Of which", ["Study", "b", "c", "d"], [["First", words, "c", "d"]] * 3)
    tab.goto(made(html.Html(f'<div style="height: {above}px"></div>', ""), shown).as_uri())
    content = tab.evaluate(CONTENT)
    assert list(lost(content, sheets(tab, "A4"))) == []


POOR = """<!doctype html><title>x</title><body style="margin:0">
<style>@media print {{ .gone {{ display: none }} {style} }}</style>
<table><caption>Counts</caption><tr><th>a</th></tr><tr class="gone"><td>1/2</td></tr></table>
<div style="height: 900px"></div>
<figure id="f"><svg width="20" height="{height}"><text y="20">first</text>
<text y="{height}">last</text></svg><figcaption>Drawn</figcaption></figure>
<details><summary>More</summary><p>kept back</p></details>"""


@pytest.mark.parametrize(
    ("style", "height", "wanted"),
    [("", 40, "kept back"), (".gone { display: table-row }", 1500, "the figure f is not whole")],
    ids=["folded", "figure"],
)
def test_what_is_lost_would_be_seen(
    tab: Page, tmp_path: Path, style: str, height: int, wanted: str
) -> None:
    page = tmp_path / "poor.html"
    page.write_text(POOR.format(style=style, height=height), encoding="utf-8")
    tab.goto(page.as_uri())
    content = tab.evaluate(CONTENT)
    assert wanted in " ".join(lost(content, sheets(tab, "A4")))
