"""A gate is closed below its k, open at it, and says which studies are missing and why."""

import pytest

from onearm.robustness.examine import diagnostic_gate, diagnostics, gates, unknown_gates

DIAGNOSTICS = diagnostics()


@pytest.mark.parametrize("name", DIAGNOSTICS)
def test_a_gate_opens_at_its_k_and_not_before(name, evidence):
    diagnostic = DIAGNOSTICS[name]
    needs = diagnostic_gate(name, 0, evidence.protocol).needs
    shut = diagnostic.closed(needs - 1, evidence.protocol)
    assert shut is not None
    assert shut.verdict is None
    assert shut.table.empty
    assert f"needs {needs} stud" in shut.sentence
    assert f"{needs - 1}: {diagnostic.why}" in shut.sentence
    assert diagnostic.closed(needs, evidence.protocol) is None


def test_the_plan_goes_before_the_defaults(evidence):
    strict = evidence.protocol.model_copy(update={"gates": {"influence": 7}})
    assert DIAGNOSTICS["influence"].closed(6, strict) is not None
    assert diagnostic_gate("subsets", 3, strict).needs == DIAGNOSTICS["subsets"].needs


def test_every_gate_of_the_shipped_plan_is_a_diagnostic_that_is_known(evidence):
    assert unknown_gates(evidence.protocol) == ()


def test_a_misspelt_gate_is_an_error_with_what_was_meant(evidence):
    wrong = evidence.protocol.model_copy(update={"gates": {"fragilty": 3, "influence": 3}})
    (finding,) = unknown_gates(wrong)
    assert finding.severity == "error"
    assert finding.place == "protocol.toml, gates.fragilty"
    assert "Did you mean fragility?" in finding.mend
    for name in DIAGNOSTICS:
        assert name in finding.mend


def test_small_study_effects_are_never_shown_below_ten_by_default(evidence):
    bare = evidence.protocol.model_copy(update={"gates": {}})
    assert DIAGNOSTICS["small_study_effects"].closed(9, bare) is not None
    assert [gate.needs for gate in gates(4, bare)] == sorted(d.needs for d in DIAGNOSTICS.values())
