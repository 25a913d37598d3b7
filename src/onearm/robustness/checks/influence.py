r"""What each study does to the pool: the pool without it, and how far it stands from that.

For the inverse-variance model the numbers are those of R's ``influence`` for ``rma.uni``
with normal intervals (Viechtbauer and Cheung 2010, 10.1002/jrsm.11), whichever interval
is printed: standard errors are the unadjusted ones.

Likelihood models are refitted without each study. They have no effects with known
variances, so three things are defined anew, on the logit scale:

* *variance of a study*: :math:`v_i = 1 / (n_i p (1 - p))` at the fitted median proportion,
  which gives hat values :math:`h_i \propto 1 / (v_i + \tau^2)`;
* *standardised deleted residual*: the normal quantile of the mid-p value of the study's
  events, predicted from the others (centre mu, variance tau2 + se^2; a logit-normal
  predictive check as in Marshall and Spiegelhalter 2007, 10.1214/07-BA218), which exists for
  studies without events too;
* *contribution to Q*: the study's share of the likelihood-ratio Q.

The spread of the beta-binomial model is taken to the logit scale by the delta method.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, expit, ndtri, xlogy

from onearm.analysis import Pool, Review
from onearm.models import (
    Clustered,
    Fit,
    Model,
    leave_one_study_out,
    make_model,
    studies_or_rows,
)
from onearm.models.arrays import Floats, Ints, as_batch
from onearm.models.pool import study_names
from onearm.robustness.base import Check, CheckResult, Sheet, for_many, sheet, told, too_many
from onearm.robustness.calibration.designs import study_probabilities
from onearm.robustness.choices import fit_columns
from onearm.robustness.sheets import estimated
from onearm.words import count, interval, listing, number, percent

__all__ = ["ALL", "INFLUENCE", "influence", "influence_table", "leave_one_out"]

#: What stands first in a table of pools without each study.
ALL = "none (all of them)"


def influence(
    events: ArrayLike,
    n: ArrayLike,
    *,
    study: Sequence[object] | None = None,
    cluster: Sequence[object] | None = None,
    model: str | Model = "inverse-variance",
    level: float = 0.95,
    who: str = "",
    **options: Any,
) -> CheckResult:
    """Leave out every study in turn, and measure what it does to the pool.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and people per study; studies with ``n = 0`` are passed over.
    study : sequence, optional
        Names of the studies.
    cluster : sequence, optional
        The study of every row, where some have several; these are left out with all their rows.
    model : str or Model
        As for :func:`onearm.pool`.
    level : float
        Level of every interval.
    who : str
        How many meet, in words, where that is not the number of studies: "3 cohorts of 2 studies".
    **options
        Options of the model.

    Returns
    -------
    CheckResult
        The table has one row a study: the pool without it (``estimate`` to ``i2``),
        ``change`` of the estimate, ``rstudent`` (standardised deleted residual),
        ``dffits``, ``cook_d``, ``cov_ratio``, ``hat``, ``dfbetas``, ``tau2_change`` and
        ``q_change`` (without it minus with it), ``q_part`` (its contribution to Q, with
        ``pull`` the axes of Baujat's plot, 10.1002/sim.1221), and ``influential``. The
        verdict is whether no study is influential; None below three studies.

    Raises
    ------
    ModelError
        If the counts are impossible or the model does not exist.
    """
    x, m = (counts[:, 0] for counts in as_batch(events, n))
    names = study_names(study, len(x))
    here = np.flatnonzero(m > 0)
    x, m, names = x[here], m[here], [names[i] for i in here]
    fitted = make_model(model, level=level, **options)
    if cluster is not None and not isinstance(fitted, Clustered):
        fitted = studies_or_rows(fitted, [str(cluster[int(i)]) for i in here])
    table = (
        _of_whole_studies(x, m, names, fitted)
        if isinstance(fitted, Clustered)
        else influence_table(x, m, names, fitted)
    )
    whole = fitted(x, m)
    found = table.loc[table["influential"], "study"].tolist()
    return CheckResult(
        name="influence",
        verdict=not found if len(x) > 2 else None,
        sentence=_sentence(table, whole, found, who or count(len(table), "study", "studies")),
        table=table,
        data={
            "model": fitted.name,
            "options": fitted.options,
            "level": level,
            "estimate": float(whole.estimate[0]) if len(x) else None,
            "ci": whole.ci[0].tolist() if len(x) else None,
            "q": float(whole.q[0]) if len(x) else None,
            "influential": found,
        },
    )


@dataclass(frozen=True)
class _Centre:
    """Fits as the diagnostics see them; one value a dataset."""

    mu: Floats
    se: Floats
    tau2: Floats
    q: Floats


def influence_table(events: Ints, n: Ints, names: Sequence[str], model: Model) -> pd.DataFrame:
    """Give the table of :func:`influence` for k studies, all with people."""
    k = len(n)
    kept = ~np.eye(k, dtype=bool)
    fit = model(np.where(kept, events[:, None], 0), np.where(kept, n[:, None], 0))
    whole_fit = model(events, n)
    y, v = _effects(events, n, model, whole_fit)
    whole = _centre(model, whole_fit)
    without = _alone(_centre(model, fit), y, v) if k == 2 else _centre(model, fit)
    with np.errstate(divide="ignore", invalid="ignore"):
        numbers = _diagnostics(events, n, y, v, whole, without)
    return pd.DataFrame(
        {
            "study": list(names),
            "events": events,
            "n": n,
            **fit_columns(fit),
            "change": fit.estimate - whole_fit.estimate,
            **numbers,
            "influential": _flagged(numbers, k),
        }
    )


def _of_whole_studies(
    events: Ints, n: Ints, names: Sequence[str], model: Clustered
) -> pd.DataFrame:
    """Give the same table with a line a study, of what fits without all its rows tell.

    A study of several rows has no one variance: what rests on it is undefined.
    """
    fit, whole_fit = leave_one_study_out(model, events, n), model(events, n)
    whole, without = _centre(model, whole_fit), _centre(model, fit)
    groups = np.array(model.groups)
    kept, told = without_each([str(group) for group in groups], names)
    moved = whole.mu - without.mu
    absent = np.full(len(told), np.nan)
    numbers = {
        "rstudent": absent,
        "dffits": moved / without.se,
        "cook_d": moved**2 / whole.se**2,
        "cov_ratio": without.se**2 / whole.se**2,
        "hat": absent,
        "dfbetas": moved / without.se,
        "tau2_change": without.tau2 - whole.tau2,
        "q_change": without.q - whole.q,
        "q_part": absent,
        "pull": moved**2 / without.se**2,
    }
    return pd.DataFrame(
        {
            "study": told,
            "events": events @ ~kept,
            "n": n @ ~kept,
            **fit_columns(fit),
            "change": fit.estimate - whole_fit.estimate,
            **numbers,
            "influential": _flagged(numbers, len(told)),
        }
    )


def _effects(events: Ints, n: Ints, model: Model, whole: Fit) -> tuple[Floats | None, Floats]:
    """Give effects (None where a model has none) and sampling variances of the studies."""
    found = model.effects(events[:, None], n[:, None])
    if found is not None:
        return found[0][:, 0], found[1][:, 0]
    p = expit(whole.coef)
    return None, np.asarray(1 / (n * p * (1 - p)), dtype=float)


def _centre(model: Model, fit: Fit) -> _Centre:
    se = fit.details.get("wald_se", fit.se)
    return _Centre(fit.coef, se, model.effect_tau2(fit), fit.q)


def _alone(without: _Centre, y: Floats | None, v: Floats) -> _Centre:
    """Let the one study that is left stand for its pool, as R does."""
    if y is None:
        return without
    return _Centre(y[::-1], np.sqrt(v[::-1]), np.zeros(2), np.zeros(2))


def _diagnostics(
    events: Ints, n: Ints, y: Floats | None, v: Floats, whole: _Centre, without: _Centre
) -> dict[str, Floats]:
    """Give the numbers of each study, in the order of the columns."""
    weight = 1 / (v + whole.tau2)
    hat = weight / weight.sum()
    moved = whole.mu - without.mu
    deleted = np.array([(1 / (v + tau2)).sum() for tau2 in without.tau2])
    if y is None:
        residual = _predictive_residual(events, n, without)
        part = _deviance(events, n, whole)
    else:
        residual = (y - without.mu) / np.sqrt(v + without.tau2 + without.se**2)
        part = (y - whole.mu) ** 2 * weight
    return {
        "rstudent": residual,
        "dffits": moved / np.sqrt(hat * (without.tau2 + v)),
        "cook_d": moved**2 / whole.se**2,
        "cov_ratio": without.se**2 / whole.se**2,
        "hat": hat,
        "dfbetas": moved * np.sqrt(deleted),
        "tau2_change": without.tau2 - whole.tau2,
        "q_change": without.q - whole.q,
        "q_part": part,
        "pull": moved**2 / without.se**2,
    }


def _predictive_residual(events: Ints, n: Ints, without: _Centre) -> Floats:
    """Give the normal quantile of each study's mid-p value, predicted from the others."""
    out = np.full(len(n), np.nan)
    for i in np.flatnonzero(np.isfinite(without.mu) & np.isfinite(without.tau2)):
        centre = expit(without.mu[i : i + 1])
        spread = np.sqrt(without.tau2[i : i + 1] + without.se[i : i + 1] ** 2)
        mass = study_probabilities(int(n[i]), centre, spread)[:, 0]
        below, at = mass[: events[i]].sum(), mass[events[i]]
        above = mass[events[i] + 1 :].sum()
        # from the nearer side, so that far tails keep their digits
        out[i] = ndtri(below + at / 2) if below < above else -ndtri(above + at / 2)
    return out


def _deviance(events: Ints, n: Ints, whole: _Centre) -> Floats:
    """Split the likelihood-ratio Q of equal proportions among the studies."""
    p = events.sum() / n.sum()
    rest = n - events
    twice = xlogy(events, events / (n * p)) + xlogy(rest, rest / (n * (1 - p)))
    return np.where(np.isfinite(whole.q), 2 * twice, np.nan)


def _flagged(numbers: dict[str, Floats], k: int) -> Floats:
    """Apply the rules by which R calls a study influential, for a model without moderators."""
    flags = (
        (np.abs(numbers["dffits"]) > 3 * np.sqrt(1 / max(k - 1, 1)))
        | (numbers["cook_d"] > chdtri(1.0, 0.5))
        | (numbers["hat"] > 3 / max(k, 1))
        | (np.abs(numbers["dfbetas"]) > 1)
    )
    return np.asarray(flags)


def _sentence(table: pd.DataFrame, whole: Fit, found: Sequence[str], who: str) -> str:
    change = table["change"].to_numpy(dtype=float)
    if len(table) < 2 or not np.isfinite(change).any():
        return "With fewer than two studies there is nothing to leave out."
    row = table.iloc[int(np.nanargmax(np.abs(change)))]
    direction = "up" if row["change"] > 0 else "down"
    judged = (
        f"By the usual rules, {listing(found)} {'is' if len(found) == 1 else 'are'} influential."
        if found
        else "By the usual rules, no study is influential."
    )
    return (
        f"Of {who}, leaving out {row['study']} moves the estimate most: {direction} from "
        f"{percent(float(whole.estimate[0]))} to {percent(row['estimate'])} "
        f"({interval(row['ci_low'], row['ci_high'])}). {judged}"
    )


def leave_one_out(
    pool: Pool, review: Review, *, primary: Floats | None = None
) -> dict[str, list[str] | list[float]]:
    """Leave out every study in turn, under the primary model and each companion.

    Parameters
    ----------
    pool : Pool
        k rows.
    review : Review
        Its plan: level, and the models.
    primary : ndarray, optional
        The estimates of the primary model without each study, if they are at hand.

    Returns
    -------
    dict
        A line for the whole and one a study: ``without``, its name (first `ALL`), and by the label
        of each model the pooled proportion; nan where a model gives none. A model that would
        take too long is left out.
    """
    selection, protocol = pool.selection, review.protocol
    owners = [row.study_id for row in selection.rows]
    kept, names = without_each(owners, selection.labels)
    events, n = (np.where(kept, counts[:, None], 0) for counts in (selection.events, selection.n))
    found: dict[str, list[str] | list[float]] = {"without": [ALL, *names]}
    for plan in (protocol.primary, *protocol.companions):
        model = studies_or_rows(plan.make(protocol.pooling.level).quicker(), owners)
        if too_many(model, selection.k, selection.k):
            continue
        known = primary if plan is protocol.primary else None
        without = model(events, n).estimate if known is None else known
        whole = review.pooled(selection, plan).estimate
        found[plan.label or plan.model] = [whole, *without.tolist()]
    return found


def without_each(
    owners: Sequence[str], names: Sequence[str]
) -> tuple[NDArray[np.bool_], list[str]]:
    """Give the rows that stay when each study is left out, with the names of those left out.

    Parameters
    ----------
    owners : sequence of str
        The study of every row.
    names : sequence of str
        Of the rows.

    Returns
    -------
    ndarray of bool, shape (k, studies)
    list of str
        Of each study, the names of all its rows.
    """
    studies = list(dict.fromkeys(owners))
    kept = np.array([[owner != study for study in studies] for owner in owners], dtype=bool)
    told = [
        "; ".join(name for name, owner in zip(names, owners, strict=True) if owner == study)
        for study in studies
    ]
    return kept.reshape(len(owners), len(studies)), told


def _run(pool: Pool, review: Review) -> CheckResult:
    selection, protocol = pool.selection, review.protocol
    owners = [row.study_id for row in selection.rows]
    model = studies_or_rows(protocol.primary.make(protocol.pooling.level), owners)
    large = too_many(model, selection.k, selection.k)
    if large:
        return INFLUENCE.not_computed(large)
    kept = np.where(~np.eye(selection.k, dtype=bool), selection.n[:, None], 0)
    model, note = for_many(model, kept)
    found = influence(
        selection.events,
        selection.n,
        study=selection.labels,
        cluster=owners,
        model=model,
        level=model.level,
        who=pool.cohorts,
    )
    estimates = found.table["estimate"].to_numpy(dtype=float)
    data = found.data | {"every_model": leave_one_out(pool, review, primary=estimates)}
    return replace(found, sentence=told(pool, found.sentence + note), data=data)


def _sheets(result: CheckResult) -> Iterator[Sheet]:
    columns = {
        "Study": lambda r: r["study"],
        "Without it": estimated,
        "Deleted residual": lambda r: number(r["rstudent"]),
        "DFFITS": lambda r: number(r["dffits"]),
        "Cook's distance": lambda r: number(r["cook_d"]),
        "Covariance ratio": lambda r: number(r["cov_ratio"]),
        "Hat": lambda r: number(r["hat"]),
        "tau² without": lambda r: number(r["tau2"]),
        "Q without": lambda r: number(result.data["q"] + r["q_change"]),
        "Part of Q": lambda r: number(r["q_part"]),
        "Influential": lambda r: "yes" if r["influential"] else "no",
    }
    title = "Leave-one-out: measures of influence, by the plan's own model"
    yield sheet(title, result.rows, columns, words=("Influential",), folded=True)
    without, *models = result.data["every_model"].items()
    names = tuple(label for label, _ in models)
    lines = tuple(
        (str(study), *(percent(estimate) for estimate in line))
        for study, *line in zip(without[1], *(values for _, values in models), strict=True)
    )
    title = "Leave-one-out: the estimate by every model of the plan"
    yield Sheet(title, ("Left out", *names), lines, names, folded=True)


INFLUENCE = Check(
    name="influence",
    label="Influence of single studies",
    needs=3,
    why="without one of two studies nothing is left to pool",
    heading="Does one study drive the result?",
    question="Is the result free of influential studies?",
    alike="the others say the same without any one study",
    run=_run,
    sheets=_sheets,
)
