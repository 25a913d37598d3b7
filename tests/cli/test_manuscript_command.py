"""``onearm manuscript`` writes one Word file, or says why not and writes nothing."""

import docx
import pandas as pd
import pytest


def test_it_writes_the_file_and_says_where(onearm, project, tmp_path):
    out = tmp_path / "paper.docx"
    data = project / "examples" / "depression-in-diabetes"
    done = onearm("manuscript", "--data", data, "--out", out)
    assert done.returncode == 0
    assert str(out) in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["paper.docx"]
    headings = [p.text for p in docx.Document(out).paragraphs if p.style.name == "Heading 1"]
    assert headings[:2] == ["Objective", "Methods"]


@pytest.mark.parametrize("place", ["paper.txt", "gone/paper.docx"])
def test_a_place_that_cannot_be_written_is_named(onearm, project, tmp_path, place):
    done = onearm("manuscript", "--data", project / "data", "--out", tmp_path / place)
    assert done.returncode == 2
    assert "name a .docx file in a folder that exists" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_evidence_that_contradicts_itself_gives_no_file(onearm, small_data, tmp_path):
    path = small_data / "outcomes.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[frame["row_id"] == "L1", "events"] = "11"
    frame.to_csv(path, index=False)
    done = onearm("manuscript", "--data", small_data, "--out", tmp_path / "paper.docx")
    assert done.returncode == 2
    assert "events-exceed-n" in done.stderr
    assert not (tmp_path / "paper.docx").exists()
