"""The pool as it grew: one study more at a time, by year or by size.

Cumulative meta-analysis as in Lau and others 1992 (10.1056/NEJM199207233270406), for every
model: the steps are the datasets of one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from onearm.analysis import Pool, Review
from onearm.models import Model, ModelError, make_model, studies_or_rows
from onearm.models.arrays import Ints, as_batch
from onearm.models.pool import study_names
from onearm.robustness.base import Check, CheckResult, Sheet, for_many, sheet, told, too_many
from onearm.robustness.choices import fit_rows
from onearm.robustness.sheets import estimated
from onearm.words import count, interval, percent

__all__ = ["CUMULATIVE", "cumulative"]

ORDERS = ("year", "size", "given")


def cumulative(
    events: ArrayLike,
    n: ArrayLike,
    *,
    by: str = "year",
    year: ArrayLike | None = None,
    study: Sequence[object] | None = None,
    cluster: Sequence[object] | None = None,
    model: str | Model = "inverse-variance",
    level: float = 0.95,
    who: str = "",
    **options: Any,
) -> CheckResult:
    """Pool the first study, the first two, and so on to all of them.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and people per study; studies with ``n = 0`` are passed over.
    by : {"year", "size", "given"}
        Order in which studies are added: earliest first (needs ``year``), largest first, or
        as given. Ties keep the given order.
    year : array_like, shape (k,), optional
        Year of each study.
    study : sequence, optional
        Names of the studies.
    cluster : sequence, optional
        The study of every row, where some have several.
    model, level, **options
        As for :func:`onearm.pool`.
    who : str
        How many meet, in words, where that is not the number of studies: "3 cohorts of 2 studies".

    Returns
    -------
    CheckResult
        The table has one row a step: the ``study`` that came in, its counts, ``k``, and the
        pool so far. There is no verdict.

    Raises
    ------
    ModelError
        If the counts are impossible, years are missing, or the model does not exist.
    """
    x, m = (counts[:, 0] for counts in as_batch(events, n))
    names = study_names(study, len(x))
    order = _order(by, m, year)
    order = order[m[order] > 0]
    fitted = make_model(model, level=level, **options)
    if cluster is not None:
        fitted = studies_or_rows(fitted, [str(cluster[int(i)]) for i in order])
    kept = np.triu(np.ones((len(order), len(order)), dtype=bool))
    table = fit_rows(x[order], m[order], kept, fitted)
    table.insert(0, "study", [names[i] for i in order])
    table.insert(1, "events", x[order])
    table.insert(2, "n", m[order])
    if by == "year":
        table.insert(1, "year", np.asarray(year, dtype=float)[order].astype(int))
    return CheckResult(
        name=f"cumulative_{by}",
        verdict=None,
        sentence=_sentence(table, by, who or count(len(table), "study", "studies")),
        table=table,
        data={"by": by, "model": fitted.name, "options": fitted.options, "level": level},
    )


def _order(by: str, n: Ints, year: ArrayLike | None) -> Ints:
    """Give the places of the studies in the order in which they come in."""
    if by not in ORDERS:
        raise ModelError(f"by must be one of {', '.join(ORDERS)}; got {by!r}.")
    if by == "given":
        return np.arange(len(n))
    if by == "size":
        return np.argsort(-n, kind="stable")
    years = np.asarray([] if year is None else year, dtype=float)
    if years.shape != n.shape or not np.isfinite(years).all():
        raise ModelError(f"year must be one number per study, {len(n)}; got {year!r}.")
    return np.argsort(years, kind="stable")


_WORDS = {
    "year": "by year",
    "size": "from the largest to the smallest",
    "given": "in the order given",
}


def _sentence(table: pd.DataFrame, by: str, who: str) -> str:
    estimate = table["estimate"].to_numpy(dtype=float)
    if len(table) < 2 or not np.isfinite(estimate[-1]):
        return "With fewer than two studies there are no steps."
    step = int(np.nanargmax(np.abs(np.diff(estimate)))) + 1
    last = table.iloc[-1]
    return (
        f"Adding {who} {_WORDS[by]} moves the estimate from "
        f"{percent(estimate[0])} to {percent(estimate[-1])} "
        f"({interval(last['ci_low'], last['ci_high'])}); the largest step came with "
        f"{table['study'].iloc[step]}, from {percent(estimate[step - 1])} to "
        f"{percent(estimate[step])}."
    )


def _run(pool: Pool, review: Review) -> CheckResult:
    """Let the pool grow by year and by size; the table has the steps of both, `by` naming which."""
    selection, primary = pool.selection, review.protocol.primary
    model = primary.make(review.protocol.pooling.level)
    large = too_many(model, selection.k, 2 * selection.k)
    if large:
        return CUMULATIVE.not_computed(large)
    years = [row.year for row in selection.rows]
    orders = ("size",) if None in years else ("year", "size")
    steps = np.triu(np.ones((selection.k, selection.k), dtype=bool))
    ordered = [selection.n[_order(by, selection.n, np.array(years, dtype=float))] for by in orders]
    model, note = for_many(model, np.concatenate([n[:, None] * steps for n in ordered], axis=1))
    found = {
        by: cumulative(
            selection.events,
            selection.n,
            by=by,
            year=np.array(years, dtype=float),
            study=selection.labels,
            cluster=[row.study_id for row in selection.rows],
            model=model,
            level=model.level,
            who=pool.cohorts,
        )
        for by in orders
    }
    table = pd.concat(
        [
            result.table.drop(columns="year", errors="ignore").assign(by=by)
            for by, result in found.items()
        ],
        ignore_index=True,
    )
    data = found[orders[0]].data | {"by": list(found)}
    said = " ".join(result.sentence for result in found.values()) + note
    return CheckResult("cumulative", None, told(pool, said), table, data)


_TITLES = {"year": "by year of publication", "size": "from the largest study to the smallest"}


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    columns = {
        "Study added": lambda r: r["study"],
        "n": lambda r: str(r["n"]),
        "Rows": lambda r: str(r["k"]),
        "Estimate (interval)": estimated,
    }
    for by in result.data["by"]:
        lines = [line for line in result.rows if line["by"] == by]
        yield sheet(f"Cumulative estimates, {_TITLES[by]}", lines, columns)


CUMULATIVE = Check(
    name="cumulative",
    label="Cumulative estimates",
    needs=2,
    why="one study cannot be put in order",
    heading="How did the estimate develop?",
    alike="every step says the same",
    run=_run,
    sheets=_sheets,
)
