"""A pool in plain words: of a hundred people, and of the next twenty.

Whole people, because that is how a rate is told at a bedside (Gigerenzer and Edwards 2003,
10.1136/bmj.327.7417.741). "The next twenty" are those of a new centre: its own rate is
uncertain, and so is how many of its people have the event, so that the range is wider
than the confidence interval of the pool.
"""

from __future__ import annotations

import numpy as np

from onearm.analysis.pools import Pool
from onearm.evidence import Standing
from onearm.words import in_hundred

NEXT = 20  # people: what a small place may see in a year or two


_ALIKE = ", assuming one common rate"


def per_hundred(pool: Pool) -> str:
    """Say how many of a hundred, with limits, and how many of the next twenty.

    Parameters
    ----------
    pool : Pool
        k studies, none included.

    Returns
    -------
    str
        A phrase that starts with a number or with the reason why there is none.

    Examples
    --------
    ``"32 of 100 patients (14 to 61); of the next 20 at a new centre, 1 to 17"``
    """
    protocol = pool.selection.protocol
    people, place = protocol.people(pool.people), protocol.words.place.one
    if pool.standing is Standing.NONE:
        return "no count that may be pooled"
    if pool.standing is Standing.SINGLE:
        if (own := pool.own) is None:
            return f"{pool.cohorts} with {people}, too few to pool"
        low, high = (in_hundred(limit) for limit in own.ci)
        return f"{own.events} of {protocol.people(own.n)} in one study ({low} to {high} of 100)"
    if not pool.is_pooled:
        least, most = pool.bound
        if pool.standing is Standing.NO_EVENT:
            return f"none of {people}; at most {in_hundred(most)} of 100{_ALIKE}"
        return f"all of {people}; at least {in_hundred(least)} of 100{_ALIKE}"
    low, high = (in_hundred(limit) for limit in pool.pooled.ci)
    words = f"{in_hundred(pool.pooled.estimate)} of {protocol.people(100)} ({low} to {high})"
    if pool.standing is Standing.PROVISIONAL:
        return f"{words}, provisional"
    ahead = next_patients(pool)
    if ahead is None:
        return words
    return f"{words}; of the next {NEXT} at a new {place}, {ahead[0]} to {ahead[1]}"


def next_patients(pool: Pool, size: int = NEXT) -> tuple[int, int] | None:
    """Return the least and the most events to be expected among the people of a new place.

    Parameters
    ----------
    pool : Pool
        Several studies.
    size : int
        People of the new place.

    Returns
    -------
    tuple of int, or None
        The counts between which, with equal tails and at the level of the pool, the posterior
        predictive distribution lies. None where the plan's model has no such
        distribution, or where there are too few studies for a prediction.
    """
    pooled = pool.pooled
    if pooled.k < pool.prediction_k:
        return None
    ahead = pooled.method.next_events(pool.selection.events, pool.selection.n, size)
    if ahead is None:
        return None
    cumulative = np.cumsum(ahead)
    tail = (1 - pooled.level) / 2
    # A shade below, so that a tail that is reached exactly does not hang on a last digit.
    low = int(np.searchsorted(cumulative, tail - 1e-12))
    return low, int(np.searchsorted(cumulative, 1 - tail - 1e-12))
