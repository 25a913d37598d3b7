"""`pool_many`: one tidy row per group of a long table, all groups in one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from onearm.models.arrays import Ints, as_batch
from onearm.models.base import Model
from onearm.models.errors import ModelError
from onearm.models.estimability import classify
from onearm.models.fit import Fit
from onearm.models.registry import make_model

if TYPE_CHECKING:
    import pandas as pd

_BLOCK = 4_000_000
"""Most cells (studies times groups) fitted at once, so that memory stays bounded."""


def pool_many(
    frame: pd.DataFrame,
    by: str | Sequence[str],
    *,
    events: str = "events",
    n: str = "n",
    model: str | Model = "inverse-variance",
    level: float = 0.95,
    **options: Any,
) -> pd.DataFrame:
    """Pool every group of a long table.

    Parameters
    ----------
    frame : DataFrame
        One row a study and group.
    by : str or sequence of str
        Columns whose values name a group.
    events, n : str
        Columns of events and patients.
    model, level, **options
        As for :func:`onearm.pool`.

    Returns
    -------
    DataFrame
        One row a group, in sorted order: the columns of ``by``, k, events, n,
        verdict, estimate, limits, prediction limits, marginal mean, tau2, i2, q, …

    Raises
    ------
    ModelError
        If a column is missing or the counts are impossible.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise ModelError(f"pool_many takes a DataFrame; got {type(frame).__name__}.")
    keys = [by] if isinstance(by, str) or not isinstance(by, Sequence) else list(by)
    if len(set(keys)) < len(keys):
        raise ModelError(f"by must name every column once; got {by!r}.")
    missing = [c for c in (*keys, events, n) if c not in frame.columns]
    if missing or not keys:
        raise ModelError(f"by, events and n must name columns of the table; missing: {missing}.")
    chosen = make_model(model, level=level, **options)
    grouped = frame.groupby(keys, sort=True, dropna=False, observed=True)
    code: Ints = grouped.ngroup().to_numpy().astype(np.int64)
    names = grouped.size().index.to_frame(index=False)
    x, m = as_batch(frame[events].to_numpy(), frame[n].to_numpy())
    results = _in_blocks(chosen, code, x[:, 0], m[:, 0], len(names))
    return pd.concat([names, pd.DataFrame(results)], axis=1)


def _in_blocks(model: Model, code: Ints, x: Ints, n: Ints, groups: int) -> dict[str, Any]:
    """Fit groups of like size together, so that little of the arrays is empty."""
    size = np.bincount(code, minlength=groups)
    order = np.argsort(size, kind="stable")
    parts, places, start = [], [], 0
    while start < groups:
        # doubling keeps the widest dataset of a block within twice the narrowest
        limit = max(2 * int(size[order[start]]), 8)
        stop = int(np.searchsorted(size[order], limit, side="right"))
        count = max(1, min(stop - start, _BLOCK // max(limit, 1)))
        block = order[start : start + count]
        parts.append(_fit_block(model, code, x, n, block, int(size[block].max(initial=1))))
        places.append(block)
        start += count
    if not parts:
        return {}
    back = np.argsort(np.concatenate(places))
    return {name: np.concatenate([p[name] for p in parts])[back] for name in parts[0]}


def _fit_block(model: Model, code: Ints, x: Ints, n: Ints, block: Ints, k: int) -> dict[str, Any]:
    """Lay the rows of some groups out as (studies, datasets) and fit them."""
    column = np.full(int(code.max(initial=0)) + 1, -1)
    column[block] = np.arange(len(block))
    rows = np.flatnonzero(column[code] >= 0)
    rows = rows[np.argsort(column[code[rows]], kind="stable")]
    dataset = column[code[rows]]
    first = np.searchsorted(dataset, np.arange(len(block)))
    within = np.arange(len(rows)) - first[dataset]
    events, patients = (np.zeros((k, len(block)), dtype=np.int64) for _ in range(2))
    events[within, dataset], patients[within, dataset] = x[rows], n[rows]
    return _columns(model(events, patients), events, patients)


def _columns(fit: Fit, events: Ints, n: Ints) -> dict[str, Any]:
    """Give the columns of the tidy table."""
    return {
        "k": (n > 0).sum(axis=0),
        "events": events.sum(axis=0),
        "n": n.sum(axis=0),
        "verdict": classify(events, n),
        "estimate": fit.estimate,
        "ci_low": fit.ci[:, 0],
        "ci_high": fit.ci[:, 1],
        "prediction_low": fit.prediction[:, 0],
        "prediction_high": fit.prediction[:, 1],
        "mean_proportion": fit.mean,
        "mean_ci_low": fit.mean_ci[:, 0],
        "mean_ci_high": fit.mean_ci[:, 1],
        "coef": fit.coef,
        "se": fit.se,
        "tau2": fit.tau2,
        "tau2_low": fit.tau2_ci[:, 0],
        "tau2_high": fit.tau2_ci[:, 1],
        "i2": fit.i2,
        "q": fit.q,
        "q_df": fit.q_df,
        "q_pvalue": fit.q_pvalue,
        "loglik": fit.loglik,
    }
