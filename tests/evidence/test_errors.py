from __future__ import annotations

import pickle

import pytest

from onearm.errors import InputError, OnearmError
from onearm.evidence import Finding

FINDING = Finding("n-is-zero", "error", "n is 0.", "Enter n.", "outcomes.csv", 7, "n", "0")


def test_an_input_error_is_ours_and_a_value_error() -> None:
    with pytest.raises(ValueError, match="wrong"):
        raise InputError("wrong")
    assert issubclass(InputError, OnearmError)


def test_the_text_lists_every_finding_with_place_and_mend() -> None:
    text = str(InputError("Two problems.", [FINDING, FINDING]))
    assert text.splitlines()[0] == "Two problems."
    assert text.count("outcomes.csv, row 7, column n") == 2
    assert "What to do: Enter n." in text


def test_findings_survive_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(InputError("Wrong.", [FINDING])))
    assert error.findings == (FINDING,)
    assert error.message == "Wrong."
