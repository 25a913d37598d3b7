"""A review: its evidence read and audited once, and everything asked of it computed once."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

from onearm.analysis.outcome import OutcomeAnalysis
from onearm.analysis.pools import Pool
from onearm.evidence import (
    Evidence,
    Finding,
    ModelPlan,
    Protocol,
    Row,
    Selection,
    audit,
    read_evidence,
    select,
    strata,
)
from onearm.models import MODELS, ModelError, Pooled, pool
from onearm.models.remember import remember

__all__ = ["Review"]

T = TypeVar("T")


class Review:
    """The evidence of a data folder, and what the plan asks of it.

    Parameters
    ----------
    data : str, Path or Evidence
        The data folder, read once, or evidence at hand.

    Raises
    ------
    InputError
        If anything in the folder breaks a rule; its `findings` hold every problem at once.

    Examples
    --------
    >>> import onearm
    >>> review = onearm.Review("data")  # doctest: +SKIP
    >>> review.outcome("pain").pools  # doctest: +SKIP
    """

    def __init__(self, data: str | Path | Evidence) -> None:
        self.folder = None if isinstance(data, Evidence) else Path(data)
        self.evidence = data if isinstance(data, Evidence) else read_evidence(data)
        self._known: dict[Hashable, Any] = {}

    @property
    def protocol(self) -> Protocol:
        """The plan."""
        return self.evidence.protocol

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What the audit says of the evidence."""
        return audit(self.evidence)

    def once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what was computed under a key before, else compute and remember it.

        Parameters
        ----------
        key : hashable
            Everything that decides the value.
        compute : callable
            Makes the value.
        """
        if key not in self._known:
            self._known[key] = compute()
        return cast("T", self._known[key])

    @property
    def outcomes(self) -> tuple[OutcomeAnalysis, ...]:
        """Every outcome of the plan, in its order."""
        return tuple(self.outcome(plan.code) for plan in self.protocol.outcome)

    def outcome(self, code: str = "") -> OutcomeAnalysis:
        """Return one outcome of the plan.

        Parameters
        ----------
        code : str
            Its code; the first outcome unless given.

        Raises
        ------
        InputError
            If the plan has no such outcome.
        """
        plan = self.protocol.plan(code) if code else self.protocol.outcome[0]
        return self.once(("outcome", plan.code), lambda: self._outcome_kind(self, plan))

    #: What an outcome of this review is; a room further right adds to it what pages show.
    _outcome_kind: type[OutcomeAnalysis] = OutcomeAnalysis

    def select(self, outcome: str, **choices: Any) -> Selection:
        """Select the rows of one outcome, as `onearm.select`, once for the same choices.

        Parameters
        ----------
        outcome : str
            Its code.
        **choices
            As in `onearm.select`.
        """
        key = ("select", outcome, *sorted(choices.items()))
        return self.once(key, lambda: select(self.evidence, outcome, **choices))

    def strata(self, outcome: str, by: str, evidence_set: str) -> dict[str, Selection]:
        """Select one outcome for each subgroup of a stratum, once.

        Parameters
        ----------
        outcome, by, evidence_set : str
            As in `onearm.evidence.strata`.
        """
        return self.once(
            ("strata", outcome, by, evidence_set),
            lambda: strata(self.evidence, outcome, by, evidence_set=evidence_set),
        )

    def fit(self, selection: Selection, label: str, model: ModelPlan | None = None) -> Pool:
        """Fit the plan's primary model, or another, to the rows of a selection, once.

        Parameters
        ----------
        selection : Selection
            k rows, none included.
        label : str
            What is pooled, in words.
        model : ModelPlan, optional
            The plan's primary model unless given.
        """
        plan = model or self.protocol.primary
        prediction_k = self.protocol.gates.get("prediction_interval", 3)
        return Pool(label, selection, self.pooled(selection, plan), prediction_k)

    def tried(self, selection: Selection, label: str) -> Pool:
        """Fit the primary model to another choice of rows, its interval the one that is quick.

        Parameters
        ----------
        selection : Selection
            k rows, none included.
        label : str
            What is pooled, in words.
        """
        return self.fit(selection, label, self.protocol.primary.quicker(selection.n))

    def pooled(self, selection: Selection, plan: ModelPlan) -> Pooled:
        """Return what a model makes of the rows of a selection, fitted once.

        Parameters
        ----------
        selection : Selection
            Its rows.
        plan : ModelPlan
            The model with its options.
        """
        return self.pooled_rows(selection.rows, plan)

    def pooled_rows(self, rows: Sequence[Row], plan: ModelPlan) -> Pooled:
        """Return what a model makes of rows, whether they may meet in a pool or not.

        Parameters
        ----------
        rows : sequence of Row
            Each with its counts.
        plan : ModelPlan
            The model with its options.
        """
        key = {
            "model": plan.model,
            "options": dict(plan.options),
            "level": self.protocol.pooling.level,
            "events": [row.events for row in rows],
            "n": [row.n for row in rows],
            "study": [row.label for row in rows],
        }
        owners = [row.study_id for row in rows]
        if len(set(owners)) < len(owners):
            key["cluster"] = owners
        return self.once(("fit", json.dumps(key, sort_keys=True)), lambda: _fitted(key))


_POOLED = TypeAdapter(Pooled)


def _fitted(key: Mapping[str, Any]) -> Pooled:
    """Fit a model, unless another run has: its results are kept on disk to the last bit."""

    def fit() -> dict[str, Any]:
        options = {"model": key["model"], "level": key["level"], **key["options"]}
        options |= {"study": key["study"], "cluster": key.get("cluster")}
        try:
            return asdict(pool(key["events"], key["n"], **options))
        except ModelError:
            # a model without a third level takes rows as independent, and cautions; what is
            # wrong for another reason is so again
            return asdict(pool(key["events"], key["n"], independent=True, **options))

    return _POOLED.validate_python(remember("fit", MODELS[key["model"]], key, fit))
