"""`pool`: one outcome's counts in, one result out."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from onearm.cautions import Caution
from onearm.models.arrays import Floats, Ints, as_batch, as_counts, length
from onearm.models.base import Model
from onearm.models.errors import ModelError
from onearm.models.estimability import classify, verdict
from onearm.models.exact import clopper_pearson
from onearm.models.fit import Fit
from onearm.models.registry import in_studies, make_model
from onearm.models.result import Interval, Pooled, StudyResult


def pool(
    events: ArrayLike,
    n: ArrayLike,
    *,
    study: Sequence[object] | None = None,
    cluster: Sequence[object] | None = None,
    independent: bool = False,
    model: str | Model = "bayes",
    level: float = 0.95,
    executor: Executor | None = None,
    **options: Any,
) -> Pooled:
    """Pool the proportions of single-arm studies.

    Parameters
    ----------
    events, n : array_like of int, shape (k,)
        Events and patients per study. A study with ``n = 0`` is listed, but not
        part of the pool.
    study : sequence of str, optional
        Names of the studies; "Study 1", "Study 2", … if left out. Rows that share a name share
        a study, and are pooled by a three-level model.
    cluster : sequence, optional
        The study of every row, where the names do not tell it.
    independent : bool
        Take rows that share a study as if they were studies of their own, with a caution.
    model : str or Model
        A name of :data:`onearm.models.MODELS`, or a model with its options. The default, the
        Bayesian one, has an answer for any counts.
    level : float
        Level of every interval.
    executor : Executor, optional
        Where an exact interval is worked out that takes long, as
        :func:`onearm.executors.opened` gives it; here and now when None.
    **options
        Options of the model; see its class.

    Returns
    -------
    Pooled
        Whatever the data: no study, one, all without events, … get a verdict, not
        an error.

    Raises
    ------
    ModelError
        A ``ValueError``: counts that cannot be (negative, fractional, more events
        than patients, unequal lengths), or a name or option that does not exist.

    Examples
    --------
    >>> result = pool([2, 5, 6], [10, 12, 20])
    >>> round(result.estimate, 3)
    0.318
    >>> two_arms = pool([1, 2, 4, 7], [10, 8, 30, 49], study=["A", "B", "C", "C"])
    >>> round(two_arms.estimate, 3)
    0.165
    """
    x, m = as_counts(events, "events"), as_counts(n, "n")
    if x.ndim != 1 or m.ndim != 1:
        raise ModelError(
            "pool takes one dataset, events and n of shape (k,); "
            "call the model itself, or pool_many, for many."
        )
    x, m = as_batch(x, m)
    chosen = make_model(model, level=level, **options)
    names = study_names(study, len(x))
    owner = names if cluster is None else _owners(cluster, len(x))
    present = [label for label, size in zip(owner, m[:, 0], strict=True) if size]
    shared = len(set(present)) < len(present)
    used = in_studies(chosen, owner) if shared and not independent else chosen
    if executor is not None:
        used.prepare(x[:, 0], m[:, 0], executor)
    result = as_pooled(used, used(x, m), x[:, 0], m[:, 0], names)
    said = list(result.cautions)
    if shared and independent:
        sentence = _INDEPENDENT.format(len(present), len(set(present)))
        said.append(Caution("rows-taken-as-independent", sentence))
    if used is not chosen and chosen.description.promise:
        said.append(Caution("no-exact-interval", _NO_EXACT.format(f"{100 * level:g}")))
    return replace(result, cautions=tuple(said))


_NO_EXACT = (
    "This is the {} % credible interval of the three-level model: some rows come from one study, "
    "and the exact interval is for independent rows only."
)

_INDEPENDENT = (
    "{} rows of {} studies are taken as independent, though rows of one study are more alike than "
    "those of others: the intervals are too narrow as far as that is so."
)


def _owners(cluster: Sequence[object], k: int) -> list[str]:
    """Give the study of every row."""
    if length(cluster, "cluster") != k:
        raise ModelError(f"cluster must have one label per row, {k}; got {len(cluster)}.")
    return [str(label) for label in cluster]


def as_pooled(
    model: Model, fit: Fit, events: Ints, n: Ints, names: Sequence[str], j: int = 0
) -> Pooled:
    """Make dataset ``j`` of a fit, whose counts are given (shape (k,)), a result.

    Parameters
    ----------
    model : Model
    fit : Fit
        Of that model.
    events, n : ndarray of int, shape (k,)
        Counts of the dataset.
    names : sequence of str
        Names of the studies.
    j : int
        Its place in the fit.
    """
    code = str(classify(events[:, None], n[:, None])[0])
    weights = _column(fit.weights, j, len(n)) if code != "single-study" else (n > 0).astype(float)
    shrunken = _column(fit.shrunken, j, len(n))
    return Pooled(
        model=model.name,
        options=model.options,
        level=model.level,
        k=int((n > 0).sum()),
        events=int(events.sum()),
        n=int(n.sum()),
        estimate=float(fit.estimate[j]),
        ci=_pair(fit.ci[j]),
        prediction_interval=_pair(fit.prediction[j]),
        mean_proportion=float(fit.mean[j]),
        mean_ci=_pair(fit.mean_ci[j]),
        coef=float(fit.coef[j]),
        se=float(fit.se[j]),
        tau2=float(fit.tau2[j]),
        tau2_ci=_pair(fit.tau2_ci[j]),
        i2=float(fit.i2[j]),
        i2_ci=_pair(fit.i2_ci[j]),
        h2=float(fit.h2[j]),
        h2_ci=_pair(fit.h2_ci[j]),
        q=float(fit.q[j]),
        q_df=float(fit.q_df[j]),
        q_pvalue=float(fit.q_pvalue[j]),
        weights=None if fit.weights is None else tuple(map(float, weights)),
        studies=_studies(names, events, n, model.level, weights, shrunken),
        verdict=verdict(code, events, n, model.level, _studies_of(fit, j)),
        cautions=tuple(Caution(f.code, f.says(j)) for f in fit.flags if f.where[j]),
        loglik=float(fit.loglik[j]),
        details={name: _detail(value[j]) for name, value in fit.details.items()},
    )


def _studies_of(fit: Fit, j: int) -> int | None:
    """Give the number of studies of a dataset, None where each row is one."""
    return int(fit.details["studies"][j]) if "studies" in fit.details else None


def study_names(study: Sequence[object] | None, k: int) -> list[str]:
    """Give the names of k studies, their numbers where none are given.

    Parameters
    ----------
    study : sequence or None
        The names, if any.
    k : int
        How many there must be.
    """
    if study is None:
        return [f"Study {i + 1}" for i in range(k)]
    if length(study, "study") != k:
        raise ModelError(f"study must have one name per study, {k}; got {len(study)}.")
    return [str(name) for name in study]


def _studies(
    names: Sequence[str], events: Ints, n: Ints, level: float, weights: Floats, shrunken: Floats
) -> tuple[StudyResult, ...]:
    limits = clopper_pearson(events, n, level) if len(n) else np.empty((0, 2))
    proportion = np.divide(events, n, out=np.full(len(n), np.nan), where=n > 0)
    # Plain numbers all at once: of a million studies, one by one takes seconds.
    columns = (events, n, proportion, limits, weights, shrunken)
    return tuple(
        StudyResult(name, x, m, p, (low, high), weight, rate)
        for name, x, m, p, (low, high), weight, rate in zip(
            names, *(column.tolist() for column in columns), strict=True
        )
    )


def _column(values: Floats | None, j: int, k: int) -> Floats:
    return np.full(k, np.nan) if values is None else values[:, j]


def _pair(limits: Floats) -> Interval:
    low, high = float(limits[0]), float(limits[1])
    return (low, high)


def _detail(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else float(value)
