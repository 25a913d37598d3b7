"""Time exact calibration: every table of a design, every method, against one call a table.

Run as ``python -m benchmarks.calibration``. Times are processor time, the sum over all
threads: what one core would take. The first call of a process is
timed as it comes; later ones are answered from what has been kept, so each repetition
starts anew. For comparison, in the same run and on the same machine, the models are asked
one table at a time for a sample of the tables, and the time is scaled to all of them.
"""

from __future__ import annotations

import statistics
import time

import numpy as np

from onearm.robustness import METHODS, operating_characteristics
from onearm.robustness.calibration.characteristics import _all_limits, _all_tables
from onearm.robustness.calibration.designs import distinct, enumerate_tables, sample_space
from onearm.robustness.calibration.lattice import _lattice as _posteriors
from onearm.robustness.calibration.maxima import _lattice as _likelihoods
from onearm.robustness.calibration.methods import build_methods

SIZES = (6, 1, 12, 8, 10)
SCRIPT = 35.0  # seconds that a plain script on grids took for this design and 12 methods
SAMPLE = 12
REPEATS = 3


def forget() -> None:
    """Let the next call start from nothing."""
    for kept in (_all_limits, _all_tables, _posteriors, _likelihoods):
        kept.cache_clear()


def whole_design() -> float:
    """Give the median processor time of all methods on all tables, in seconds."""
    times = []
    for _ in range(REPEATS):
        forget()
        start = time.process_time()
        operating_characteristics(SIZES)
        times.append(time.process_time() - start)
    return statistics.median(times)


def one_by_one() -> dict[str, float]:
    """Give the seconds that each method would take for all tables, asked for one at a time."""
    tables = enumerate_tables(SIZES)
    d = tables.events.shape[1]
    chosen = np.random.default_rng(1).choice(d, SAMPLE, replace=False)
    found = {}
    for label, model in build_methods(None, 0.95).items():
        start = time.process_time()
        for column in chosen:
            model(tables.events[:, column], tables.sizes)
        found[label] = (time.process_time() - start) / SAMPLE * d
    return found


def main() -> None:
    """Print the figures."""
    print(f"Exact calibration, sizes {SIZES}: {sample_space(SIZES)} tables,")
    print(f"  {distinct(SIZES)} of them distinct, {len(METHODS)} methods, 30 scenarios, one core.")
    seconds = whole_design()
    print(f"  all tables, all methods (median of {REPEATS}): {seconds:8.2f} s")
    print(f"  a plain script on grids took {SCRIPT:.0f} s: {SCRIPT / seconds:.1f} times as long")
    single = one_by_one()
    total = sum(single.values())
    print(f"  one call a table and method, scaled from {SAMPLE} tables: {total:8.0f} s, "
          f"{total / seconds:.0f} times as long")  # fmt: skip
    for label, value in single.items():
        print(f"    {label:<40}{value:10.1f} s")


if __name__ == "__main__":
    main()
