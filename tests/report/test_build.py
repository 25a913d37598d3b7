"""Whole reports, made small: one outcome, or one that fails."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from onearm import InputError, OnearmError
from onearm.report.build.build import _copy_tables, build
from onearm.report.build.execute import Executed


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
    assert set(copies) == {"studies.csv", "outcomes.csv", "records.csv", "appraisal.csv",
                           "protocol.toml"}  # fmt: skip
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
    source = (notebooks / "outcome.ipynb").read_text()
    (notebooks / "outcome.ipynb").write_text(
        source.replace("rows_table(pools, strata)", "raise RuntimeError('on purpose')")
    )
    built = build(small_data, out, notebooks, jobs=2)
    (failure,) = built.failures
    assert failure.run.name == "complication_any"
    assert re.search(r"outcome\.ipynb, cell \d+: RuntimeError: on purpose", failure.cause)
    assert (out / "results.json").read_text() == "the last good one"
    assert built.kept == tmp_path / "reports.failed"
    assert {p.name for p in built.kept.iterdir()} >= {"index.ipynb", "evidence.ipynb"}
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
        return [Executed(run, (notebooks / run.notebook).read_text()) for run in runs]

    monkeypatch.setattr("onearm.report.build.build.execute_all", stored)
    notebooks = Path(shutil.copytree(project / "notebooks", tmp_path / "notebooks"))
    path = notebooks / "outcome.ipynb"
    path.write_text(path.read_text().replace("## Heterogeneity", "## Spread"))
    out = tmp_path / "reports"
    out.mkdir()
    (out / "results.json").write_text("the last good one")
    with pytest.raises(OnearmError, match=r"20b: complication_any\.html#Heterogeneity.*published"):
        build(small_data, out, notebooks)
    assert [p.name for p in out.iterdir()] == ["results.json"]
    assert (out / "results.json").read_text() == "the last good one"
    assert not list(tmp_path.glob(".onearm-*"))
