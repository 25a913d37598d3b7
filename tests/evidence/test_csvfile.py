from __future__ import annotations

from pathlib import Path

import pytest

from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.csvfile import RawTable, read_csv

TABLE = TABLES["appraisal"]
HEADER = ",".join(TABLE.columns)
ROW = "lococo2023,jbi_case_series,1,Clear criteria?,yes,stated"


def read(folder: Path, data: bytes | str) -> RawTable:
    raw = data if isinstance(data, bytes) else data.encode("utf-8")
    (folder / TABLE.file).write_bytes(raw)
    return read_csv(folder, TABLE)


@pytest.mark.parametrize(
    ("data", "code", "row", "says"),
    [
        (b"", "file-empty", None, "empty"),
        (b"\n\n", "file-empty", None, "empty"),
        (b",,,\n,,,\n", "file-empty", None, "separators"),
        (b"PK\x03\x04rest", "file-is-workbook", None, "workbook"),
        (f"{HEADER}\nM\u00fcller".encode("latin-1"), "file-not-utf8", 2, "line 2"),
        (f"{HEADER}\n{ROW}".encode("utf-16"), "file-not-utf8", 1, "UTF-8"),
        (HEADER.replace(",", ";") + "\n", "separator-wrong", 1, "semicolons"),
        (HEADER.replace(",", "\t") + "\n", "separator-wrong", 1, "tabs"),
        (f"{HEADER},item\n{ROW},1", "header-duplicated", 1, "item"),
        (f'{HEADER}\n{ROW}\nx,"never closed,1', "csv-malformed", 3, "After row 2"),
        (f'{HEADER}\n{ROW}\nx,"closed"but,1', "csv-malformed", 3, "After row 2"),
    ],
)
def test_a_file_that_is_no_table_is_one_finding(
    tmp_path: Path, data: bytes | str, code: str, row: int | None, says: str
) -> None:
    raw = read(tmp_path, data)
    assert raw.frame is None
    (finding,) = raw.findings
    assert (finding.code, finding.row, finding.severity) == (code, row, "error")
    assert says in finding.sentence
    assert finding.mend


def test_a_missing_file_and_a_folder_in_its_place_are_told(tmp_path: Path) -> None:
    needed = TABLES["studies"]
    assert [f.code for f in read_csv(tmp_path, needed).findings] == ["file-missing"]
    absent = read_csv(tmp_path, TABLE)
    assert (absent.findings, absent.is_there) == ((), False)
    assert absent.frame is not None
    assert absent.frame.empty
    (tmp_path / TABLE.file).mkdir()
    assert [f.code for f in read_csv(tmp_path, TABLE).findings] == ["file-unreadable"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_marks_of_other_programs_are_read_alike(tmp_path: Path, ending: str) -> None:
    raw = read(tmp_path, "\ufeff" + ending.join([HEADER, ROW, ""]))
    assert raw.findings == ()
    assert raw.frame is not None
    assert raw.frame.loc[2, "study_id"] == "lococo2023"


def test_rows_keep_the_number_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    multiline = ROW.replace("stated", '"two\nlines"')
    raw = read(tmp_path, "\n".join([HEADER, multiline, "", ",,,,,", ROW]))
    assert raw.frame is not None
    assert list(raw.frame.index) == [2, 5]
    assert raw.frame.loc[2, "reason"] == "two\nlines"


def test_ragged_rows_are_told_each_and_kept_apart(tmp_path: Path) -> None:
    raw = read(tmp_path, "\n".join([HEADER, ROW + ",more", ROW, "lococo2023,short"]))
    assert [(f.code, f.row) for f in raw.findings] == [("row-ragged", 2), ("row-ragged", 4)]
    assert raw.ragged == {2, 4}
    assert "7 cells" in raw.findings[0].sentence
    assert raw.frame is not None
    assert raw.frame.loc[4, "reason"] == ""


def test_nothing_is_taken_for_missing_but_an_empty_cell(tmp_path: Path) -> None:
    raw = read(tmp_path, "\n".join([HEADER, "NA,null,None,nan,-,N/A"]))
    assert raw.frame is not None
    assert list(raw.frame.loc[2]) == ["NA", "null", "None", "nan", "-", "N/A"]
