"""What the data can tell at all, decided before any model is asked.

Where a likelihood has no maximum, that decides the fit too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools, Ints
from onearm.models.exact import clopper_pearson, one_sided_upper
from onearm.models.fit import Fit, Flag, interval, undefined
from onearm.words import count, percent
from onearm.words import interval as interval_text

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


def verdict(
    code: str, events: Ints, n: Ints, level: float = 0.95, studies: int | None = None
) -> Verdict:
    """Put a code into words.

    Parameters
    ----------
    code : str
        One of :data:`CODES`.
    events, n : ndarray of int, shape (k,)
        The counts of one dataset.
    level : float
        Level of the one-sided bound quoted for all-zero and all-full data.
    studies : int, optional
        How many they are where rows share a study.
    """
    here = n > 0
    x, m, k = events[here], n[here], int(here.sum())
    who = f"{k} studies"
    if studies is not None and studies < k:
        who = f"{k} rows of {count(studies, 'study', 'studies')}"
    if code == "no-data":
        return Verdict(code, "Nobody is counted in any study, so there is nothing to estimate.")
    if code == "single-study":
        return Verdict(
            code,
            f"One study only ({x[0]} of {m[0]}): its own exact interval is shown, "
            "and nothing can be said about how studies differ.",
        )
    return Verdict(code, _SENTENCES[code](x, m, who, level))


def _all_zero(x: Ints, m: Ints, who: str, level: float) -> str:
    bound = float(one_sided_upper(m.sum(), level))
    return (
        f"No event in {m.sum()} ({who}): assuming one common rate, "
        f"the exact one-sided {100 * level:g} % bound is {percent(bound)}; a lower limit "
        "other than 0 % and the spread between studies rest on the model, not on the data."
    )


def _all_full(x: Ints, m: Ints, who: str, level: float) -> str:
    bound = 1 - float(one_sided_upper(m.sum(), level))
    return (
        f"All {m.sum()} had the event ({who}): assuming one common rate, "
        f"the exact one-sided {100 * level:g} % bound is {percent(bound)}; an upper limit "
        "other than 100 % and the spread between studies rest on the model, not on the data."
    )


def _separated(x: Ints, m: Ints, who: str, level: float) -> str:
    if m.max() == 1:
        return _one_each(x, m, who, level)
    return (
        f"Every one of the {who} is at 0 % ({(x == 0).sum()}) or at 100 % "
        f"({(x == m).sum()}): the likelihood grows without end as the spread between studies "
        "grows, so no maximum-likelihood estimate exists."
    )


def _constant(x: Ints, m: Ints, who: str, level: float) -> str:
    return (
        f"All {who} have exactly the same proportion ({percent(x.sum() / m.sum())}): "
        "the spread between studies is estimated as zero, on the edge of what is possible."
    )


def _estimable(x: Ints, m: Ints, who: str, level: float) -> str:
    p = x / m
    return (
        f"{who} with {x.sum()} events of {m.sum()}; "
        f"observed proportions run from {percent(p.min())} to {percent(p.max())}."
    )


_SENTENCES = {
    "all-zero": _all_zero,
    "all-full": _all_full,
    "separated": _separated,
    "constant": _constant,
    "estimable": _estimable,
}


def _one_each(x: Ints, m: Ints, who: str, level: float) -> str:
    low, high = clopper_pearson(x.sum(keepdims=True), np.array([len(m)]), level)[0]
    return (
        f"Every one of the {who} has n = 1, {x.sum()} of them with the event: that tells "
        f"their mean proportion, {percent(x.sum() / len(m))} (exact {100 * level:g} % interval "
        f"{interval_text(float(low), float(high))} %), and nothing about how studies differ: the "
        "likelihood is equally high along a ridge of medians and spreads that have this mean."
    )


def ridge(n: Ints, verdicts: NDArray[np.str_]) -> Bools:
    """Say for each dataset whether its studies have n = 1, some with and some without the event.

    Parameters
    ----------
    n : ndarray of int, shape (k, d)
    verdicts : ndarray of str, shape (d,)
    """
    flat: Bools = (verdicts == "separated") & (n.max(axis=0, initial=0) == 1)
    return flat


def has_maximum(verdicts: NDArray[np.str_]) -> Bools:
    """Say for each dataset, by its verdict, whether a likelihood has a maximum."""
    exists: Bools = (verdicts == "estimable") | (verdicts == "constant")
    return exists


def without_maximum(events: Ints, n: Ints, verdicts: NDArray[np.str_], level: float) -> Fit:
    """Give the fit of datasets of which a likelihood has no maximum.

    With no events at all (or only events) the estimate is the edge itself, 0 or 1,
    and the interval ends at the exact one-sided bound for all counted, taken as
    one group. Where every study has n = 1 the events are binomial with the marginal
    mean as their probability, which so has an exact interval. Everything else is undefined.

    Parameters
    ----------
    events, n : ndarray of int, shape (k, d)
    verdicts : ndarray of str, shape (d,)
    level : float
        Of the one-sided bound.
    """
    values: dict[str, Any] = undefined(n.shape[1])
    zero, full = verdicts == "all-zero", verdicts == "all-full"
    bound = one_sided_upper(n.sum(axis=0), level)
    for name in ("estimate", "mean"):
        values[name][zero], values[name][full] = 0.0, 1.0
    for name in ("ci", "mean_ci"):
        values[name][zero] = interval(np.zeros(zero.sum()), bound[zero])
        values[name][full] = interval(1 - bound[full], np.ones(full.sum()))
    flat = ridge(n, verdicts)
    x, k = events.sum(axis=0)[flat], (n > 0).sum(axis=0)[flat]
    values["mean"][flat], values["mean_ci"][flat] = x / k, clopper_pearson(x, k, level)
    values["loglik"][zero | full] = 0.0
    values["q"][zero | full] = 0.0
    values["q_df"][:] = np.maximum((n > 0).sum(axis=0) - 1.0, 0.0)
    values["q_pvalue"][zero | full] = 1.0
    return Fit(
        **values,
        flags=(
            Flag(
                "one-sided-bound",
                zero | full,
                lambda j: (
                    f"The interval is the exact one-sided {100 * level:g} % bound for all "
                    f"{n[:, j].sum()} counted as one group, assuming one common rate."
                ),
            ),
            Flag(
                "flat-ridge",
                flat,
                lambda j: (
                    "With n = 1 in every study only the mean over studies has an estimate: the "
                    "median and the spread can trade places without end."
                ),
            ),
            Flag(
                "no-maximum",
                (verdicts == "separated") & ~flat,
                lambda j: (
                    "No maximum-likelihood estimate exists for these data; "
                    "look at the studies' own intervals, or at the Bayesian model."
                ),
            ),
        ),
    )
