"""The scale on which the posterior of tau is laid out: tau is sinh(sinh(u)).

Near zero that is tau itself, in which the posterior is even; far out it is doubly
logarithmic, which tames heavy tails (Takahasi and Mori 1974).
"""

from __future__ import annotations

import numpy as np

from onearm.models.arrays import Floats


def tau_of(u: Floats) -> Floats:
    """Give tau for u."""
    return np.asarray(np.sinh(np.sinh(u)), dtype=float)


def u_of(tau: Floats) -> Floats:
    """Give u for tau."""
    return np.asarray(np.arcsinh(np.arcsinh(tau)), dtype=float)


def stretch(u: Floats) -> Floats:
    """Give the derivative of tau in u."""
    return np.asarray(np.cosh(np.sinh(u)) * np.cosh(u), dtype=float)
