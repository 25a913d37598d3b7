"""A pool: the rows that meet in one estimate, with that estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from onearm.evidence import ModelPlan, Selection
from onearm.models import Pooled, pool
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
    """

    label: str
    selection: Selection
    pooled: Pooled

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
        return "credible interval" if self.pooled.model == "bayes" else "confidence interval"

    @property
    def standing(self) -> str:
        """How far the estimate may be taken: none, single, provisional or headline."""
        return self.selection.gate.code

    @property
    def is_pooled(self) -> bool:
        """Whether several studies meet in the estimate."""
        return self.standing in ("provisional", "headline")

    def headline(self) -> str:
        """Return one sentence with k, patients, the estimate and both intervals."""
        if self.standing == "none":
            return f"{self.label}: no study reports this outcome over this denominator."
        who = f"{self.cohorts}, {count(self.patients, 'patient')}"
        level = f"{100 * self.pooled.level:g} %"
        if self.standing == "single":
            return (
                f"{self.label}: {who}; {int(self.selection.events[0])} of "
                f"{int(self.selection.n[0])}, {with_interval(*self._own())} "
                f"({level} exact interval of the study, not pooled)."
            )
        return (
            f"{self.label}: {who}; median proportion {percent(self.pooled.estimate)}, "
            f"{level} {self.interval_kind} {interval(*self.pooled.ci)}, prediction interval "
            f"{interval(*self.pooled.prediction_interval)}"
            + ("; provisional." if self.standing == "provisional" else ".")
        )

    def _own(self) -> tuple[float, tuple[float, float]]:
        study = self.pooled.studies[0]
        return study.proportion, study.ci

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
            "pooled": self.pooled.to_dict(),
        }


def pool_selection(selection: Selection, label: str, model: ModelPlan, level: float = 0.95) -> Pool:
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
    """
    pooled = pool(
        selection.events,
        selection.n,
        study=list(selection.labels),
        model=model.model,
        level=level,
        **model.options,
    )
    return Pool(label, selection, pooled)
