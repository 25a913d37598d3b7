"""A gate is closed below its k, open at it, and says which studies are missing and why."""

import pytest

from onearm.robustness.gates import DIAGNOSTICS, closed, diagnostic_gate, gates


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_a_gate_opens_at_its_k_and_not_before(name, evidence):
    needs = diagnostic_gate(name, 0, evidence.protocol).needs
    shut = closed(name, needs - 1, evidence.protocol)
    assert shut is not None
    assert shut.verdict is None
    assert shut.table.empty
    assert f"needs {needs} stud" in shut.sentence
    assert f"{needs - 1}: {DIAGNOSTICS[name].why}" in shut.sentence
    assert closed(name, needs, evidence.protocol) is None


def test_the_plan_goes_before_the_defaults(evidence):
    strict = evidence.protocol.model_copy(update={"gates": {"influence": 7}})
    assert closed("influence", 6, strict) is not None
    assert diagnostic_gate("subsets", 3, strict).needs == DIAGNOSTICS["subsets"].needs


def test_every_gate_of_the_shipped_plan_is_a_diagnostic_that_is_known(evidence):
    assert set(evidence.protocol.gates) <= set(DIAGNOSTICS)


def test_small_study_effects_are_never_shown_below_ten_by_default(evidence):
    bare = evidence.protocol.model_copy(update={"gates": {}})
    assert closed("small_study_effects", 9, bare) is not None
    assert [gate.needs for gate in gates(4, bare)] == sorted(d.needs for d in DIAGNOSTICS.values())
