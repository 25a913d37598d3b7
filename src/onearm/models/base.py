"""What every model is: a frozen set of options that turns arrays of counts into a fit.

A model tells besides what other rooms ask of it: how it is described, what a fit costs, and
what it can do beyond an estimate. Everything has a default, so that a new model states only
how it fits, and where it differs.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onearm.models.arrays import Bools, Floats, Ints, as_batch, as_level
from onearm.models.description import Description
from onearm.models.errors import ModelError, wrong_choice
from onearm.models.estimability import classify
from onearm.models.exact import clopper_pearson
from onearm.models.fit import INTERVALS, NUMBERS, Fit
from onearm.models.soundness import sound


class Cost(StrEnum):
    """What a fit costs: by it others decide how many they ask for."""

    QUICK = "quick"  # a formula
    MODERATE = "moderate"  # a search
    SLOW = "slow"  # an integral


@dataclass(frozen=True, kw_only=True)
class Model(ABC):
    """Options of a model; calling it on counts (k, d) fits all d datasets at once.

    Parameters
    ----------
    level : float
        Level of every interval.

    Attributes
    ----------
    name : str
        What a plan and :func:`onearm.pool` call it.
    choices : dict
        The values of those options that are one of several words.
    needs : dict
        From an option that says nothing by itself to another and the value it must have.
    not_planned : tuple of str
        Options that a plan may not set, because the description does not tell of them.
    cost : Cost
    has_regression : bool
        Whether :func:`onearm.meta_regression` takes it, so that groups can be tested by it.
    """

    name: ClassVar[str]
    choices: ClassVar[dict[str, tuple[str, ...]]] = {}
    needs: ClassVar[dict[str, tuple[str, str]]] = {}
    not_planned: ClassVar[tuple[str, ...]] = ()
    cost: ClassVar[Cost] = Cost.MODERATE
    has_regression: ClassVar[bool] = False

    level: float = 0.95

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", as_level(self.level))
        for parameter, allowed in self.choices.items():
            if getattr(self, parameter) not in allowed:
                raise wrong_choice(parameter, getattr(self, parameter), allowed)

    def __call__(self, events: ArrayLike, n: ArrayLike) -> Fit:
        """Fit every dataset.

        Parameters
        ----------
        events, n : array_like, shape (k,) or (k, d)
            Counts; ``n = 0`` means that a study is not in that dataset.

        Returns
        -------
        Fit
            Datasets with no study are undefined, those with a single one carry
            that study's exact interval.

        Raises
        ------
        ModelError
            If the counts are impossible.
        """
        x, m = as_batch(events, n)
        codes = classify(x, m)
        return sound(self._settle(self._fit(x, m, codes), x, m, codes), codes, self.narrower)

    @property
    def options(self) -> dict[str, Any]:
        """The options by name, the level apart."""
        return {k: v for k, v in asdict(self).items() if k != "level"}

    @classmethod
    def option_names(cls) -> tuple[str, ...]:
        """The names that ``pool(..., **options)`` takes for this model."""
        return tuple(f.name for f in fields(cls) if f.name != "level")

    @classmethod
    def planned_options(cls) -> tuple[str, ...]:
        """The names of the options that a plan may set."""
        return tuple(name for name in cls.option_names() if name not in cls.not_planned)

    @property
    def description(self) -> Description:
        """The model with its options in words, formulas and sources."""
        return Description(name=self.variant())

    def variant(self, *apart: str) -> str:
        """Give the name with every option that is not at its default.

        Parameters
        ----------
        *apart : str
            Options that are told elsewhere.
        """
        usual = {f.name: f.default for f in fields(self) if f.name not in ("level", *apart)}
        changed = {name: self.options[name] for name in usual if self.options[name] != usual[name]}
        return ", ".join([self.name, *(f"{name} {value}" for name, value in changed.items())])

    @property
    def tau_scale(self) -> str:
        """The scale on which tau2 is the variance between studies; "" where the model has none."""
        return ""

    @property
    def narrower(self) -> str:
        """Why its prediction interval can be narrower than the interval of the estimate."""
        return "the two are made in different ways, and the wider one is the safer to quote."

    @property
    def mirrored(self) -> bool:
        """Whether exchanging events and non-events turns every limit L into 1 - L."""
        return False

    @property
    def comparison_only(self) -> bool:
        """Whether it is shown beside other models and not counted among those that must agree."""
        return False

    def suits(self, events: Ints, n: Ints) -> Bools:
        """Say for each dataset whether its counts allow the model at all.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        return np.ones(n.shape[1], dtype=bool)

    def effect_tau2(self, fit: Fit) -> Floats:
        """Give the variance between studies on the scale of the effects, else of logits.

        Parameters
        ----------
        fit : Fit
            Of this model.
        """
        return fit.tau2

    def effects(self, events: Ints, n: Ints) -> tuple[Floats, Floats] | None:
        """Give the studies' effects and sampling variances, None where a likelihood has none.

        Parameters
        ----------
        events, n : ndarray of int, shape (k, d)
        """
        return None

    def next_events(self, events: ArrayLike, n: ArrayLike, size: int) -> Floats | None:
        """Give the probabilities of 0, 1, …, ``size`` events in a new centre's next group.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
            One dataset.
        size : int
            How many people are in that group.

        Returns
        -------
        ndarray, shape (size + 1,), or None
            None where the model predicts no counts.
        """
        return None

    def p_value(self, events: ArrayLike, n: ArrayLike, proportion: float) -> float:
        """Give the exact p-value of a median proportion, where the model has an exact test.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
            One dataset.
        proportion : float
            Between 0 and 1.

        Raises
        ------
        ModelError
            If the model has none.
        """
        raise ModelError(
            f"The model {self.variant()} has no exact p-value: "
            "choose model='bayes' with ci='exact'."
        )

    def exact_ci(self, events: ArrayLike, n: ArrayLike, tau_max: float) -> tuple[float, float]:
        """Give the exact interval up to a largest spread, where the model has an exact test.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
            One dataset.
        tau_max : float
            The largest spread between studies for which it holds its level.

        Raises
        ------
        ModelError
            If the model has none.
        """
        raise ModelError(f"The model {self.variant()} has no exact interval: choose model='bayes'.")

    def quicker(self, n: ArrayLike | None = None) -> Model:
        """Give the model that many fits may be asked of: itself, or with quicker intervals.

        Parameters
        ----------
        n : array_like of int, shape (k,) or (k, d), optional
            Sizes of the studies of every dataset, where only for some it takes long.
        """
        return self

    def prepare(  # noqa: B027
        self, events: ArrayLike, n: ArrayLike, executor: Executor
    ) -> None:
        """Work out elsewhere what a fit of one dataset needs, where that takes long.

        Parameters
        ----------
        events, n : array_like of int, shape (k,)
        executor : Executor
            As :func:`onearm.executors.opened` gives it.
        """

    @property
    def has_effects(self) -> bool:
        """Whether there are :meth:`effects`."""
        return type(self).effects is not Model.effects

    @property
    def predicts_counts(self) -> bool:
        """Whether there are :meth:`next_events`."""
        return type(self).next_events is not Model.next_events

    @abstractmethod
    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        """Fit datasets whose counts have been checked."""

    def _settle(self, fit: Fit, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        """Replace what cannot be fitted: no study, or one."""
        none, single = verdicts == "no-data", verdicts == "single-study"
        if not (none | single).any():
            return fit
        values: dict[str, Any] = {}
        for field in (*NUMBERS, *INTERVALS):
            values[field] = getattr(fit, field).copy()
            values[field][none | single] = np.nan
        x, m = events.sum(axis=0)[single], n.sum(axis=0)[single]
        for field in ("estimate", "mean"):
            values[field][single] = x / m
        for field in ("ci", "mean_ci"):
            values[field][single] = clopper_pearson(x, m, self.level)
        flags = tuple(replace(f, where=f.where & ~(none | single)) for f in fit.flags)
        return replace(fit, flags=flags, **values)
