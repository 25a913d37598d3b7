"""Arguments of the robustness functions that make no sense are refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from onearm.models import ModelError
from onearm.robustness import operating_characteristics, subsets

DRAWN: dict[str, Any] = {"cap": 1, "methods": "Logit, Wald", "p": 0.2, "tau": 0.5}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("word", "options"),
    [
        ("draws", {"draws": 0}),
        ("draws", {"draws": "a"}),
        ("seed", {"seed": -1}),
        ("seed", {"seed": 1.5}),
        ("cap", {"cap": "a"}),
        ("p must", {"p": "a"}),
        ("tau must", {"tau": None}),
        ("methods", {"methods": []}),
        ("method", {"methods": {"a": 3}}),
        ("method", {"methods": {"a": {"tau2": "DL"}}}),
    ],
)
def test_a_calibration_that_makes_no_sense_is_refused(word: str, options: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match=word):
        operating_characteristics([30, 40, 50], **(DRAWN | options))


@pytest.mark.parametrize("max_k", ["a", -1, None, 2.5])
def test_a_number_of_studies_is_a_whole_number(max_k: Any) -> None:
    with pytest.raises(ModelError, match="max_k"):
        subsets([3, 5], [10, 12], max_k=max_k)


def test_subsets_are_of_one_dataset() -> None:
    with pytest.raises(ModelError, match="one dataset"):
        subsets([[1, 2], [2, 3]], [[3, 4], [3, 4]])
