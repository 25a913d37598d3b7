"""What changed since a release: told in rows and numbers, with causes that were computed."""

import json
import re

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from onearm import read_evidence
from onearm.analysis import Review
from onearm.report.build.colophon import data_digest, protocol_digest
from onearm.report.history import attribution
from onearm.report.history.changes import changes
from onearm.report.history.releases import freeze, pools_of
from onearm.report.pages.changes import tables as changes_tables

SHOWN = (changes_tables.studies, changes_tables.rows, changes_tables.plan_values,
         changes_tables.results, changes_tables.software)  # fmt: skip


@pytest.fixture
def released(small_data, reported):
    """The data with release 1.0 of itself."""
    freeze("1.0", small_data, reported(small_data))
    return small_data


def _found(data):
    return changes(Review(data))


def _text(data):
    review = Review(data)
    found = changes(review)
    parts = [changes_tables.in_short(found, review.protocol), *(show(found) for show in SHOWN)]
    return "\n".join(part.text for part in parts if part)


def _edit(data, table, change):
    path = data / f"{table}.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False)


def _set(**cells):
    def change(frame):
        row = frame[frame["outcome"] == "complication_any"].index[0]
        for column, value in cells.items():
            frame.loc[row, column] = value
        return frame

    return change


def _pooled(data):
    """The first row of the core pool: (position independent) its id, events and n."""
    rows = pd.read_csv(data / "outcomes.csv", dtype=str, keep_default_na=False)
    mask = (rows["outcome"] == "complication_any") & (rows["use"] == "pool")
    return rows[mask].iloc[0]


def _one_more_event(data):
    row = _pooled(data)

    def change(frame):
        place = frame["row_id"] == row["row_id"]
        frame.loc[place, "events"] = str(int(row["events"]) + 1)
        names = ["printed", "printed_percent", "printed_ci_low", "printed_ci_high"]
        frame.loc[place, names] = ""
        return frame

    _edit(data, "outcomes", change)
    return row


def _plan(data, old, new):
    path = data / "protocol.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def _word_more(data):
    """Add a comment to the plan: the folder is no longer the release, and no value is another."""
    path = data / "protocol.toml"
    path.write_text(path.read_text() + "\n# a word more\n")


def _other_program(data, monkeypatch, by=0.01):
    """A program whose source and whose estimates differ, for what is no longer the release."""
    _word_more(data)
    plain = attribution.cut_now

    def moved(review, code):
        outcome = plain(review, code)
        for pool in outcome["pools"].values():
            if pool["estimate"] is not None:
                pool["estimate"] += by
        return outcome

    monkeypatch.setattr(attribution, "cut_now", moved)
    monkeypatch.setattr("onearm.report.history.changes.source_digest", lambda: "0" * 64)


def test_without_a_release_it_says_so(small_data):
    assert _found(small_data) is None
    said = _text(small_data)
    assert said.count("First release: there is none before it") == 1
    assert not any(show(None) for show in SHOWN), "a section without a release is left out"
    assert "onearm release 1.0" in said


def test_the_first_release_is_not_compared_with_itself(released, monkeypatch):
    monkeypatch.setattr(attribution, "cut_now", None)
    assert _found(released) is None
    assert "First release: there is none before it to compare with." in _text(released)


def test_another_layout_of_a_file_is_no_change(released):
    path = released / "records.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.iloc[::-1].to_csv(path, index=False, quoting=1)
    found = _found(released)
    assert not found.same["data"]
    assert found.is_none
    assert "only the layout of the files differs" in _text(released)


def test_a_corrected_count_is_a_change_by_the_data(released):
    row = _one_more_event(released)
    found = _found(released)
    edit = found.tables["outcomes"].edited[0]
    assert (edit.key, edit.column) == (row["row_id"], "events")
    assert (edit.old, edit.new) == (row["events"], str(int(row["events"]) + 1))
    assert found.pools
    assert {pool.causes for pool in found.pools} == {("data",)}
    whole = next(pool for pool in found.pools if pool.part == "All studies")
    assert whole.now["events"] == whole.before["events"] + 1
    said = _text(released)
    assert "1 row corrected" in said
    assert f"{row['row_id']} | outcomes | events | {edit.old} | {edit.new}" in said
    assert f"differ: {len(found.pools)} by data" in said


def test_a_study_that_comes_and_one_that_goes(released):
    row = _pooled(released)
    study = row["study_id"]

    def renamed(frame):
        frame.loc[frame["study_id"] == study, "study_id"] = "newcomer2026"
        return frame

    for table in ("studies", "outcomes", "records", "appraisal"):
        _edit(released, table, renamed)
    found = _found(released)
    assert set(found.tables["studies"].added) == {"newcomer2026"}
    assert set(found.tables["studies"].withdrawn) == {study}
    assert found.people_added == found.people_withdrawn > 0
    patients = found.people_added
    said = _text(released)
    assert f"+1 study, +{patients} patients, 1 study withdrawn (−{patients} patients)" in said


def test_another_program_is_told_from_other_data(released, monkeypatch):
    _other_program(released, monkeypatch)
    found = _found(released)
    assert {pool.causes for pool in found.pools} == {("software",)}
    assert all(pool.part == "All studies" for pool in found.pools)
    assert f"{len(found.pools)} results because of it" in _text(released)
    _one_more_event(released)
    causes = {pool.part: pool.causes for pool in _found(released).pools}
    assert causes.pop("All studies") == ("software", "data")
    assert set(causes.values()) == {("data",)}


def test_another_source_that_changes_no_number_is_no_change(released, monkeypatch):
    _other_program(released, monkeypatch, by=0.0)
    found = _found(released)
    assert found.is_none
    assert "and no result because of it" in _text(released)


def test_what_is_smaller_than_a_printed_digit_is_counted_and_not_listed(released, monkeypatch):
    _other_program(released, monkeypatch, by=1e-6)
    said = _text(released)
    assert "differ by less than what is printed; no estimate among them by more than 1e-06" in said
    assert "Pools of the plan, before" not in said


def test_another_plan_is_the_plans_doing(released):
    _plan(released, "level = 0.95", "level = 0.90")
    found = _found(released)
    assert found.plan == (("pooling.level", "0.95", "0.9"),)
    assert {pool.causes for pool in found.pools} == {("plan",)}
    assert "pooling.level | 0.95 | 0.9" in _text(released)


def _nobody_lowers(frame):
    frame.loc[frame["outcome"] == "complication_any", "downgrade"] = "0"
    return frame


def test_another_judgement_of_certainty_is_a_change_by_the_data(released):
    _edit(released, "certainty", _nobody_lowers)
    found = _found(released)
    whole = next(pool for pool in found.pools if pool.part == "All studies")
    assert whole.causes == ("data",)
    assert whole.before["estimate"] == whole.now["estimate"]
    assert whole.before["certainty"]["lowered"]["Risk of bias"] == 1
    assert whole.now["certainty"]["lowered"]["Risk of bias"] == 0
    assert "Pools of the plan, before" in _text(released), "a change of certainty is printed"


def test_what_an_older_release_did_not_keep_is_not_compared(released, monkeypatch):
    path = released / "releases/1.0/results.json"
    content = json.loads(path.read_text())
    for outcome in content["outcomes"].values():
        for _, _, pool in pools_of(outcome, read_evidence(released).protocol):
            del pool["certainty"], pool["agreement"]
    path.write_text(json.dumps(content))
    _other_program(released, monkeypatch, by=0.0)
    assert _found(released).is_none
    _one_more_event(released)
    found = _found(released)
    assert {pool.causes for pool in found.pools} == {("data",)}
    assert not any("certainty" in pool.conclusion for pool in found.pools)
    assert "1 row corrected" in _text(released)


def test_another_level_of_certainty_changes_the_conclusion(released):
    _edit(released, "certainty", _nobody_lowers)
    _plan(released, 'start = "low"', 'start = "high"')
    whole = next(pool for pool in _found(released).pools if pool.part == "All studies")
    assert whole.causes == ("data", "plan")
    word = whole.now["certainty"]["word"]
    assert word not in ("very low", "high"), "small numbers still lower it"
    assert f"certainty very low → {word}" in whole.conclusion
    assert f"very low → {word} | data and plan" in _text(released)


def test_a_verdict_on_the_methods_that_turns_is_a_conclusion_by_the_plan(released):
    margin = read_evidence(released).protocol.agreement.margin
    _plan(released, f"margin = {margin:g}", "margin = 0.02")
    found = _found(released)
    assert {pool.conclusion for pool in found.conclusions} == {"do not pool: no → yes"}
    assert {pool.causes for pool in found.conclusions} == {("plan",)}
    assert any(pool.part == "All studies" for pool in found.conclusions)
    for pool in found.conclusions:
        before, now = ({**side, "agreement": None} for side in (pool.before, pool.now))
        assert before == now, "another margin moves no number"
    said = _text(released)
    assert "conclusion changed: yes (Any postoperative complication)" in said
    assert (
        "Any postoperative complication, core evidence, setting: Salvage surgery after systemic "
        "therapy: do not pool: no → yes"
    ) in said


def _turned(data, monkeypatch, by):
    """A program by which the methods disagree on the strata of one split."""
    _word_more(data)
    plain = attribution.cut_now

    def turned(review, code):
        outcome = plain(review, code)
        for splits in outcome["strata"].values():
            for pool in splits[by]:
                pool["agreement"] = False
        return outcome

    monkeypatch.setattr(attribution, "cut_now", turned)
    monkeypatch.setattr("onearm.report.history.changes.source_digest", lambda: "0" * 64)


def test_a_stratum_alone_changes_a_conclusion_and_is_named(released, monkeypatch):
    _turned(released, monkeypatch, "setting")
    found = _found(released)
    assert found.conclusions
    assert {pool.part.partition(":")[0] for pool in found.conclusions} == {"Setting"}
    said = _text(released)
    assert "conclusion changed: yes (in subgroups only: Any postoperative complication)" in said
    assert "setting: Salvage surgery after systemic therapy: do not pool: no → yes" in said


def test_a_stratum_that_loses_its_only_study_is_a_conclusion(released):
    def gone(frame):
        pooled = (frame["outcome"] == "complication_any") & (frame["use"] == "pool")
        return frame[~pooled | (frame["row_id"] == _pooled(released)["row_id"])]

    _edit(released, "outcomes", gone)
    told = {pool.part: pool.conclusion for pool in _found(released).conclusions}
    assert any(said.endswith("→ none") for part, said in told.items() if part != "All studies")
    assert "no longer asked" not in told.values(), "the plan still asks for it"


def test_data_and_plan_are_told_apart(released):
    _plan(released, "level = 0.95", "level = 0.90")
    _one_more_event(released)
    found = _found(released)
    changed = {pool.causes for pool in found.pools}
    assert ("data", "plan") in changed
    assert changed <= {("data", "plan"), ("plan",)}


def test_a_threshold_alone_changes_the_conclusion_and_no_number(released):
    whole = read_evidence(released)
    before = json.loads((released / "releases/1.0/results.json").read_text())["outcomes"]
    low, _ = before["complication_any"]["pools"]["core+extended"]["shown"]
    threshold = whole.protocol.outcome[0].threshold
    _plan(released, f"threshold = {threshold:.2f}", f"threshold = {low / 2:.6f}")
    found = _found(released)
    assert found.conclusions
    for pool in found.conclusions:
        before, now = ({**side, "certainty": None} for side in (pool.before, pool.now))
        assert before == now, "imprecision is judged against the threshold, nothing else is"
        assert pool.causes == ("plan",)
        assert re.search(r"interval \w+ → above", pool.conclusion)
    assert "conclusion changed: yes (Any postoperative complication)" in _text(released)


def test_comments_of_the_plan_are_no_change(released):
    _word_more(released)
    assert _found(released).is_none
    assert "only comments or layout" in _text(released)


def test_a_standing_that_changes_is_a_conclusion(released):
    _plan(released, "provisional_k = 2", "provisional_k = 3")
    found = _found(released)
    assert any("provisional → single" in pool.conclusion for pool in found.conclusions)
    assert "not pooled" in _text(released)


def test_fresh_from_a_release_the_one_before_is_compared_with(released, reported, version):
    _one_more_event(released)
    version(released, "1.1")
    freeze("1.1", released, reported(released))
    found = _found(released)
    assert (found.is_release, found.since.version) == ("1.1", "1.0")
    assert found.tables["outcomes"].edited
    said = _text(released)
    assert "This report | release 1.1" in said
    assert "Since version 1.0" in said
    _plan(released, 'version = "1.1"', 'version = "1.2"')
    assert _found(released).since.version == "1.1"


def _refrozen(data):
    """Give a release that a test rewrote the hashes of what it now holds."""
    folder = data / "releases" / "1.0"
    about = json.loads((folder / "release.json").read_text())
    about["protocol_sha256"] = protocol_digest(folder)
    about["data_sha256"] = data_digest(folder)
    (folder / "release.json").write_text(json.dumps(about))


def _old_format(data):
    """Write the frozen plan in a format that today's program does not read."""
    _plan(data / "releases" / "1.0", "[pooling]", "[pooling]\nbygone = 1")
    _refrozen(data)


def test_a_frozen_plan_of_another_format_alone_changes_no_row_and_no_number(released):
    _old_format(released)
    found = _found(released)
    assert found.has_old_format
    assert found.has_same_rows
    assert found.pools == ()
    assert found.compared > 4
    said = _text(released)
    assert "no row, no number; the plan has a new format" in said
    assert "pooling.bygone | 1 | (absent)" in said


def test_with_a_plan_of_another_format_plan_and_software_are_one_cause(released, monkeypatch):
    _old_format(released)
    _one_more_event(released)
    assert {pool.causes for pool in _found(released).pools} == {("data",)}
    _plan(released, "level = 0.95", "level = 0.90")
    found = _found(released)
    assert {pool.causes for pool in found.pools} == {
        ("plan and software",),
        ("plan and software", "data"),
    }
    said = _text(released)
    assert "Plan and software are therefore one cause" in said
    assert "| plan and software and data |" in said


def test_a_release_whose_tables_cannot_be_read_has_no_guessed_causes(released):
    _old_format(released)
    folder = released / "releases" / "1.0"
    _edit(folder, "outcomes", lambda frame: frame.drop(columns="source"))
    _refrozen(released)
    _one_more_event(released)
    found = _found(released)
    assert found.pools
    assert {pool.causes for pool in found.pools} == {()}
    said = _text(released)
    assert "cannot read the frozen evidence" in said
    assert "an unknown cause" in said


def test_the_shipped_release_is_compared_although_its_plan_has_another_format(project):
    found = changes(Review(project / "data"))
    assert found.since.version == "1.0"
    assert not found.unread
    assert found.compared > 100


def test_an_outcome_that_is_no_longer_asked_stays_visible(released):
    path = released / "protocol.toml"
    text = path.read_text()
    text = text.replace('code = "complication_any"', 'code = "complication_minor"')
    path.write_text(text.replace("\ncomplication_minor =", "\ncomplication_any ="))
    found = _found(released)
    told = {pool.conclusion for pool in found.conclusions}
    assert told == {"newly asked", "no longer asked"}
    assert {pool.causes for pool in found.conclusions} == {("plan",)}


def test_hostile_cells_stay_text(released):
    hostile = '<script>alert("x")</script>'
    _edit(released, "outcomes", _set(notes=hostile))
    _edit(released, "studies", lambda frame: frame.assign(notes=hostile))
    found = _found(released)
    for show in SHOWN:
        soup = BeautifulSoup(show(found).html, "html.parser")
        assert soup.find("script") is None
    assert hostile in BeautifulSoup(changes_tables.rows(found).html, "html.parser").get_text()
