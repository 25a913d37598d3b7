"""Which studies a reader can leave out: all choices of a few, one or two of many.

Every choice is pooled by every model beforehand and travels with the page, so that a page has
an allowance of cells (choices times studies).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

__all__ = ["allowed_out", "kept_studies"]

#: Up to so many studies any can be left out.
EVERY = 12
#: Cells of one pool: as many as all choices of twelve studies have.
OF_POOL = EVERY * 2**EVERY
#: Cells of all pools of a page: more would take minutes by a model that integrates.
OF_PAGE = 60_000
#: Studies beyond which leaving one out is not offered: it would hardly be seen.
MOST = 100


def allowed_out(sizes: Sequence[int]) -> list[int | None]:
    """Return how many studies can be left out of each pool of a page.

    Parameters
    ----------
    sizes : sequence of int
        Studies of each pool, in the order in which they are offered.

    Returns
    -------
    list of int or None
        None where the page cannot offer the pool at all.
    """
    ahead = [_options(k) for k in sizes]
    spent = [
        _cells(k, options[0]) if options else 0 for k, options in zip(sizes, ahead, strict=True)
    ]
    while sum(spent) > OF_PAGE:  # the dearest pool offers less
        at = spent.index(max(spent))
        ahead[at] = ahead[at][1:]
        spent[at] = _cells(sizes[at], ahead[at][0]) if ahead[at] else 0
    return [options[0] if options else None for options in ahead]


def _options(k: int) -> tuple[int, ...]:
    """Return how many of k studies could be left out, the most first."""
    options = dict.fromkeys((k - 1, 2, 1) if k <= EVERY else (2, 1) if k <= MOST else ())
    return tuple(out for out in options if out <= k - 1 and _cells(k, out) <= OF_POOL)


def _cells(k: int, out: int) -> int:
    return k * sum(math.comb(k, size) for size in range(out + 1))


def kept_studies(k: int, most_out: int) -> NDArray[np.bool_]:
    """Return every choice of studies that leaves out so many at most, shape (k, d).

    Parameters
    ----------
    k : int
        Number of studies.
    most_out : int
        Of which so many can be left out; one stays at least.

    Returns
    -------
    ndarray of bool
        By the number that the choice has in binary, the first study being the lowest digit.
    """
    whole = (1 << k) - 1
    bits = [1 << i for i in range(k)]
    masks = sorted(
        whole - sum(out)
        for size in range(min(most_out, k - 1) + 1)
        for out in combinations(bits, size)
    )
    columns = [[bool(mask >> i & 1) for i in range(k)] for mask in masks]
    return np.array(columns, dtype=bool).reshape(len(masks), k).T
