"""A check is one file and one line: a toy one is examined, gated and shown like any other."""

import pandas as pd
import pytest

from onearm.analysis import Review
from onearm.report.pages.robustness.sections import (
    check_section,
    every_check,
    gates_table,
    robustness_in_short,
    robustness_record,
)
from onearm.robustness import CHECKS, CheckResult, examine, gates, unknown_gates
from onearm.robustness.base import Check, sheet, told


def _run(pool, review):
    odd = [row.label for row in pool.selection.rows if row.n % 2]
    table = pd.DataFrame({"study": odd})
    said = told(pool, f"{len(odd)} of {pool.selection.k} sizes are odd.")
    return CheckResult("odd_sizes", len(odd) < pool.selection.k, said, table)


def _sheets(result):
    yield sheet("Studies of an odd size", result.rows, {"Study": lambda r: r["study"]})


TOY = Check(
    name="odd_sizes",
    label="Odd sizes",
    needs=3,
    why="two sizes are no pattern",
    heading="Are all sizes odd?",
    question="Is any size even?",
    run=_run,
    sheets=_sheets,
)


@pytest.fixture
def toy(evidence, monkeypatch):
    monkeypatch.setitem(CHECKS, TOY.name, TOY)
    return Review(evidence)


def test_it_is_examined_behind_its_gate(toy):
    pools = toy.outcome("pcr").pools
    result = examine(pools["core"], toy)["odd_sizes"]
    sizes = pools["core"].selection.n
    assert result.sentence == f"Core evidence: {(sizes % 2).sum()} of {len(sizes)} sizes are odd."
    few = examine(toy.outcome("mpr").pools["core"], toy)["odd_sizes"]
    assert few.sentence.startswith("Odd sizes: needs 3 studies, and there are 2: two sizes are no")


def test_the_plan_may_gate_it(toy):
    assert "Odd sizes" in {gate.label for gate in gates(3, toy.protocol)}
    plan = toy.protocol.model_copy(update={"gates": {"odd_sizes": 9}})
    assert unknown_gates(plan) == ()
    assert TOY.gate(8, plan).needs == 9


def test_a_page_shows_it_without_a_word_of_its_own(toy, monkeypatch):
    analysis = toy.outcome("complication_major")
    assert "Is any size even?" in robustness_in_short(analysis).text
    assert "Odd sizes | 3" in gates_table(analysis).text
    section = check_section(analysis, "odd_sizes")
    assert section is not None
    assert "Studies of an odd size" in section.text
    for name in [name for name in CHECKS if name != "odd_sizes"]:
        monkeypatch.delitem(CHECKS, name)
    assert "Are all sizes odd?" in every_check(analysis).text
    assert "odd_sizes" in robustness_record(analysis)["checks"]["core"]
