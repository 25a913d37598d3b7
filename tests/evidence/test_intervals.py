"""The printed intervals whose method is known, and the methods against their definitions."""

from __future__ import annotations

import pytest
from scipy import stats

from onearm.evidence.audit.printed_intervals import METHODS, reproduce


@pytest.mark.parametrize(
    ("events", "n", "low", "high", "level", "methods"),
    [
        (15, 33, "31", "61", 0.90, {"Clopper–Pearson", "Wilson with continuity correction"}),
        (15, 33, "31", "61", 0.95, set()),
        (15, 28, "31", "61", 0.90, set()),
        (4, 33, "3", "28", 0.95, {"Clopper–Pearson"}),
        (8, 33, "11.9", "40.4", 0.95, {"likelihood ratio"}),
        (18, 33, "37.7", "70.7", 0.95, {"likelihood ratio"}),
        (20, 37, "37.2", "70.9", 0.95, {"t-interval of a 0/1 mean"}),
        (12, 35, "17.7", "50.8", 0.95, {"t-interval of a 0/1 mean"}),
        (43, 179, "18.0", "31.0", 0.95, {"Clopper–Pearson"}),
        (0, 30, "0", "11.6", 0.95, {"Clopper–Pearson"}),
        (10, 10, "69.2", "100", 0.95, {"Clopper–Pearson"}),
    ],
)
def test_published_intervals(
    events: int, n: int, low: str, high: str, level: float, methods: set[str]
) -> None:
    assert {r.method for r in reproduce(events, n, low, high, level)} == methods


def test_rounding_twice_is_told_and_is_one_way_for_both_limits() -> None:
    exact, wilson = reproduce(15, 33, "31", "61", 0.90)
    assert (exact.rounding, wilson.rounding) == ("twice", "once")
    assert exact.low == pytest.approx(30.490958, abs=1e-6)
    # mid-P of 30/147 is 14.48 to 27.496: 14 needs one rounding, 28 needs two. Nobody does both.
    assert "mid-P" not in {r.method for r in reproduce(30, 147, "14", "28", 0.95)}


# Newcombe 1998, table I: 81/263, 15/148, 0/20 and 1/29 at 95 %.
NEWCOMBE = {
    "Wilson": [(0.2553, 0.3662), (0.0624, 0.1605), (0.0000, 0.1611), (0.0061, 0.1718)],
    "Wilson with continuity correction": [
        (0.2535, 0.3682), (0.0598, 0.1644), (0.0000, 0.2005), (0.0018, 0.1963),
    ],
    "Clopper–Pearson": [(0.2527, 0.3676), (0.0578, 0.1617), (0.0000, 0.1684), (0.0009, 0.1776)],
    "mid-P": [(0.2544, 0.3658), (0.0601, 0.1581), (0.0000, 0.1391), (0.0017, 0.1585)],
    "likelihood ratio": [(0.2542, 0.3655), (0.0596, 0.1567), (0.0000, 0.0916), (0.0020, 0.1432)],
}  # fmt: skip


@pytest.mark.parametrize("method", NEWCOMBE)
def test_methods_against_the_published_table(method: str) -> None:
    counts = [(81, 263), (15, 148), (0, 20), (1, 29)]
    for (events, n), limits in zip(counts, NEWCOMBE[method], strict=True):
        assert METHODS[method](events, n, 0.95) == pytest.approx(limits, abs=6e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 10, 33])
def test_every_method_gives_an_ordered_interval_around_the_estimate(method: str, n: int) -> None:
    for events in range(n + 1):
        low, high = METHODS[method](events, n, 0.9)
        assert 0 <= low <= high <= 1
        if method != "Jeffreys":  # which leaves out the boundary itself at 0 and n
            assert low - 1e-9 <= events / n <= high + 1e-9


def test_mid_p_halves_what_was_observed() -> None:
    low, high = METHODS["mid-P"](4, 28, 0.95)
    assert stats.binom.sf(4, 28, low) + stats.binom.pmf(4, 28, low) / 2 == pytest.approx(0.025)
    assert stats.binom.cdf(3, 28, high) + stats.binom.pmf(4, 28, high) / 2 == pytest.approx(0.025)
