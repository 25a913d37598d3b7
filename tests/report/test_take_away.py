"""What figures carry becomes files of the report, once, and leaves the notebook."""

import base64
import csv
import io
import json
from xml.etree import ElementTree

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from onearm.errors import OnearmError
from onearm.figures.drawing import Drawing, as_csv, as_json, numbers_of
from onearm.report.build.execute import execute_in
from onearm.report.build.record import DIGITS, rounded, strip, take_away
from onearm.report.build.runs import Run

RUN = Run("pcr", "outcome.ipynb", "Pathological response", "pCR")
SVG = "image/svg+xml"
ROWS = numbers_of([{"study": "=cmd()", "n": 3, "low": 1 / 3}, {"study": "B, C", "odd": None}])


def _notebook(*drawings):
    outputs = []
    for drawing in drawings:
        data, metadata = drawing._repr_mimebundle_()
        outputs.append(new_output("execute_result", data, metadata=metadata, execution_count=1))
    return new_notebook(cells=[new_code_cell("1", outputs=outputs)])


def _drawing(name="forest-core", numbers=ROWS):
    return Drawing(name, "A title", "alt", '<svg xmlns="http://www.w3.org/2000/svg"/>', numbers)


def test_every_figure_gives_its_rows_and_itself():
    files = take_away(_notebook(_drawing()), RUN)
    stem = "files/pcr-forest-core"
    assert set(files) == {f"{stem}.{kind}" for kind in ("svg", "csv", "json")}
    declaration, svg = files[f"{stem}.svg"].split(b"\n", 1)
    assert declaration == b'<?xml version="1.0" encoding="UTF-8"?>'
    assert svg.decode() == _drawing().svg
    assert ElementTree.fromstring(files[f"{stem}.svg"]).tag.endswith("}svg")
    told = json.loads(files[f"{stem}.json"])
    assert told == {"figure": "forest-core", "title": "A title", "rows": list(ROWS)}
    lines = list(csv.DictReader(io.StringIO(files[f"{stem}.csv"].decode())))
    assert lines[0] == {"study": "'=cmd()", "n": "3", "low": repr(ROWS[0]["low"]), "odd": ""}
    assert lines[1]["study"] == "B, C"
    assert b"\r" not in files[f"{stem}.csv"]


def test_printable_forms_come_back_as_bytes():
    notebook = _notebook(_drawing())
    carried = notebook.cells[0].outputs[0].metadata[SVG]["files"]
    carried["pdf"] = base64.b64encode(b"%PDF-\x00").decode()
    assert take_away(notebook, RUN)["files/pcr-forest-core.pdf"] == b"%PDF-\x00"


def test_after_stripping_only_the_kinds_stay_and_a_second_time_changes_nothing():
    notebook = strip(_notebook(_drawing(), _drawing("bare", ())))
    first, bare = (o.metadata[SVG]["files"] for o in notebook.cells[0].outputs)
    assert first == ["csv", "json", "svg"]
    assert bare == ["svg"]
    once = nbformat.writes(notebook)
    assert nbformat.writes(strip(notebook)) == once


@pytest.mark.parametrize("name", ["../x", "A", "", "a--b", "a/b", "-a"])
def test_a_figure_cannot_name_a_file_elsewhere(name):
    with pytest.raises(OnearmError, match="cannot name a file"):
        take_away(_notebook(_drawing(name)), RUN)


def test_two_figures_of_one_name_are_refused():
    with pytest.raises(OnearmError, match="two figures are named 'forest-core'"):
        take_away(_notebook(_drawing(), _drawing()), RUN)


def test_numbers_are_rounded_as_in_results_json():
    values = {"a": 2 / 3 * 1e-7, "b": [1 / 7, float("nan")], "c": 3, "d": True, "e": {"f": 0.1}}
    assert numbers_of([values])[0] == rounded(values)
    assert DIGITS == 12


def test_rows_that_are_none_are_still_a_file_of_each_kind():
    assert json.loads(as_json("f", "T", ())) == {"figure": "f", "rows": [], "title": "T"}
    assert as_csv(()) == "\n"
    assert as_csv([{"a": ["x", "y"], "b": True}]) == "a,b\nx; y,true\n"


def test_an_executed_notebook_is_stripped_and_its_files_are_beside_it(tmp_path):
    source = (
        "from onearm.figures.drawing import Drawing\n"
        "Drawing('d', 'T', 'alt', '<svg xmlns=\"http://www.w3.org/2000/svg\"/>', ({'x': 0.5},))"
    )
    notebook = new_notebook(cells=[new_code_cell(source, id="one")])
    executed = execute_in(tmp_path, RUN, nbformat.writes(notebook))
    assert executed.ok, executed.cause
    assert sorted(executed.files) == [f"files/pcr-d.{kind}" for kind in ("csv", "json", "svg")]
    stored = nbformat.reads(executed.notebook, as_version=4).cells[-1].outputs[0]
    assert stored.metadata[SVG]["files"] == ["csv", "json", "svg"]
    assert executed.files["files/pcr-d.csv"] == b"x\n0.5\n"
