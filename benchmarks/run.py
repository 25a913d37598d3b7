"""Time onearm and R's metafor in one run, and print medians and ratios.

Run as ``python -m benchmarks.run``. R's part is skipped, and said to be, where R or metafor
is missing; nothing else is. Peak memory is that of a fresh process.
"""

from __future__ import annotations

import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from onearm import models

ONE = ([2, 0, 9, 1, 3, 20, 4, 5], [6, 4, 12, 8, 10, 31, 9, 10])
"""Eight small studies, one of them without events."""


def many(d: int, k: int = 8, seed: int = 1) -> tuple[Any, Any]:
    """Simulate d datasets of k studies with 8 to 40 patients."""
    rng = np.random.default_rng(seed)
    n = rng.integers(8, 41, (k, d))
    p = 1 / (1 + np.exp(1 - 0.6 * rng.normal(size=(k, d))))
    return rng.binomial(n, p), n


def median_time(run: Callable[[], object], repeats: int) -> float:
    """Give the median wall time of some repeats after one to warm up."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def grouped(groups: int) -> pd.DataFrame:
    """Simulate a long table of 2 to 11 studies a group."""
    rng = np.random.default_rng(2)
    size = rng.integers(2, 12, groups)
    n = rng.integers(5, 60, size.sum())
    x = rng.binomial(n, 1 / (1 + np.exp(1 - 0.6 * rng.normal(size=size.sum()))))
    return pd.DataFrame({"group": np.repeat(np.arange(groups), size), "events": x, "n": n})


def large_pool(k: int) -> dict[str, float]:
    """Time one pool of k studies in a fresh process, and give its peak memory."""
    code = f"from benchmarks.run import report_large; report_large({k})"
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    result: dict[str, float] = json.loads(done.stdout)
    return result


def report_large(k: int) -> None:
    """Print time and peak memory of one model call on k studies (run in a child)."""
    x, n = many(1, k)
    before = peak_memory()
    start = time.perf_counter()
    models.InverseVariance()(x, n)
    took = time.perf_counter() - start
    peak = peak_memory()
    print(json.dumps({"seconds": took, "peak_mb": peak, "rise_mb": peak - before}))


def peak_memory() -> float:
    """Give the peak memory of this process in MB; the kernel's own figure where it has one."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return float(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def r_times() -> dict[str, float] | str:
    """Time metafor on the same data; a sentence where that is impossible."""
    if shutil.which("Rscript") is None:
        return "R is not installed here: its times are left out."
    script = Path(__file__).with_name("metafor.R")
    done = subprocess.run(["Rscript", str(script)], capture_output=True, text=True, check=False)
    if done.returncode:
        return "R is here, but metafor or lme4 is not: its times are left out."
    times = dict(line.split() for line in done.stdout.splitlines())
    return {name: float(value) for name, value in times.items()}


def our_times() -> dict[str, float]:
    """Time everything of ours, in seconds."""
    x, n = many(1000)
    frame = grouped(50_000)
    return {
        "one REML fit": median_time(lambda: models.pool(*ONE, model="inverse-variance"), 50),
        "one GLMM fit": median_time(lambda: models.pool(*ONE, model="glmm"), 50),
        "one Bayes fit": median_time(lambda: models.pool(*ONE, model="bayes"), 30),
        "1,000 REML fits": median_time(lambda: models.InverseVariance()(x, n), 7),
        "1,000 GLMM fits": median_time(lambda: models.BinomialNormal()(x, n), 5),
        "1,000 Bayes fits": median_time(lambda: models.Bayes()(x, n), 1),
        "50,000 pools by pool_many": median_time(lambda: models.pool_many(frame, "group"), 3),
    }


def main() -> None:
    """Print the table."""
    ours, theirs = our_times(), r_times()
    counterpart = {
        "one REML fit": ("rma", 1),
        "one GLMM fit": ("rma.glmm", 1),
        "1,000 REML fits": ("rma", 1000),
        "1,000 GLMM fits": ("rma.glmm", 1000),
        "50,000 pools by pool_many": ("rma", 50_000),
    }
    print(f"{'':28}{'onearm':>12}{'R metafor':>12}{'ratio':>9}")
    for name, seconds in ours.items():
        line = f"{name:28}{seconds * 1e3:9.1f} ms"
        if isinstance(theirs, dict) and name in counterpart:
            call, count = counterpart[name]
            other = theirs[call] * count
            line += f"{other * 1e3:9.0f} ms{other / seconds:8.0f}x"
        print(line)
    for k in (10_000, 100_000, 1_000_000):
        r = large_pool(k)
        print(
            f"one pool of {k:>9,} studies {r['seconds'] * 1e3:9.0f} ms, "
            f"{r['rise_mb']:.0f} MB beyond the data, {r['peak_mb']:.0f} MB in all"
        )
    if isinstance(theirs, str):
        print(theirs)
    else:
        print("R's 1,000 and 50,000 fits are its median single fit, multiplied.")


if __name__ == "__main__":
    main()
