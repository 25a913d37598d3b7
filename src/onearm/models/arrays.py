"""Counts as the models see them: whole numbers, studies down, datasets across."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onearm.models.errors import ModelError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


MOST = 100_000_000
"""Largest count: the curvature of a likelihood loses its digits in larger studies."""


def as_counts(values: ArrayLike, name: str) -> Ints:
    """Read counts, refusing anything that is not a whole number of at least zero.

    Parameters
    ----------
    values : array_like
        Counts, of any shape.
    name : str
        What to call them in an error message.

    Returns
    -------
    ndarray of int64
        The same counts.

    Raises
    ------
    ModelError
        If a value is missing, fractional, negative, above `MOST`, or not a number at all.
    """
    if type(values) is np.ndarray and values.dtype == np.int64 and _read_before(values):
        return values
    if np.ma.is_masked(values):
        raise ModelError(f"{name} must have no masked values: leave those studies out.")
    try:
        floats = np.asarray(_numeric(values), dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise ModelError(f"{name} must be whole numbers; got {values!r}.") from error
    _refuse(floats, ~np.isfinite(floats), name, "must be finite (no missing values)")
    _refuse(floats, floats != np.round(floats), name, "must be whole numbers")
    _refuse(floats, floats < 0, name, "must not be negative")
    _refuse(floats, floats > MOST, name, f"must be at most {MOST:,}, beyond which digits are lost")
    return floats.astype(np.int64)


def _numeric(values: ArrayLike) -> NDArray[Any]:
    """Give an array of what NumPy would else turn into numbers: no texts, dates or complex."""
    array = np.asarray(values)
    of_texts = array.dtype == object and any(isinstance(v, str | bytes) for v in array.flat)
    if array.dtype.kind not in "buifO" or of_texts:
        raise TypeError(f"{array.dtype} is no type of number")
    return array


def as_number(value: object, name: str, rule: str, holds: Callable[[float], bool]) -> float:
    """Read one number: of Python, of NumPy, or an array without dimensions.

    Parameters
    ----------
    value : object
    name, rule : str
        For the error message: what the number is called, and what it must do.
    holds : callable
        Tells whether a number follows the rule.

    Raises
    ------
    ModelError
        If it is no number, or breaks the rule.
    """
    plain = value.item() if isinstance(value, np.generic | np.ndarray) and not value.ndim else value
    if isinstance(plain, bool) or not isinstance(plain, int | float) or not holds(plain):
        raise ModelError(f"{name} must {rule}; got {value!r}.")
    return float(plain)


def as_whole(value: object, name: str, low: int, high: float = np.inf) -> int:
    """Read one whole number in a range, as :func:`as_number` does.

    Parameters
    ----------
    value : object
    name : str
        For the error message.
    low, high : float
        The ends of the range, both allowed.
    """
    bound = f"from {low} to {high:g}" if high < np.inf else f"of at least {low}"
    rule = f"be a whole number {bound}"
    return int(as_number(value, name, rule, lambda v: low <= v <= high and v % 1 == 0))


def as_level(value: object) -> float:
    """Read the level of intervals, as :func:`as_number` does."""
    return as_number(value, "level", "lie between 0 and 1", lambda v: 0 < v < 1)


def length(values: Any, name: str) -> int:
    """Count the values of a sequence, one a study.

    Parameters
    ----------
    values : sequence
    name : str
        For the error message.

    Raises
    ------
    ModelError
        If it is a single value, one text, or nothing with an order.
    """
    try:
        if not isinstance(values, str | bytes | Set | Mapping):
            return len(values)
    except TypeError:
        pass
    raise ModelError(f"{name} must have one value per study, in order; got {values!r}.")


def _read_before(values: Ints) -> bool:
    """Say whether whole numbers are counts; most have been read once when they come here."""
    return values.size > 0 and bool(values.min() >= 0) and bool(values.max() <= MOST)


def _refuse(values: Floats, bad: Bools, name: str, rule: str) -> None:
    """Raise with the first offending value and its place, if there is one."""
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        where = place[0] if len(place) == 1 else place
        given: Any = values[place] if values.ndim else values
        raise ModelError(f"{name} {rule}; got {given:g} at position {where}.")


def as_batch(events: ArrayLike, n: ArrayLike) -> tuple[Ints, Ints]:
    """Read events and denominators as arrays (studies, datasets).

    Parameters
    ----------
    events, n : array_like, shape (k,) or (k, d)
        Events and patients; ``n = 0`` stands for a study absent from a dataset.

    Returns
    -------
    tuple of ndarray, each (k, d)

    Raises
    ------
    ModelError
        If shapes differ, a count is not one, or events exceed patients.
    """
    x, m = as_counts(events, "events"), as_counts(n, "n")
    if x.shape != m.shape:
        raise ModelError(
            f"events and n must have the same length; got shapes {x.shape} and {m.shape}."
        )
    if x.ndim not in (1, 2):
        raise ModelError(f"events and n must have 1 or 2 dimensions; got {x.ndim}.")
    if (x > m).any():
        place = tuple(int(i) for i in np.argwhere(x > m)[0])
        raise ModelError(
            f"events must not exceed n; got {x[place]} events of {m[place]} "
            f"at position {place[0] if x.ndim == 1 else place}."
        )
    return (x[:, None], m[:, None]) if x.ndim == 1 else (x, m)
