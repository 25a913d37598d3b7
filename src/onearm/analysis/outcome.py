"""Everything the plan asks of one outcome: every evidence set, whole and by strata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from onearm.analysis.certainty import Certainty, certainty
from onearm.analysis.pools import Differences, Pool, differences
from onearm.evidence import ModelPlan, OutcomePlan

if TYPE_CHECKING:  # the review that an outcome is a part of
    from onearm.analysis.review import Review

__all__ = ["OutcomeAnalysis"]

#: The conventional model, whose heterogeneity is told beside that of the plan's.
CONVENTIONAL = ModelPlan(model="inverse-variance", tau2="REML")


class OutcomeAnalysis:
    """One outcome under the plan, each part computed once, when it is asked for.

    Parameters
    ----------
    review : Review
        The evidence and the plan.
    plan : OutcomePlan
        What the plan says of the outcome.
    """

    def __init__(self, review: Review, plan: OutcomePlan) -> None:
        self.review = review
        self.plan = plan

    @property
    def code(self) -> str:
        """The outcome's code."""
        return self.plan.code

    @cached_property
    def pools(self) -> Mapping[str, Pool]:
        """The whole of what is eligible, by the name of the evidence set."""
        return {
            each.name: self.review.fit(
                self.review.select(self.code, evidence_set=each.name), each.label
            )
            for each in self.review.protocol.sets
        }

    @property
    def widest(self) -> Pool:
        """The pool of the last evidence set: what pages show when they show one."""
        return self.pools[self.review.protocol.widest.name]

    @cached_property
    def strata(self) -> Mapping[str, Mapping[str, tuple[Pool, ...]]]:
        """By evidence set and stratum, the pools of its subgroups that have any study."""
        return {
            each.name: {by: self._stratum(by, each.name) for by in self.review.protocol.strata}
            for each in self.review.protocol.sets
        }

    def _stratum(self, by: str, evidence_set: str) -> tuple[Pool, ...]:
        split = self.review.strata(self.code, by, evidence_set)
        return tuple(self.review.fit(part, label) for label, part in split.items() if part.k)

    @cached_property
    def companions(self) -> Mapping[str, tuple[Pool, ...]]:
        """By evidence set, the plan's other models on the same rows; none on fewer than two."""
        return {name: self.companions_of(pool) for name, pool in self.pools.items()}

    def companions_of(self, pool: Pool) -> tuple[Pool, ...]:
        """Return the plan's other models on the rows of a pool; none on fewer than two."""
        if pool.selection.k < 2:
            return ()
        models = self.review.protocol.companions
        return tuple(self.review.fit(pool.selection, model.label, model) for model in models)

    @cached_property
    def conventional(self) -> Mapping[str, Pool]:
        """By evidence set, the same rows by inverse variance on logits with REML."""
        return {
            name: self.review.fit(pool.selection, pool.label, CONVENTIONAL)
            for name, pool in self.pools.items()
        }

    def certainty(self, pool: Pool) -> Certainty:
        """Return how certain a pool of this outcome is."""
        key = ("certainty", self.code, pool.selection.evidence_set, pool.key)
        return self.review.once(key, lambda: certainty(self.review.evidence, pool, self._judged))

    def _judged(self, evidence_set: str) -> frozenset[str]:
        """The rows that people judged: the whole pool of an evidence set."""
        return self.pools[evidence_set].selection.row_ids

    def differences(self, evidence_set: str, by: str) -> Differences:
        """Return whether the subgroups of a stratum differ, or why that is not tested.

        Parameters
        ----------
        evidence_set, by : str
            Which evidence, and which stratum; groups that run across are never compared.
        """
        split = self.strata[evidence_set][by]
        return self.review.once(
            ("differences", self.code, evidence_set, by), lambda: differences(split)
        )

    @property
    def compared(self) -> tuple[str, ...]:
        """The strata whose subgroups are compared: those that do not run across."""
        plans = self.review.protocol.strata
        return tuple(by for by, stratum in plans.items() if not stratum.across)

    def every_pool(self) -> Iterator[Pool]:
        """Yield the whole pools, then the subgroups, of every evidence set."""
        yield from self.pools.values()
        for splits in self.strata.values():
            for split in splits.values():
                yield from split

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-safe record: the contract of ``results.json``."""
        return {
            "code": self.code,
            "label": self.plan.label,
            "denominator": self.plan.denominator,
            "pools": {name: self._record(pool) for name, pool in self.pools.items()},
            "strata": {
                name: {by: [self._record(pool) for pool in split] for by, split in splits.items()}
                for name, splits in self.strata.items()
            },
            "strata_tests": {
                name: {by: self.differences(name, by).to_dict() for by in self.compared}
                for name in self.strata
            },
        }

    def _record(self, pool: Pool) -> dict[str, object]:
        return pool.to_dict() | {"certainty": self.certainty(pool).to_dict()}
