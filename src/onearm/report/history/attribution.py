"""Why a pool differs from a release: computed by analysing again, never guessed.

A result can differ because the program, the data or the plan differs. So the frozen data
are analysed under the frozen plan by today's program, then today's data under the frozen
plan: each step from the frozen result to today's changes one thing only. A frozen plan of a
format that is no longer read cannot be a step: then plan and software are one cause.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from onearm.analysis import Review
from onearm.errors import InputError
from onearm.evidence import Evidence
from onearm.report.build.results import value_differences
from onearm.report.history.releases import COMPANION, WHOLE, cut_now, pools_of
from onearm.robustness.choices import SIDES, side_of_interval

__all__ = ["TOGETHER", "Frozen", "PoolChange", "pool_changes"]

STEPS = ("software", "data", "plan")
TOGETHER = "plan and software"  # one cause, where the frozen plan is no longer read
Record = Mapping[str, Any]
Key = tuple[str, str]  # evidence set, part
Step = dict[Key, Record] | None  # an outcome's pools; None where they could not be had
#: What of a plan decides no number of an outcome; its own entry is compared apart.
_DECIDES_NOTHING = {
    "title",
    "question",
    "version",
    "frozen",
    "status",
    "deviation",
    "outcome",
    "other_outcomes",
    "flow",
    "appraisal_tools",
    "specifications",
    "moderators",
}


@dataclass(frozen=True)
class Frozen:
    """A release as it is compared.

    Attributes
    ----------
    results : mapping
        Its results, by outcome.
    review : Review or None
        Its evidence; None when today's program cannot read it.
    has_own_plan : bool
        Whether the review is under the frozen plan; else it is under today's.
    same : mapping of str to bool
        Whether today's "data", "plan" and "software" are those of the release.
    """

    results: Mapping[str, Record]
    review: Review | None
    has_own_plan: bool
    same: Mapping[str, bool]


@dataclass(frozen=True)
class PoolChange:
    """One pool, before and now.

    Attributes
    ----------
    outcome, evidence_set, part : str
        Which pool, in words.
    before, now : mapping or None
        Its records, as `onearm.report.history.releases.cut` gives them; None where it is not.
    causes : tuple of str
        What makes the difference: of "software", "data", "plan", or both of these together;
        empty when it could not be told, or when there is none.
    conclusion : str
        How the conclusion changed; "" when it did not.
    """

    outcome: str
    evidence_set: str
    part: str
    before: Record | None
    now: Record | None
    causes: tuple[str, ...] = ()
    conclusion: str = ""

    @property
    def is_concluded(self) -> bool:
        """Whether it is one of the plan's pools or subgroups: a companion concludes nothing."""
        return not self.part.startswith(COMPANION)


def pool_changes(
    today: Review, frozen: Frozen, limits: Mapping[str, tuple[float, float]]
) -> tuple[list[PoolChange], int]:
    """Compare all pools of all outcomes, those of either side.

    Parameters
    ----------
    today : Review
        Today's evidence and plan.
    frozen : Frozen
        The release.
    limits : mapping of str to tuple of float
        The threshold of every outcome, before and now; nan where there is none.

    Returns
    -------
    list of PoolChange
        The pools that differ.
    int
        How many were compared.
    """
    labels = {code: str(outcome["label"]) for code, outcome in frozen.results.items()}
    labels |= {plan.code: plan.label for plan in today.protocol.outcome}
    found, compared = [], 0
    steps_of = _Steps(today, frozen)
    for code, label in labels.items():
        steps = steps_of(code)
        before, now = steps[0] or {}, steps[-1] or {}
        keys = list(dict.fromkeys([*now, *before]))
        compared += len(keys)
        ends = limits.get(code, (math.nan, math.nan))
        for key in keys:
            was, is_now = before.get(key), now.get(key)
            # A threshold moved alone changes the conclusion of equal numbers.
            alone = () if _differ(was, is_now) else ("plan",)
            causes = _causes(key, steps, steps_of.names) or alone
            change = PoolChange(label, *key, was, is_now, causes)
            asked = change.part == WHOLE or (before and now)  # else the whole says it
            if change.is_concluded and asked:
                change = replace(change, conclusion=_conclusion(change, ends))
            if _differ(was, is_now) or change.conclusion:
                found.append(change)
    return found, compared


class _Steps:
    """The results of an outcome from the release to today, one cause a step.

    Parameters
    ----------
    today : Review
        Today's evidence and plan.
    frozen : Frozen
        The release.
    """

    def __init__(self, today: Review, frozen: Frozen) -> None:
        self.today, self.frozen, self.old = today, frozen, frozen.review
        self.names = STEPS if frozen.has_own_plan or self.old is None else (TOGETHER, "data")
        self.moved = (
            Review(replace(today.evidence, protocol=self.old.protocol))
            if self.old and frozen.has_own_plan
            else None
        )

    def __call__(self, code: str) -> list[Step]:
        """Return the pools of an outcome after each step; the last are today's."""
        same, results = self.frozen.same, self.frozen.results
        before = self._keyed(results[code]) if code in results else {}
        if all(same.values()):
            return [before] * (len(self.names) + 1)
        now = self._keyed(cut_now(self.today, code)) if _asks(self.today, code) else {}
        if self.old is None:
            return [before, None, None, now]
        if self.moved is None:
            under_today = self._again(self.old, code, now) if _asks(self.old, code) else now
            return [before, under_today, now]
        if not _asks(self.old, code):
            return [before, before, before, now]
        by_program = before if same["software"] else self._again(self.old, code, now)
        by_data = by_program if same["data"] else self._again(self.moved, code, now)
        return [before, by_program, by_data, now]

    def _again(self, review: Review, code: str, now: Step) -> Step:
        """Analyse an outcome, unless its inputs are today's."""
        if _asks(self.today, code) and _inputs(review.evidence, code) == _inputs(
            self.today.evidence, code
        ):
            return now
        try:
            return self._keyed(cut_now(review, code))
        except InputError:  # the frozen plan cannot be applied to today's data
            return None

    def _keyed(self, outcome: Record) -> dict[Key, Record]:
        found = pools_of(outcome, self.today.protocol)
        return {(name, part): pool for name, part, pool in found}


def _asks(review: Review, code: str) -> bool:
    return any(plan.code == code for plan in review.protocol.outcome)


def _inputs(evidence: Evidence, code: str) -> tuple[object, ...]:
    """Return everything that decides the numbers of an outcome, in comparable form."""
    counts = [count for count in evidence.counts if count.outcome == code]
    judged = [line for line in evidence.judgements if line.outcome == code]
    ours = {count.study_id for count in counts}
    studies = [study for study in evidence.studies if study.study_id in ours]
    return (
        evidence.protocol.model_dump(exclude=_DECIDES_NOTHING),
        evidence.protocol.plan(code).model_dump(),
        [(study.study_id, study.version_of) for study in evidence.studies],
        [replace(count, line=0) for count in counts],
        [replace(study, line=0) for study in studies],
        [replace(line, line=0) for line in judged],
    )


def _causes(key: Key, steps: list[Step], names: tuple[str, ...]) -> tuple[str, ...]:
    """Name the steps that change a pool; none when one of them is not known."""
    if any(step is None for step in steps):
        return ()
    records = [(step or {}).get(key) for step in steps]
    return tuple(
        cause
        for cause, (was, now) in zip(names, pairwise(records), strict=True)
        if _differ(was, now)
    )


def _differ(was: Record | None, now: Record | None) -> bool:
    """Say whether two records differ in what both keep: an older release may keep less."""
    if was is None or now is None:
        return was is not now
    both = was.keys() & now.keys()
    parts = ({key: record[key] for key in both} for record in (was, now))
    return any(True for _ in value_differences(*parts))


def _conclusion(change: PoolChange, limits: tuple[float, float]) -> str:
    """Say how the conclusion of a pool changed.

    By its standing, the side of the threshold, its certainty, and the do-not-pool signal.
    """
    was, now = change.before, change.now
    if was is None or now is None:
        if change.part == WHOLE:
            return "newly asked" if was is None else "no longer asked"
        ends = ("none" if record is None else record["standing"] for record in (was, now))
        return " → ".join(ends)  # a subgroup is there when it has a study
    told = []
    if was["standing"] != now["standing"]:
        told.append(f"{was['standing']} → {now['standing']}")
    one, other = (_side(pool, limit) for pool, limit in zip((was, now), limits, strict=True))
    if one != other:
        told.append(f"interval {one} → {other} the threshold")
    if was.get("certainty") and now.get("certainty"):
        told += _turned("certainty", *(record["certainty"]["word"] for record in (was, now)))
    if "agreement" in was:
        signals = ("yes" if record["agreement"] is False else "no" for record in (was, now))
        told += _turned("do not pool:", *signals)
    return "; ".join(told)


def _turned(what: str, was: str, now: str) -> list[str]:
    return [f"{what} {was} → {now}"] if was != now else []


def _side(pool: Record, threshold: float) -> str:
    low, high = (math.nan if end is None else end for end in pool["shown"])
    return SIDES[int(side_of_interval([low, high], threshold)[0])]
