"""What a model gives back for a batch: one number a dataset, undefined ones nan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onearm.models.arrays import Bools, Floats


@dataclass(frozen=True)
class Flag:
    """A caution for some datasets of a batch.

    Attributes
    ----------
    code : str
        Short stable name.
    where : ndarray of bool, shape (d,)
        The datasets it holds for.
    says : callable
        Gives the sentence for dataset number ``j``.
    """

    code: str
    where: Bools
    says: Callable[[int], str]


@dataclass(frozen=True)
class Fit:
    """Results of one model on ``d`` datasets.

    Proportions (``estimate``, ``mean`` and the intervals of both) are on the
    probability scale; ``coef`` and ``se`` are on the model's own. Intervals
    have shape (d, 2); ``weights`` and ``shrunken`` have shape (k, d).
    """

    estimate: Floats
    ci: Floats
    prediction: Floats
    mean: Floats
    mean_ci: Floats
    coef: Floats
    se: Floats
    tau2: Floats
    tau2_ci: Floats
    i2: Floats
    i2_ci: Floats
    h2: Floats
    h2_ci: Floats
    q: Floats
    q_df: Floats
    q_pvalue: Floats
    loglik: Floats
    weights: Floats | None = None
    shrunken: Floats | None = None
    flags: tuple[Flag, ...] = ()
    details: Mapping[str, Floats] = field(default_factory=dict)


INTERVALS = ("ci", "prediction", "mean_ci", "tau2_ci", "i2_ci", "h2_ci")
NUMBERS = (
    "estimate",
    "mean",
    "coef",
    "se",
    "tau2",
    "i2",
    "h2",
    "q",
    "q_df",
    "q_pvalue",
    "loglik",
)


def undefined(d: int) -> dict[str, Floats]:
    """Give every number and interval of a :class:`Fit` as nan, ready to be overwritten."""
    numbers = {name: np.full(d, np.nan) for name in NUMBERS}
    return numbers | {name: np.full((d, 2), np.nan) for name in INTERVALS}


def interval(low: Floats, high: Floats) -> Floats:
    """Join two limits, each (d,), into intervals (d, 2).

    Parameters
    ----------
    low, high : ndarray, shape (d,)
    """
    return np.stack([low, high], axis=-1)


def scatter(part: Fit, columns: NDArray[np.int64], whole: Fit, d: int) -> Fit:
    """Put the fit of some datasets in its place among all ``d`` of them.

    Numbers come from ``part`` for its ``columns`` and from ``whole`` elsewhere;
    details and per-study values exist for the columns alone, and are nan elsewhere.

    Parameters
    ----------
    part : Fit
        Of some datasets.
    columns : ndarray of int
        Their places.
    whole : Fit
        Of all.
    d : int
        How many there are.
    """
    if len(columns) == d:
        return part
    values: dict[str, Any] = {}
    for name in (*NUMBERS, *INTERVALS):
        values[name] = getattr(whole, name).copy()
        values[name][columns] = getattr(part, name)
    for name in ("weights", "shrunken"):
        values[name] = _spread_columns(getattr(part, name), columns, d)
    details = {
        name: np.moveaxis(_spread_columns(np.moveaxis(v, 0, -1), columns, d), -1, 0)
        for name, v in part.details.items()
    }
    moved = tuple(_spread_flag(flag, columns, d) for flag in part.flags)
    return Fit(**values, flags=(*whole.flags, *moved), details=details)


def _spread_columns(values: Floats | None, columns: NDArray[np.int64], d: int) -> Any:
    if values is None:
        return None
    out = np.full((*values.shape[:-1], d), np.nan)
    out[..., columns] = values
    return out


def _spread_flag(flag: Flag, columns: NDArray[np.int64], d: int) -> Flag:
    where = np.zeros(d, dtype=bool)
    where[columns] = flag.where
    return Flag(flag.code, where, lambda j: flag.says(int(np.searchsorted(columns, j))))


def gather(parts: Sequence[Fit], columns: NDArray[np.int64], d: int) -> Fit:
    """Join fits of consecutive groups of datasets and put them in their places.

    Parameters
    ----------
    parts : sequence of Fit
        In the order of ``columns``; they carry no flags.
    columns : ndarray of int
        The place of every fitted dataset among all ``d``.
    """
    order = np.argsort(columns)

    def joined(name: str, axis: int = 0) -> Any:
        arrays = [getattr(part, name) for part in parts]
        return None if arrays[0] is None else np.concatenate(arrays, axis=axis).take(order, axis)

    values: dict[str, Any] = {name: joined(name) for name in (*NUMBERS, *INTERVALS)}
    values |= {name: joined(name, axis=1) for name in ("weights", "shrunken")}
    details = {
        name: np.concatenate([part.details[name] for part in parts])[order]
        for name in parts[0].details
    }
    blank: dict[str, Any] = undefined(d)
    return scatter(Fit(**values, details=details), columns[order], Fit(**blank), d)
