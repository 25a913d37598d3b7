"""Subsets of the studies of some pools, by every model of the plan, for a page to look up.

A page must print what Python prints and compute nothing. So each number is put into words
here, and its words are stored as one small integer: tenths of a percent, or one of a few codes
above 1,000. A table is packed column by column into base64.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from onearm.analysis import Pool
from onearm.evidence import ModelPlan, Standing, gate
from onearm.models import Model, clopper_pearson, pool_many
from onearm.models.estimability import classify, verdict
from onearm.models.remember import remember
from onearm.report.explorer.choices import kept_studies
from onearm.words import NOT_ESTIMABLE, count, percent

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]

SPECIAL = {1001: "<0.1", 1002: ">99.9", 1003: NOT_ESTIMABLE}
"""What stands for a number of tenths that would not be true."""

NOT_SHOWN = 1004
"""The code of a number that the plan does not show: it is no result, or behind its gate."""

ZERO = 2000
"""What is added to a change, so that it is never negative."""

STANDINGS = tuple(Standing)
"""What a pool can stand for, by its code."""

NUMBERS = ("estimate", "ci_low", "ci_high", "prediction_low", "prediction_high", "mean_proportion")
COLUMNS = (*NUMBERS, "change")
"""The columns of a model's table."""

FACTS = ("standing", "met", "events", "people", "bound")
"""The columns of the table that all models share."""


@dataclass(frozen=True, eq=False)
class Subsets:
    """The subsets of one pool, and what is known of each before any model is asked.

    Attributes
    ----------
    pool : Pool
    kept : ndarray of bool, shape (k, d)
        Which studies each subset keeps.
    most_out : int
        How many studies a reader can leave out.
    facts : ndarray of uint32, shape (5, d)
        The columns of :data:`FACTS`; ``met`` is a place in the following.
    met : tuple of (str, str)
        How many studies meet, in words, and what that is worth where it is not a headline.
    notes : dict of int to str
        What the counts of a subset say against its number, by its place.
    """

    pool: Pool
    kept: Bools
    most_out: int
    facts: Codes
    met: tuple[tuple[str, str], ...]
    notes: dict[int, str]

    @property
    def standing(self) -> list[Standing]:
        """The standing of every subset."""
        return [STANDINGS[code] for code in self.facts[FACTS.index("standing")]]

    @property
    def is_pooled(self) -> Bools:
        """Whether several studies meet in the estimate of every subset."""
        return np.array([standing.is_pooled for standing in self.standing], dtype=bool)


def subsets_of(pool: Pool, most_out: int) -> Subsets:
    """List the subsets of a pool's studies with what their counts say.

    Parameters
    ----------
    pool : Pool
        With k studies.
    most_out : int
        How many of them a subset leaves out at most.
    """
    selection = pool.selection
    kept = kept_studies(selection.k, most_out)
    x, n = kept * selection.events[:, None], kept * selection.n[:, None]
    verdicts = classify(x, n)
    pairs, place = _met(pool, kept)
    gates = [gate(k, selection.protocol.pooling, studies) for k, studies in pairs]
    extreme = {"all-zero": Standing.NO_EVENT, "all-full": Standing.ONLY_EVENTS}
    standing = np.array(
        [
            STANDINGS.index(extreme.get(str(code), gates[at].code))
            for code, at in zip(verdicts, place, strict=True)
        ]
    )
    low, high = clopper_pearson(x.sum(axis=0), n.sum(axis=0), 2 * pool.pooled.level - 1).T
    none = standing == STANDINGS.index(Standing.NO_EVENT)
    full = standing == STANDINGS.index(Standing.ONLY_EVENTS)
    bound = codes(np.where(none, high, low), none | full)
    facts = np.stack([standing, place, x.sum(axis=0), n.sum(axis=0), bound])
    met = tuple(
        (_cohorts(*pair), "" if its.code is Standing.HEADLINE else its.sentence)
        for pair, its in zip(pairs, gates, strict=True)
    )
    notes = {
        j: verdict(str(verdicts[j]), x[:, j], n[:, j], pool.pooled.level).sentence
        for j in np.flatnonzero(np.isin(verdicts, ("separated", "constant"))).tolist()
        if STANDINGS[standing[j]].is_pooled
    }
    return Subsets(pool, kept, most_out, facts.astype(np.uint32), met, notes)


def _met(pool: Pool, kept: Bools) -> tuple[list[tuple[int, int]], Ints]:
    """Give the different (rows, studies) that can meet, and which of them each subset is."""
    names = np.array([row.study_id for row in pool.selection.rows], dtype=str)
    _, owner = np.unique(names, return_inverse=True)
    of_study = owner[:, None] == np.arange(owner.max(initial=-1) + 1)
    studies = (of_study.T.astype(int) @ kept > 0).sum(axis=0)
    met, place = np.unique(np.stack([kept.sum(axis=0), studies]), axis=1, return_inverse=True)
    return [(int(k), int(s)) for k, s in met.T], place.reshape(-1)


def _cohorts(k: int, studies: int) -> str:
    words = count(studies, "study", "studies")
    return words if studies == k else f"{count(k, 'cohort')} of {words}"


def fit_subsets(
    found: Sequence[Subsets], models: Iterable[ModelPlan], level: float
) -> list[list[Codes]]:
    """Pool every subset of several pools by several models, each dataset once.

    The subgroups of a page are subsets of its whole pools for the most part, so that what is
    fitted is the union.

    Parameters
    ----------
    found : sequence of Subsets
        Of the pools of a page.
    models : iterable of ModelPlan
        The plan's primary model first; changes are measured from what it makes of a whole pool.
    level : float
        Of the intervals.

    Returns
    -------
    list of list of ndarray of uint32
        For each pool and model a table (7, d) with the columns of :data:`COLUMNS`.
    """
    frame, places = _datasets(found)
    quick = [plan.make(level).quicker() for plan in models]
    fits = [_fit_all(frame, model, level) for model in quick]
    first, *_ = fits
    tables = []
    for subsets, place in zip(found, places, strict=True):
        whole = int(subsets.kept.all(axis=0).argmax())
        plan = float(first["estimate"].iloc[place[whole]])
        if not subsets.standing[whole].is_pooled:
            plan = float("nan")
        tables.append([_table(subsets, fit.iloc[place], plan) for fit in fits])
    return tables


def _fit_all(frame: pd.DataFrame, model: Model, level: float) -> pd.DataFrame:
    """Fit every dataset, unless another run has; the columns that a table shows."""

    def compute() -> dict[str, list[float]]:
        fits = pool_many(frame, "dataset", model=model, level=level)
        return {name: fits[name].tolist() for name in NUMBERS}

    key = {"model": repr(model), "level": level, "frame": frame.to_dict("list")}
    return pd.DataFrame(remember("subsets", type(model), key, compute))


def _datasets(found: Sequence[Subsets]) -> tuple[pd.DataFrame, list[Ints]]:
    """Write the different subsets of all pools as one long table, and where each of them is."""
    counts = {
        row.row_id: (row.events, row.n) for subsets in found for row in subsets.pool.selection.rows
    }
    at = {row: i for i, row in enumerate(counts)}
    wide = [np.zeros((subsets.kept.shape[1], len(at)), dtype=bool) for subsets in found]
    for kept, subsets in zip(wide, found, strict=True):
        kept[:, [at[row.row_id] for row in subsets.pool.selection.rows]] = subsets.kept.T
    different, place = np.unique(np.concatenate(wide), axis=0, return_inverse=True)
    dataset, row = np.nonzero(different)
    events, people = np.array(list(counts.values()), dtype=np.int64)[row].T
    frame = pd.DataFrame({"dataset": dataset, "events": events, "n": people})
    return frame, np.split(place.reshape(-1), np.cumsum([len(kept) for kept in wide])[:-1])


def _table(subsets: Subsets, fit: pd.DataFrame, plan: float) -> Codes:
    """Put one model's numbers into codes, those that the page shows of such a pool."""
    k, pooled = subsets.kept.sum(axis=0), subsets.is_pooled
    ahead, own = pooled & (k >= subsets.pool.prediction_k), pooled | (k == 1)
    shown = dict.fromkeys(("estimate", "ci_low", "ci_high"), own)
    shown |= {"prediction_low": ahead, "prediction_high": ahead, "mean_proportion": pooled}
    columns = [codes(fit[name].to_numpy(dtype=float), shown[name]) for name in NUMBERS]
    change = fit["estimate"].to_numpy(dtype=float) - plan
    columns.append(_changes(change, pooled & np.isfinite(change)))
    return np.stack(columns).astype(np.uint32)


def codes(proportions: NDArray[np.float64], shown: Bools) -> Ints:
    """Give the codes of proportions, of which some are shown.

    Parameters
    ----------
    proportions : ndarray of float, shape (d,)
        From 0 to 1, or nan.
    shown : ndarray of bool, shape (d,)
        Which of them a page shows.
    """
    out = np.full(len(proportions), NOT_SHOWN, dtype=np.int64)
    out[shown] = [_code(float(value)) for value in proportions[shown]]
    return out


_CODES = {text: code for code, text in SPECIAL.items()}


def _code(proportion: float) -> int:
    """Read the code of a proportion off its own words, so that they cannot differ."""
    digits = percent(proportion).removesuffix(" %")
    return _CODES[digits] if digits in _CODES else int(digits.replace(".", ""))


def _changes(change: NDArray[np.float64], shown: Bools) -> Ints:
    out = np.full(len(change), NOT_SHOWN + ZERO, dtype=np.int64)
    out[shown] = [ZERO + int(f"{100 * value:.1f}".replace(".", "")) for value in change[shown]]
    return out


def packed(table: Codes, width: int) -> str:
    """Write a table column by column, the lowest byte of a number first, in base64.

    In the alphabet of addresses, which has no slash: nothing in it can look like a path.

    Parameters
    ----------
    table : ndarray of uint32
        Of codes.
    width : int
        Bytes a number.
    """
    return base64.urlsafe_b64encode(table.astype(f"<u{width}").tobytes()).decode("ascii")
