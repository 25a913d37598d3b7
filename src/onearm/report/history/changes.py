"""What changed since a release: rows, the plan, and every result with its cause."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from onearm.errors import InputError
from onearm.evidence import Evidence, read_evidence
from onearm.report.build.colophon import data_digest, protocol_digest, source_digest
from onearm.report.history.attribution import PoolChange, pool_changes
from onearm.report.history.releases import Release, releases
from onearm.report.history.table_changes import (
    TableChange,
    patients_of,
    plan_changes,
    table_changes,
    thresholds,
)

__all__ = ["Changes", "changes"]


@dataclass(frozen=True)
class Changes:
    """Everything that differs from a release.

    Attributes
    ----------
    since : Release
        What is compared with.
    is_release : str
        The version, when today's evidence and plan are those of the newest release.
    same : mapping of str to bool
        Whether "data", "plan" and "software" have the hashes of that release.
    tables : mapping of str to TableChange
        By name of the table.
    plan : tuple of (place, before, now)
        Values of the plan.
    patients_added, patients_withdrawn : int
        Patients of the studies that came and went.
    pools : tuple of PoolChange
        The pools that differ.
    compared : int
        How many pools were compared.
    unread : str
        Why today's program cannot read the frozen evidence; "" when it can.
    """

    since: Release
    is_release: str
    same: Mapping[str, bool]
    tables: Mapping[str, TableChange]
    plan: tuple[tuple[str, str, str], ...]
    patients_added: int
    patients_withdrawn: int
    pools: tuple[PoolChange, ...]
    compared: int
    unread: str = ""

    @property
    def is_none(self) -> bool:
        """Whether nothing differs: no row, no value of the plan, no number."""
        unchanged = all(table.is_none for table in self.tables.values())
        return unchanged and not self.plan and not self.pools

    @property
    def conclusions(self) -> tuple[PoolChange, ...]:
        """The pools whose conclusion changed."""
        return tuple(pool for pool in self.pools if pool.conclusion)


def changes(evidence: Evidence, data: str | Path) -> Changes | None:
    """Compare today's evidence and results with a release.

    Parameters
    ----------
    evidence : Evidence
        Today's, read from `data`.
    data : str or Path
        Its folder, with the releases in it.

    Returns
    -------
    Changes or None
        None when nothing was released yet. The release compared with is the newest; when
        today's evidence and plan are the newest release itself, the one before it, if any.
    """
    data = Path(data)
    there = releases(data)
    if not there:
        return None
    newest = there[-1]
    is_newest = all(_same_as(newest, data)[name] for name in ("data", "plan"))
    since = there[-2] if is_newest and len(there) > 1 else newest
    tables = table_changes(since.folder, data)
    same = _same_as(since, data)
    old, unread = _read(since)
    limits = _limits(since.folder, data)
    pools, compared = pool_changes(evidence, old, since.results, same, limits)
    studies, before, now = tables["studies"], patients_of(since.folder), patients_of(data)
    return Changes(
        since,
        newest.version if is_newest else "",
        same,
        tables,
        plan_changes(since.folder, data),
        sum(now.get(study, 0) for study in studies.added),
        sum(before.get(study, 0) for study in studies.withdrawn),
        tuple(pools),
        compared,
        unread,
    )


def _same_as(release: Release, data: Path) -> dict[str, bool]:
    """Say which of the hashes of a release are today's."""
    return {
        "data": release.about["data_sha256"] == data_digest(data),
        "plan": release.about["protocol_sha256"] == protocol_digest(data),
        "software": release.about["source_sha256"] == source_digest(),
    }


def _read(release: Release) -> tuple[Evidence | None, str]:
    """Return the frozen evidence, or why today's program cannot read it."""
    try:
        return read_evidence(release.folder), ""
    except InputError as error:
        return None, str(error.findings[0].sentence if error.findings else error)


def _limits(old: Path, new: Path) -> dict[str, tuple[float, float]]:
    """Return the thresholds of every outcome, before and now."""
    before, now = thresholds(old), thresholds(new)
    codes = {*before, *now}
    return {code: (before.get(code, math.nan), now.get(code, math.nan)) for code in codes}
