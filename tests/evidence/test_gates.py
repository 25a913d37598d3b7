from __future__ import annotations

import pytest

from onearm.evidence import Pooling, gate


@pytest.mark.parametrize(
    ("k", "code", "says"),
    [(0, "none", "No count"), (1, "single", "exact interval"), (2, "provisional", "rests on"),
     (3, "headline", "3 studies"), (13, "headline", "13 studies")],
)  # fmt: skip
def test_what_k_studies_are_worth(k: int, code: str, says: str) -> None:
    found = gate(k, Pooling())
    assert found.code == code
    assert says in found.sentence


def test_a_stricter_plan_moves_the_gates() -> None:
    strict = Pooling(provisional_k=3, headline_k=5)
    assert [gate(k, strict).code for k in range(6)] == [
        "none", "single", "single", "provisional", "provisional", "headline",
    ]  # fmt: skip
    assert "fewer than the 3" in gate(2, strict).sentence


def test_two_arms_of_one_study_are_cohorts_and_no_headline() -> None:
    for k in (2, 3, 7):
        found = gate(k, Pooling(), studies=1)
        assert found.code == "provisional"
        assert found.sentence.startswith(f"{k} cohorts of 1 study: provisional")
    assert gate(3, Pooling(), studies=2).code == "provisional"
    headline = gate(4, Pooling(), studies=3)
    assert headline.code == "headline"
    assert headline.sentence.startswith("4 cohorts of 3 studies: enough")
    assert gate(1, Pooling(), studies=1).code == "single"
