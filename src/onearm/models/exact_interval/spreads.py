"""The true spreads that are gone through, and the largest of what is known at a few of them.

What is asked of every tau from 0 to its maximum, a probability of a set of tables, is smooth
in it: a polynomial through Chebyshev's points gives it between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from onearm.models.arrays import Floats

_BETWEEN = 12
"""Places between two points at which the polynomial is read."""


@dataclass(frozen=True, eq=False)
class Spreads:
    """Points in tau, and a matrix from values there to values between.

    Attributes
    ----------
    tau : ndarray, shape (t,)
        From 0 to the maximum.
    finer : ndarray, shape (f, t)
    """

    tau: Floats
    finer: Floats

    @classmethod
    def up_to(cls, largest: float, points: int) -> Spreads:
        """Lay out so many points from 0 to a maximum.

        Parameters
        ----------
        largest : float
        points : int
        """
        if largest == 0:
            return cls(np.zeros(1), np.ones((1, 1)))
        node = np.cos(np.pi * np.arange(points) / (points - 1))[::-1]
        fine = np.cos(np.linspace(np.pi, 0.0, _BETWEEN * (points - 1) + 1))
        sign = np.where(np.arange(points) % 2, -1.0, 1.0)
        sign[[0, -1]] *= 0.5
        gap = fine[:, None] - node
        exact = np.abs(gap) < 1e-12
        share = sign / np.where(exact, 1.0, gap)
        share[exact.any(axis=1)] = 0.0
        share[exact] = 1.0
        return cls(largest * (node + 1) / 2, share / share.sum(axis=1, keepdims=True))

    def greatest(self, values: Floats) -> float:
        """Give the largest value at any tau from values (t,) at the points."""
        return float((self.finer @ values).max())
