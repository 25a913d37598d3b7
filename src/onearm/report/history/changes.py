"""What changed since a release: rows, the plan, and every result with its cause."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from onearm.analysis import Review
from onearm.errors import InputError
from onearm.evidence import Protocol
from onearm.evidence.plan import PROTOCOL_FILE, read_plan
from onearm.report.build.colophon import data_digest, protocol_digest, source_digest
from onearm.report.history.attribution import Frozen, PoolChange, pool_changes
from onearm.report.history.releases import Release, releases
from onearm.report.history.table_changes import (
    TableChange,
    people_of,
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
    people_added, people_withdrawn : int
        People of the studies that came and went.
    pools : tuple of PoolChange
        The pools that differ.
    compared : int
        How many pools were compared.
    protocol : Protocol
        Today's plan, for its words.
    unread : str
        Why today's program cannot read the frozen evidence; "" when it can.
    has_old_format : bool
        Whether today's program cannot read the frozen plan.
    """

    since: Release
    is_release: str
    same: Mapping[str, bool]
    tables: Mapping[str, TableChange]
    plan: tuple[tuple[str, str, str], ...]
    people_added: int
    people_withdrawn: int
    pools: tuple[PoolChange, ...]
    compared: int
    protocol: Protocol
    unread: str = ""
    has_old_format: bool = False

    @property
    def is_none(self) -> bool:
        """Whether nothing differs: no row, no value of the plan, no number."""
        return self.has_same_rows and not self.plan and not self.pools

    @property
    def has_same_rows(self) -> bool:
        """Whether no row of a table came, went or was corrected."""
        return all(table.is_none for table in self.tables.values())

    @property
    def conclusions(self) -> tuple[PoolChange, ...]:
        """The pools whose conclusion changed."""
        return tuple(pool for pool in self.pools if pool.conclusion)


def changes(review: Review) -> Changes | None:
    """Compare today's evidence and results with a release.

    Parameters
    ----------
    review : Review
        Today's, read from a folder that has the releases in it.

    Returns
    -------
    Changes or None
        None when there is no release before this. The release compared with is the newest;
        when today's evidence and plan are the newest release itself, the one before it.
    """
    data = review.folder
    there = releases(data) if data else ()
    if data is None or not there:
        return None
    newest = there[-1]
    is_newest = all(_same_as(newest, data)[name] for name in ("data", "plan"))
    if is_newest and len(there) == 1:
        return None  # the first release is not compared with itself
    since = there[-2] if is_newest else newest
    tables = table_changes(since.folder, data, review.protocol)
    old, has_own_plan, unread = _read(since, data)
    frozen = Frozen(since.results, old, has_own_plan, _same_as(since, data))
    pools, compared = pool_changes(review, frozen, _limits(since.folder, data))
    before, now = (people_of(folder, review.protocol) for folder in (since.folder, data))
    return Changes(
        since,
        newest.version if is_newest else "",
        frozen.same,
        tables,
        plan_changes(since.folder, data),
        sum(now.get(study, 0) for study in tables["studies"].added),
        sum(before.get(study, 0) for study in tables["studies"].withdrawn),
        tuple(pools),
        compared,
        review.protocol,
        unread,
        not has_own_plan,
    )


def _same_as(release: Release, data: Path) -> dict[str, bool]:
    """Say which of the hashes of a release are today's."""
    return {
        "data": release.about.get("data_sha256") == data_digest(data),
        "plan": release.about.get("protocol_sha256") == protocol_digest(data),
        "software": release.about.get("source_sha256") == source_digest(),
    }


def _read(release: Release, data: Path) -> tuple[Review | None, bool, str]:
    """Return the frozen evidence, whether under its own plan, and why it cannot be read.

    Tables whose plan is of a format that is no longer read are taken under today's plan.
    """
    has_own_plan = read_plan(release.folder).protocol is not None
    try:
        if has_own_plan:
            return Review(release.folder), True, ""
        return _under(data / PROTOCOL_FILE, release.folder), False, ""
    except InputError as error:
        reason = error.findings[0].sentence if error.findings else str(error)
        return None, has_own_plan, reason


def _under(plan: Path, tables: Path) -> Review:
    """Read the tables of one folder under the plan of another."""
    with tempfile.TemporaryDirectory(prefix="onearm-") as name:
        for path in (*tables.glob("*.csv"), plan):
            shutil.copyfile(path, Path(name) / path.name)
        return Review(name)


def _limits(old: Path, new: Path) -> dict[str, tuple[float, float]]:
    """Return the thresholds of every outcome, before and now."""
    before, now = thresholds(old), thresholds(new)
    codes = {*before, *now}
    return {code: (before.get(code, math.nan), now.get(code, math.nan)) for code in codes}
