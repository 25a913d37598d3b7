from __future__ import annotations

import pytest

from onearm.evidence import Pooling, gate


@pytest.mark.parametrize(
    ("k", "code", "says"),
    [(0, "none", "No study"), (1, "single", "exact interval"), (2, "provisional", "rests on"),
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
