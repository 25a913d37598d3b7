"""The models by name. A new one is a file of its own and a line here."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

from onearm.models.base import Model
from onearm.models.bayes.model import Bayes
from onearm.models.beta_binomial.model import BetaBinomial
from onearm.models.clustered.base import Clustered, groups_of
from onearm.models.clustered.bayes import ThreeLevelBayes
from onearm.models.clustered.glmm import ThreeLevelBinomialNormal
from onearm.models.clustered.inverse_variance import ThreeLevelInverseVariance
from onearm.models.errors import ModelError, wrong_choice
from onearm.models.glmm.model import BinomialNormal
from onearm.models.inverse_variance.model import InverseVariance

MODELS: dict[str, type[Model]] = {
    InverseVariance.name: InverseVariance,
    BinomialNormal.name: BinomialNormal,
    BetaBinomial.name: BetaBinomial,
    Bayes.name: Bayes,
}

THREE_LEVEL: dict[str, type[Clustered]] = {
    kind.name: kind
    for kind in (ThreeLevelBayes, ThreeLevelBinomialNormal, ThreeLevelInverseVariance)
}
"""The models of rows that share a study, by names of their own; see :func:`in_studies`."""


def make_model(model: str | Model, *, level: float = 0.95, **options: Any) -> Model:
    """Build a model from its name and options, or change options of one at hand.

    Parameters
    ----------
    model : str or Model
        A name of :data:`MODELS`, or a model.
    level : float
        Level of every interval.
    **options
        Options of the model; see its class.

    Raises
    ------
    ModelError
        If the name, an option or its value does not exist; the message lists
        what does.
    """
    if isinstance(model, Model):
        _refuse_unknown(type(model), options)
        return replace(model, level=level, **options)
    known: dict[str, type[Model]] = {**MODELS, **THREE_LEVEL}
    if not isinstance(model, str) or model not in known:
        raise wrong_choice("model", model, MODELS)
    _refuse_unknown(known[model], options)
    return known[model](level=level, **options)


def in_studies(model: Model, study: Sequence[Hashable]) -> Model:
    """Give a model the study of every row, if some study has several.

    Parameters
    ----------
    model : Model
        Of independent rows.
    study : sequence
        The study of every row.

    Returns
    -------
    Model
        Its three-level form, or the model itself where no study is named twice.

    Raises
    ------
    ModelError
        If the model has no such form, or not with an option that was chosen.
    """
    groups = groups_of(study)
    if isinstance(model, Clustered) or len(set(groups)) == len(groups):
        return model
    twice = next(label for label in study if list(study).count(label) > 1)
    known = {kind.flat: kind for kind in THREE_LEVEL.values()}
    if model.name not in known:
        raise ModelError(
            f"study {str(twice)!r} has several rows, and model {model.name!r} takes rows as "
            f"independent: choose one of {', '.join(map(repr, known))}, or say independent=True."
        )
    kind = known[model.name]
    chosen = {name: v for name, v in unusual(model).items() if name not in kind.gives_way}
    for name, value in chosen.items():
        if name not in kind.option_names() or value not in kind.choices.get(name, (value,)):
            raise ModelError(
                f"study {str(twice)!r} has several rows, and for these model {model.name!r} has "
                f"no {name} {value!r}: leave it out, or say independent=True."
            )
    return kind(level=model.level, groups=groups, **chosen)


def studies_or_rows(model: Model, study: Sequence[Hashable]) -> Model:
    """Give a model the study of every row, or, if it has no such form, leave it as it is.

    Parameters
    ----------
    model : Model
    study : sequence
        The study of every row.
    """
    try:
        return in_studies(model, study)
    except ModelError:
        return model


def unusual(model: Model) -> dict[str, Any]:
    """Give the options of a model that are not the default ones.

    Parameters
    ----------
    model : Model
    """
    usual = type(model)()
    return {name: value for name, value in model.options.items() if value != usual.options[name]}


def _refuse_unknown(kind: type[Model], options: dict[str, Any]) -> None:
    for name in options:
        if name not in kind.option_names():
            owners = [other for other, k in MODELS.items() if name in k.option_names()]
            hint = f" It is an option of {', '.join(map(repr, owners))}." if owners else ""
            found = wrong_choice(f"an option of model {kind.name!r}", name, kind.option_names())
            raise ModelError(f"{found}{hint}")
