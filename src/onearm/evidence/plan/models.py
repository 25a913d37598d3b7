"""A model as the plan names it: any model that there is, with the options that it takes.

Models, options and their values are those of :data:`onearm.models.registry.MODELS`, so that a
new model needs no word here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from numpy.typing import ArrayLike
from pydantic import (
    AfterValidator,
    Field,
    ValidationError,
    model_serializer,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from onearm.evidence.plan.base import Line, Plan
from onearm.models.base import Model
from onearm.models.errors import ModelError
from onearm.models.inverse_variance.model import InverseVariance
from onearm.models.registry import MODELS, make_model

__all__ = ["Companion", "ModelPlan", "PooledInterval", "Tau2", "Transform"]


def _one_of(option: str) -> AfterValidator:
    """Admit the values that an option of the inverse-variance model has."""
    return AfterValidator(lambda value: _known(value, InverseVariance.choices[option]))


def _known(value: object, values: Iterable[str]) -> object:
    if value not in tuple(values):
        raise _not_one_of(values)
    return value


def _not_one_of(values: Iterable[str]) -> PydanticCustomError:
    expected = ", ".join(f"'{value}'" for value in values)
    return PydanticCustomError("literal_error", "not one of {expected}", {"expected": expected})


Transform = Annotated[str, _one_of("transform")]
Tau2 = Annotated[str, _one_of("tau2")]
PooledInterval = Annotated[str, _one_of("ci")]


class ModelPlan(Plan):
    """A model by name with its options, which a plan writes beside the name.

    Attributes
    ----------
    model : str
        A name of :data:`onearm.models.MODELS`.
    label : str or None
        What reports call it.
    options : dict
        The options that the plan sets, ready for ``pool(..., model=plan.model, **options)``.
    """

    model: Annotated[str, AfterValidator(lambda name: _known(name, MODELS))]
    label: Line | None = None
    options: dict[str, object] = Field(default_factory=dict)

    if TYPE_CHECKING:

        def __init__(
            self, *, model: str, label: str | None = None, **options: str | float | None
        ) -> None:
            """Take the options by name, as a plan writes them."""

    def __hash__(self) -> int:
        return hash((self.model, self.label, *sorted(self.options.items())))

    def make(self, level: float = 0.95) -> Model:
        """Return the model itself.

        Parameters
        ----------
        level : float
            Of its intervals.
        """
        return make_model(self.model, level=level, **self.options)

    def quicker(self, n: ArrayLike | None = None) -> ModelPlan:
        """Return the plan's model as many fits may be asked of it.

        Parameters
        ----------
        n : array_like of int, shape (k,) or (k, d), optional
            Sizes of the studies, where only for some the model takes long.
        """
        model = self.make()
        quick = model.quicker(n)
        if quick == model:
            return self
        usual = {name: getattr(type(quick), name, None) for name in quick.planned_options()}
        options = {k: v for k, v in quick.options.items() if k in usual and v != usual[k]}
        return ModelPlan(model=quick.name, label=self.label, **options)

    @model_validator(mode="before")
    @classmethod
    def _collect(cls, given: Any) -> Any:
        """Put what stands beside the name and the label among the options, and check them."""
        if not isinstance(given, Mapping):
            return given
        own = {key: given[key] for key in ("model", "label") if key in given}
        options = {k: v for k, v in given.items() if k not in own and v is not None}
        kind = MODELS.get(str(own.get("model")))
        problems = list(_problems(kind, options)) or list(_at_odds(kind, options)) if kind else []
        if problems:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return own | {"options": options}

    @model_serializer
    def _flat(self) -> dict[str, object]:
        """Give the options beside the name, as they were read."""
        return {"model": self.model, "label": self.label, **self.options}


def _problems(kind: type[Model], options: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield what is wrong with the options of a model, each at its place."""
    known = kind.planned_options()
    for name, value in options.items():
        if name not in known:
            yield _unknown(kind, name, value)
            continue
        if name in kind.choices:
            if value not in kind.choices[name]:
                yield _at((name,), _not_one_of(kind.choices[name]), value)
            continue
        other, needed = kind.needs.get(name, ("", ""))
        if other and options.get(other) != needed:
            yield _refused(name, f"be left out unless {other} is '{needed}'", value)
            continue
        try:
            kind(**{name: value})  # type: ignore[arg-type]
        except (ModelError, TypeError) as error:
            yield _refused(name, str(error).removeprefix(f"{name} must ").split("; got")[0], value)


def _at_odds(kind: type[Model], options: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield what is wrong with options together, each of which may stand by itself."""
    try:
        kind(**options)  # type: ignore[arg-type]
    except ModelError as error:
        said = str(error).split("; got")[0]
        yield _at((), PydanticCustomError("value_error", "{error}", {"error": said}), dict(options))


def _unknown(kind: type[Model], name: str, value: object) -> InitErrorDetails:
    """Say that there is no such option, or that another model has it."""
    known = kind.planned_options()
    if any(name in other.planned_options() for other in MODELS.values()):
        said = f"{name} is no option of the model {kind.name}, which has: {', '.join(known)}"
        return _at((), PydanticCustomError("value_error", "{error}", {"error": said}), value)
    return _at((name, "[key]"), _not_one_of(("model", "label", *known)), value)


def _refused(name: str, rule: str, value: object) -> InitErrorDetails:
    """Say what an option must be or do."""
    error = PydanticCustomError("option_refused", "must {rule}", {"rule": rule})
    return _at((name,), error, value)


def _at(place: tuple[str, ...], error: PydanticCustomError, value: object) -> InitErrorDetails:
    return InitErrorDetails(type=error, loc=place, input=value)


class Companion(ModelPlan):
    """A model shown beside the primary one, under its own label."""

    label: Line

    if TYPE_CHECKING:

        def __init__(self, *, model: str, label: str, **options: str | float | None) -> None:
            """Take the options by name, as a plan writes them."""
