"""The first meeting with `onearm check`: everything at once, and a small review is small."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from onearm.evidence import audit, check, read_evidence, select
from onearm.evidence.findings import errors_among
from onearm.evidence.tables.reading import survey

PLAN = """\
title = "Adverse events after the vaccine"

[[outcome]]
code = "fever"
label = "Fever"
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Two small tables and a plan of a few lines."""
    (tmp_path / "protocol.toml").write_text(PLAN, "utf-8")
    (tmp_path / "studies.csv").write_text(
        "study_id,label\na,Adams 2020\nb,Baker 2021\nc,Clark 2022\n", "utf-8"
    )
    (tmp_path / "outcomes.csv").write_text(
        "study_id,outcome,events,n,source\n"
        "a,fever,3,20,doi:10.1000/1\nb,fever,0,31,doi:10.1000/2\nc,fever,,,doi:10.1000/3\n",
        "utf-8",
    )
    return tmp_path


def test_two_small_tables_and_a_short_plan_are_a_review_without_any_complaint(small: Path) -> None:
    assert len(PLAN.splitlines()) <= 10
    (note,) = check(small)
    assert (note.code, note.severity) == ("missing-outcome", "note")
    assert (
        note.sentence == "Clark 2022 gives no count for Fever: not reported. It is missing, not "
        "zero."
    )
    evidence = read_evidence(small)
    assert evidence.supplied == {
        "studies",
        "studies.study_id",
        "studies.label",
        "outcomes",
        "outcomes.study_id",
        "outcomes.outcome",
        "outcomes.events",
        "outcomes.n",
        "outcomes.source",
    }
    found = select(evidence, "fever")
    assert (found.labels, found.events.tolist()) == (("Adams 2020", "Baker 2021"), [3, 0])
    assert found.cautions == ()
    assert found.excluded[0].reason == "not known: not reported"


def test_what_absent_columns_hold(small: Path) -> None:
    with (small / "outcomes.csv").open("a") as handle:
        handle.write("a,rash,1,20,doi:10.1000/1\n")
    evidence = read_evidence(small)
    known, _, unknown, other = evidence.counts
    assert (known.row_id, known.population, known.denominator) == ("a.fever", "all", "all")
    assert (known.unit, known.basis, known.use, known.use_reason) == (
        "people",
        "stated",
        "pool",
        "",
    )
    assert (unknown.basis, unknown.use, unknown.missing_reason) == ("", "context", "not reported")
    assert other.row_id == "a.rash"
    assert known.locator == known.printed == known.variant == ""
    assert evidence.studies[0].year is None
    assert (evidence.records, evidence.appraisal, evidence.judgements) == ((), (), ())


def test_an_absent_denominator_is_that_of_the_outcome(small: Path) -> None:
    path = small / "protocol.toml"
    path.write_text(
        path.read_text() + 'denominator = "dose"\n[denominators]\nperson = "adult"\ndose = "dose"\n'
    )
    assert {count.denominator for count in read_evidence(small).counts} == {"dose"}


def test_rows_that_are_alike_get_names_of_their_own(small: Path) -> None:
    (small / "outcomes.csv").write_text(
        "study_id,population,outcome,events,n,source,use,variant\n"
        "a,all,fever,3,20,s,pool,\n"
        "a,all,fever,4,20,s,sensitivity,by phone\n"
        "a,all,fever,5,20,s,sensitivity,by post\n"
        "a,2,fever,1,9,s,pool,\n",
        "utf-8",
    )
    found = read_evidence(small)  # use_reason is not there, so nobody has to fill it
    assert [count.row_id for count in found.counts] == [
        "a.fever",
        "a.fever.2",
        "a.fever.3",
        "a.fever.2.2",
    ]


@pytest.mark.parametrize("table", ["records", "appraisal", "certainty"])
def test_a_table_with_a_header_alone_is_no_error(small: Path, table: str) -> None:
    headers = {
        "records": "record_id,citation,met_by,study_id,stage,decision",
        "appraisal": "study_id,tool,item,question,judgement,reason",
        "certainty": "outcome,domain,downgrade,reason",
    }
    (small / f"{table}.csv").write_text(headers[table] + "\n", "utf-8")
    assert errors_among(check(small)) == ()


def test_a_missing_column_hides_nothing_of_the_others(small: Path) -> None:
    (small / "outcomes.csv").write_text(
        "study_id,outcome,n,use,use_reason,denominator\n"
        "a,fever,x,pool,,all\nzz,fever,20,excluded,,everyone\n",
        "utf-8",
    )
    found = {(f.code, f.row, f.column) for f in check(small)}
    assert found == {
        ("column-missing", 1, "events, source"),
        ("not-integer", 2, "n"),
        ("unknown-study", 3, "study_id"),
        ("use-without-reason", 3, "use_reason"),
        ("not-in-list", 3, "denominator"),
    }


# ------------------------------------------- mending one thing brings nothing new to light

#: Each breaks one thing, whatever else is broken: its name, and what it does to a folder.
BREAKS: dict[str, Callable] = {}


def breaks(function: Callable) -> Callable:
    BREAKS[function.__name__] = function
    return function


def replaced(old: str, new: str) -> Callable:
    def change(folder) -> None:
        assert old in folder.protocol
        folder.protocol = folder.protocol.replace(old, new, 1)

    return change


def cell(key: str, column: str, value: str) -> Callable:
    return lambda folder: folder.row(key).update({column: value})


BREAKS |= {
    "key unknown": replaced("minimum_n", "minimun_n"),
    "level": replaced("level = 0.95", "level = 95"),
    "gates in disorder": replaced("provisional_k = 2", "provisional_k = 4"),
    "threshold": replaced("threshold = 0.2", 'threshold = "high"'),
    "label gone": replaced('label = "Major pathological response"', ""),
    "label with a break": replaced('label = "Arcsine"', 'label = "a\\nb"'),
    "option": replaced('"REML"', '"REMEL"'),
    "noun": replaced('evaluable = "evaluable patient"', "evaluable = 7"),
    "value": replaced('chemo = "Chemotherapy"', "chemo = 3"),
    "column": replaced('label = "Drugs before surgery"', "label = 1"),
    "stratum": replaced('column = "setting"', "column = 5"),
    "shared": replaced('members = ["mixed"]', 'members = ["mixed", "ici_any"]'),
    "moderator": replaced("units = [", 'moderators = ["zebra"]\nunits = ['),
    "nested": replaced('["mpr"]\n\n', '["zebra"]\n\n'),
    "fact": replaced('facts = ["pcr"', 'facts = ["zebra"'),
    "set": replaced('short = "MPR"', 'short = "pCR"'),
    "part": replaced('part_of = "enrolled"', 'part_of = "zebra"'),
    "day": replaced(
        "[gates]", '[[deviation]]\ndate = "some day"\nwhat = "w"\nwhy = "y"\n\n[gates]'
    ),
    "count": cell("L1", "events", "x"),
    "too many": cell("A6", "events", "29"),
    "denominator": cell("C2", "denominator", "operated"),
    "agent class": cell("X18", "agent_class", "alk"),
    "study": cell("C3", "study_id", "nobody"),
    "reason": cell("C14", "use_reason", ""),
    "derivation": cell("A4", "derivation", ""),
    "slip": cell("L2", "outcome", "prm"),
    "setting": cell("lin2023", "setting", "planned"),
    "year": cell("alneo2025", "year", "25"),
    "label of a study": cell("hashimoto2022", "label", "a\nb"),
    "itself": cell("chiappetta2025", "version_of", "chiappetta2025"),
}


@breaks
def record(folder) -> None:
    folder.tables["records"][0]["decision"] = "excluded"


@breaks
def appraisal(folder) -> None:
    folder.tables["appraisal"][1]["item"] = "1"


def told(folder, path: Path, broken: set[str]) -> set[tuple[str, str, str]]:
    """The errors of a folder with some things broken, by code and place."""
    folder = type(folder)(path)
    for name in BREAKS:
        if name in broken:
            BREAKS[name](folder)
    return {
        # What contradicts what has no place but the plan: its first words tell it from others.
        (f.code, f.place, f.sentence[:40] if f.code == "protocol-contradiction" else "")
        for f in survey(folder.write()).errors
    }


@pytest.mark.parametrize("name", BREAKS)
def test_each_is_told_alone(folder, tmp_path: Path, name: str) -> None:
    assert told(folder, tmp_path / "one", {name})


@pytest.mark.parametrize("seed", range(2))
def test_mending_brings_nothing_new_to_light(folder, tmp_path: Path, seed: int) -> None:
    order = list(BREAKS)
    random.Random(seed).shuffle(order)
    broken = set(order)
    first = before = told(folder, tmp_path / "all", broken)
    assert len(first) >= len(BREAKS) - 2
    for step in range(0, len(order), 3):
        broken -= set(order[step : step + 3])
        now = told(folder, tmp_path / f"step{step}", broken)
        assert now <= before, f"after mending {order[step : step + 3]}"
        before = now
    assert before == set()


def test_mending_any_one_of_two_brings_nothing_new_to_light(folder, tmp_path: Path) -> None:
    alone = {name: told(folder, tmp_path / "one", {name}) for name in BREAKS}
    for a, b in itertools.islice(itertools.combinations(BREAKS, 2), 0, None, 53):
        both = told(folder, tmp_path / "two", {a, b})
        assert alone[a] | alone[b] <= both, (a, b)


def test_what_the_audit_says_of_sound_rows_waits_for_nothing(folder, tmp_path: Path) -> None:
    sound = {f for f in audit(folder.read()) if f.study_id == "alneo2025"}
    broken = {"threshold", "noun", "option", "nested", "count", "denominator", "record"}
    other = type(folder)(tmp_path / "broken")
    for name in broken:
        BREAKS[name](other)
    assert sound <= set(check(other.write()))
