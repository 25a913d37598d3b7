"""How numbers become words: one place, so that a table, a figure and a sentence agree.

Proportions are shown as percentages with one decimal. A proportion that is not zero is
never shown as 0.0 %, and one that is not full is never shown as 100.0 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

NOT_ESTIMABLE = "not estimable"


def percent(proportion: float | None, missing: str = NOT_ESTIMABLE) -> str:
    """Return a proportion in [0, 1] as a percentage with one decimal.

    Examples
    --------
    >>> percent(0.5), percent(0.0), percent(0.0001), percent(0.99999)
    ('50.0 %', '0.0 %', '<0.1 %', '>99.9 %')
    """
    return missing if _unknown(proportion) else f"{_digits(proportion)} %"


def interval(low: float | None, high: float | None) -> str:
    """Return two proportions as "low to high" in percent, without the sign.

    Examples
    --------
    >>> interval(0.1871, 0.8129)
    '18.7 to 81.3'
    """
    if _unknown(low) or _unknown(high):
        return NOT_ESTIMABLE
    return f"{_digits(low)} to {_digits(high)}"


def with_interval(proportion: float | None, limits: Sequence[float]) -> str:
    """Return "50.0 % (18.7 to 81.3)", or the words that say it cannot be had."""
    if _unknown(proportion):
        return NOT_ESTIMABLE
    return f"{percent(proportion)} ({interval(*limits)})"


def in_hundred(proportion: float | None) -> str:
    """Return a proportion as patients of a hundred, in whole ones.

    Examples
    --------
    >>> in_hundred(0.3179), in_hundred(0.0), in_hundred(0.004), in_hundred(0.998)
    ('32', '0', 'fewer than 1', 'more than 99')
    """
    if _unknown(proportion):
        return NOT_ESTIMABLE
    assert proportion is not None
    patients = math.floor(100 * proportion + 0.5)  # half a patient counts up, as people round
    if patients == 0 and proportion > 0:
        return "fewer than 1"
    return "more than 99" if patients == 100 and proportion < 1 else str(patients)


def number(value: float | None, digits: int = 2) -> str:
    """Return a number with a fixed count of decimals, or the words that it is missing."""
    return NOT_ESTIMABLE if _unknown(value) else f"{value:.{digits}f}"


def significant(value: float | None, missing: str = NOT_ESTIMABLE) -> str:
    """Return a number with three significant digits, or the words that it is missing.

    Examples
    --------
    >>> significant(0.88302), significant(12.345)
    ('0.883', '12.3')
    """
    return missing if _unknown(value) else f"{value:.3g}"


def p_value(value: float | None) -> str:
    """Return a p value with three decimals, or "<0.001"."""
    if _unknown(value):
        return NOT_ESTIMABLE
    assert value is not None
    return "<0.001" if value < 0.0005 else f"{value:.3f}"


def count(value: int, singular: str, plural: str | None = None) -> str:
    """Return "1 study" or "3 studies".

    Examples
    --------
    >>> count(1, "study", "studies"), count(3, "patient")
    ('1 study', '3 patients')
    """
    return f"{value} {singular if value == 1 else plural or singular + 's'}"


def listing(items: Sequence[str], last: str = "and") -> str:
    """Join words as a sentence does: "a", "a and b", "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def shorten(text: str, width: int) -> str:
    """Cut a text for a drawing; the tables always carry it whole."""
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


def spreadsheet_safe(text: str) -> str:
    """Quote a text that a spreadsheet would run as a formula (OWASP: CSV injection)."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _unknown(value: float | None) -> bool:
    return value is None or not math.isfinite(value)


def _digits(proportion: float | None) -> str:
    assert proportion is not None
    text = f"{100 * proportion:.1f}"
    if text == "0.0" and proportion > 0:
        return "<0.1"
    if text == "100.0" and proportion < 1:
        return ">99.9"
    return text
