from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onearm.evidence.audit.percents import (
    counts_that_fit,
    denominators_that_fit,
    how_printed,
    prints,
    rounded,
    share,
)


@pytest.mark.parametrize(
    ("events", "n", "printed", "way"),
    [
        (15, 33, "45", "once"),
        (15, 33, "46", "twice"),
        (15, 33, "45.5", "once"),
        (11, 30, "37", "once"),
        (11, 30, "36", "cut"),
        (5, 18, "27.7", "cut"),
        (21, 28, "64", None),
        (10, 11, "91.0", None),
        (1, 8, "12", "once"),  # 12.5: half to even
        (1, 8, "13", "once"),  # 12.5: half up
        (1, 8, "12.5", "once"),
        (0, 10, "0", "once"),
        (10, 10, "100.0", "once"),
    ],
)
def test_how_known_figures_were_printed(events: int, n: int, printed: str, way: str | None) -> None:
    assert how_printed(share(events, n), printed) == way


def test_exact_ties_are_not_left_to_floating_point() -> None:
    assert rounded(Fraction("2.675"), 2) == Fraction("2.68")
    assert rounded(Fraction("2.665"), 2, "half-even") == Fraction("2.66")


def test_the_denominators_that_fit() -> None:
    assert list(denominators_that_fit(21, "64")) == [33]
    assert list(denominators_that_fit(4, "12")) == [32, 33, 34]
    assert not denominators_that_fit(10, "91.0")
    assert not denominators_that_fit(0, "0")
    assert not denominators_that_fit(1, "0")
    # One death printed as 0.9 % means 106 to 117 patients.
    assert denominators_that_fit(1, "0.9") == range(106, 118)


def test_the_counts_that_fit() -> None:
    assert not counts_that_fit(28, "48")
    assert list(counts_that_fit(33, "48")) == [16]
    assert list(counts_that_fit(117, "9")) == [10, 11]


@given(events=st.integers(1, 60), n=st.integers(1, 120), decimals=st.integers(0, 2))
def test_a_count_printed_with_care_is_always_recognised(events: int, n: int, decimals: int) -> None:
    events = min(events, n)
    printed = f"{float(rounded(share(events, n), decimals)):.{decimals}f}"
    assert prints(events, n, printed)
    assert events in counts_that_fit(n, printed)
    if Fraction(printed) > Fraction(1, 2 * 10**decimals):
        assert n in denominators_that_fit(events, printed)


@given(n=st.integers(1, 60), whole=st.integers(0, 100), tenths=st.integers(0, 9))
def test_the_ends_alone_decide_which_counts_fit(n: int, whole: int, tenths: int) -> None:
    for printed in (str(whole), f"{whole}.{tenths}"):
        tried = [events for events in range(n + 1) if prints(events, n, printed)]
        assert list(counts_that_fit(n, printed)) == tried


@settings(deadline=None)  # it tries every n, which takes its time on a busy machine
@given(events=st.integers(1, 6), whole=st.integers(5, 100))
def test_the_ends_alone_decide_which_denominators_fit(events: int, whole: int) -> None:
    tried = [n for n in range(events, 140) if prints(events, n, str(whole))]
    assert list(denominators_that_fit(events, str(whole))) == tried


def test_a_figure_that_millions_fit_is_not_tried_one_by_one() -> None:
    assert len(denominators_that_fit(10**8, "1")) > 10**9
    assert len(counts_that_fit(10**9, "50")) == 10**7 + 1
