"""Time the exact interval: a design of 10,000 tables gone through, and one of 13 drawn from.

Run as ``python -m benchmarks.exact``; nothing is taken from the cache on disk.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import Executor

from onearm.executors import opened
from onearm.models import Pooled, pool
from onearm.models.exact_interval import answers

TEN_THOUSAND = ((5, 4, 11), (10, 28, 30))
"""9,889 tables."""

THIRTEEN = (
    (0, 10, 6, 2, 13, 4, 0, 5, 3, 4, 11, 7, 12),
    (31, 147, 16, 21, 46, 13, 29, 10, 20, 28, 30, 21, 38),
)


def forget() -> None:
    """Let the next call start from nothing."""
    os.environ["ONEARM_CACHE"] = "off"
    answers._memory.clear()
    for cached in (answers._small_design, answers._large_design, answers._every_interval):
        cached.cache_clear()


def timed(
    events: tuple[int, ...], n: tuple[int, ...], executor: Executor | None = None
) -> tuple[float, float, Pooled]:
    """Give processor and wall seconds of one exact interval, and the result.

    Parameters
    ----------
    events, n : tuple of int
    executor : Executor, optional
        Whose processor time is not counted.
    """
    forget()
    wall, start = time.perf_counter(), time.process_time()
    result = pool(events, n, model="bayes", ci="exact", executor=executor)
    return time.process_time() - start, time.perf_counter() - wall, result


def main() -> None:
    """Print the figures."""
    timed((1, 2), (3, 4))  # what is imported and laid out once
    seconds, _, result = timed(*TEN_THOUSAND)
    print(f"Exact interval, 10,000 tables: {seconds:.2f} s of processor; {_limits(result)}")
    with opened(2, local="processes") as executor:
        _, wall, result = timed(*THIRTEEN, executor)
    print(f"Exact interval, 13 cohorts, drawn: {wall:.1f} s on two cores; {_limits(result)}")


def _limits(result: Pooled) -> str:
    low, high = (100 * end for end in result.ci)
    return f"{low:.2f} to {high:.2f} %"


if __name__ == "__main__":
    main()
