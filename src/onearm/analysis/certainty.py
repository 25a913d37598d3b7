"""How certain a pool is: GRADE for proportions from single arms.

Certainty starts at the plan's level. That low is where the shipped plan starts departs from
GRADE's guidance on prognosis (Iorio et al. 2015, doi:10.1136/bmj.h870: high for cohorts) on
purpose, where series are uncontrolled. Inconsistency and
imprecision are computed by the plan's rules, the other three domains are people's judgements
in ``certainty.csv``. Inconsistency is never read off I²: it is high in nearly every
meta-analysis of proportions (Migliavaca et al. 2022, doi:10.1002/jrsm.1547).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from onearm.analysis.pools import Pool
from onearm.evidence import Evidence, Standing
from onearm.evidence.plan import CERTAINTY_WORDS, CertaintyRules
from onearm.words import count, interval, listing, percent

__all__ = [
    "DOMAINS",
    "TAKEN_OVER",
    "Certainty",
    "Domain",
    "certainty",
    "shown_bound",
    "shown_interval",
]

#: GRADE's domains in its order; the names of those judged by people are in certainty.csv.
DOMAINS = {
    "risk_of_bias": "Risk of bias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "Publication bias",
}
#: In place of a reason that people gave for other rows than those of a pool.
TAKEN_OVER = (
    "Not judged for these rows alone: taken over from the whole evidence set, where the reason "
    "is given."
)
_LOWEST, _HIGHEST = 1, 4


@dataclass(frozen=True)
class Domain:
    """One domain of GRADE: its name, how many levels it takes off, and why (never empty)."""

    name: str
    downgrade: int
    reason: str


@dataclass(frozen=True)
class Certainty:
    """How certain the estimate of a pool is.

    Attributes
    ----------
    level : int
        1 (very low) to 4 (high); 0 when no count may be pooled, or nobody has judged.
    word, symbols : str
        The level in words, and as four circles; no circles at level 0.
    domains : tuple of Domain
        All five, in GRADE's order; none at level 0.
    """

    level: int
    word: str
    symbols: str
    domains: tuple[Domain, ...] = ()

    @property
    def downgrades(self) -> tuple[Domain, ...]:
        """The domains that take any level off."""
        return tuple(domain for domain in self.domains if domain.downgrade)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe record."""
        return asdict(self) | {"domains": [asdict(domain) for domain in self.domains]}


def certainty(
    evidence: Evidence, pool: Pool, judged_rows: Callable[[str], frozenset[str]]
) -> Certainty:
    """Judge a pool.

    Parameters
    ----------
    evidence : Evidence
        Its plan's rules, and the judgements of people. They were made of the whole pool of
        each evidence set; a pool of other rows, as a subgroup, takes over the levels and says
        so, without the reasons, which name studies that it may not hold.
    pool : Pool
        Under the primary model.
    judged_rows : callable
        Gives the rows of the whole pool of an evidence set.
    """
    if not pool.selection.k:
        return Certainty(0, "nothing to judge", "")
    whole = pool.selection.row_ids == judged_rows(pool.selection.evidence_set)
    judged = _judged(evidence, pool, whole)
    if not judged:
        return Certainty(0, "not judged", "")
    rules, threshold = evidence.protocol.certainty, pool.selection.outcome.threshold
    found = judged | {
        "inconsistency": _inconsistency(pool, threshold, rules),
        "imprecision": _imprecision(pool, threshold, rules),
    }
    domains = tuple(Domain(name, *found[key]) for key, name in DOMAINS.items())
    start = CERTAINTY_WORDS.index(rules.start) + 1
    level = max(_LOWEST, start - sum(domain.downgrade for domain in domains))
    symbols = "⊕" * level + "◯" * (_HIGHEST - level)
    return Certainty(level, CERTAINTY_WORDS[level - 1], symbols, domains)


def _judged(evidence: Evidence, pool: Pool, whole: bool) -> dict[str, tuple[int, str]]:
    """The judgements of people by domain; none when the outcome is not judged."""
    place = (pool.selection.outcome.code, pool.selection.evidence_set)
    return {
        line.domain: (line.downgrade, line.reason if whole else TAKEN_OVER)
        for line in evidence.judgements
        if (line.outcome, line.evidence_set) == place
    }


def _inconsistency(pool: Pool, threshold: float | None, rules: CertaintyRules) -> tuple[int, str]:
    if pool.pooled.k == 1:
        return 0, "One study: it cannot disagree with another."
    if pool.standing.is_alike:
        people = pool.selection.protocol.people(pool.people)
        return 0, f"{pool.cohorts}, all alike: {pool.pooled.events} of {people} had the event."
    if threshold is None:
        return _inconsistency_alone(pool, rules)
    apart, reasons = _on_both_sides(pool, threshold), []
    if apart:
        reasons.append(apart)
    wide = f"{100 * rules.wide_prediction:g} points"
    low, high = pool.prediction
    limit = percent(threshold)
    if math.isfinite(low) and low <= threshold <= high and high - low > rules.wide_prediction:
        reasons.append(
            f"The prediction interval ({interval(low, high)} %) includes the threshold of {limit} "
            f"and is wider than {wide}."
        )
    if reasons:
        return 1, " ".join(reasons)
    told = f"No two studies' intervals lie on opposite sides of the threshold of {limit}"
    if not math.isfinite(low):
        return 0, f"{told}; there are too few studies for a prediction interval."
    beside = "lies beside it" if not low <= threshold <= high else f"is not wider than {wide}"
    return 0, f"{told}, and the prediction interval ({interval(low, high)} %) {beside}."


def _inconsistency_alone(pool: Pool, rules: CertaintyRules) -> tuple[int, str]:
    """Judge without a threshold: by the width of the prediction interval."""
    low, high = pool.prediction
    if not math.isfinite(low):
        return 0, "There are too few studies for a prediction interval."
    wide, limit = high - low > rules.wide_prediction, f"{100 * rules.wide_prediction:g} points"
    words = f"wider than {limit}" if wide else f"not wider than {limit}"
    return int(wide), f"The prediction interval ({interval(low, high)} %) is {words}."


def _on_both_sides(pool: Pool, threshold: float) -> str:
    """Name the studies whose own intervals lie wholly below and above the threshold, if both."""
    studies = pool.pooled.studies
    below = [s for s in studies if s.ci[1] < threshold]
    above = [s for s in studies if s.ci[0] > threshold]
    if not (below and above):
        return ""
    names = [listing([f"{s.study} ({s.events} of {s.n})" for s in side]) for side in (below, above)]
    level = f"{100 * pool.pooled.level:g} %"
    return (
        f"By the studies' own exact {level} intervals, {names[0]} {_lies(len(below))} wholly below "
        f"the threshold of {percent(threshold)} and {names[1]} wholly above it."
    )


def _lies(number: int) -> str:
    return "lies" if number == 1 else "lie"


def _imprecision(pool: Pool, threshold: float | None, rules: CertaintyRules) -> tuple[int, str]:
    low, high = shown_interval(pool)
    if threshold is None or math.isnan(low):
        return _imprecision_alone(pool, rules)
    # an interval that is not there includes everything
    included = not (threshold < low or high < threshold)
    few = list(_few(pool, rules))
    verdict = f"The {_named_interval(pool, included)} the threshold of {percent(threshold)}."
    if few:
        return (2 if included else 1), f"{verdict} The numbers are small: {'; '.join(few)}."
    people = pool.selection.protocol.people(pool.people)
    enough = f"{pool.cohorts} with {people} are enough by the plan."
    return int(included), f"{verdict} {enough}"


def _imprecision_alone(pool: Pool, rules: CertaintyRules) -> tuple[int, str]:
    """Judge without a threshold: by how many studies and people there are."""
    few = list(_few(pool, rules))
    if few:
        return 1, f"The numbers are small: {'; '.join(few)}."
    people = pool.selection.protocol.people(pool.people)
    return 0, f"{pool.cohorts} with {people} are enough by the plan."


def _named_interval(pool: Pool, included: bool) -> str:
    """Say of the interval shown what it includes; where all are alike it is a one-sided bound."""
    level = f"{100 * pool.pooled.level:g} %"
    if pool.standing.is_alike:
        where = "does not exclude" if included else "excludes"
        return f"exact one-sided {level} bound ({shown_bound(pool)}) {where}"
    where = "includes" if included else "does not include"
    return f"{level} interval ({interval(*shown_interval(pool))} %) {where}"


def _few(pool: Pool, rules: CertaintyRules) -> Iterator[str]:
    if pool.selection.studies < rules.minimum_studies:
        words = count(pool.selection.studies, "study", "studies")
        yield f"{words} (fewer than {rules.minimum_studies})"
    if pool.people < rules.minimum_patients:
        yield f"{pool.selection.protocol.people(pool.people)} (fewer than {rules.minimum_patients})"


def shown_interval(pool: Pool) -> tuple[float, float]:
    """Return the interval that reports show: of the model, of the one study, or the exact bound.

    Undefined where several studies are too few to pool.
    """
    if pool.standing is Standing.SINGLE:
        return pool.own.ci if pool.own else (math.nan, math.nan)
    return pool.bound if pool.standing.is_alike else pool.pooled.ci


def shown_bound(pool: Pool) -> str:
    """Return the one limit of a pool in which everybody is alike, in words."""
    low, high = pool.bound
    none = pool.standing is Standing.NO_EVENT
    return f"at most {percent(high)}" if none else f"at least {percent(low)}"
