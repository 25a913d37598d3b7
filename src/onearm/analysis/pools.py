"""A pool: the rows that meet in one estimate, with that estimate; and whether pools differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from onearm.evidence import Selection, Standing
from onearm.models import InverseVariance, Model, Pooled, StudyResult, clopper_pearson
from onearm.models.subgroups import subgroups
from onearm.words import count, interval, listing, number, p_value, percent, with_interval

CONVENTIONAL: Model = InverseVariance(transform="logit", tau2="REML")


@dataclass(frozen=True)
class Pool:
    """A selection of rows and what a model makes of them.

    Attributes
    ----------
    label : str
        What is pooled, in words ("All studies", "North America").
    selection : Selection
        The rows, with their sources and the reasons of those left out.
    pooled : Pooled
        The fitted model.
    prediction_k : int
        Fewest studies for which a prediction interval is shown.
    """

    label: str
    selection: Selection
    pooled: Pooled
    prediction_k: int = 3

    @property
    def people(self) -> int:
        """People over all studies of the pool."""
        return self.selection.people

    @property
    def cohorts(self) -> str:
        """How many rows meet, in words."""
        return self.selection.cohorts

    @property
    def key(self) -> tuple[object, ...]:
        """What decides the numbers of the pool: its rows and its model."""
        rows = tuple(row.row_id for row in self.selection.rows)
        options = tuple(sorted((name, repr(v)) for name, v in self.pooled.options.items()))
        return rows, self.pooled.model, options

    @property
    def interval_kind(self) -> str:
        """What the interval of the pool is."""
        return self.pooled.interval_kind

    @property
    def standing(self) -> Standing:
        """How far the estimate may be taken."""
        alike = {"all-zero": Standing.NO_EVENT, "all-full": Standing.ONLY_EVENTS}
        return alike.get(self.pooled.verdict.code, self.selection.gate.code)

    @property
    def is_pooled(self) -> bool:
        """Whether several studies meet in the estimate."""
        return self.standing.is_pooled

    @property
    def prediction(self) -> tuple[float, float]:
        """The prediction interval, undefined below the protocol's number of studies."""
        if self.pooled.study_count < self.prediction_k:
            return math.nan, math.nan
        return self.pooled.prediction_interval

    @property
    def bound(self) -> tuple[float, float]:
        """The exact one-sided interval of all people together, assuming one common rate."""
        one_sided = 2 * self.pooled.level - 1
        counts = np.array([self.pooled.events]), np.array([self.pooled.n])
        ((low, high),) = clopper_pearson(*counts, one_sided)
        return float(low), float(high)

    def extreme(self) -> str:
        """Say what is known when nobody, or everybody, had the event."""
        low, high = self.bound
        level = f"{100 * self.pooled.level:g} %"
        none = self.standing is Standing.NO_EVENT
        limit = f"at most {percent(high)}" if none else f"at least {percent(low)}"
        return (
            f"{self.pooled.events} of {self.people}; {limit} "
            f"(exact one-sided {level} bound, assuming one common rate){self._allowing()}"
        )

    def _allowing(self) -> str:
        """Say what the exact interval is where everybody is alike; "" where there is none."""
        if not self.pooled.exactness:
            return ""
        level = f"{100 * self.pooled.level:g} %"
        return f"; if studies differ, {interval(*self.pooled.ci)} % (exact {level} interval)"

    def headline(self) -> str:
        """Return one sentence with k, people, the estimate and both intervals."""
        if self.standing is Standing.NONE:
            return f"{self.label}: no count of this outcome that may be pooled."
        who = f"{self.cohorts}, {self.selection.protocol.people(self.people)}"
        level = f"{100 * self.pooled.level:g} %"
        if self.standing is Standing.SINGLE:
            counts = listing([f"{row.events} of {row.n}" for row in self.selection.rows])
            if self.own is None:
                return f"{self.label}: {who}; {counts} (not pooled)."
            value = with_interval(self.own.proportion, self.own.ci)
            return (
                f"{self.label}: {who}; {counts}, {value} "
                f"({level} exact interval of the study, not pooled)."
            )
        if self.standing.is_alike:
            return f"{self.label}: {who}; {self.extreme()}."
        ahead = f", prediction interval {interval(*self.prediction)}"
        return (
            f"{self.label}: {who}; median proportion {percent(self.pooled.estimate)}, "
            f"{level} {self.interval_kind} {interval(*self.pooled.ci)}"
            + (ahead if self.pooled.study_count >= self.prediction_k else "")
            + ("; provisional." if self.standing is Standing.PROVISIONAL else ".")
        )

    @property
    def own(self) -> StudyResult | None:
        """The one study, where nothing is pooled because there is no other."""
        alone = self.standing is Standing.SINGLE and self.pooled.k == 1
        return next(study for study in self.pooled.studies if study.n) if alone else None

    @property
    def shown(self) -> dict[str, Any]:
        """What a page shows, JSON-safe, and so what may be quoted; None where it shows nothing.

        Of a single study its own proportion and exact interval; where everybody is alike
        the exact one-sided ``bound``, and the interval if studies differ where there is an exact
        one; of a pool what the model says, its prediction
        interval behind its gate.
        """
        found = dict.fromkeys(("estimate", "mean_proportion", "tau2", "i2"), math.nan)
        ranges = dict.fromkeys(("ci", "prediction_interval", "bound"), (math.nan, math.nan))
        if self.is_pooled:
            found = {name: getattr(self.pooled, name) for name in found}
            ranges |= {"ci": self.pooled.ci, "prediction_interval": self.prediction}
        elif self.standing.is_alike:
            ranges["bound"] = self.bound
            if self.pooled.exactness:
                ranges["ci"] = self.pooled.ci
        elif (own := self.own) is not None:
            found["estimate"], ranges["ci"] = own.proportion, own.ci
        return {name: _known(value) for name, value in found.items()} | {
            name: [_known(low), _known(high)] for name, (low, high) in ranges.items()
        }

    def to_dict(self) -> dict[str, object]:
        """Return a JSON-safe record: the contract of ``results.json``."""
        return {
            "label": self.label,
            "evidence_set": self.selection.evidence_set,
            "denominator": self.selection.denominator,
            "standing": str(self.standing),
            "k": self.pooled.k,
            "patients": self.people,
            "events": sum(row.events for row in self.selection.rows),
            "rows": [row.row_id for row in self.selection.rows],
            "cautions": [
                {"code": caution.code, "sentence": caution.sentence}
                for caution in self.selection.cautions
            ],
            "shown": self.shown,
            "pooled": self.pooled.to_dict(),
        }


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


@dataclass(frozen=True)
class Differences:
    """Whether strata share one centre, or why that is not tested.

    Attributes
    ----------
    q, df, p : float or None
        Of Cochran's Q between the strata; None where there is no test.
    model : str
        What tested, in words; empty where there is no test.
    sentence : str
        All of that, or the reason why there is no test.
    """

    q: float | None
    df: float | None
    p: float | None
    model: str
    sentence: str

    def to_dict(self) -> dict[str, object]:
        """Return a JSON-safe record."""
        return asdict(self)


def differences(parts: Sequence[Pool]) -> Differences:
    """Test whether strata differ, by the model of their pools where it has such a test.

    Where it has none, as a Bayesian one, the conventional model tests: inverse variance on logits
    with REML. Every stratum has a between-study variance of its own.

    Parameters
    ----------
    parts : sequence of Pool
        One a stratum. There is no test with fewer than two, or when one has a single study.
    """
    reason = _reason(parts)
    if reason:
        return Differences(None, None, None, "", f"Test for subgroup differences: none, {reason}.")
    first = parts[0].pooled
    own = first.method
    model = own if own.has_regression else CONVENTIONAL
    found = subgroups(
        np.concatenate([part.selection.events for part in parts]),
        np.concatenate([part.selection.n for part in parts]),
        [f"{place:03d}" for place, part in enumerate(parts) for _ in range(part.selection.k)],
        model=model,
        level=first.level,
    )
    words = f"{model.description.name}, Wald"
    why = "" if own.has_regression else "; the pools' own model has no such test"
    sentence = (
        f"Test for subgroup differences ({words}{why}): Q = {number(found.q_between)}, "
        f"{found.q_df:g} df, p {_compared(found.q_pvalue)}. "
        "Nobody was randomised between the subgroups."
    )
    return Differences(found.q_between, found.q_df, found.q_pvalue, words, sentence)


def _reason(parts: Sequence[Pool]) -> str:
    if len(parts) < 2:
        return f"there {'is' if len(parts) == 1 else 'are'} {count(len(parts), 'subgroup')}"
    few = [part.label for part in parts if part.selection.studies < 2]
    if few:
        return f"fewer than two studies in {listing(few)}"
    alike = [part.label for part in parts if not part.is_pooled]
    if alike:
        return f"everybody in {listing(alike)} is alike"
    return ""


def _compared(value: float) -> str:
    words = p_value(value)
    return words if words.startswith("<") else f"= {words}"
