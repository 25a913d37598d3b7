"""Every way a run can fail ends as a status that names the cell and the cause."""

from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from onearm.reporting import execute as module
from onearm.reporting.execute import execute, execute_all
from onearm.reporting.plan import Run


def _notebook(folder, name, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    folder.mkdir(exist_ok=True)
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(notebook, folder / name)


def _run(tmp_path, *sources, parameters=None):
    _notebook(tmp_path / "nb", "x.ipynb", 'outcome: str = "pcr"', *sources)
    run = Run("x", "x.ipynb", "X", "X", parameters or {})
    (tmp_path / "out").mkdir()
    return execute(run, tmp_path / "nb", tmp_path / "out")


def test_a_good_run_is_complete_and_carries_nothing_of_its_time_or_place(tmp_path):
    status = _run(tmp_path, "outcome", parameters={"outcome": "mpr"})
    assert status.ok, status.cause
    text = (tmp_path / "out" / "x.ipynb").read_text()
    notebook = nbformat.reads(text, as_version=4)
    assert notebook.cells[-1].outputs[0].data["text/plain"] == "'mpr'"
    assert notebook.cells[1].id == "injected-parameters"
    assert str(tmp_path) not in text
    assert "papermill" not in text
    assert "start_time" not in text


def test_a_failing_cell_is_named_with_its_cause(tmp_path):
    status = _run(tmp_path, "1", "raise ValueError('the reason')", "2")
    assert status.cause == "x.ipynb, cell 2: ValueError: the reason"


def test_a_dead_kernel_is_a_failure_although_papermill_calls_it_complete(tmp_path):
    status = _run(tmp_path, "import os; os._exit(9)", "2")
    assert not status.ok
    assert "cell 1" in status.cause
    assert "Kernel" in status.cause


def test_a_cell_that_never_ends_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CELL_SECONDS", 2)
    status = _run(tmp_path, "import time; time.sleep(60)", "2")
    assert not status.ok
    assert "cell 1" in status.cause
    assert "Timeout" in status.cause


def test_a_misspelt_parameter_starts_no_kernel(tmp_path):
    status = _run(tmp_path, "outcome", parameters={"outcom": "mpr"})
    assert "no parameter 'outcom'" in status.cause
    assert not (tmp_path / "out" / "x.ipynb").exists()


def test_a_parameter_of_another_type_starts_no_kernel(tmp_path):
    status = _run(tmp_path, "outcome", parameters={"outcome": 3})
    assert "is str, but 3 was given" in status.cause


def test_a_missing_notebook_is_named(tmp_path):
    (tmp_path / "nb").mkdir()
    status = execute(Run("x", "gone.ipynb", "X", "X"), tmp_path / "nb", tmp_path)
    assert "no notebook gone.ipynb in nb/" in status.cause


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_run_does_not_stop_the_others(tmp_path, jobs):
    _notebook(tmp_path / "nb", "bad.ipynb", "1/0")
    _notebook(tmp_path / "nb", "good.ipynb", "1")
    runs = [Run("bad", "bad.ipynb", "", ""), Run("good", "good.ipynb", "", "")]
    seen = []
    with ThreadPoolExecutor(jobs) as executor:
        statuses = execute_all(runs, tmp_path / "nb", tmp_path, executor, seen.append)
    assert [status.run.name for status in statuses] == ["bad", "good"]
    assert [status.ok for status in statuses] == [False, True]
    assert "ZeroDivisionError" in statuses[0].cause
    assert len(seen) == 2
