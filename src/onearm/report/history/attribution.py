"""Why a pool differs from a release: computed by analysing again, never guessed.

A result can differ because the program, the data or the plan differs. So the frozen data
are analysed under the frozen plan by today's program, then today's data under the frozen
plan: each step from the frozen result to today's changes one thing only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from onearm.errors import InputError
from onearm.evidence import Evidence
from onearm.report.build.compare import value_differences
from onearm.report.history.snapshot import COMPANION, WHOLE, cut_now, pools_of
from onearm.robustness.checks.threshold import SIDES, side_of_interval

__all__ = ["PoolChange", "pool_changes"]

STEPS = ("software", "data", "plan")
Record = Mapping[str, Any]
Key = tuple[str, str]  # evidence set, part
Step = dict[Key, Record] | None  # an outcome's pools; None where they could not be had
#: What of a plan decides an outcome's numbers, beside the outcome's own entry.
_DECIDES = {"pooling", "primary", "companions", "strata", "gates", "certainty", "agreement"}


@dataclass(frozen=True)
class PoolChange:
    """One pool, before and now.

    Attributes
    ----------
    outcome, evidence_set, part : str
        Which pool, in words.
    before, now : mapping or None
        Its records, as `onearm.report.history.snapshot.cut` gives them; None where it is not.
    causes : tuple of str
        Of "software", "data", "plan": what makes the difference; empty when it could not be
        told, or when there is none.
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
        """Whether it is one of the plan's pools or strata: a companion model concludes nothing."""
        return not self.part.startswith(COMPANION)


def pool_changes(
    today: Evidence,
    old: Evidence | None,
    frozen: Mapping[str, Record],
    same: Mapping[str, bool],
    limits: Mapping[str, tuple[float, float]],
) -> tuple[list[PoolChange], int]:
    """Compare all pools of all outcomes, those of either side.

    Parameters
    ----------
    today, old : Evidence
        Today's, and the frozen one; None when today's program cannot read that.
    frozen : mapping
        The frozen results, by outcome.
    same : mapping of str to bool
        Whether "data", "plan" and "software" are those of the release.
    limits : mapping of str to tuple of float
        The threshold of every outcome, before and now.

    Returns
    -------
    list of PoolChange
        The pools that differ.
    int
        How many were compared.
    """
    labels = {code: str(outcome["label"]) for code, outcome in frozen.items()}
    labels |= {plan.code: plan.label for plan in today.protocol.outcome}
    found, compared = [], 0
    for code, label in labels.items():
        steps = _steps(code, today, old, frozen, same)
        before, now = steps[0] or {}, steps[-1] or {}
        keys = list(dict.fromkeys([*now, *before]))
        compared += len(keys)
        ends = limits.get(code, (math.nan, math.nan))
        for key in keys:
            was, is_now = before.get(key), now.get(key)
            # A threshold moved alone changes the conclusion of equal numbers.
            causes = _causes(key, steps) or (("plan",) if not _differ(was, is_now) else ())
            change = PoolChange(label, *key, was, is_now, causes)
            asked = change.part == WHOLE or (before and now)  # else the whole says it
            if change.is_concluded and asked:
                change = replace(change, conclusion=_conclusion(change, ends))
            if _differ(was, is_now) or change.conclusion:
                found.append(change)
    return found, compared


def _steps(
    code: str,
    today: Evidence,
    old: Evidence | None,
    frozen: Mapping[str, Record],
    same: Mapping[str, bool],
) -> list[Step]:
    """Return an outcome as frozen, by today's program, with today's data, under today's plan."""
    before = _keyed(frozen[code]) if code in frozen else {}
    if all(same.values()):
        return [before] * 4
    now = _keyed(cut_now(today, code)) if _asks(today, code) else {}
    if old is None:
        return [before, None, None, now]
    if not _asks(old, code):
        return [before, before, before, now]
    by_program = before if same["software"] else _again(old, today, code, now)
    moved = replace(today, protocol=old.protocol)
    by_data = by_program if same["data"] else _again(moved, today, code, now)
    return [before, by_program, by_data, now]


def _again(evidence: Evidence, today: Evidence, code: str, now: Step) -> Step:
    """Analyse an outcome, unless its inputs are today's."""
    if _asks(today, code) and _inputs(evidence, code) == _inputs(today, code):
        return now
    try:
        return _keyed(cut_now(evidence, code))
    except InputError:  # the frozen plan cannot be applied to today's data
        return None


def _asks(evidence: Evidence, code: str) -> bool:
    return any(plan.code == code for plan in evidence.protocol.outcome)


def _inputs(evidence: Evidence, code: str) -> tuple[Any, ...]:
    """Return everything that decides the numbers of an outcome, in comparable form."""
    rows = evidence.outcomes[evidence.outcomes["outcome"] == code]
    studies = evidence.studies[evidence.studies["study_id"].isin(rows["study_id"])]
    versions = evidence.studies[["study_id", "version_of"]]
    judged = evidence.certainty[evidence.certainty["outcome"] == code]
    return (
        evidence.protocol.model_dump(include=_DECIDES),
        evidence.protocol.plan(code).model_dump(),
        *(
            part.drop(columns="line", errors="ignore").astype(str).to_dict("records")
            for part in (rows, studies, versions, judged)
        ),
    )


def _keyed(outcome: Record) -> dict[Key, Record]:
    return {(name, part): pool for name, part, pool in pools_of(outcome)}


def _causes(key: Key, steps: list[Step]) -> tuple[str, ...]:
    """Name the steps that change a pool; none when one of them is not known."""
    if any(step is None for step in steps):
        return ()
    records = [(step or {}).get(key) for step in steps]
    return tuple(
        cause
        for cause, (was, now) in zip(STEPS, pairwise(records), strict=True)
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
        return " → ".join(ends)  # a stratum is there when it has a study
    told = []
    if was["standing"] != now["standing"]:
        told.append(f"{was['standing']} → {now['standing']}")
    one, other = (_side(pool, limit) for pool, limit in zip((was, now), limits, strict=True))
    if one != other:
        told.append(f"interval {one} → {other} the proportion that matters")
    if "certainty" in was:
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
