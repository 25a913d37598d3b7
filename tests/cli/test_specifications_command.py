"""``onearm specifications`` prints the curve, writes the table, and refuses what is wrong."""

import pandas as pd
import pytest

from onearm.analysis import Review
from onearm.robustness import specifications


@pytest.fixture
def run(onearm, project):
    return lambda *arguments: onearm("specifications", "--data", project / "data", *arguments)


def test_it_prints_the_sentence_and_the_choices_and_writes_every_line(run, evidence, tmp_path):
    path = tmp_path / "curve.csv"
    done = run("r0", "--jobs", 1, "--csv", path)
    assert done.returncode == 0
    curve = specifications(Review(evidence), "r0")
    assert curve.sentence in done.stdout
    strongest = next(axis for axis in curve.data["axes"] if axis["pairs"])
    assert f"{100 * strongest['median_change']:.1f} points" in done.stdout.splitlines()[2]
    written = pd.read_csv(path)
    assert list(written["estimate"]) == list(curve.table["estimate"])
    assert written["model"].iloc[0] == curve.table["model"].iloc[0][0]
    assert f"{len(curve.table)} lines written" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["curve.csv"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["r1"], ["no outcome “r1”", "r0"]),
        (
            ["r0", "--stratum", "setting", "--group", "salvation"],
            ["no group of setting “salvation”", "salvage"],
        ),
        (["r0", "--stratum", "drugs", "--group", "tki"], ["no stratum “drugs”", "agent_group"]),
        (["r0", "--group", "salvage"], ["by its stratum and its group"]),
        (["r0", "--scheduler", "nowhere"], ["No Dask scheduler answers at nowhere", "tcp://"]),
        (
            ["mortality_30d", "--stratum", "setting", "--group", "salvage"],
            ["no patient had the event", "is not written"],
        ),
        (["complication_minor"], ["needs 2 studies", "is not written"]),
    ],
)
def test_bad_input_is_one_message_and_nothing_is_written(run, tmp_path, arguments, words):
    done = run(*arguments, "--csv", tmp_path / "curve.csv")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_named_before_anything_is_fitted(run, tmp_path):
    done = run("r0", "--csv", tmp_path / "gone" / "curve.csv")
    assert done.returncode == 2
    assert "folder that exists" in done.stderr
    assert list(tmp_path.iterdir()) == []
