"""Every subset of the studies of some pools, by every model of the plan, for a page to look up.

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
from onearm.evidence import ModelPlan
from onearm.evidence.selection.gates import gate
from onearm.models import clopper_pearson, make_model, pool_many
from onearm.models.estimability import classify, verdict
from onearm.robustness.choices import subset_masks, unpack
from onearm.words import NOT_ESTIMABLE, percent

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Codes = NDArray[np.uint32]

MAX_K = 12
"""Up to so many studies every subset is there; above, those that leave out at most two."""

SPECIAL = {1001: "<0.1", 1002: ">99.9", 1003: NOT_ESTIMABLE}
"""What stands for a number of tenths that would not be true."""

NOT_SHOWN = 1004
"""The code of a number that the plan does not show: it is no result, or behind its gate."""

ZERO = 2000
"""What is added to a change, so that it is never negative."""

STANDINGS = ("none", "single", "provisional", "headline", "no-event", "only-events")
"""What a pool can stand for, as :attr:`onearm.analysis.Pool.standing` has it, by its code."""

NUMBERS = (
    "estimate", "ci_low", "ci_high", "prediction_low", "prediction_high", "mean_proportion",
)  # fmt: skip
COLUMNS = (*NUMBERS, "change")
"""The columns of a model's table."""

FACTS = ("standing", "met", "events", "patients", "bound")
"""The columns of the table that all models share."""


@dataclass(frozen=True, eq=False)
class Subsets:
    """The subsets of one pool, and what is known of each before any model is asked.

    Attributes
    ----------
    pool : Pool
    kept : ndarray of bool, shape (k, d)
        Which studies each subset keeps.
    facts : ndarray of uint32, shape (5, d)
        The columns of :data:`FACTS`; ``met`` is a place in the following.
    met : tuple of (str, str)
        How many studies meet, in words, and what that is worth where it is not a headline.
    notes : dict of int to str
        What the counts of a subset say against its number, by its place.
    """

    pool: Pool
    kept: Bools
    facts: Codes
    met: tuple[tuple[str, str], ...]
    notes: dict[int, str]

    @property
    def standing(self) -> list[str]:
        """The standing of every subset."""
        return [STANDINGS[code] for code in self.facts[FACTS.index("standing")]]


def subsets_of(pool: Pool) -> Subsets:
    """List the subsets of a pool's studies with what their counts say.

    Parameters
    ----------
    pool : Pool
        With k studies.
    """
    selection = pool.selection
    kept = unpack(subset_masks(np.ones(selection.k, dtype=bool), MAX_K), selection.k)
    x, n = kept * selection.events[:, None], kept * selection.n[:, None]
    verdicts = classify(x, n)
    pairs, place = _met(pool, kept)
    gates = [gate(k, selection.pooling, studies) for k, studies in pairs]
    extreme = {"all-zero": "no-event", "all-full": "only-events"}
    standing = np.array([
        STANDINGS.index(extreme.get(str(code), gates[at].code))
        for code, at in zip(verdicts, place, strict=True)
    ])  # fmt: skip
    low, high = clopper_pearson(x.sum(axis=0), n.sum(axis=0), 2 * pool.pooled.level - 1).T
    none = standing == STANDINGS.index("no-event")
    bound = codes(np.where(none, high, low), none | (standing == STANDINGS.index("only-events")))
    facts = np.stack([standing, place, x.sum(axis=0), n.sum(axis=0), bound])
    return Subsets(
        pool, kept, facts.astype(np.uint32),
        tuple((_cohorts(*pair), "" if its.code == "headline" else its.sentence)
              for pair, its in zip(pairs, gates, strict=True)),
        {j: verdict(str(verdicts[j]), x[:, j], n[:, j], pool.pooled.level).sentence
         for j in np.flatnonzero(np.isin(verdicts, ("separated", "constant"))).tolist()
         if STANDINGS[standing[j]] in ("provisional", "headline")},
    )  # fmt: skip


def _met(pool: Pool, kept: Bools) -> tuple[list[tuple[int, int]], Ints]:
    """Give the different (rows, studies) that can meet, and which of them each subset is."""
    _, owner = np.unique(pool.selection.rows["study_id"].to_numpy(dtype=str), return_inverse=True)
    of_study = owner[:, None] == np.arange(owner.max(initial=-1) + 1)
    studies = (of_study.T.astype(int) @ kept > 0).sum(axis=0)
    met, place = np.unique(np.stack([kept.sum(axis=0), studies]), axis=1, return_inverse=True)
    return [(int(k), int(s)) for k, s in met.T], place.reshape(-1)


def _cohorts(k: int, studies: int) -> str:
    words = f"{studies} {'study' if studies == 1 else 'studies'}"
    return words if studies == k else f"{k} cohorts of {words}"


def fit_subsets(
    found: Sequence[Subsets], models: Iterable[ModelPlan], level: float
) -> list[list[Codes]]:
    """Pool every subset of several pools by several models, each dataset once.

    The strata of a page are subsets of its whole pools for the most part, so that what is
    fitted is the union.

    Parameters
    ----------
    found : sequence of Subsets
    models : iterable of ModelPlan
        The protocol's model first; changes are measured from what it makes of a whole pool.
    level : float

    Returns
    -------
    list of list of ndarray of uint32
        For each pool and model a table (7, d) with the columns of :data:`COLUMNS`.
    """
    frame, places = _datasets(found)
    fits = [
        pool_many(frame, "dataset", model=make_model(plan.model, level=level, **plan.options))
        for plan in models
    ]
    first, *_ = fits
    tables = []
    for subsets, place in zip(found, places, strict=True):
        whole = int(subsets.kept.all(axis=0).argmax())
        protocol = float(first["estimate"].iloc[place[whole]])
        if subsets.standing[whole] not in ("provisional", "headline"):
            protocol = float("nan")
        tables.append([_table(subsets, fit.iloc[place], protocol) for fit in fits])
    return tables


def _datasets(found: Sequence[Subsets]) -> tuple[pd.DataFrame, list[Ints]]:
    """Write the different subsets of all pools as one long table, and where each of them is."""
    counts = {
        str(row): (int(x), int(n))
        for subsets in found
        for row, x, n in zip(
            subsets.pool.selection.rows["row_id"],
            subsets.pool.selection.events,
            subsets.pool.selection.n,
            strict=True,
        )
    }
    at = {row: i for i, row in enumerate(counts)}
    wide = [np.zeros((subsets.kept.shape[1], len(at)), dtype=bool) for subsets in found]
    for kept, subsets in zip(wide, found, strict=True):
        kept[:, [at[str(row)] for row in subsets.pool.selection.rows["row_id"]]] = subsets.kept.T
    different, place = np.unique(np.concatenate(wide), axis=0, return_inverse=True)
    dataset, row = np.nonzero(different)
    events, patients = np.array(list(counts.values()), dtype=np.int64)[row].T
    frame = pd.DataFrame({"dataset": dataset, "events": events, "n": patients})
    return frame, np.split(place.reshape(-1), np.cumsum([len(kept) for kept in wide])[:-1])


def _table(subsets: Subsets, fit: pd.DataFrame, protocol: float) -> Codes:
    """Put one model's numbers into codes, those that the page shows of such a pool."""
    k = subsets.kept.sum(axis=0)
    pooled = np.isin(subsets.standing, ("provisional", "headline"))
    shown = {
        "estimate": pooled | (k == 1),
        "ci_low": pooled | (k == 1),
        "ci_high": pooled | (k == 1),
    }
    ahead = pooled & (k >= subsets.pool.prediction_k)
    shown |= {"prediction_low": ahead, "prediction_high": ahead, "mean_proportion": pooled}
    columns = [codes(fit[name].to_numpy(dtype=float), shown[name]) for name in NUMBERS]
    change = fit["estimate"].to_numpy(dtype=float) - protocol
    columns.append(_changes(change, pooled & np.isfinite(change)))
    return np.stack(columns).astype(np.uint32)


def codes(proportions: NDArray[np.float64], shown: Bools) -> Ints:
    """Give the codes of proportions, of which some are shown.

    Parameters
    ----------
    proportions : ndarray of float, shape (d,)
    shown : ndarray of bool, shape (d,)
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
    """Write a table column by column, so many bytes a number, the lowest first, in base64."""
    return base64.b64encode(table.astype(f"<u{width}").tobytes()).decode("ascii")
