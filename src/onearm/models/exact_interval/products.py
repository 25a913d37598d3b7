"""Products of matrices in pieces so small that linear algebra starts no threads.

Threads of a library get in each other's way as soon as something else runs: on a busy
machine a product takes twenty times as long with them.
"""

from __future__ import annotations

import numpy as np

from onearm.models.arrays import Floats

_ALONE = 250_000
"""Multiplications in a product up to which OpenBLAS starts no threads."""

_STRIP = 16
"""Rows that are wanted at once, so that the right-hand matrix is read often enough."""


def product(left: Floats, right: Floats) -> Floats:
    """Multiply (..., a, m) by (..., m, b), some rows and columns at a time.

    Parameters
    ----------
    left, right : ndarray
        With the same leading dimensions, or none in one of them.
    """
    a, m = left.shape[-2:]
    most = max(1, _ALONE // (min(_STRIP, a) * m))
    if right.shape[-1] > most:
        parts = [right[..., at : at + most] for at in range(0, right.shape[-1], most)]
        return np.concatenate([product(left, part) for part in parts], axis=-1)
    rows = max(1, _ALONE // (m * right.shape[-1]))
    if rows >= a:
        return np.asarray(np.matmul(left, right), dtype=float)
    whole = a - a % rows
    strips = left[..., :whole, :].reshape(*left.shape[:-2], whole // rows, rows, m)
    done = np.matmul(strips, right[..., None, :, :])
    done = done.reshape(*done.shape[:-3], whole, right.shape[-1])
    return np.concatenate([done, np.matmul(left[..., whole:, :], right)], axis=-2)
