"""What likelihood models say about data for which no maximum exists."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools, Ints
from onearm.models.exact import one_sided_upper
from onearm.models.fit import Fit, Flag, interval, undefined


def has_maximum(verdicts: NDArray[np.str_]) -> Bools:
    """Say for each dataset, by its verdict, whether a likelihood has a maximum."""
    exists: Bools = (verdicts == "estimable") | (verdicts == "constant")
    return exists


def without_maximum(events: Ints, n: Ints, verdicts: NDArray[np.str_], level: float) -> Fit:
    """Give the fit of datasets without a maximum.

    With no events at all (or only events) the estimate is the edge itself, 0 or 1,
    and the interval ends at the exact one-sided bound for the patients taken as
    one group. Everything else is undefined.
    """
    values: dict[str, Any] = undefined(n.shape[1])
    zero, full = verdicts == "all-zero", verdicts == "all-full"
    bound = one_sided_upper(n.sum(axis=0), level)
    for name in ("estimate", "mean"):
        values[name][zero], values[name][full] = 0.0, 1.0
    for name in ("ci", "mean_ci"):
        values[name][zero] = interval(np.zeros(zero.sum()), bound[zero])
        values[name][full] = interval(1 - bound[full], np.ones(full.sum()))
    values["loglik"][zero | full] = 0.0
    values["q"][zero | full] = 0.0
    values["q_df"][:] = np.maximum((n > 0).sum(axis=0) - 1.0, 0.0)
    values["q_pvalue"][zero | full] = 1.0
    return Fit(
        **values,
        flags=(
            Flag(
                "one-sided-bound",
                zero | full,
                lambda j: (
                    f"The interval is the exact one-sided {100 * level:g} % bound for all "
                    f"{n[:, j].sum()} patients as one group; it takes the studies to be alike."
                ),
            ),
            Flag(
                "no-maximum",
                verdicts == "separated",
                lambda j: (
                    "No maximum-likelihood estimate exists for these data; "
                    "look at the studies' own intervals, or at the Bayesian model."
                ),
            ),
        ),
    )
