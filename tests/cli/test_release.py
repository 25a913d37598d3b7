"""``onearm release`` as a user meets it."""

import json

from onearm.analysis import Review
from onearm.report.build.colophon import about_report
from onearm.report.build.record import rounded


def test_a_release_is_made_once(onearm, small_data, tmp_path):
    review = Review(small_data)
    found = review.outcome("complication_any").to_dict()
    outcomes = {"complication_any": rounded({**found, "models": []})}
    reports = tmp_path / "reports"
    reports.mkdir()
    content = {**about_report(review.protocol, small_data), "outcomes": outcomes}
    (reports / "results.json").write_text(json.dumps(content))
    done = onearm("release", "1.0", "--data", small_data, "--reports", reports)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Released 1.0 with 1 outcome" in done.stdout
    assert (small_data / "releases" / "1.0" / "release.json").is_file()
    again = onearm("release", "1.0", "--data", small_data, "--reports", reports)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith("error: version 1.0 is released already")
    assert again.stderr.count("\n") == 1


def test_without_a_report_nothing_is_written(onearm, small_data, tmp_path):
    done = onearm("release", "1.0", "--data", small_data, "--reports", tmp_path / "none")
    assert done.returncode == 2
    assert done.stderr.startswith("error: there is no ")
    assert done.stderr.count("\n") == 1
    assert not (small_data / "releases").exists()
