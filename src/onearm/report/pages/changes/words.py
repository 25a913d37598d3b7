"""What changed since a release, in words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import onearm
from onearm.report.history.attribution import PoolChange
from onearm.report.history.changes import Changes
from onearm.report.history.releases import WHOLE
from onearm.words import count, interval, listing, number, with_interval

__all__ = [
    "conclusion_told",
    "conclusion_words",
    "evidence_words",
    "gap",
    "plan_words",
    "pool_words",
    "program_words",
    "release_words",
    "results_words",
    "set_and_part",
    "visible",
]

Record = Mapping[str, Any]


def pool_words(record: Record | None) -> tuple[str, ...]:
    """Return k, people, estimate, prediction interval, tau and certainty of a pool, in words."""
    if record is None:
        return ("absent",) * 6
    certainty = record["certainty"]["word"] if record.get("certainty") else "–"
    if record["standing"] == "none":
        return "0", "0", "not reported", "–", "–", certainty
    shown = record["shown"]
    if record["standing"] in ("provisional", "headline"):
        estimate = with_interval(record["estimate"], shown)
        tau2 = record["tau2"]
        rest = (
            interval(*record["prediction_interval"]),
            number(None if tau2 is None else math.sqrt(tau2)),
        )
    else:
        counts = f"{record['events']} of {record['patients']}"
        alone = record["standing"] != "single" or record["k"] == 1
        estimate = f"{counts} ({interval(*shown)})" if alone else f"{counts}, not pooled"
        rest = "–", "–"
    return str(record["k"]), str(record["patients"]), estimate, *rest, certainty


def visible(pool: PoolChange) -> bool:
    """Whether a difference of a pool is one that is printed."""
    one, other = (
        ()
        if record is None
        else (*pool_words(record), record["rows"], record["standing"], record.get("certainty"))
        for record in (pool.before, pool.now)
    )
    return one != other or bool(pool.conclusion)


def gap(pool: PoolChange) -> float:
    """Return how far apart two estimates are."""
    values = [record["estimate"] for record in (pool.before, pool.now) if record]
    known = [value for value in values if value is not None]
    return max(known) - min(known) if known else 0.0


def evidence_words(found: Changes) -> str:
    """Say what happened to the evidence."""
    table_of, people = found.tables["studies"], found.protocol.people
    others = [change for name, change in found.tables.items() if name != "studies"]
    added = sum(len(change.added) for change in others)
    gone = sum(len(change.withdrawn) for change in others)
    corrected = sum(len(change.corrected) for change in found.tables.values())
    if not (table_of.added or table_of.withdrawn or added or gone or corrected):
        tail = "" if found.same["data"] else " (only the layout of the files differs)"
        return f"no change{tail}"
    withdrawn = f"{count(len(table_of.withdrawn), 'study', 'studies')} withdrawn"
    if table_of.withdrawn:
        withdrawn += f" (−{people(found.people_withdrawn)})"
    return ", ".join(
        [
            f"+{count(len(table_of.added), 'study', 'studies')}",
            f"+{people(found.people_added)}",
            withdrawn,
            f"{count(added, 'row')} added",
            f"{count(gone, 'row')} withdrawn",
            f"{count(corrected, 'row')} corrected",
        ]
    )


def plan_words(found: Changes) -> str:
    """Say what happened to the plan."""
    if found.has_old_format:
        return "its file has a new format"
    if found.plan:
        return f"{count(len(found.plan), 'value')} changed"
    return "no change" if found.same["plan"] else "no value changed, only comments or layout"


def program_words(found: Changes) -> str:
    """Say what happened to the program."""
    if found.same["software"]:
        return "the program is the same, to the byte of its source"
    was, now = found.since.about.get("onearm") or "unknown", onearm.__version__
    moved = sum("software" in pool.causes for pool in found.pools)
    told = f"the source of the program differs (onearm {was}, now {now})"
    if found.unread or found.has_old_format:
        return told
    return f"{told}, and {count(moved, 'result') if moved else 'no result'} because of it"


def results_words(found: Changes) -> str:
    """Say how many pools differ, and why."""
    if not found.pools:
        return f"none of {count(found.compared, 'pool')} differs"
    causes = Counter(listing(list(pool.causes)) or "an unknown cause" for pool in found.pools)
    told = listing([f"{many} by {cause}" for cause, many in sorted(causes.items())])
    return f"{len(found.pools)} of {count(found.compared, 'pool')} differ: {told}"


def conclusion_words(found: Changes) -> str:
    """Say whether a conclusion changed."""
    if not found.conclusions:
        return "conclusion changed: no"
    whole = dict.fromkeys(pool.outcome for pool in found.conclusions if pool.part == WHOLE)
    parts = dict.fromkeys(pool.outcome for pool in found.conclusions if pool.outcome not in whole)
    said = [listing(list(whole))] if whole else []
    said += [f"in subgroups only: {listing(list(parts))}"] if parts else []
    return f"conclusion changed: yes ({'; '.join(said)})"


def release_words(found: Changes) -> str:
    """Name the release that is compared with."""
    frozen = found.since.about.get("data_frozen")
    return f"release {found.since.version}" + (f", data frozen {frozen}" if frozen else "")


def conclusion_told(pool: PoolChange) -> str:
    """Say of one pool how its conclusion changed, and of a subgroup which one it is."""
    part = "" if pool.part == WHOLE else f"{pool.part[:1].lower()}{pool.part[1:]}"
    which = ", ".join(filter(None, (pool.outcome, pool.evidence_set.lower(), part)))
    return f"{which}: {pool.conclusion}"


def set_and_part(pool: PoolChange) -> str:
    """Return which pool of an outcome it is, in words."""
    part = "" if pool.part == WHOLE and pool.evidence_set else pool.part
    return "; ".join(filter(None, (pool.evidence_set, part)))
