"""A pool: the rows that meet in one estimate, with that estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from onearm.evidence import Selection, Standing
from onearm.models import Pooled, clopper_pearson
from onearm.words import interval, percent, with_interval


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
        """What the model's intervals are."""
        return self.pooled.method.description.interval

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
        limit = f"at most {percent(high)}" if self.standing is Standing.NO_EVENT else (
            f"at least {percent(low)}"
        )  # fmt: skip
        return (
            f"{self.pooled.events} of {self.people}; {limit} "
            f"(exact one-sided {level} bound, assuming one common rate)"
        )

    def headline(self) -> str:
        """Return one sentence with k, people, the estimate and both intervals."""
        if self.standing is Standing.NONE:
            return f"{self.label}: no count of this outcome that may be pooled."
        who = f"{self.cohorts}, {self.selection.protocol.people(self.people)}"
        level = f"{100 * self.pooled.level:g} %"
        if self.standing is Standing.SINGLE:
            return (
                f"{self.label}: {who}; {int(self.selection.events[0])} of "
                f"{int(self.selection.n[0])}, {with_interval(*self._own())} "
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

    def _own(self) -> tuple[float, tuple[float, float]]:
        study = self.pooled.studies[0]
        return study.proportion, study.ci

    @property
    def shown(self) -> dict[str, Any]:
        """What a page shows, JSON-safe, and so what may be quoted; None where it shows nothing.

        Of a single study its own proportion and exact interval; where everybody is alike
        the exact one-sided ``bound`` alone; of a pool what the model says, its prediction
        interval behind its gate.
        """
        found = dict.fromkeys(("estimate", "mean_proportion", "tau2", "i2"), math.nan)
        ranges = dict.fromkeys(("ci", "prediction_interval", "bound"), (math.nan, math.nan))
        if self.is_pooled:
            found = {name: getattr(self.pooled, name) for name in found}
            ranges |= {"ci": self.pooled.ci, "prediction_interval": self.prediction}
        elif self.standing.is_alike:
            ranges["bound"] = self.bound
        elif self.standing is Standing.SINGLE and self.pooled.k == 1:
            found["estimate"], ranges["ci"] = self._own()
        return {name: _known(value) for name, value in found.items()} | {
            name: [_known(low), _known(high)] for name, (low, high) in ranges.items()
        }

    def to_dict(self) -> dict[str, Any]:
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
