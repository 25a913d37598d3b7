"""The command line as a user meets it: what it prints, exit codes, no traceback."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from onearm import __version__, pool
from onearm.models import MODELS

GOOD = (
    "study,events,n,year\nLococo 2023,5,10,2023\nALNEO 2025,4,28,2025\nChiappetta 2025,11,30,2025\n"
)


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    path = tmp_path / "counts.csv"
    path.write_text(GOOD)
    return path


def test_version_and_help(onearm):
    assert onearm("--version").stdout == f"onearm {__version__}\n"
    said = onearm("--help").stdout
    for command in ("cache", "check", "report", "pool", "refresh", "release"):
        assert command in said
        options = onearm(command, "--help")
        assert options.returncode == 0
        assert "--" in options.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "out", "err"),
    [
        (["--version"], 0, f"onearm {__version__}\n", ""),
        (["pool", "gone.csv"], 2, "", "error: "),
    ],
)
def test_a_real_process_ends_as_well(arguments, code, out, err, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "onearm", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (code, out)
    assert done.stderr.startswith(err)
    assert "Traceback" not in done.stderr


def test_pool_prints_a_table_a_plot_and_the_estimate(onearm, counts):
    done = onearm("pool", counts)
    assert done.returncode == 0
    assert done.stderr == ""
    pooled = next(line for line in done.stdout.splitlines() if line.startswith("Pooled"))
    assert "31.8 % (14.3 to 60.9)" in pooled
    assert "inverse variance (--model inverse-variance): 31.2 % (4.8 to 80.3)" in done.stdout
    assert "◆" in pooled
    assert sum("■" in line for line in done.stdout.splitlines()) == 3


def test_pool_as_json_is_the_result(onearm, counts):
    result = json.loads(onearm("pool", counts, "--json").stdout)
    direct = pool([5, 4, 11], [10, 28, 30]).to_dict()
    assert result["estimate"] == direct["estimate"]
    assert result["studies"][0]["study"] == "Lococo 2023"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("study,events,n\nA,5,3\n", ["counts.csv, row 2", "5 events among 3"]),
        ("study,events,n\nA,1.5,3\n", ["row 2", "'1.5'", "whole number"]),
        ("study,events\nA,1\n", ["lacks the column “n”"]),
        ("study;events;n\nA;1;3\n", ["semicolons"]),
        ("", ["empty"]),
        ("study,events,n\nA,,3\n", ["events", "empty"]),
        ("study,events,n\nA,0,0\n", ["nobody was at risk"]),
    ],
)
def test_pool_names_every_wrong_cell_with_its_mend(onearm, counts, text, words):
    counts.write_text(text)
    done = onearm("pool", counts)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "what to do:" in done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--model", "foo"], ["'foo'", "'inverse-variance'"]),
        (["--level", "95"], ["95"]),
        (["--tau2", "reml"], ["'tau2'", "'inverse-variance'"]),
        (["--model", "inverse-variance", "--tau2", "reml"], ["'reml'", "'REML'"]),
        (["--level", "wide"], ["--level", "valid number"]),
    ],
)
def test_pool_refuses_an_option_it_does_not_know(onearm, counts, options, words):
    done = onearm("pool", counts, *options)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_pool_of_one_study_and_of_no_event_has_words_not_nonsense(onearm, counts):
    counts.write_text("study,events,n\nA,0,12\n")
    assert "◆" not in onearm("pool", counts).stdout
    counts.write_text("study,events,n\nA,0,12\nB,0,9\n")
    assert "No event in 21 (2 studies)" in onearm("pool", counts).stdout


def test_a_missing_file_is_named(onearm, tmp_path):
    done = onearm("pool", tmp_path / "gone.csv")
    assert (done.returncode, "gone.csv" in done.stderr) == (2, True)


def test_check_of_the_shipped_data_finds_no_error(onearm, project):
    done = onearm("check", "--data", project / "data")
    assert done.returncode == 0
    assert "0 errors" in done.stdout
    quiet = onearm("check", "--data", project / "data", "--quiet").stdout
    assert "warning" in quiet
    assert not any(line.startswith("note ") for line in quiet.splitlines())


def test_check_lists_all_errors_and_exits_with_2(onearm, data_copy):
    path = data_copy / "outcomes.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[0, "events"] = "12.5"
    frame.loc[1, "study_id"] = "nobody"
    frame.to_csv(path, index=False)
    done = onearm("check", "--data", data_copy)
    assert done.returncode == 2
    assert "'12.5'" in done.stdout
    assert "'nobody'" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_report_with_wrong_data_writes_nothing_and_keeps_the_last_one(
    onearm, data_copy, project, tmp_path
):
    (data_copy / "studies.csv").unlink()
    out = tmp_path / "reports"
    out.mkdir()
    (out / "results.json").write_text("last")
    done = onearm("report", "--data", data_copy, "--out", out, "--notebooks", project / "notebooks")
    assert done.returncode == 2
    assert "studies.csv" in done.stderr
    assert (out / "results.json").read_text() == "last"


@pytest.mark.slow
def test_report_with_a_failing_notebook_exits_with_1_and_names_cell_and_cause(
    onearm, small_data, project, tmp_path
):
    notebooks = Path(shutil.copytree(project / "notebooks", tmp_path / "notebooks"))
    for name in ("outcome", "robustness", "evidence", "synopsis"):
        path = notebooks / f"{name}.ipynb"
        path.write_text(path.read_text().replace("import onearm\\n", "import onearm.nonsense\\n"))
    out = tmp_path / "reports"
    done = onearm("report", "--data", small_data, "--out", out, "--notebooks", notebooks)
    assert done.returncode == 1
    assert "cell" in done.stderr
    assert "ModuleNotFoundError" in done.stderr
    assert not out.exists()


def test_refresh_without_notebooks_says_so(onearm, tmp_path):
    done = onearm("refresh", "--notebooks", tmp_path)
    assert done.returncode == 2
    assert "no notebook" in done.stderr


def test_the_help_names_the_intervals_that_each_model_takes(onearm, counts):
    said = " ".join(onearm("pool", "--help").stdout.replace("│", " ").split())
    for name, kind in MODELS.items():
        choices = kind.choices.get("ci", ())
        assert not choices or f"{name}: {', '.join(choices)}" in said
        for choice in choices:
            done = onearm("pool", counts, "--model", name, "--ci", choice)
            assert done.returncode == 0, (name, choice)


def test_report_without_notebooks_says_so(onearm, project, tmp_path):
    folders = ["--out", tmp_path / "r", "--notebooks", tmp_path / "none"]
    done = onearm("report", "--data", project / "data", *folders)
    assert done.returncode == 2
    assert "none" in done.stderr
