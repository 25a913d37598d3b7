"""Every way a run can fail ends as a status that names the cell and the cause."""

from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest

from onearm import OnearmError
from onearm.report.build import execute as module
from onearm.report.build.execute import execute, execute_all
from onearm.report.build.runs import Run


def _source(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[0].metadata["tags"] = ["parameters"]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    return nbformat.writes(notebook)


def _run(*sources, parameters=None, tables=None):
    run = Run("x", "x.ipynb", "X", "X", parameters or {})
    return execute(run, _source('outcome: str = "pcr"', *sources), tables or {})


def test_a_good_run_is_complete_and_carries_nothing_of_its_time_or_place():
    status = _run("outcome", parameters={"outcome": "mpr"})
    assert status.ok, status.cause
    notebook = nbformat.reads(status.notebook, as_version=4)
    assert notebook.cells[-1].outputs[0].data["text/plain"] == "'mpr'"
    assert notebook.cells[1].id == "injected-parameters"
    for word in ("onearm-", "papermill", "start_time"):
        assert word not in status.notebook


def test_the_tables_lie_where_every_notebook_looks_for_them():
    status = _run("open('../data/t.csv').read()", tables={"t.csv": b"a,b"})
    assert nbformat.reads(status.notebook, as_version=4).cells[-1].outputs[0].data == {
        "text/plain": "'a,b'"
    }


def test_tables_in_sub_folders_keep_their_place():
    status = _run("open('../data/releases/1.0/t.csv').read()", tables={"releases/1.0/t.csv": b"x"})
    assert status.ok, status.cause
    assert "'x'" in status.notebook


def test_hidden_files_stay_behind(tmp_path):
    for name in ("t.csv", "releases/1.0/u.csv", ".x/v.csv", "releases/.1.1.part/w.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    assert module.files_of(tmp_path) == ["releases/1.0/u.csv", "t.csv"]


def test_a_failing_cell_is_named_with_its_cause():
    status = _run("1", "raise ValueError('the reason')", "2")
    assert status.cause == "x.ipynb, cell 2: ValueError: the reason"


def test_a_dead_kernel_is_a_failure_although_papermill_calls_it_complete():
    status = _run("import os; os._exit(9)", "2")
    assert not status.ok
    assert "cell 1" in status.cause
    assert "Kernel" in status.cause


def test_a_cell_that_never_ends_is_a_failure(monkeypatch):
    monkeypatch.setattr(module, "CELL_SECONDS", 2)
    status = _run("import time; time.sleep(60)", "2")
    assert not status.ok
    assert "cell 1" in status.cause
    assert "Timeout" in status.cause


def test_a_misspelt_parameter_starts_no_kernel():
    status = _run("outcome", parameters={"outcom": "mpr"})
    assert "no parameter 'outcom'" in status.cause
    assert 'execution_count": 1' not in status.notebook


def test_a_parameter_of_another_type_starts_no_kernel():
    status = _run("outcome", parameters={"outcome": 3})
    assert "is str, but 3 was given" in status.cause


@pytest.fixture
def folders(tmp_path):
    for name in ("nb", "data"):
        (tmp_path / name).mkdir()
    (tmp_path / "nb" / "bad.ipynb").write_text(_source("1/0"))
    (tmp_path / "nb" / "good.ipynb").write_text(_source("1"))
    return [tmp_path / "nb"], tmp_path / "data"


def test_a_missing_notebook_is_named(folders):
    with ThreadPoolExecutor(1) as executor, pytest.raises(OnearmError, match=r"gone\.ipynb in nb/"):
        execute_all([Run("x", "gone.ipynb", "", "")], *folders, executor, print)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_failing_run_does_not_stop_the_others(folders, jobs):
    runs = [Run("bad", "bad.ipynb", "", ""), Run("good", "good.ipynb", "", "")]
    seen = []
    with ThreadPoolExecutor(jobs) as executor:
        ended = execute_all(runs, *folders, executor, seen.append)
    assert [item.run.name for item in ended] == ["bad", "good"]
    assert [item.ok for item in ended] == [False, True]
    assert "ZeroDivisionError" in ended[0].cause
    assert len(seen) == 2
