"""A pool: the rows that meet in one estimate, with that estimate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from onearm.evidence import ModelPlan, Selection
from onearm.models import Pooled, clopper_pearson, pool
from onearm.words import count, interval, percent, with_interval


@dataclass(frozen=True)
class Pool:
    """A selection of rows and what a model makes of them.

    Attributes
    ----------
    label : str
        What is pooled, in words ("core evidence", "Salvage surgery").
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
    def patients(self) -> int:
        """Patients over all studies of the pool."""
        return int(self.selection.n.sum())

    @property
    def cohorts(self) -> str:
        """How many rows meet, in words: arms of one trial are cohorts of one study."""
        studies = self.selection.rows["study_id"].nunique()
        words = count(studies, "study", "studies")
        return words if studies == self.pooled.k else f"{self.pooled.k} cohorts of {words}"

    @property
    def interval_kind(self) -> str:
        """What the model's intervals are."""
        return self.pooled.method.description.interval

    @property
    def standing(self) -> str:
        """How far the estimate may be taken.

        none, single, provisional or headline by the number of studies; "no-event" and
        "only-events" when every patient of several studies is alike: then what a model
        says is not an observation, and the exact bound stands in the front.
        """
        verdicts = {"all-zero": "no-event", "all-full": "only-events"}
        return verdicts.get(self.pooled.verdict.code, self.selection.gate.code)

    @property
    def is_pooled(self) -> bool:
        """Whether several studies meet in the estimate."""
        return self.standing in ("provisional", "headline")

    @property
    def prediction(self) -> tuple[float, float]:
        """The prediction interval, undefined below the protocol's number of studies."""
        if self.pooled.k < self.prediction_k:
            return math.nan, math.nan
        return self.pooled.prediction_interval

    @property
    def bound(self) -> tuple[float, float]:
        """The exact one-sided interval of all patients together, were all studies alike."""
        one_sided = 2 * self.pooled.level - 1
        counts = np.array([self.pooled.events]), np.array([self.pooled.n])
        ((low, high),) = clopper_pearson(*counts, one_sided)
        return float(low), float(high)

    def extreme(self) -> str:
        """Say what is known when no patient, or every patient, had the event."""
        low, high = self.bound
        level = f"{100 * self.pooled.level:g} %"
        limit = f"at most {percent(high)}" if self.standing == "no-event" else (
            f"at least {percent(low)}"
        )  # fmt: skip
        return (
            f"{self.pooled.events} of {self.patients}; {limit} "
            f"(exact one-sided {level} bound, were all studies alike)"
        )

    def headline(self) -> str:
        """Return one sentence with k, patients, the estimate and both intervals."""
        if self.standing == "none":
            return f"{self.label}: no count of this outcome that may be pooled."
        who = f"{self.cohorts}, {count(self.patients, 'patient')}"
        level = f"{100 * self.pooled.level:g} %"
        if self.standing == "single":
            return (
                f"{self.label}: {who}; {int(self.selection.events[0])} of "
                f"{int(self.selection.n[0])}, {with_interval(*self._own())} "
                f"({level} exact interval of the study, not pooled)."
            )
        if self.standing in ("no-event", "only-events"):
            return f"{self.label}: {who}; {self.extreme()}."
        ahead = f", prediction interval {interval(*self.prediction)}"
        return (
            f"{self.label}: {who}; median proportion {percent(self.pooled.estimate)}, "
            f"{level} {self.interval_kind} {interval(*self.pooled.ci)}"
            + (ahead if self.pooled.k >= self.prediction_k else "")
            + ("; provisional." if self.standing == "provisional" else ".")
        )

    def _own(self) -> tuple[float, tuple[float, float]]:
        study = self.pooled.studies[0]
        return study.proportion, study.ci

    @property
    def shown(self) -> dict[str, Any]:
        """What a page shows, JSON-safe, and so what may be quoted; None where it shows nothing.

        Of a single study its own proportion and exact interval; where all patients are alike
        the exact one-sided ``bound`` alone; of a pool what the model says, its prediction
        interval behind its gate.
        """
        found = dict.fromkeys(("estimate", "mean_proportion", "tau2", "i2"), math.nan)
        ranges = dict.fromkeys(("ci", "prediction_interval", "bound"), (math.nan, math.nan))
        if self.is_pooled:
            found = {name: getattr(self.pooled, name) for name in found}
            ranges |= {"ci": self.pooled.ci, "prediction_interval": self.prediction}
        elif self.standing in ("no-event", "only-events"):
            ranges["bound"] = self.bound
        elif self.standing == "single" and self.pooled.k == 1:
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
            "standing": self.standing,
            "k": self.pooled.k,
            "patients": self.patients,
            "events": int(self.selection.events.sum()),
            "rows": [str(row) for row in self.selection.rows["row_id"]],
            "cautions": [
                {"code": caution.code, "sentence": caution.sentence}
                for caution in self.selection.cautions
            ],
            "shown": self.shown,
            "pooled": self.pooled.to_dict(),
        }


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def pool_selection(
    selection: Selection,
    label: str,
    model: ModelPlan,
    level: float = 0.95,
    prediction_k: int = 3,
) -> Pool:
    """Fit one model to the rows of a selection.

    Parameters
    ----------
    selection : Selection
        k rows.
    label : str
        What is pooled, in words.
    model : ModelPlan
        The model with its options, as the protocol names them.
    level : float
        Of the intervals.
    prediction_k : int
        Fewest studies for which a prediction interval is shown.
    """
    pooled = pool(
        selection.events,
        selection.n,
        study=list(selection.labels),
        model=model.model,
        level=level,
        **model.options,
    )
    return Pool(label, selection, pooled, prediction_k)
