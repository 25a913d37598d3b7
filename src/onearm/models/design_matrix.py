"""Moderators as a design matrix: numbers as they are, categories as contrasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from onearm.models.arrays import Bools, Floats
from onearm.models.errors import ModelError


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
        Values per study. ``None``, nan and empty text are missing.
    k : int
        Number of studies.

    Raises
    ------
    ModelError
        If lengths differ, a moderator does not vary, or columns say the same thing.
    """
    columns: dict[str, Floats] = {}
    complete = np.ones(k, dtype=bool)
    for name, values in moderators.items():
        if len(values) != k:
            raise ModelError(f"moderator {name!r} must have {k} values; got {len(values)}.")
        complete &= np.array([not _missing(v) for v in values], dtype=bool)
    for name, values in moderators.items():
        kept = [v for v, keep in zip(values, complete, strict=True) if keep]
        columns |= _columns(name, kept)
    matrix = np.column_stack([np.ones(int(complete.sum())), *columns.values()])
    if len(matrix) and np.linalg.matrix_rank(matrix) < matrix.shape[1]:
        raise ModelError(
            f"the moderators {', '.join(map(repr, moderators))} are not separate: "
            "one of them does not vary, or follows from the others."
        )
    return Design(matrix, ("intercept", *columns), complete)


def _missing(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and np.isnan(value))


def _columns(name: str, values: Sequence[Any]) -> dict[str, Floats]:
    """Give the columns of one moderator."""
    if all(isinstance(v, int | float | np.number) and not isinstance(v, bool) for v in values):
        return {name: np.array(values, dtype=float)}
    levels = sorted({str(v) for v in values})
    if len(levels) < 2:
        raise ModelError(f"moderator {name!r} does not vary among the complete studies.")
    return {
        f"{name}: {level}": np.array([str(v) == level for v in values], dtype=float)
        for level in levels[1:]
    }
