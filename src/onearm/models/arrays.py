"""Counts as the models see them: whole numbers, studies down, datasets across."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onearm.models.errors import ModelError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


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
        If a value is missing, fractional, negative or not a number at all.
    """
    if isinstance(values, np.ndarray) and values.dtype == np.int64 and _read_before(values):
        return values
    try:
        floats = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{name} must be whole numbers; got {values!r}.") from error
    _refuse(floats, ~np.isfinite(floats), name, "must be finite (no missing values)")
    _refuse(floats, floats != np.round(floats), name, "must be whole numbers")
    _refuse(floats, floats < 0, name, "must not be negative")
    _refuse(floats, floats > 2**53, name, "must be at most 2**53")
    return floats.astype(np.int64)


def _read_before(values: Ints) -> bool:
    """Say whether whole numbers are counts; most have been read once when they come here."""
    return values.size > 0 and bool(values.min() >= 0) and bool(values.max() <= 2**53)


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
