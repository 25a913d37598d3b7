"""The committed report: what the data give, comparable by nbval, and a way back to the sources."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from onearm.report.build.build import build
from onearm.report.build.results import differences

ROOT = Path(__file__).resolve().parent.parent.parent
REPORTS = ROOT / "reports"
PAGES = sorted(REPORTS.glob("*.html"))
EXECUTED = sorted([*REPORTS.glob("*.ipynb"), *(ROOT / "notebooks").glob("*.ipynb")])
ABSENCE = {"methods.not_supplied()"}  # shows what is not there: here everything is
SILENT = {"parameters", "injected-parameters"}
KINDS = ("execute_result", "display_data")  # a cell that shows several things displays each
WIDEST = "core+extended"
NAMES = ("index", "pcr", "mpr", "complication_any", "r0", "mortality_30d", "evidence")


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory):
    """The report made again from the shipped data, elsewhere."""
    out = tmp_path_factory.mktemp("elsewhere") / "reports"
    built = build(ROOT / "data", out, ROOT / "notebooks", jobs=2)
    assert built.failures == ()
    return out


@pytest.mark.slow
def test_the_committed_report_is_what_the_data_give(rebuilt):
    assert list(differences(REPORTS, rebuilt)) == [], "run `make notebooks report` and commit"


@pytest.mark.slow
def test_every_cell_shows_the_same_when_run_again(rebuilt):
    """As nbval's second pass would see, and drawings besides, which nbval does not compare."""
    drawn = 0
    for path in sorted(REPORTS.glob("*.ipynb")):
        old, new = (_shown(folder / path.name) for folder in (REPORTS, rebuilt))
        assert old == new, path.name
        drawn += sum(kind == "image/svg+xml" for kind, _ in old)
    assert drawn > 20


def _shown(path):
    """Return texts, tables and drawings of a notebook; its records are compared as numbers."""
    kinds = ("image/svg+xml", "text/html", "text/plain")
    return [
        (kind, output.data[kind])
        for cell in nbformat.read(path, as_version=4).cells
        for output in cell.get("outputs", ())
        for kind in kinds
        if kind in output.get("data", {})
    ]


def test_every_page_that_the_protocol_asks_for_is_there():
    assert {page.stem for page in PAGES} >= set(NAMES)


@pytest.mark.parametrize("path", EXECUTED, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_nbval_has_something_to_compare(path):
    """Strict nbval passes on a notebook without outputs; so none may be without."""
    cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    counts = [cell.execution_count for cell in cells]
    assert counts == list(range(1, len(cells) + 1))
    for cell in cells:
        if not SILENT & set(cell.metadata.get("tags", ())):
            assert all(output.output_type in KINDS for output in cell.outputs)


def test_every_cell_of_a_notebook_shows_something_on_one_page_at_least():
    """A cell without data shows nothing; one that never does would be compared with nothing."""
    showing: dict[str, bool] = {}
    for path in EXECUTED:
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code" and not SILENT & set(cell.metadata.get("tags", ())):
                showing[cell.source] = showing.get(cell.source, False) or bool(cell.outputs)
    assert {source for source, shows in showing.items() if not shows} <= ABSENCE


def columns(line):
    """Return the names of the columns of the table that a row is in."""
    return [cell.get_text().strip() for cell in line.find_parent("table").thead.find_all("th")]


def test_a_page_walks_from_the_number_to_its_source():
    """From a study's line by its counts to the row, which the appendix has with its source."""
    results = json.loads((REPORTS / "results.json").read_text(encoding="utf-8"))
    for code, outcome in results["outcomes"].items():
        pages = [REPORTS / f"{code}{part}.html" for part in ("", "-appendix")]
        answer, soup = (BeautifulSoup(p.read_text(encoding="utf-8"), "html.parser") for p in pages)
        for row in outcome["pools"][WIDEST]["rows"]:
            assert answer.find("a", href=f"{code}-appendix.html#row-{row}"), (code, row)
        for pool in outcome["pools"].values():
            for row in pool["rows"]:
                line = soup.find("tr", id=f"row-{row}")
                assert line is not None, (code, row)
                cells = {
                    name: cell.get_text().strip()
                    for name, cell in zip(columns(line), line.find_all(["th", "td"]), strict=True)
                }
                assert len(cells["Source and place"]) > 10, f"{code} {row}"
                assert re.match(r"\d+/\d+ ", cells["Events / n"])
                assert cells["Setting"]
