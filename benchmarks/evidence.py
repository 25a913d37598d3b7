"""How reading, audit, selection and overlap grow with the evidence.

The shipped tables are written 50 times under new names into a folder of their own. Reading,
auditing, selecting every outcome and finding the pairs that overlap are timed on both, in CPU
seconds of this process. At 50 times the rows, each should take at most about 60 times as long.
The choices without overlap grow faster, up to their cap: there are more of them, each of more
rows.

Run with ``python -m benchmarks.evidence``.
"""

from __future__ import annotations

import csv
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from onearm.evidence import Evidence, audit, non_overlapping, read_evidence, select, study_pairs
from onearm.evidence.audit.printed_intervals import reproduce

__all__ = ["main", "replicate"]

DATA = Path(__file__).resolve().parent.parent / "data"
TIMES = 50
#: The columns that hold names of rows; a label is drawn, and has to be unique too.
_NAMES = ("study_id", "row_id", "record_id", "version_of", "label")
#: Tables about outcomes, of which there are as many as before.
_ALIKE = ("certainty.csv", "protocol.toml")


def replicate(source: Path, target: Path, times: int = TIMES) -> None:
    """Write a data folder `times` over into another, each copy under names of its own.

    Parameters
    ----------
    source, target : Path
        The folders; `target` has to exist.
    times : int
        How often each row is written. Overlap groups stay within their copy.
    """
    for name in _ALIKE:
        shutil.copy(source / name, target)
    for path in sorted(source.glob("*.csv")):
        if path.name in _ALIKE:
            continue
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            header, rows = list(reader.fieldnames or ()), list(reader)
        with (target / path.name).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, header, lineterminator="\n")
            writer.writeheader()
            for copy in range(times):
                writer.writerows(_renamed(row, copy) for row in rows)


def _renamed(row: dict[str, str], copy: int) -> dict[str, str]:
    renamed = {name: f"{row[name]}-{copy}" for name in _NAMES if row.get(name)}
    groups = "; ".join(
        f"{group}-{copy}" for group in row.get("overlap_group", "").split("; ") if group
    )
    return row | renamed | ({"overlap_group": groups} if groups else {})


def _select(evidence: Evidence) -> None:
    for plan in evidence.protocol.outcome:
        for each in evidence.protocol.sets:
            select(evidence, plan.code, evidence_set=each.name)


def _overlap(evidence: Evidence) -> None:
    # A copy has none of the look-ups that the audit has left behind.
    study_pairs(replace(evidence))


def _choices(evidence: Evidence) -> None:
    for plan in evidence.protocol.outcome:
        non_overlapping(select(evidence, plan.code, evidence_set=evidence.protocol.widest.name))


_WORK: dict[str, Callable[[Evidence], object]] = {
    "audit": audit,
    "select": _select,
    "overlap": _overlap,
    "choices": _choices,
}


def _times(folder: Path, repeats: int) -> dict[str, float]:
    """The least CPU seconds of several runs: what else the machine does only adds."""
    found: dict[str, list[float]] = {}
    for _ in range(repeats):
        reproduce.cache_clear()
        start = time.process_time()
        evidence = read_evidence(folder)
        found.setdefault("read", []).append(time.process_time() - start)
        for name, work in _WORK.items():
            start = time.process_time()
            work(evidence)
            found.setdefault(name, []).append(time.process_time() - start)
    return {name: min(times) for name, times in found.items()}


def main(arguments: Sequence[str] = ()) -> int:
    """Print CPU seconds at 1 and 50 times the rows, and their ratio.

    Parameters
    ----------
    arguments : sequence of str
        None are taken.
    """
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder)
        replicate(DATA, large)
        rows = [len(read_evidence(each).counts) for each in (DATA, large)]
        small_times, large_times = _times(DATA, 5), _times(large, 2)
    print(f"Evidence, CPU seconds: {rows[0]:,} and {rows[1]:,} rows")
    for name, small in small_times.items():
        ratio = large_times[name] / small
        print(f"  {name:8} {small:8.4f} {large_times[name]:8.3f}   {ratio:5.1f} times")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
