"""What every model is: a frozen set of options that turns arrays of counts into a fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from onearm.models.arrays import Ints, as_batch, as_level
from onearm.models.errors import wrong_choice
from onearm.models.estimability import classify
from onearm.models.exact import clopper_pearson
from onearm.models.fit import INTERVALS, NUMBERS, Fit


@dataclass(frozen=True, kw_only=True)
class Model(ABC):
    """Options of a model; calling it on counts (k, d) fits all d datasets at once.

    Parameters
    ----------
    level : float
        Level of every interval.
    """

    name: ClassVar[str]
    choices: ClassVar[dict[str, tuple[str, ...]]] = {}

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
        return self._settle(self._fit(x, m, codes), x, m, codes)

    @property
    def options(self) -> dict[str, Any]:
        """The options by name, the level apart."""
        return {k: v for k, v in asdict(self).items() if k != "level"}

    @classmethod
    def option_names(cls) -> tuple[str, ...]:
        """The names that ``pool(..., **options)`` takes for this model."""
        return tuple(f.name for f in fields(cls) if f.name != "level")

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
