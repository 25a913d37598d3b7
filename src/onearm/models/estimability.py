"""What the data can tell at all, decided before any model is asked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Ints
from onearm.models.exact import one_sided_upper
from onearm.words import percent

CODES = (
    "no-data",
    "single-study",
    "all-zero",
    "all-full",
    "separated",
    "constant",
    "estimable",
)
"""Verdicts, the earlier the stronger: the first that holds is the one given."""


@dataclass(frozen=True)
class Verdict:
    """What the data can tell: a code of :data:`CODES` and a sentence with the numbers."""

    code: str
    sentence: str


def classify(events: Ints, n: Ints) -> NDArray[np.str_]:
    """Give each dataset its verdict code.

    Parameters
    ----------
    events, n : ndarray of int, shape (k, d)
        Counts; ``n = 0`` is an absent study.

    Returns
    -------
    ndarray of str, shape (d,)
    """
    present = n > 0
    k = present.sum(axis=0)
    zero, full = present & (events == 0), present & (events == n)
    edge = zero | full
    conditions = (
        k == 0,
        k == 1,
        zero.sum(axis=0) == k,
        full.sum(axis=0) == k,
        edge.sum(axis=0) == k,
        _all_equal(events, n),
    )
    codes = np.full(k.shape, CODES[-1], dtype=f"<U{max(map(len, CODES))}")
    # the last word is the strongest; as np.select, which is slow for a few datasets
    for code, holds in zip(CODES[-2::-1], conditions[::-1], strict=True):
        codes[holds] = code
    return codes


def _all_equal(events: Ints, n: Ints) -> NDArray[np.bool_]:
    """Compare every proportion with the pooled one by cross products, so without rounding."""
    total = n.sum(axis=0)
    if int(total.max(initial=0)) ** 2 >= 2**62:
        events, n, total = (a.astype(object) for a in (events, n, total))
    equal: NDArray[np.bool_] = (events * total == n * events.sum(axis=0)).all(axis=0)
    return equal


def verdict(code: str, events: Ints, n: Ints, level: float = 0.95) -> Verdict:
    """Put a code into words.

    Parameters
    ----------
    code : str
        One of :data:`CODES`.
    events, n : ndarray of int, shape (k,)
        The counts of one dataset.
    level : float
        Level of the one-sided bound quoted for all-zero and all-full data.
    """
    here = n > 0
    x, m, k = events[here], n[here], int(here.sum())
    if code == "no-data":
        return Verdict(code, "No study with a patient, so there is nothing to estimate.")
    if code == "single-study":
        return Verdict(
            code,
            f"One study only ({x[0]} of {m[0]}): its own exact interval is shown, "
            "and nothing can be said about how studies differ.",
        )
    return Verdict(code, _SENTENCES[code](x, m, k, level))


def _all_zero(x: Ints, m: Ints, k: int, level: float) -> str:
    bound = float(one_sided_upper(m.sum(), level))
    return (
        f"None of the {m.sum()} patients in {k} studies had the event: were all studies alike, "
        f"the exact one-sided {100 * level:g} % bound is {percent(bound)}; a lower limit "
        "other than 0 % and the spread between studies rest on the model, not on the data."
    )


def _all_full(x: Ints, m: Ints, k: int, level: float) -> str:
    bound = 1 - float(one_sided_upper(m.sum(), level))
    return (
        f"All {m.sum()} patients in {k} studies had the event: were all studies alike, "
        f"the exact one-sided {100 * level:g} % bound is {percent(bound)}; an upper limit "
        "other than 100 % and the spread between studies rest on the model, not on the data."
    )


def _separated(x: Ints, m: Ints, k: int, level: float) -> str:
    return (
        f"Every one of the {k} studies is at 0 % ({(x == 0).sum()}) or at 100 % "
        f"({(x == m).sum()}): the likelihood grows without end as the spread between studies "
        "grows, so no maximum-likelihood estimate exists."
    )


def _constant(x: Ints, m: Ints, k: int, level: float) -> str:
    return (
        f"All {k} studies have exactly the same proportion ({percent(x.sum() / m.sum())}): "
        "the spread between studies is estimated as zero, on the edge of what is possible."
    )


def _estimable(x: Ints, m: Ints, k: int, level: float) -> str:
    p = x / m
    return (
        f"{k} studies with {x.sum()} events in {m.sum()} patients; "
        f"observed proportions run from {percent(p.min())} to {percent(p.max())}."
    )


_SENTENCES = {
    "all-zero": _all_zero,
    "all-full": _all_full,
    "separated": _separated,
    "constant": _constant,
    "estimable": _estimable,
}
