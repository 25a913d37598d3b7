"""The methods whose honesty is examined, by label: a model with its options.

Methods of one family share a fit, so that every table is fitted once a family: they differ
only in how an interval is read off centre, standard error and tau2, or in the prior on tau.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import ndtri, stdtrit

from onearm.models import (
    MODELS,
    Bayes,
    BetaBinomial,
    BinomialNormal,
    Fit,
    InverseVariance,
    Model,
    ModelError,
    make_model,
)
from onearm.models.arrays import Floats, Ints
from onearm.models.exact_interval.answers import all_limits
from onearm.models.inverse_variance.transforms import TRANSFORMS
from onearm.robustness.calibration.designs import Tables, groups
from onearm.robustness.calibration.lattice import in_lattice, lattice_bytes, lattice_limits
from onearm.robustness.calibration.likelihood_limits import maximum_limits
from onearm.robustness.calibration.maxima import maxima_bytes

Limits = tuple[Floats, Floats]
"""Confidence and prediction intervals of d tables, each (d, 2), undefined limits nan."""

METHODS: dict[str, dict[str, Any]] = {
    "Logit, Wald": {"model": "inverse-variance", "ci": "wald"},
    "Logit, Knapp–Hartung": {"model": "inverse-variance", "ci": "knapp-hartung"},
    "Logit, conservative Knapp–Hartung": {
        "model": "inverse-variance",
        "ci": "knapp-hartung-conservative",
    },
    "Arcsine, conservative Knapp–Hartung": {
        "model": "inverse-variance",
        "transform": "arcsine",
        "ci": "knapp-hartung-conservative",
    },
    "GLMM, Wald": {"model": "glmm", "ci": "wald"},
    "GLMM, t(k−1)": {"model": "glmm", "ci": "t"},
    "GLMM, profile likelihood": {"model": "glmm", "ci": "profile"},
    "Beta-binomial, t(k−1)": {"model": "beta-binomial", "ci": "t"},
    "Bayes, half-normal(0.5)": {"model": "bayes", "tau_prior": "half-normal(0.5)"},
    "Bayes, half-normal(1)": {"model": "bayes", "tau_prior": "half-normal(1)"},
}
"""What is examined unless the caller says otherwise. The inverse-variance ones use REML."""

ON_REQUEST: dict[str, dict[str, Any]] = {
    f"Bayes, exact to tau {tau_max:g}": {"model": "bayes", "ci": "exact", "tau_max": tau_max}
    for tau_max in (1.0, 1.5, 2.0)
} | {"exact": {"model": "bayes", "ci": "exact"}}
"""What is examined only where it is named: it takes long, and holds its level by construction."""

_CHUNK = 4096
"""Tables that are fitted at once, and sent to a worker at a time."""

DIRECT = 64
"""Up to so many tables the models themselves are asked; above, a likelihood that is summed by
look-up gives the same limits to about 1e-4, mostly 1e-5, some thousand times faster."""

MEMORY = 2 * 2**30
"""Bytes that a calibration may take; to fill so much takes some minutes."""

_PEAK_OF_SCENARIO, _PEAK_OF_LATTICE = 240, 2
"""What is held at the peak, as measured: bytes a result and scenario, and copies of a lattice."""

Methods = Sequence[str] | Mapping[str, Model | Mapping[str, Any]] | None
"""None for all of :data:`METHODS`, labels of it or of :data:`ON_REQUEST`, or models by label."""


def build_methods(methods: Methods, level: float) -> dict[str, Model]:
    """Give models by label.

    Parameters
    ----------
    methods : None, sequence of str, or mapping
        All of :data:`METHODS`; some of these or of :data:`ON_REQUEST` by label; or, by labels
        of one's own, models or keyword arguments of :func:`onearm.models.make_model`.
    level : float
        Level of every interval.

    Raises
    ------
    ModelError
        If a label is unknown (the message lists all), or an option does not exist.
    """
    if isinstance(methods, str):
        methods = (methods,)
    if methods is None:
        chosen: Mapping[str, Model | Mapping[str, Any]] = METHODS
    elif isinstance(methods, Mapping):
        chosen = methods
    else:
        known = METHODS | ON_REQUEST
        unknown = [label for label in methods if label not in known]
        if unknown:
            raise ModelError(f"There is no method {unknown[0]!r}; choose from: {'; '.join(known)}.")
        chosen = {label: known[label] for label in methods}
    return {label: _build(spec, level) for label, spec in chosen.items()}


def _build(spec: Model | Mapping[str, Any], level: float) -> Model:
    if isinstance(spec, Model):
        return make_model(spec, level=level)
    if not isinstance(spec, Mapping) or "model" not in spec:
        raise ModelError(f"A method is a model, or names a model and its options; got {spec!r}.")
    return make_model(level=level, **dict(spec))


def is_mirrored(model: Model) -> bool:
    """Whether exchanging events and non-events turns every limit L into 1 - L."""
    # of a class that is derived from a model nobody knows whether it still holds
    return model.mirrored and type(model) is MODELS.get(model.name)


def families(models: Iterable[Model]) -> dict[Model, list[Model]]:
    """Group methods by the one fit from which all of a group are read."""
    found: dict[Model, list[Model]] = {}
    for model in dict.fromkeys(models):
        found.setdefault(_lead(model), []).append(model)
    return found


def _lead(model: Model) -> Model:
    """Give the member of its family that stands for all of it."""
    if isinstance(model, InverseVariance) and model.transform != "freeman-tukey":
        return replace(model, ci="knapp-hartung")
    if isinstance(model, BinomialNormal | BetaBinomial):
        return replace(model, ci="t")
    if isinstance(model, Bayes) and in_lattice(model):
        return replace(model, tau_prior="half-normal(1)")
    return model


def memory_needed(sizes: Sequence[int], models: Iterable[Model], scenarios: int) -> int:
    """Estimate the bytes that a calibration takes at its peak, before anything is computed.

    Parameters
    ----------
    sizes : sequence of int
        People in each study.
    models : iterable of Model
    scenarios : int
        How many truths are asked about.
    """
    results = sum(size + 1 for size in groups(sizes))
    needed = _PEAK_OF_SCENARIO * results * scenarios
    for lead in families(models) if len(sizes) > 1 else ():
        if in_lattice(lead):
            needed += _PEAK_OF_LATTICE * lattice_bytes(sizes)
        elif type(lead) in (BinomialNormal, BetaBinomial):
            needed += _PEAK_OF_LATTICE * maxima_bytes(sizes)
    return needed


def read_limits(fit: Fit, member: InverseVariance, n: Ints) -> Limits:
    """Read the intervals of an inverse-variance method off the Knapp-Hartung fit.

    Parameters
    ----------
    fit : Fit
        Of the same model with ``ci="knapp-hartung"``, to d tables.
    member : InverseVariance
        On a scale whose way back does not depend on the study size.
    n : ndarray of int, shape (k, d)
    """
    k = (n > 0).sum(axis=0)
    wald = fit.details["wald_se"]
    se = {"knapp-hartung": fit.se, "knapp-hartung-conservative": np.maximum(fit.se, wald)}.get(
        member.ci, wald
    )
    ahead = np.sqrt(fit.tau2 + (se if member.prediction_se == "interval" else wald) ** 2)
    crit = _quantile("normal" if member.ci == "wald" else "t(k-1)", k, member.level)
    half = np.stack([crit * se, _quantile(member.prediction, k, member.level) * ahead])
    inverse = TRANSFORMS[member.transform].inverse
    ends = [inverse(fit.coef + side * half, np.asarray(np.nan)) for side in (-1, 1)]
    read = np.stack(ends, axis=-1)
    # of one study, and of studies all without the event or all with it, the interval is given
    alike = np.any([f.where for f in fit.flags if f.code == "one-sided-bound"], axis=0)
    given = (np.isnan(fit.coef) | alike)[:, None]
    return np.where(given, fit.ci, read[0]), np.where(given, fit.prediction, read[1])


def _quantile(reference: str, k: Ints, level: float) -> Floats:
    """Give the two-sided quantile of a reference distribution, nan without freedom."""
    if reference == "normal":
        return np.full(len(k), ndtri(0.5 + level / 2))
    freedom = k - (1.0 if reference == "t(k-1)" else 2.0)
    return np.where(freedom > 0, stdtrit(np.maximum(freedom, 1.0), 0.5 + level / 2), np.nan)


@dataclass(frozen=True, eq=False)
class Piece:
    """Some tables and one family of methods: what a worker is given at a time.

    Attributes
    ----------
    tables : Tables
        The tables that are fitted.
    places : ndarray of int
        Where they stand among all tables of the design.
    lead : Model
    members : tuple of Model
        As :func:`families` groups them.
    by_look_up : bool
        Whether the whole design is large enough for a likelihood summed by look-up.
    """

    tables: Tables
    places: Ints
    lead: Model
    members: tuple[Model, ...]
    by_look_up: bool


def cut(tables: Tables, lead: Model, members: Sequence[Model]) -> list[Piece]:
    """Cut the work of one family into pieces, always the same whoever does it.

    Where a model answers 1 - p when events and non-events change places, only one table of
    each such pair is fitted.
    """
    d = tables.events.shape[1]
    wanted = np.arange(d)
    if is_mirrored(lead):
        wanted = wanted[(tables.mirror < 0) | (wanted <= tables.mirror)]
    pieces = [wanted[at : at + _CHUNK] for at in range(0, len(wanted), _CHUNK)]
    by_look_up = len(tables.sizes) > 1 and d > DIRECT
    return [Piece(tables.only(p), p, lead, tuple(members), by_look_up) for p in pieces]


def piece_limits(piece: Piece) -> dict[Model, Limits]:
    """Give the intervals of a family for the tables of a piece.

    By look-up where that is both possible and worth it.
    """
    tables, lead, members = piece.tables, piece.lead, piece.members
    if isinstance(lead, Bayes) and lead.is_exact and len(tables.sizes) > 1:
        sizes = tuple(tables.sizes.tolist())
        return {lead: all_limits(sizes, tables.events, lead.promise)}
    columns = np.arange(tables.events.shape[1])
    if piece.by_look_up:
        if in_lattice(lead):
            posteriors = [member for member in members if isinstance(member, Bayes)]
            return dict(lattice_limits(tables, posteriors, columns).items())
        if type(lead) in (BinomialNormal, BetaBinomial):
            maxima = [m for m in members if isinstance(m, BinomialNormal | BetaBinomial)]
            return dict(maximum_limits(tables, maxima, columns).items())
    events, n = tables.events, tables.n
    if isinstance(lead, InverseVariance) and lead.transform != "freeman-tukey":
        fit = lead(events, n)
        alike = [member for member in members if isinstance(member, InverseVariance)]
        return {member: read_limits(fit, member, n) for member in alike}
    fits = {member: member(events, n) for member in members}
    return {member: (fit.ci, fit.prediction) for member, fit in fits.items()}


def family_limits(
    tables: Tables,
    lead: Model,
    members: Sequence[Model],
    found: Iterable[tuple[Piece, dict[Model, Limits]]] | None = None,
) -> dict[Model, Limits]:
    """Fit one model to every table and read the intervals of its family off the fits.

    Parameters
    ----------
    tables : Tables
    lead, members : Model
        As :func:`families` groups them.
    found : iterable of (Piece, dict), optional
        Every piece of :func:`cut` with what :func:`piece_limits` gives for it, if that has
        been done elsewhere.

    Returns
    -------
    dict
        From each member to its confidence and prediction intervals, each (d, 2), nan where
        undefined.
    """
    if found is None:
        found = ((piece, piece_limits(piece)) for piece in cut(tables, lead, members))
    d = tables.events.shape[1]
    limits = {member: (np.full((d, 2), np.nan), np.full((d, 2), np.nan)) for member in members}
    for piece, of_piece in found:
        for member, parts in of_piece.items():
            for whole, part in zip(limits[member], parts, strict=True):
                whole[piece.places] = part
    if is_mirrored(lead):
        place = np.arange(d)
        fitted = place[tables.mirror > place]
        for pair in limits.values():
            for whole in pair:
                whole[tables.mirror[fitted]] = 1 - whole[fitted][:, ::-1]
    return limits
