"""What an inverse-variance fit has to say about itself."""

from __future__ import annotations

import numpy as np

from onearm.models.arrays import Bools, Floats, Ints
from onearm.models.fit import Flag
from onearm.models.inverse_variance.transforms import TRANSFORMS, ft_range

WIDEST_RANGE = 10
"""Sizes may differ so many times for the way back from the Freeman-Tukey scale, which takes one
size for all (Schwarzer 2019, 10.1002/jrsm.1348)."""


def iv_flags(
    transform: str,
    add: float,
    n: Ints,
    v: Floats,
    touched: Bools,
    empty: Bools,
    ends: Floats,
    size: Floats,
    se: Floats,
    mu: Floats,
    narrow: Bools,
) -> tuple[Flag, ...]:
    """Collect the cautions of a batch.

    Parameters
    ----------
    transform : str
    add : float
        What a correction adds.
    n : ndarray of int, shape (k, d)
    v : ndarray, shape (k, d)
        Sampling variances, infinite for studies without weight.
    touched : ndarray of bool, shape (k, d)
        The studies that were corrected.
    empty : ndarray of bool, shape (d,)
        Where no tau2 is in its interval.
    ends : ndarray, shape (d, 2)
        Limits of the centre on the model's scale.
    size, se, mu : ndarray, shape (d,)
        Typical size, standard error and centre.
    narrow : ndarray of bool, shape (d,)
        Where the interval is narrower than Wald's.
    """
    k = (n > 0).sum(axis=0)
    dropped = ((n > 0) & ~np.isfinite(v)).sum(axis=0)
    corrected = touched.sum(axis=0)
    flags = [
        Flag(
            "two-studies",
            k == 2,
            lambda j: "Only two studies: the spread between them is hardly known.",
        ),
        Flag(
            "continuity-correction",
            corrected > 0,
            lambda j: (
                f"{add:g} was added to the events and the non-events of {corrected[j]} "
                f"of {k[j]} studies, because this scale has no place for 0 % or 100 %."
            ),
        ),
        Flag(
            "studies-without-weight",
            dropped > 0,
            lambda j: (
                f"{dropped[j]} of {k[j]} studies have no finite effect on the "
                f"{transform} scale without a correction and carry no weight."
            ),
        ),
        Flag(
            "tau2-interval-empty",
            empty,
            lambda j: (
                "The studies agree better than chance would have it: no value of tau2, "
                "not even 0, lies in the Q-profile interval, which is empty and shown as 0 to 0."
            ),
        ),
        Flag(
            "zero-width",
            (k > 1) & (se == 0),
            lambda j: (
                "All effects are equal, so the Knapp-Hartung interval has no width; "
                "use its conservative form."
            ),
        ),
        Flag(
            "narrower-than-wald",
            narrow & (se > 0),
            lambda j: (
                "The Knapp-Hartung interval is narrower here than Wald's, because the effects "
                "happen to agree better than chance would have it; its conservative form is not."
            ),
        ),
    ]
    return (*flags, *_range_flags(transform, ends, size, mu))


def size_range(n: Ints) -> Floats:
    """Give how many times the largest study is as large as the smallest, shape (d,).

    Parameters
    ----------
    n : ndarray of int, shape (k, d)
    """
    smallest = np.where(n > 0, n, np.iinfo(np.int64).max).min(axis=0, initial=2**62)
    return np.asarray(n.max(axis=0, initial=0) / smallest, dtype=float)


def ft_flags(n: Ints, mu: Floats, refused: Bools, beside: Bools) -> tuple[Flag, ...]:
    """Collect what the way back from the Freeman-Tukey scale has to say.

    Parameters
    ----------
    n : ndarray of int, shape (k, d)
    mu : ndarray, shape (d,)
        The centre on that scale.
    refused, beside : ndarray of bool, shape (d,)
        Where the estimate lies outside what the studies allow, and where it is only not quite
        the proportion that they share.
    """
    times = size_range(n)
    return (
        Flag(
            "freeman-tukey-sizes",
            (times > WIDEST_RANGE) & np.isfinite(mu),
            lambda j: (
                f"The largest study is {_times(float(times[j]))} times the size of the smallest. "
                "The way back from the Freeman-Tukey scale takes one size for all, and misleads "
                f"where sizes differ more than {WIDEST_RANGE}-fold; see the arcsine or logit scale."
            ),
        ),
        Flag(
            "freeman-tukey-refused",
            refused,
            lambda j: (
                f"The pooled effect, {mu[j]:.4f} on the Freeman-Tukey scale, turns back into a "
                "proportion that the studies themselves rule out, so no estimate is shown; see "
                "the arcsine or the logit scale."
            ),
        ),
        Flag(
            "freeman-tukey-beside",
            beside,
            lambda j: (
                "All studies have the same proportion, and the estimate is not quite that one: "
                "the way back from the Freeman-Tukey scale takes one size for all."
            ),
        ),
    )


def _range_flags(transform: str, ends: Floats, size: Floats, mu: Floats) -> tuple[Flag, ...]:
    """Say where a limit left the range that the scale can represent."""
    points = np.column_stack([mu, ends])
    if transform == "freeman-tukey":
        low, high = ft_range(size)
        outside = ((points < low[:, None]) | (points > high[:, None])).sum(axis=1)
        return (
            Flag(
                "freeman-tukey-out-of-range",
                outside > 0,
                lambda j: (
                    f"{outside[j]} of the estimate and its two limits lie beyond the "
                    f"Freeman-Tukey range of a study of n = {size[j]:.3g} "
                    "and are shown as 0 % or 100 %."
                ),
            ),
        )
    if TRANSFORMS[transform].name not in ("log", "raw", "arcsine"):
        return ()
    floor = -np.inf if transform == "log" else 0.0
    ceiling = {"log": 0.0, "raw": 1.0, "arcsine": np.pi / 2}[transform]
    outside = ((points < floor) | (points > ceiling)).sum(axis=1)
    return (
        Flag(
            "limit-clipped",
            outside > 0,
            lambda j: (
                f"{outside[j]} of the estimate and its two limits lie outside 0 to 100 % "
                f"on the {transform} scale and are cut there."
            ),
        ),
    )


def _times(ratio: float) -> str:
    """Write how many times larger: with a decimal where that decides."""
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.1f}"
