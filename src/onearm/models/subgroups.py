"""Pools of the levels of one category, and the test that they differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from onearm.jsonable import plain
from onearm.models.arrays import as_counts, length
from onearm.models.base import Model
from onearm.models.errors import ModelError, wrong_choice
from onearm.models.pool import pool, study_names
from onearm.models.registry import make_model
from onearm.models.regression.design import missing
from onearm.models.regression.fit import meta_regression
from onearm.models.result import Pooled

if TYPE_CHECKING:
    import pandas as pd

_SHARED = ("transform", "tau2", "correction", "add")
"""Options of a model that its meta-regression takes too."""


@dataclass(frozen=True)
class Subgroups:
    """The result of :func:`subgroups`.

    Attributes
    ----------
    tau : str
        "separate" or "pooled": whether every level has a between-study variance of
        its own in the test. The pools shown are each level's own.
    pools : dict of str to Pooled
        In sorted order of the levels.
    q_between, q_df, q_pvalue : float
        Test that all levels share one centre; nan with fewer than two estimable levels.
    """

    tau: str
    pools: dict[str, Pooled]
    q_between: float
    q_df: float
    q_pvalue: float

    def to_dict(self) -> dict[str, Any]:
        """Give plain numbers, lists and strings, fit for JSON; undefined ones are None."""
        return {name: plain(value) for name, value in asdict(self).items()}

    def to_frame(self) -> pd.DataFrame:
        """Give one row a level."""
        import pandas as pd

        rows = [
            {
                "level": level,
                "k": p.k,
                "events": p.events,
                "n": p.n,
                "estimate": p.estimate,
                "ci_low": p.ci[0],
                "ci_high": p.ci[1],
                "tau2": p.tau2,
                "verdict": p.verdict.code,
            }
            for level, p in self.pools.items()
        ]
        return pd.DataFrame(rows)


def subgroups(
    events: ArrayLike,
    n: ArrayLike,
    by: Sequence[Any],
    *,
    study: Sequence[object] | None = None,
    tau: str = "separate",
    model: str | Model = "inverse-variance",
    level: float = 0.95,
    **options: Any,
) -> Subgroups:
    """Pool every level of a category, and test whether the levels differ.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
    by : sequence
        The category of every study; ``None``, nan and empty text leave a study out.
    study : sequence of str, optional
    tau : {"separate", "pooled"}
        Between-study variance in the test: each level's own, or one for all
        (inverse variance and GLMM only).
    model, level, **options
        As for :func:`onearm.pool`.
    """
    if tau not in ("separate", "pooled"):
        raise wrong_choice("tau", tau, ("separate", "pooled"))
    chosen = make_model(model, level=level, **options)
    x, m = as_counts(events, "events"), as_counts(n, "n")
    if x.ndim != 1 or x.shape != m.shape:
        raise ModelError("subgroups takes events and n of one shape, (k,).")
    if length(by, "by") != len(x):
        raise ModelError(f"by must have one value per study, {len(x)}; got {len(by)}.")
    labels = np.array(["" if missing(b) else str(b) for b in by], dtype=object)
    names = np.array(study_names(study, len(x)), dtype=object)
    pools = {
        name: pool(
            x[labels == name],
            m[labels == name],
            study=list(names[labels == name]),
            model=chosen,
            level=level,
        )
        for name in sorted(set(labels) - {""})
    }
    test = _separate(pools) if tau == "separate" else _pooled(x, m, labels, chosen)
    return Subgroups(tau, pools, *test)


def _separate(pools: dict[str, Pooled]) -> tuple[float, float, float]:
    """Compare the levels' centres, each with its own Wald standard error."""
    found = np.array([pair for pair in map(_centre, pools.values()) if np.isfinite(pair).all()])
    df = len(found) - 1.0
    if df < 1:
        return math.nan, max(df, 0.0), math.nan
    b, w = found[:, 0], 1 / found[:, 1] ** 2
    q = float((w * (b - (w @ b) / w.sum()) ** 2).sum())
    return q, df, float(chdtrc(df, q))


def _centre(pool: Pooled) -> tuple[float, float]:
    """Give a level's centre and standard error; a single study's are its own effect's."""
    single = pool.verdict.code == "single-study"
    own = pool.method.effects(np.array([[pool.events]]), np.array([[pool.n]])) if single else None
    if own is None:
        return pool.coef, pool.details.get("wald_se", pool.se)
    y, v = own
    return float(y[0, 0]), math.sqrt(float(v[0, 0]))


def _pooled(x: Any, m: Any, labels: Any, model: Model) -> tuple[float, float, float]:
    """Test the category as a moderator, by the Wald statistic."""
    keep = {k: v for k, v in model.options.items() if k in _SHARED}
    if len(set(labels) - {""}) < 2:
        return math.nan, 0.0, math.nan
    kind = {"by": [str(v) or None for v in labels]}
    fit = meta_regression(x, m, kind, model=model.name, ci="wald", **keep)
    return fit.qm, fit.qm_df[0], fit.qm_pvalue
