"""Put a finished folder in the place of the last one: all of it, or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from onearm.errors import OnearmError

MARK = "results.json"  # a folder that holds it is a report of ours, and may be replaced


def check_target(out: Path, data: Path) -> None:
    """Refuse a target whose replacement would lose something that is not a report.

    Raises
    ------
    OnearmError
        When `out` is a file, holds anything but a report, or shares a place with the data.
    """
    if out.is_file():
        raise OnearmError(f"--out {out} is a file; name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise OnearmError(
            f"--out {out} is not empty and holds no report (no {MARK}); "
            "name another folder, so that nothing of yours is replaced"
        )
    one, other = out.resolve(), data.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise OnearmError(f"--out {out} and --data {data} must not lie within each other")


def publish(stage: Path, out: Path) -> None:
    """Move `stage` to `out`; the old report goes only when the new one stands.

    Parameters
    ----------
    stage : Path
        The finished folder, on the same file system as `out`.
    out : Path
        Its place.
    """
    old = _aside(out)
    if out.exists():
        shutil.rmtree(old, ignore_errors=True)
        out.replace(old)
    try:
        stage.replace(out)
    except OSError:
        if old.exists():
            old.replace(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def recover(out: Path) -> None:
    """Put back the last report if an earlier run was cut off between the two moves."""
    if not out.exists() and _aside(out).exists():
        _aside(out).replace(out)


def _aside(out: Path) -> Path:
    return out.with_name(f".{out.name}.old")
