import math

import nbformat

from onearm.report.build.record import MIME, Record, records, rounded


def test_numbers_are_cut_where_processors_may_differ_and_nan_is_none():
    data = {"a": [1 / 3, math.nan, math.inf], "b": (True, 2, None, "t")}
    assert rounded(data) == {"a": [0.333333333333, None, None], "b": [True, 2, None, "t"]}


def test_what_a_cell_shows_is_what_the_driver_collects():
    bundle = Record("pcr", {"estimate": 0.25})._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data=bundle)
    cell = nbformat.v4.new_code_cell("x", outputs=[output])
    other = nbformat.v4.new_code_cell("y", outputs=[nbformat.v4.new_output("stream", text="t")])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# t"), other, cell])
    assert records(notebook) == {"pcr": {"estimate": 0.25}}
    assert MIME in bundle
