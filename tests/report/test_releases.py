"""A release freezes everything, once; whatever is not as it must be freezes nothing."""

import json

import pandas as pd
import pytest

from onearm import OnearmError, read_evidence
from onearm.report.build.colophon import data_digest, protocol_digest, source_digest
from onearm.report.history.releases import freeze, releases


def _tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def reports(small_data, reported):
    return reported(small_data)


def test_a_release_holds_the_evidence_the_plan_and_the_results(small_data, reports):
    before = data_digest(small_data)
    release = freeze("1.0", small_data, reports)
    assert release.folder == small_data / "releases" / "1.0"
    for path in [*small_data.glob("*.csv"), small_data / "protocol.toml"]:
        assert (release.folder / path.name).read_bytes() == path.read_bytes()
    assert data_digest(small_data) == before, "a release changes the hash of the data"
    about = json.loads((release.folder / "release.json").read_text())
    assert about["version"] == "1.0"
    assert about["data_sha256"] == before == data_digest(release.folder)
    assert about["protocol_sha256"] == protocol_digest(small_data)
    assert about["source_sha256"] == source_digest()
    frozen = release.results["complication_any"]["pools"]["core"]
    whole = json.loads((reports / "results.json").read_text())
    pool = whole["outcomes"]["complication_any"]["pools"]["core"]
    assert frozen["estimate"] == pool["pooled"]["estimate"]
    assert (frozen["k"], frozen["rows"]) == (pool["k"], pool["rows"])
    assert [item.version for item in releases(small_data)] == ["1.0"]
    assert not list((small_data / "releases").glob(".*"))


def test_a_release_can_be_read_as_evidence_and_the_data_stay_valid(small_data, reports):
    release = freeze("1.0", small_data, reports)
    read_evidence(small_data)
    assert read_evidence(release.folder).counts == read_evidence(small_data).counts


def test_two_freezes_of_the_same_give_the_same_bytes(small_data, reports):
    one = _tree(freeze("1.0", small_data, reports).folder)
    (small_data / "releases").rename(small_data.parent / "elsewhere")
    assert _tree(freeze("1.0", small_data, reports).folder) == one


def _another_row(data, _):
    path = data / "records.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[0, "notes"] = "read again"
    frame.to_csv(path, index=False)


def _another_plan(data, _):
    path = data / "protocol.toml"
    path.write_text(path.read_text() + "\n# a word more\n")


def _another_source(_, reports):
    path = reports / "results.json"
    path.write_text(path.read_text().replace(source_digest(), "0" * 64))


def _no_report(_, reports):
    (reports / "results.json").unlink()


def _broken_report(_, reports):
    (reports / "results.json").write_text("{")


def _report_without_outcomes(_, reports):
    (reports / "results.json").write_text("[1]")


def _wrong_data(data, _):
    path = data / "outcomes.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[frame["row_id"] == "L1", "events"] = "11"
    frame.to_csv(path, index=False)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_another_row, "other tables"),
        (_another_plan, "another plan"),
        (_another_source, "another version of the program"),
        (_no_report, "make the report first"),
        (_broken_report, "no results of onearm"),
        (_report_without_outcomes, "no results of onearm"),
        (_wrong_data, "evidence"),
    ],
)
def test_what_is_not_current_is_refused_and_nothing_is_written(spoil, words, small_data, reports):
    spoil(small_data, reports)
    before = _tree(small_data)
    with pytest.raises(OnearmError, match=words):
        freeze("1.0", small_data, reports)
    assert _tree(small_data) == before
    assert not (small_data / "releases").exists()


@pytest.mark.parametrize("text", ["", "1", "v1.0", "1.0-rc1", "01.0", "1.0.0.0", "1,0", "../1.0"])
def test_what_is_no_version_is_refused(text, small_data, reports):
    with pytest.raises(OnearmError, match="no version"):
        freeze(text, small_data, reports)


def test_the_plan_must_carry_the_version_first(small_data, reports):
    with pytest.raises(OnearmError, match=r'set version = "1\.1"'):
        freeze("1.1", small_data, reports)


def test_versions_only_go_forward_by_number_and_never_change(
    small_data, reports, reported, version
):
    freeze("1.0", small_data, reports)
    with pytest.raises(OnearmError, match=r"released already.*1\.1"):
        freeze("1.0", small_data, reports)
    version(small_data, "1.10")
    freeze("1.10", small_data, reported(small_data))
    for older in ("1.9", "1.0.5", "0.9", "1.10.0"):
        version(small_data, older)
        with pytest.raises(OnearmError, match=r"not newer than 1\.10.*1\.11"):
            freeze(older, small_data, reported(small_data))
    assert [release.version for release in releases(small_data)] == ["1.0", "1.10"]


@pytest.mark.parametrize("name", ["outcomes.csv", "protocol.toml"])
def test_a_release_that_was_changed_is_refused(name, small_data, reports):
    path = freeze("1.0", small_data, reports).folder / name
    path.write_text(path.read_text() + "\n")
    with pytest.raises(OnearmError, match="was changed since it was frozen"):
        releases(small_data)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_a_damaged_release_is_one_message_with_the_way_out(text, small_data, reports):
    (freeze("1.0", small_data, reports).folder / "release.json").write_text(text)
    with pytest.raises(OnearmError, match=r"release\.json is damaged. Restore releases/1\.0"):
        releases(small_data)
