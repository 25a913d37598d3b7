"""Moderators as a design matrix: numbers as they are, categories as contrasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from onearm.models.arrays import Bools, Floats, length
from onearm.models.errors import ModelError

_TOO_LARGE = 1e100
"""The squares of numbers are summed, and must not overflow."""


@dataclass(frozen=True)
class Design:
    """A design matrix with an intercept.

    Attributes
    ----------
    matrix : ndarray, shape (k, p)
        Rows of the complete studies only.
    names : tuple of str
        One a column; the first is "intercept".
    complete : ndarray of bool
        The studies with every moderator known.
    """

    matrix: Floats
    names: tuple[str, ...]
    complete: Bools

    def standardised(self) -> tuple[Floats, Floats]:
        """Give a well-conditioned matrix Z and T with ``matrix = Z T``."""
        z, p = self.matrix.copy(), self.matrix.shape[1]
        t = np.eye(p)
        for j in range(1, p):
            centre, spread = z[:, j].mean(), z[:, j].std()
            z[:, j] = (z[:, j] - centre) / spread
            t[j, j], t[0, j] = spread, centre
        return z, t


def build_design(moderators: Mapping[str, Sequence[Any]], k: int) -> Design:
    """Build the matrix; treatment contrasts against the first level in sorted order.

    Parameters
    ----------
    moderators : mapping of str to sequence
        Values per study. ``None``, nan, ``pandas.NA`` and empty text are missing.
    k : int
        Number of studies.

    Raises
    ------
    ModelError
        If lengths differ, a moderator does not vary, or columns say the same thing.
    """
    if not isinstance(moderators, Mapping):
        raise ModelError(
            f"moderators must be a mapping from names to values per study; got {moderators!r}."
        )
    columns: dict[str, Floats] = {}
    complete = np.ones(k, dtype=bool)
    for name, values in moderators.items():
        if length(values, f"moderator {name!r}") != k:
            raise ModelError(f"moderator {name!r} must have {k} values; got {len(values)}.")
        complete &= np.array([not missing(v) for v in values], dtype=bool)
    _enough(moderators, complete, 1 + len(moderators))
    for name, values in moderators.items():
        kept = [v for v, keep in zip(values, complete, strict=True) if keep]
        columns |= _columns(name, kept)
    matrix = np.column_stack([np.ones(int(complete.sum())), *columns.values()])
    _enough(moderators, complete, matrix.shape[1])
    if np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise ModelError(
            f"the moderators {', '.join(map(repr, moderators))} are not separate: "
            f"one of them does not vary{_among(complete)}, or follows from the others."
        )
    return Design(matrix, ("intercept", *columns), complete)


def _enough(moderators: Mapping[str, Sequence[Any]], complete: Bools, coefficients: int) -> None:
    """Refuse a design of which missing moderators have left too few studies, and name these."""
    kept = int(complete.sum())
    if kept >= coefficients or complete.all():
        return
    lacking = [
        f"{name!r} ({count})"
        for name, values in moderators.items()
        if (count := sum(missing(v) for v in values))
    ]
    raise ModelError(
        f"only {kept} of {len(complete)} studies have every moderator, too few for "
        f"{coefficients} coefficients; missing: {', '.join(lacking)}."
    )


def _among(complete: Bools) -> str:
    """Say how many studies a message speaks of, where some are left out."""
    left = f" among the {int(complete.sum())} of {len(complete)} studies that have every moderator"
    return "" if complete.all() else left


def missing(value: Any) -> bool:
    """Tell whether a value is ``None``, nan, ``pandas.NA`` or empty text."""
    import pandas as pd

    return pd.isna(value) is True or (isinstance(value, str) and value == "")


def _columns(name: str, values: Sequence[Any]) -> dict[str, Floats]:
    """Give the columns of one moderator."""
    if all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in values):
        column = np.array(values, dtype=float)
        if not (np.abs(column) < _TOO_LARGE).all():
            raise ModelError(f"moderator {name!r} must be finite and below {_TOO_LARGE:g} in size.")
        return {name: column}
    levels = sorted({str(v) for v in values})
    if len(levels) < 2:
        raise ModelError(f"moderator {name!r} does not vary among the complete studies.")
    return {
        f"{name}: {level}": np.array([str(v) == level for v in values], dtype=float)
        for level in levels[1:]
    }
