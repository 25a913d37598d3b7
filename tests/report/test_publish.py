import pytest

from onearm import OnearmError
from onearm.report.build.build import check_target, publish, recover


def _report(path, text):
    path.mkdir(parents=True)
    (path / "results.json").write_text(text)
    return path


def test_a_new_report_replaces_the_old_one_whole(tmp_path):
    out = _report(tmp_path / "reports", "old")
    (out / "stale.html").write_text("")
    publish(_report(tmp_path / "stage", "new"), out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["reports"]
    assert [p.name for p in out.iterdir()] == ["results.json"]
    assert (out / "results.json").read_text() == "new"


def test_a_failed_move_leaves_the_last_report(tmp_path):
    out = _report(tmp_path / "reports", "old")
    with pytest.raises(OSError, match="nowhere"):
        publish(tmp_path / "nowhere", out)
    assert (out / "results.json").read_text() == "old"


def test_a_report_set_aside_by_a_killed_run_comes_back(tmp_path):
    _report(tmp_path / ".reports.old", "last")
    recover(tmp_path / "reports")
    assert (tmp_path / "reports" / "results.json").read_text() == "last"


def test_a_folder_that_is_no_report_is_never_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(OnearmError, match="nothing of yours"):
        check_target(tmp_path / "mine", tmp_path / "data")


@pytest.mark.parametrize(("out", "data"), [("x", "x"), ("x", "x/data"), ("x/out", "x")])
def test_report_and_data_never_share_a_place(tmp_path, out, data):
    with pytest.raises(OnearmError, match="within each other"):
        check_target(tmp_path / out, tmp_path / data)


def test_a_file_is_no_target(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(OnearmError, match="is a file"):
        check_target(tmp_path / "out", tmp_path / "data")
