"""Whole reports, made small: one outcome, or one that fails."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from onearm import InputError, OnearmError
from onearm.analysis import review as review_module
from onearm.report.build.build import _copy_tables, build
from onearm.report.build.execute import Executed
from onearm.report.build.runs import folders_of, source_of


@pytest.mark.slow
def test_two_runs_in_two_places_give_the_same_bytes(small_data, project, tmp_path):
    elsewhere = tmp_path / "a place with spaces"
    shutil.copytree(small_data, elsewhere / "data")
    one = build(small_data, tmp_path / "one", project / "notebooks", jobs=2)
    other = build(elsewhere / "data", elsewhere / "reports", project / "notebooks", jobs=1)
    assert one.failures == other.failures == ()
    files, others = (
        sorted(str(p.relative_to(made.out)) for p in made.out.rglob("*") if p.is_file())
        for made in (one, other)
    )
    assert files == others
    assert "complication_any.html" in files
    for copy in (one.out / "files" / "data").iterdir():
        assert copy.read_bytes() == (small_data / copy.name).read_bytes()
    page = BeautifulSoup((one.out / "evidence.html").read_text(), "html.parser")
    links = [a["href"] for a in page.find(id="tables").find_all("a")]
    assert sorted(links) == [name for name in files if name.startswith("files/data/")]
    for name in files:
        assert (one.out / name).read_bytes() == (other.out / name).read_bytes(), name
        assert str(tmp_path).encode() not in (one.out / name).read_bytes(), name


def test_the_tables_are_copied_byte_by_byte_and_an_absent_one_is_left_out(data_copy, tmp_path):
    (data_copy / "certainty.csv").unlink()
    (data_copy / "studies.csv").write_bytes(b"\xef\xbb\xbfa,b\r\n1,2")
    _copy_tables(data_copy, tmp_path / "files" / "data")
    copies = {path.name: path.read_bytes() for path in (tmp_path / "files" / "data").iterdir()}
    names = {f"{name}.csv" for name in ("studies", "outcomes", "records", "appraisal")}
    assert set(copies) == {*names, "protocol.toml"}
    for name, content in copies.items():
        assert content == (data_copy / name).read_bytes()


@pytest.mark.slow
def test_a_failing_notebook_leaves_the_last_report_and_lets_the_others_finish(
    small_data, project, tmp_path
):
    out = tmp_path / "reports"
    out.mkdir()
    (out / "results.json").write_text("the last good one")
    notebooks = Path(shutil.copytree(project / "notebooks", tmp_path / "notebooks"))
    source = (notebooks / "appendix.ipynb").read_text()
    assert "analysis.rows()" in source
    (notebooks / "appendix.ipynb").write_text(
        source.replace("analysis.rows()", "raise RuntimeError('on purpose')")
    )
    built = build(small_data, out, notebooks, jobs=2)
    (failure,) = built.failures
    assert failure.run.name == "complication_any-appendix"
    assert re.search(r"appendix\.ipynb, cell \d+: RuntimeError: on purpose", failure.cause)
    assert (out / "results.json").read_text() == "the last good one"
    assert built.kept == tmp_path / "reports.failed"
    assert {p.name for p in built.kept.iterdir()} >= {
        "index.ipynb",
        "complication_any.ipynb",
        "evidence.ipynb",
    }
    assert not list(tmp_path.glob(".onearm-*"))


def test_wrong_data_write_nothing(small_data, project, tmp_path):
    path = small_data / "outcomes.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[frame["row_id"] == "L1", "events"] = "11"
    frame.to_csv(path, index=False)
    with pytest.raises(InputError) as caught:
        build(small_data, tmp_path / "reports", project / "notebooks")
    assert any(finding.row_id == "L1" for finding in caught.value.findings)
    assert not (tmp_path / "reports").exists()


def test_a_section_of_the_prisma_map_that_is_gone_stops_the_build(
    small_data, project, tmp_path, monkeypatch
):
    """The notebooks as stored stand for executed ones: what is looked at are their headings."""

    def stored(runs, notebooks, *_):
        return [Executed(run, source_of(run.notebook, notebooks)) for run in runs]

    monkeypatch.setattr("onearm.report.build.build.execute_all", stored)
    notebooks = Path(shutil.copytree(project / "notebooks", tmp_path / "notebooks"))
    path = notebooks / "appendix.ipynb"
    path.write_text(path.read_text().replace("## Heterogeneity", "## Spread"))
    out = tmp_path / "reports"
    out.mkdir()
    (out / "results.json").write_text("the last good one")
    with pytest.raises(
        OnearmError, match=r"20b: complication_any-appendix\.html#Heterogeneity.*published"
    ):
        build(small_data, out, notebooks)
    assert [p.name for p in out.iterdir()] == ["results.json"]
    assert (out / "results.json").read_text() == "the last good one"
    assert not list(tmp_path.glob(".onearm-*"))


def _as_stored(monkeypatch, seen):
    """Let stored notebooks stand for executed ones, and keep what was executed from."""

    def stored(runs, notebooks, data, *_):
        seen.append((notebooks, data))
        return [Executed(run, "{}", "not executed") for run in runs]

    monkeypatch.setattr("onearm.report.build.build.execute_all", stored)


def test_the_evidence_is_read_and_audited_once(small_data, project, tmp_path, monkeypatch):
    calls = []
    for name in ("read_evidence", "audit"):
        plain = getattr(review_module, name)

        def counted(*given, plain=plain, name=name):
            calls.append(name)
            return plain(*given)

        monkeypatch.setattr(review_module, name, counted)
    _as_stored(monkeypatch, seen := [])
    build(small_data, tmp_path / "reports", project / "notebooks")
    assert calls == ["read_evidence", "audit"]
    ((folders, data),) = seen
    assert folders == (project / "notebooks",)
    assert data != small_data, "a table edited in mid-run changes nothing"


def test_notebooks_beside_the_data_come_first_and_the_packages_own_fill_in(
    small_data, project, tmp_path, monkeypatch
):
    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    own = project / "notebooks"
    assert folders_of(small_data) == (own,)
    (beside := small_data.parent / "notebooks").mkdir()
    (beside / "outcome.ipynb").write_text("mine")
    assert folders_of(small_data) == (beside, own)
    assert source_of("outcome.ipynb", folders_of(small_data)) == "mine"
    assert source_of("methods.ipynb", folders_of(small_data)) == (own / "methods.ipynb").read_text()
    assert folders_of(small_data, beside) == (beside,)
    with pytest.raises(OnearmError, match=r"no notebook methods\.ipynb in notebooks/"):
        source_of("methods.ipynb", folders_of(small_data, beside))
    with pytest.raises(OnearmError, match="no folder"):
        folders_of(small_data, tmp_path / "gone")


@pytest.fixture(scope="module")
def wheel(project, tmp_path_factory):
    """The wheel, built from a copy of what it needs."""
    work = tmp_path_factory.mktemp("wheel")
    source = work / "source"
    source.mkdir()
    for name in ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copyfile(project / name, source / name)
    kept = shutil.ignore_patterns("*.egg-info", "__pycache__")
    for name in ("src", "notebooks"):
        shutil.copytree(project / name, source / name, ignore=kept)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, str(source), "-w", str(work / "made")], check=True)
    (made,) = (work / "made").glob("*.whl")
    return made


@pytest.mark.slow
def test_the_wheel_carries_the_notebooks_without_outputs_and_the_templates(project, wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        for path in (project / "notebooks").glob("*.ipynb"):
            carried = archive.read(f"onearm/report/notebooks/{path.name}").decode()
            notebook, ours = nbformat.reads(carried, 4), nbformat.read(path, 4)
            assert [cell.source for cell in notebook.cells] == [cell.source for cell in ours.cells]
            assert not any(cell.get("outputs") for cell in notebook.cells)
            nbformat.validate(notebook)
    templates = project / "src" / "onearm" / "report" / "templates"
    for path in templates.rglob("*.*"):
        assert f"onearm/report/templates/{path.relative_to(templates).as_posix()}" in names


@pytest.mark.slow
def test_the_wheel_alone_makes_a_report_in_an_empty_folder(project, wheel, tmp_path):
    """In an environment that has onearm from the wheel, and the libraries from this one."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "alone"], check=True)
    python = tmp_path / "alone" / "bin" / "python"
    (site,) = (tmp_path / "alone" / "lib").glob("python*/site-packages")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site)]
    subprocess.run([*command, str(wheel)], check=True)
    # a folder named here is searched, but what is installed there to be edited is not found
    (site / "libraries.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    empty = tmp_path / "empty"
    empty.mkdir()
    shared = {"JUPYTER_PATH": str(Path(sys.prefix) / "share" / "jupyter"), "PYTHONPATH": ""}
    data = project / "examples" / "depression-in-diabetes"
    done = subprocess.run(
        [python, "-m", "onearm", "report", "--data", data, "--out", "out", "--jobs", "2"],
        cwd=empty,
        env=os.environ | shared,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = {path.name for path in (empty / "out").glob("*.html")}
    assert {"index.html", "depression.html", "evidence.html", "methods.html"} <= pages
    assert "34.6" in (empty / "out" / "depression.html").read_text(encoding="utf-8")
    assert not list(project.glob("examples/depression-in-diabetes/out"))
