"""Everything the protocol asks of one outcome: both evidence sets, whole and by strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from onearm.analysis.certainty import certainty
from onearm.analysis.differences import differences
from onearm.analysis.pools import Pool, pool_selection
from onearm.evidence import Evidence, EvidenceSet, ModelPlan, OutcomePlan, Selection, select, strata

By = Literal["setting", "agent_group", "combined"]
LevelOfDetail = Literal["whole", "parts"]
SET_LABELS: dict[EvidenceSet, str] = {
    "core": "Core evidence",
    "core+extended": "Core and extended evidence",
}
STRATA_LABELS: dict[By, str] = {
    "setting": "Setting",
    "agent_group": "Agent class",
    "combined": "Agent classes together",
}


@dataclass(frozen=True)
class OutcomeAnalysis:
    """One outcome under the protocol's primary model.

    Attributes
    ----------
    outcome : OutcomePlan
        What the protocol says of it.
    pools : mapping of str to Pool
        Evidence set to the whole of what is eligible.
    strata : mapping of str to mapping of str to tuple of Pool
        Evidence set, then what is split by ("setting", "agent_group",
        "combined"), to its pools. Those of "combined" overlap those of "agent_group".
    """

    outcome: OutcomePlan
    pools: Mapping[str, Pool]
    strata: Mapping[str, Mapping[str, tuple[Pool, ...]]]

    def to_dict(self, evidence: Evidence) -> dict[str, Any]:
        """Return a JSON-safe record: the contract of ``results.json``.

        Parameters
        ----------
        evidence : Evidence
            What people judged, and the rules by which a pool's certainty is computed.
        """
        return {
            "code": self.outcome.code,
            "label": self.outcome.label,
            "denominator": self.outcome.denominator,
            "pools": {name: self._record(evidence, pool) for name, pool in self.pools.items()},
            "strata": {
                name: {by: [self._record(evidence, pool) for pool in split]
                       for by, split in splits.items()}
                for name, splits in self.strata.items()
            },
            "strata_tests": {
                name: {by: differences(split).to_dict() for by, split in splits.items()
                       if by != "combined"}  # its pools overlap those of "agent_group"
                for name, splits in self.strata.items()
            },
        }  # fmt: skip

    def _record(self, evidence: Evidence, pool: Pool) -> dict[str, Any]:
        graded = certainty(evidence, pool, self.outcome)
        return pool.to_dict() | {"certainty": graded.to_dict()}


def analyse(evidence: Evidence, outcome: str) -> OutcomeAnalysis:
    """Pool one outcome as the protocol says.

    Parameters
    ----------
    evidence : Evidence
        Tables and protocol.
    outcome : str
        Its code.

    Raises
    ------
    InputError
        When the protocol has no such outcome.
    """
    sets = evidence.protocol.pooling.evidence_sets
    return OutcomeAnalysis(
        outcome=evidence.protocol.plan(outcome),
        pools={
            name: fit(evidence, select(evidence, outcome, evidence_set=name), SET_LABELS[name])
            for name in sets
        },
        strata={
            name: {by: stratify(evidence, outcome, by, evidence_set=name) for by in STRATA_LABELS}
            for name in sets
        },
    )


def fit(
    evidence: Evidence, selection: Selection, label: str, model: ModelPlan | None = None
) -> Pool:
    """Fit the protocol's primary model, or the one given, to a selection."""
    protocol = evidence.protocol
    return pool_selection(
        selection,
        label,
        model or protocol.primary,
        protocol.pooling.level,
        protocol.gates.get("prediction_interval", 3),
    )


def companions(evidence: Evidence, pool: Pool) -> tuple[Pool, ...]:
    """Fit the protocol's other models to the rows of a pool; none to fewer than two."""
    if pool.selection.k < 2:
        return ()
    models = evidence.protocol.companions
    return tuple(fit(evidence, pool.selection, model.label, model) for model in models)


def stratify(
    evidence: Evidence, outcome: str, by: By, *, evidence_set: EvidenceSet
) -> tuple[Pool, ...]:
    """Pool each stratum on its own; strata without a study are left out."""
    # By drug a study of two drugs counts by its parts; by setting it counts whole.
    detail: LevelOfDetail = "whole" if by == "setting" else "parts"
    split = strata(evidence, outcome, by=by, evidence_set=evidence_set, level_of_detail=detail)
    return tuple(fit(evidence, part, label) for label, part in split.items() if part.k)
