"""Printed percentages against the counts they stand beside, by exact arithmetic.

A percentage may be rounded once (half up or half to even), rounded twice (first to one
more decimal: 15/33 = 45.4545… → 45.5 → 46) or cut off (11/30 = 36.67 → 36).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Literal

from onearm.evidence.audit.telling import row_name
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Row
from onearm.words import count, listing

__all__ = [
    "counts_that_fit",
    "decimals_of",
    "denominators_that_fit",
    "how_printed",
    "percent_against_count",
    "percent_without_count",
    "prints",
    "prints_as",
    "rounded",
    "share",
]

_FEW = 6
Rounding = Literal["once", "twice", "cut"]
Mode = Literal["half-up", "half-even", "cut"]


def percent_against_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for every percentage that is not its count, rounded once."""
    for row in evidence.counted:
        if row.count.printed_percent:
            yield from _judge(evidence, row)


def _judge(evidence: Evidence, row: Row) -> Iterator[Finding]:
    printed = row.count.printed_percent
    way = how_printed(share(row.events, row.n), printed)
    what = (
        f"{row.label} prints {printed} % for {row.events} of {row.n} "
        f"({evidence.protocol.outcome_name(row.count.outcome)}), which is "
        f"{float(share(row.events, row.n)):.2f} %"
    )
    keep = "Keep the count; never work back from the percentage."
    if way == "twice":
        yield row.at("printed_percent").note(
            "percent-double-rounded", f"{what}: only rounding twice gives it.", keep
        )
    elif way == "cut":
        yield row.at("printed_percent").note(
            "percent-truncated", f"{what}: cut off instead of rounded.", keep
        )
    elif way is None:
        yield row.at("printed_percent").warning(
            "percent-mismatch",
            f"{what}. {printed} % with {row.events} does not fit n = {row.n}; "
            f"{_what_fits(evidence, row)}.",
            "Check whom the source counts here, and correct n or note the slip.",
        )


def _what_fits(evidence: Evidence, row: Row) -> str:
    fits = denominators_that_fit(row.events, row.count.printed_percent)
    used = [n for n in sorted(evidence.sizes[row.study_id]) if n in fits]
    if used:
        return f"it fits n = {listing([str(n) for n in used], 'or')}, which this study also uses"
    if not fits:
        return f"no number of {evidence.protocol.words.person.many} fits it"
    if len(fits) > _FEW:
        return f"it would fit n from {fits[0]} to {fits[-1]}, none of which this study uses"
    return (
        f"it would fit n = {listing([str(n) for n in fits], 'or')}, which this study does not use"
    )


def percent_without_count(evidence: Evidence) -> Iterator[Finding]:
    """Yield a note for every printed percentage whose count is not known."""
    for row in evidence.listed:
        cells = row.count
        # Excluded rows are left alone: a survival curve's estimate is the share of no count.
        people = cells.unit == evidence.protocol.unit and cells.use != "excluded"
        if not people or cells.events is not None or not cells.printed_percent:
            continue
        sizes = sorted(evidence.sizes.get(row.study_id, ())) if cells.n is None else [cells.n]
        if sizes:
            yield row.at("printed_percent").note(
                "percent-without-count",
                _candidates(evidence, row, sizes),
                "Leave the count empty, and ask the authors.",
            )


def _candidates(evidence: Evidence, row: Row, sizes: Sequence[int]) -> str:
    fits = {n: counts_that_fit(n, row.count.printed_percent) for n in sizes}
    number = sum(len(counts) for counts in fits.values())
    # No more are written out than are told: of a large n, thousands can fit.
    some = [f"{events}/{n}" for n, counts in fits.items() for events in counts[:_FEW]][:_FEW]
    none = [str(n) for n, counts in fits.items() if not counts]
    told = f"it would fit {_short(some, number)}" if some else "no size of this study fits it"
    left = f"; nothing over {listing(none, 'or')} does" if some and none else ""
    return (
        f"{row_name(evidence, row)}: {row.count.printed_percent} % is printed without a count; "
        f"{told}{left}."
    )


def _short(some: Sequence[str], number: int) -> str:
    if number <= _FEW:
        return listing(some, "or")
    return f"{', '.join(some)} and {count(number - len(some), 'other')}"


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
