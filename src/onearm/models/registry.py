"""The models by name. A new one is a file of its own and a line here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from onearm.models.base import Model
from onearm.models.bayes.model import Bayes
from onearm.models.beta_binomial.model import BetaBinomial
from onearm.models.errors import wrong_choice
from onearm.models.glmm.model import BinomialNormal
from onearm.models.inverse_variance.model import InverseVariance

MODELS: dict[str, type[Model]] = {
    InverseVariance.name: InverseVariance,
    BinomialNormal.name: BinomialNormal,
    BetaBinomial.name: BetaBinomial,
    Bayes.name: Bayes,
}


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
    if not isinstance(model, str) or model not in MODELS:
        raise wrong_choice("model", model, MODELS)
    _refuse_unknown(MODELS[model], options)
    return MODELS[model](level=level, **options)


def _refuse_unknown(kind: type[Model], options: dict[str, Any]) -> None:
    for name in options:
        if name not in kind.option_names():
            raise wrong_choice(f"an option of model {kind.name!r}", name, kind.option_names())
