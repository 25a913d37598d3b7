"""How a printed percentage came from a count: exact arithmetic, never floating point.

A percentage may be rounded once (half up or half to even), rounded twice (first to one
more decimal: 15/33 = 45.4545… → 45.5 → 46) or cut off (11/30 = 36.67 → 36).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import Literal

__all__ = [
    "Rounding",
    "counts_that_fit",
    "decimals_of",
    "denominators_that_fit",
    "how_printed",
    "prints",
    "prints_as",
    "rounded",
    "share",
]

Rounding = Literal["once", "twice", "cut"]
Mode = Literal["half-up", "half-even", "cut"]


def decimals_of(printed: str) -> int:
    """Return how many decimals a printed figure shows: 2 for ``"91.05"``."""
    return len(printed.partition(".")[2])


def share(events: int, n: int) -> Fraction:
    """Return events / n in percent, exactly."""
    return Fraction(100 * events, n)


def rounded(value: Fraction | float, decimals: int, how: Mode = "half-up") -> Fraction:
    """Round a figure that is not negative to `decimals`, exactly."""
    scaled = Fraction(value) * 10**decimals
    whole = {
        "half-up": floor(scaled + Fraction(1, 2)),
        "half-even": round(scaled),
        "cut": floor(scaled),
    }
    return Fraction(whole[how], 10**decimals)


def prints_as(value: Fraction | float, printed: str, rounding: Rounding) -> bool:
    """Whether `value` in percent becomes `printed` by this way of rounding."""
    target, decimals = Fraction(printed), decimals_of(printed)
    if rounding == "once":
        return target in (rounded(value, decimals), rounded(value, decimals, "half-even"))
    if rounding == "twice":
        return target == rounded(rounded(value, decimals + 1), decimals)
    return target == rounded(value, decimals, "cut")


def how_printed(value: Fraction | float, printed: str) -> Rounding | None:
    """Say how `value` becomes `printed`.

    Parameters
    ----------
    value : Fraction or float
        The figure before rounding, in percent.
    printed : str
        What the source shows, such as ``"46"`` or ``"91.0"``.

    Returns
    -------
    {"once", "twice", "cut"} or None
        The plainest way that gives it; None if none does.

    Examples
    --------
    >>> how_printed(share(15, 33), "45"), how_printed(share(15, 33), "46")
    ('once', 'twice')
    >>> how_printed(share(11, 30), "36"), how_printed(share(21, 28), "64")
    ('cut', None)
    """
    ways: tuple[Rounding, ...] = ("once", "twice", "cut")
    return next((way for way in ways if prints_as(value, printed, way)), None)


def prints(events: int, n: int, printed: str) -> bool:
    """Whether events / n, rounded once, is printed so."""
    return how_printed(share(events, n), printed) == "once"


def denominators_that_fit(events: int, printed: str) -> range:
    """Return every n for which events / n, rounded once, is printed so.

    Empty when the figure sets no upper limit to n (as 0 events, or 0 % printed). Between its
    ends every n fits, so that none of millions has to be tried.

    Parameters
    ----------
    events : int
        The count.
    printed : str
        The percentage as printed.

    Examples
    --------
    >>> list(denominators_that_fit(21, "64")), list(denominators_that_fit(10, "91.0"))
    ([33], [])
    """
    half = Fraction(1, 2 * 10 ** decimals_of(printed))
    low, high = Fraction(printed) - half, Fraction(printed) + half
    if events == 0 or low <= 0:
        return range(0)
    first, last = max(events, ceil(100 * events / high)), floor(100 * events / low)
    return _fitting(first, last, lambda n: prints(events, n, printed))


def counts_that_fit(n: int, printed: str) -> range:
    """Return every count of `n` that, rounded once, is printed so.

    Parameters
    ----------
    n : int
        The number at risk.
    printed : str
        The percentage as printed.

    Examples
    --------
    >>> [list(counts_that_fit(*each)) for each in ((33, "48"), (28, "48"), (117, "9"))]
    [[16], [], [10, 11]]
    """
    half = Fraction(1, 2 * 10 ** decimals_of(printed))
    first = max(0, ceil(n * (Fraction(printed) - half) / 100))
    last = min(n, floor(n * (Fraction(printed) + half) / 100))
    return _fitting(first, last, lambda events: prints(events, n, printed))


def _fitting(first: int, last: int, fits: Callable[[int], bool]) -> range:
    """Drop an end that lies on the border of rounding and goes the other way."""
    if first <= last and not fits(first):
        first += 1
    if first <= last and not fits(last):
        last -= 1
    return range(first, last + 1)
