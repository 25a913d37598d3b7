"""Time the exact interval: a design of 10,000 tables gone through, and one of 13 drawn from.

Run as ``python -m benchmarks.exact``. Times are processor time, the sum over all threads and
processes; nothing is taken from the cache on disk.
"""

from __future__ import annotations

import os
import time

from onearm.models import Pooled, pool
from onearm.models.exact_interval import answers, drawing

TEN_THOUSAND = ((5, 4, 11), (10, 28, 30))
"""9,889 tables."""

THIRTEEN = (
    (0, 10, 6, 2, 13, 4, 0, 5, 3, 4, 11, 7, 12),
    (31, 147, 16, 21, 46, 13, 29, 10, 20, 28, 30, 21, 38),
)


def forget() -> None:
    """Let the next call start from nothing."""
    os.environ["ONEARM_CACHE"] = "off"
    for kept in (answers._memory, drawing._first):
        kept.clear()
    for cached in (answers._small_design, answers._large_design, answers._every_interval):
        cached.cache_clear()


def timed(events: tuple[int, ...], n: tuple[int, ...]) -> tuple[float, float, Pooled]:
    """Give processor and wall seconds of one exact interval, and the result."""
    forget()
    wall, start = time.perf_counter(), time.process_time()
    result = pool(events, n, model="bayes", ci="exact")
    return time.process_time() - start, time.perf_counter() - wall, result


def main() -> None:
    """Print the figures."""
    timed((1, 2), (3, 4))  # what is imported and laid out once
    for said, data in (("10,000 tables", TEN_THOUSAND), ("13 cohorts, drawn", THIRTEEN)):
        seconds, wall, result = timed(*data)
        low, high = (100 * end for end in result.ci)
        print(f"Exact interval, {said}: {seconds:6.2f} s of processor, {wall:6.2f} s in all; "
              f"{low:.2f} to {high:.2f} %")  # fmt: skip


if __name__ == "__main__":
    main()
