"""Every subset of the studies, pooled: the view that Olkin and others called GOSH.

A subset is written as a bit mask, bit i - 1 standing for the i-th study (Olkin, Dahabreh
and Trikalinos 2012, 10.1002/jrsm.1053). All subsets of one pool are one batch of the model,
so that whatever it can fit, likelihood models included, can be looked at in this way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from onearm.analysis import Pool, Review
from onearm.models import Cost, Model, ModelError, make_model
from onearm.models.arrays import as_batch, as_whole
from onearm.models.pool import study_names
from onearm.robustness.base import Check, CheckResult, Sheet, sheet, told, too_many
from onearm.robustness.choices import COLUMNS, fit_rows, subset_masks, unpack
from onearm.words import count, percent

__all__ = ["SUBSETS", "Pull", "pulls", "subsets", "subsets_json"]

MAX_K = 12  # studies up to which every subset is pooled
MOST = 40  # studies above which not even those without each two are
FEW = 5  # studies up to which a slow model is fitted to every subset
#: What is fitted instead of a slow model.
QUICKER = make_model("glmm", ci="t")


def subsets(
    events: ArrayLike,
    n: ArrayLike,
    *,
    model: str | Model = "inverse-variance",
    level: float = 0.95,
    max_k: int = MAX_K,
    **options: Any,
) -> pd.DataFrame:
    """Pool every subset of the studies.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and people per study. A study with ``n = 0`` is in no subset.
    model : str or Model
        As for :func:`onearm.pool`.
    level : float
        Level of every interval.
    max_k : int
        Up to this many studies, all ``2**k - 1`` subsets are pooled; above it, all the
        studies together, all but one, and all but two.
    **options
        Options of the model.

    Returns
    -------
    DataFrame
        One row a subset, by increasing bit mask: ``subset`` (bit i - 1 is the i-th study),
        ``k``, ``estimate``, the limits of the confidence and of the prediction interval,
        ``mean`` (marginal mean), ``tau2`` and ``i2``. Undefined numbers are nan; a subset of
        one study carries that study's exact interval.

    Raises
    ------
    ModelError
        If the counts are impossible or the model does not exist.
    """
    fitted = make_model(model, level=level, **options)
    max_k = as_whole(max_k, "max_k", 0)
    x, m = as_batch(events, n)
    if x.shape[1] != 1:
        raise ModelError("subsets takes one dataset, events and n of shape (k,).")
    masks = subset_masks(m[:, 0] > 0, max_k)
    kept = unpack(masks, len(x))
    frame = fit_rows(x[:, 0], m[:, 0], kept, fitted)
    frame.insert(0, "subset", masks)
    return frame


def subsets_json(
    events: ArrayLike,
    n: ArrayLike,
    models: Mapping[str, Mapping[str, Any]],
    *,
    study: Sequence[object] | None = None,
    level: float = 0.95,
    max_k: int = MAX_K,
    digits: int = 6,
) -> dict[str, object]:
    """Pool every subset by several models, as columns that a page can look numbers up in.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and people per study.
    models : mapping
        From a label to keyword arguments of :func:`subsets`: ``model`` and its options.
    study : sequence, optional
        Names of the studies.
    level, max_k
        As for :func:`subsets`.
    digits : int
        Decimals that are kept of every number.

    Returns
    -------
    dict
        JSON-safe: ``studies`` (name, events, n), ``subset`` (bit masks), ``k``, and for each
        label of ``models`` a dict of columns, undefined numbers being None. Complete says
        whether all subsets are there.
    """
    x, m = as_batch(events, n)
    names = study_names(study, len(x))
    tables = {
        label: subsets(x[:, 0], m[:, 0], level=level, max_k=max_k, **options)
        for label, options in models.items()
    }
    masks = subset_masks(m[:, 0] > 0, max_k)
    sizes = unpack(masks, len(x)).sum(axis=0)
    return {
        "level": level,
        "complete": int((m > 0).sum()) <= max_k,
        "studies": [
            {"study": name, "events": int(a), "n": int(b)}
            for name, a, b in zip(names, x[:, 0], m[:, 0], strict=True)
        ],
        "subset": [int(mask) for mask in masks],
        "k": [int(size) for size in sizes],
        "models": {
            label: {name: _rounded(table[name], digits) for name in COLUMNS}
            for label, table in tables.items()
        },
    }


def _rounded(column: pd.Series[float], digits: int) -> list[float | None]:
    values = column.to_numpy(dtype=float)
    return [
        round(float(v), digits) if known else None
        for v, known in zip(values, np.isfinite(values), strict=True)
    ]


@dataclass(frozen=True)
class Pull:
    """What it does to the pooled estimates that a study is among the pooled.

    Attributes
    ----------
    study : int
        Its place among the studies, from 0.
    with_it, without_it : float
        Mean of the estimates over the subsets (of two studies or more) with and without it.
    """

    study: int
    with_it: float
    without_it: float

    @property
    def difference(self) -> float:
        """How much higher the estimates are with the study than without it."""
        return self.with_it - self.without_it


def pulls(frame: pd.DataFrame, k: int) -> tuple[Pull, ...]:
    """Compare the subsets with each study to those without it, the strongest pull first.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`subsets`.
    k : int
        Number of studies.

    Returns
    -------
    tuple of Pull
        Studies that are in every subset, or in none, are not listed.
    """
    pooled = frame[(frame["k"] > 1) & np.isfinite(frame["estimate"])]
    estimate = pooled["estimate"].to_numpy(dtype=float)
    kept = unpack(pooled["subset"].to_numpy(), k)
    found = [
        Pull(i, float(estimate[row].mean()), float(estimate[~row].mean()))
        for i, row in enumerate(kept)
        if row.any() and not row.all()
    ]
    return tuple(sorted(found, key=lambda pull: (-round(abs(pull.difference), 12), pull.study)))


def _run(pool: Pool, review: Review) -> CheckResult:
    """Pool every subset, by a quicker likelihood where the plan's model would take minutes."""
    selection, primary = pool.selection, review.protocol.primary
    model, label, why = primary.make(review.protocol.pooling.level).quicker(), primary.label, ""
    if model.cost is Cost.SLOW and selection.k > FEW:
        model, label = make_model(QUICKER, level=model.level), "GLMM"
        why = ", because the plan's own model takes too long for so many subsets"
    if selection.k > MOST:
        return SUBSETS.not_computed(
            f"not computed for more than {MOST} studies: there are too many."
        )
    if selection.k > MAX_K:
        large = too_many(model, selection.k, 1 + selection.k * (selection.k + 1) // 2)
        if large:
            return SUBSETS.not_computed(large)
    frame = subsets(selection.events, selection.n, model=model, level=model.level)
    several = frame[(frame["k"] > 1) & np.isfinite(frame["estimate"])]
    found = pulls(frame, selection.k)
    strongest = found[0]
    table = pd.DataFrame(
        {
            "study": selection.labels[pull.study],
            "with_it": pull.with_it,
            "without_it": pull.without_it,
            "difference": pull.difference,
        }
        for pull in found
    )
    low, high = several["estimate"].min(), several["estimate"].max()
    said = (
        f"over {_how_many(len(several), selection.k)} the estimate "
        f"({label or model.name}{why}) runs from {percent(low)} to {percent(high)}. "
        f"{selection.labels[strongest.study]} moves it most: "
        f"{percent(strongest.with_it)} in the mean of the subsets with it, "
        f"{percent(strongest.without_it)} without."
    )
    data = {"frame": frame, "model": model.name}
    return CheckResult("subsets", None, told(pool, said), table, data)


def _how_many(found: int, k: int) -> str:
    if found == 2**k - 1 - k:
        return f"all {count(found, 'subset')} of two or more rows"
    return f"{count(found, 'subset')} (the whole, without each row, and without each two)"


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    columns = {
        "Study": lambda r: r["study"],
        "With it": lambda r: percent(r["with_it"]),
        "Without it": lambda r: percent(r["without_it"]),
        "Difference": lambda r: f"{100 * r['difference']:+.1f} points",
    }
    title = "Mean estimate over all subsets with a study and without it"
    yield sheet(title, result.rows, columns)


SUBSETS = Check(
    name="subsets",
    label="All subsets",
    needs=3,
    why="without one of two studies nothing is left to pool",
    heading="Does the choice of studies matter?",
    alike="every subset says the same",
    run=_run,
    sheets=_sheets,
)
