from __future__ import annotations

from pathlib import Path

import pytest

from onearm.errors import InputError
from onearm.evidence import read_counts


def test_counts_are_read_beside_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("n,notes,study,events\n10,x,Lococo 2023,5\n28,,ALNEO 2025,4\n", "utf-8")
    found = read_counts(path)
    assert list(found.columns) == ["study", "events", "n"]
    assert found["events"].tolist() == [5, 4]
    assert found["n"].dtype == int


@pytest.mark.parametrize("name", ["counts.csv", "records.csv", "appraisal.csv"])
def test_a_header_without_rows_is_an_error_and_worded_as_one(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("study,events,n\n", "utf-8")
    with pytest.raises(InputError, match="1 problem to correct") as caught:
        read_counts(tmp_path / name)
    (found,) = caught.value.findings
    assert (found.code, found.severity) == ("table-empty", "error")
    assert found.sentence == f"{name} has a header and no rows."


def test_a_folder_is_called_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is a folder"):
        read_counts(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"^\. is a folder"):
        read_counts(Path())
    with pytest.raises(InputError, match=r"There is no file nothing\.csv"):
        read_counts("nothing.csv")


def test_rows_may_share_a_study(tmp_path):
    path = tmp_path / "arms.csv"
    path.write_text("study,events,n\nA,1,10\nC,4,30\nC,7,49\n")
    assert read_counts(path)["study"].tolist() == ["A", "C", "C"]
