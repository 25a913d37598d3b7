import math

import pytest

from onearm.words import (
    count,
    interval,
    listing,
    number,
    p_value,
    percent,
    shorten,
    spreadsheet_safe,
    with_interval,
)


@pytest.mark.parametrize(
    ("proportion", "text"),
    [
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (1e-9, "<0.1 %"),
        (1 - 1e-9, ">99.9 %"),
        (5 / 33, "15.2 %"),
        (math.nan, "not estimable"),
        (None, "not estimable"),
    ],
)
def test_percent_never_rounds_a_share_to_none_or_all(proportion, text):
    assert percent(proportion) == text


def test_an_interval_with_an_unknown_limit_is_not_estimable():
    assert interval(0.1, math.nan) == "not estimable"
    assert with_interval(math.nan, (0.1, 0.2)) == "not estimable"
    assert with_interval(0.5, (0.1871, 0.8129)) == "50.0 % (18.7 to 81.3)"


def test_small_words():
    assert [count(0, "row"), count(1, "row"), count(2, "study", "studies")] == [
        "0 rows",
        "1 row",
        "2 studies",
    ]
    assert [listing([]), listing(["a"]), listing(["a", "b", "c"])] == ["", "a", "a, b and c"]
    assert [p_value(1e-9), p_value(0.0421), number(1 / 3)] == ["<0.001", "0.042", "0.33"]
    assert shorten("x" * 300, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(text):
    assert spreadsheet_safe(text) == "'" + text


def test_an_ordinary_text_is_left_alone():
    assert spreadsheet_safe("Lococo 2023") == "Lococo 2023"
