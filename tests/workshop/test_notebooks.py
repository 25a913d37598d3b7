"""The notebooks as files: sound, run from top to bottom, and free of the machine they ran on.

nbval compares what is stored; these tests make sure that something is.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
WRITTEN = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXECUTED = sorted((ROOT / "reports").glob("*.ipynb"))
SILENT = {"parameters", "injected-parameters"}  # cells that set values and show nothing
ABSENCE = {"methods-not-supplied"}  # cells that show what is not there: here everything is
# "/x/y" and "C:\x" as a text shows them; not "and/or", not a URL, not "</td>".
ABSOLUTE = re.compile(r"(?<![\w.:/<\\*-])/[A-Za-z_][\w.-]*/[\w.-]+|\b[A-Za-z]:\\\\?[A-Za-z]")

written = pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
every = pytest.mark.parametrize(
    "path", WRITTEN + EXECUTED, ids=lambda path: f"{path.parent.name}-{path.stem}"
)


def read(path: Path) -> NotebookNode:
    notebook: NotebookNode = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    return notebook


def tags(cell: NotebookNode) -> set[str]:
    return set(cell.metadata.get("tags", []))


def code(path: Path) -> list[NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def texts(cell: NotebookNode) -> str:
    """Everything that a cell's outputs hold, metadata included."""
    return str(cell.outputs)


def test_there_are_notebooks_and_executed_ones() -> None:
    written = "appendix changes evidence findings methods outcome robustness synopsis"
    assert {path.stem for path in WRITTEN} == set(written.split())
    assert len(EXECUTED) >= 7, "make report has not been run"


@every
def test_it_is_a_valid_notebook(path: Path) -> None:
    notebook = read(path)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    nbformat.validate(notebook)


@every
def test_its_cells_have_ids_of_their_own(path: Path) -> None:
    ids = [cell.id for cell in read(path).cells]
    assert len(ids) == len(set(ids))


@every
def test_one_cell_holds_the_parameters_and_types_them(path: Path) -> None:
    (cell,) = [cell for cell in read(path).cells if "parameters" in tags(cell)]
    assert cell.cell_type == "code"
    statements = ast.parse(cell.source).body
    assert statements
    for statement in statements:
        assert isinstance(statement, ast.AnnAssign), ast.unparse(statement)
        assert statement.value is not None, f"{ast.unparse(statement)} has no default"


@written
def test_parameters_are_injected_by_the_report_only(path: Path) -> None:
    assert not [cell for cell in read(path).cells if "injected-parameters" in tags(cell)]


@every
def test_it_was_run_once_from_top_to_bottom(path: Path) -> None:
    counts = [cell.execution_count for cell in code(path)]
    assert counts == list(range(1, len(counts) + 1))


@written
def test_every_cell_shows_something(path: Path) -> None:
    """In the notebooks; on a page of a report what has no data is left out."""
    mute = {cell.id for cell in code(path) if not cell.outputs and not tags(cell) & SILENT}
    assert mute <= ABSENCE


@every
def test_no_cell_failed(path: Path) -> None:
    kinds = {output.output_type for cell in code(path) for output in cell.outputs}
    assert "error" not in kinds


@every
def test_no_output_names_a_place_on_a_disk(path: Path) -> None:
    for cell in code(path):
        assert not ABSOLUTE.findall(texts(cell)), cell.id


@every
def test_it_is_stored_without_traces_of_the_machine(path: Path) -> None:
    metadata = read(path).metadata
    assert metadata.kernelspec.name == "python3"
    assert "version" not in metadata.get("language_info", {}), "the Python that ran it is named"
    assert "papermill" not in metadata, "papermill keeps times and paths there"


@pytest.mark.parametrize("text", ["/opt/ann/x.csv", "File '/tmp/ipykernel_7/3.py'", r"C:\Users"])
def test_a_place_on_a_disk_is_seen(text: str) -> None:
    assert ABSOLUTE.search(text)


@pytest.mark.parametrize(
    "text",
    ["../data/studies.csv", "and/or/none", "https://doi.org/10.1/x", "</td></tr>", "10/28/3"],
)
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert not ABSOLUTE.search(text)
