"""The result of a pool in phrases, as a journal's sentences have them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.analysis.certainty import shown_bound
from onearm.evidence import Standing
from onearm.robustness import disagree
from onearm.words import count, interval, listing, number, p_value, percent

__all__ = [
    "bound",
    "cohorts",
    "compared",
    "heterogeneity",
    "own_count",
    "people",
    "proportions",
    "ranged",
    "with_limits",
]


def proportions(analysis: OutcomeAnalysis, pool: Pool) -> str:
    """Return the result of a pool in a phrase, with the studies and people behind it.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of the outcome.
    pool : Pool
        One of its pools.

    Examples
    --------
    ``"31.8 % (95 % credible interval 14.3 to 60.9 %; 3 studies, 68 patients)"``
    """
    if not pool.selection.k:
        return "no count that could be pooled"
    who = f"{cohorts(pool)}, {people(pool)}"
    if pool.own is not None:
        return f"{own_count(pool)} in one study"
    if pool.standing is Standing.SINGLE:
        return f"too few studies to pool ({who})"
    if pool.standing.is_alike:
        return f"{pool.pooled.events} of {people(pool)}, {bound(pool)}, in {cohorts(pool)}"
    if disagree(pool, analysis.review):
        return f"{_range(pool)} (range of {who}; not pooled because the methods disagreed)"
    provisional = ", provisional" if pool.standing is Standing.PROVISIONAL else ""
    return f"{percent(pool.pooled.estimate)} ({_interval(pool)}; {who}{provisional})"


def cohorts(pool: Pool) -> str:
    """Return how many studies meet, and cohorts where these are more."""
    selection = pool.selection
    words = count(selection.studies, "study", "studies")
    return words if selection.studies == selection.k else f"{words} ({selection.k} cohorts)"


def people(pool: Pool) -> str:
    """Return how many people a pool counts, in the noun of its denominator."""
    selection = pool.selection
    return selection.protocol.denominator_noun(selection.denominator).count(pool.people)


def _interval(pool: Pool) -> str:
    level = f"{100 * pool.pooled.level:g} %"
    return f"{level} {pool.interval_kind} {interval(*pool.pooled.ci)} %"


def with_limits(pool: Pool) -> str:
    """Return the interval of a pooled proportion in brackets, with its prediction interval."""
    ahead = f"; prediction interval {interval(*pool.prediction)} %"
    return f" ({_interval(pool)}{ahead if math.isfinite(pool.prediction[0]) else ''})"


def own_count(pool: Pool) -> str:
    """Return the count of the one study with its exact interval."""
    own = pool.own
    assert own is not None
    level = f"{100 * pool.pooled.level:g} %"
    return (
        f"{own.events} of {own.n}, {percent(own.proportion)} (exact {level} interval "
        f"{interval(*own.ci)} %)"
    )


def bound(pool: Pool) -> str:
    """Return the exact bound where nobody, or everybody, had the event."""
    level = f"{100 * pool.pooled.level:g} %"
    return f"{shown_bound(pool)} (exact one-sided {level} bound, assuming one common rate)"


def _range(pool: Pool) -> str:
    own = [study.proportion for study in pool.pooled.studies]
    return f"{interval(min(own), max(own))} %"


def ranged(pool: Pool) -> str:
    """Say between which proportions the studies lie, and which these are."""
    low, *_, high = sorted(pool.pooled.studies, key=lambda study: study.proportion)
    ends = [f"{percent(s.proportion)} ({s.events} of {s.n}, {s.study})" for s in (low, high)]
    return f"The proportions in single studies ranged from {ends[0]} to {ends[1]}"


def heterogeneity(pool: Pool) -> Iterator[str]:
    """Yield how much the studies differ, as far as the model tells."""
    pooled = pool.pooled
    scale, level = pooled.method.tau_scale, f"{100 * pooled.level:g} %"
    parts = []
    if scale and math.isfinite(pooled.tau2):
        limits = [math.sqrt(limit) for limit in pooled.tau2_ci if math.isfinite(limit)]
        ends = [number(limit) for limit in limits]
        around = f" ({level} interval {ends[0]} to {ends[1]})" if len(ends) == 2 else ""
        parts.append(
            f"the standard deviation between studies (tau, {scale} scale) was "
            f"{number(math.sqrt(pooled.tau2))}{around}"
        )
    if math.isfinite(pooled.i2):
        known = all(map(math.isfinite, pooled.i2_ci))
        around = f" ({level} interval {interval(*pooled.i2_ci)} %)" if known else ""
        parts.append(f"I² was {percent(pooled.i2)}{around}")
    if parts:
        said = listing(parts)
        yield f"{said[:1].upper()}{said[1:]}."


def compared(value: float | None) -> str:
    """Return a p value as a sentence has it: "= 0.021" or "<0.001"."""
    words = p_value(value)
    return words if words.startswith("<") else f"= {words}"
