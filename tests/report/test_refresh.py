import nbformat

from onearm.report.build.execute import refresh


def _write(path, source):
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cell = nbformat.v4.new_code_cell(source)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec}), path)


def test_outputs_are_stored_in_place_and_a_failing_notebook_keeps_its_own(tmp_path):
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    (tmp_path / "table.txt").write_text("42")
    _write(notebooks / "good.ipynb", "open('../table.txt').read()")
    _write(notebooks / "bad.ipynb", "1/0")
    before = (notebooks / "bad.ipynb").read_text()
    statuses = refresh(notebooks)
    assert [(status.run.name, status.ok) for status in statuses] == [("bad", False), ("good", True)]
    assert (notebooks / "bad.ipynb").read_text() == before
    good = nbformat.read(notebooks / "good.ipynb", as_version=4)
    assert good.cells[0].outputs[0].data["text/plain"] == "'42'"
    assert good.cells[0].execution_count == 1
    stored = (notebooks / "good.ipynb").read_text()
    refresh(notebooks)
    assert (notebooks / "good.ipynb").read_text() == stored
