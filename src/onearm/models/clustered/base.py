r"""What the three-level models share: which rows belong to one study, and how a batch is fitted.

With rows j in studies i the logits are :math:`\mu + b_i + w_{ij}`, both normal with mean 0 and
their own standard deviation, so that two rows of one study are more alike than two of others.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from onearm.models.arrays import Ints
from onearm.models.base import Cost, Model
from onearm.models.errors import ModelError
from onearm.models.fit import Fit, Flag, undefined

MODEL = (
    r"\mathrm{logit}\, p_{ij} = \mu + b_i + w_{ij},\quad b_i \sim N(0,\, \sigma_b^2),\quad "
    r"w_{ij} \sim N(0,\, \sigma_w^2)"
)
"""Rows j in studies i."""

DETAILS = ("studies", "sd_between", "sd_within")
"""Numbers that every three-level fit has in its details."""

SPREADS = ("sd_between_ci", "sd_within_ci")
"""Intervals there."""


@dataclass(frozen=True, kw_only=True)
class Clustered(Model):
    """A model in which rows may share a study.

    Parameters
    ----------
    groups : tuple of int
        The study of every row, by number; see :func:`groups_of`.
    """

    cost: ClassVar[Cost] = Cost.SLOW
    not_planned: ClassVar[tuple[str, ...]] = ("groups",)
    flat: ClassVar[str]
    """Name of the model of independent rows that this one takes further."""

    gives_way: ClassVar[tuple[str, ...]] = ()
    """Options of the flat model that have no counterpart here, and are let go with a caution."""

    groups: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "groups", tuple(int(group) for group in self.groups))

    @property
    def tau_scale(self) -> str:
        """The scale on which tau2, of a new study's row, is the variance: both levels together."""
        return "logit"

    @property
    def mirrored(self) -> bool:
        """Whether exchanging events and non-events turns every limit L into 1 - L."""
        return True

    @abstractmethod
    def _one(self, x: Ints, n: Ints, groups: NDArray[np.int64]) -> dict[str, Any]:
        """Fit one dataset of rows that have patients; numbers of a fit and of its details."""

    def _fit(self, events: Ints, n: Ints, verdicts: NDArray[np.str_]) -> Fit:
        if len(self.groups) != len(n):
            raise ModelError(f"groups must have one number per row, {len(n)}; got {self.groups}.")
        groups, d = np.array(self.groups, dtype=np.int64), n.shape[1]
        values = undefined(d)
        details = {name: np.full(d, np.nan) for name in DETAILS}
        details |= {name: np.full((d, 2), np.nan) for name in SPREADS}
        for j in np.flatnonzero(self._has_fit(verdicts)):
            here = n[:, j] > 0
            found = self._one(events[here, j], n[here, j], groups[here])
            for name, value in found.items():
                if name not in values:
                    details.setdefault(name, np.full(d, np.nan))
                (values if name in values else details)[name][j] = value
        studies = np.array([len(set(groups[n[:, j] > 0])) for j in range(d)])
        details["studies"] = studies.astype(float)
        return Fit(**dict(values), details=details, flags=self._flags(n, studies, verdicts))

    def _has_fit(self, verdicts: NDArray[np.str_]) -> NDArray[np.bool_]:
        """Say which datasets the model can be fitted to."""
        can: NDArray[np.bool_] = (verdicts != "no-data") & (verdicts != "single-study")
        return can

    def _flags(self, n: Ints, studies: Ints, verdicts: NDArray[np.str_]) -> tuple[Flag, ...]:
        rows = (n > 0).sum(axis=0)
        return (
            Flag(
                "rows-share-studies",
                rows > studies,
                lambda j: (
                    f"{rows[j]} rows come from {studies[j]} studies: rows of one study are taken "
                    "to be more alike than those of others, and it is the studies that count."
                ),
            ),
            Flag(
                "one-study-of-several-rows",
                (studies == 1) & (rows > 1),
                lambda j: "All rows are of one study, which tells nothing of how studies differ.",
            ),
            Flag(
                "two-studies",
                (studies == 2) & (rows > 1),
                lambda j: "Only two studies: the spread between them is hardly known.",
            ),
        )


def groups_of(labels: Sequence[Hashable]) -> tuple[int, ...]:
    """Number studies in the order in which they first appear.

    Parameters
    ----------
    labels : sequence
        The study of every row.
    """
    number: dict[Hashable, int] = {}
    return tuple(number.setdefault(label, len(number)) for label in labels)


def leave_one_study_out(model: Clustered, events: Ints, n: Ints) -> Fit:
    """Fit without each study in turn, all its rows together.

    Parameters
    ----------
    model : Clustered
    events, n : ndarray of int, shape (k,)

    Returns
    -------
    Fit
        One dataset a study, in the order of their numbers.
    """
    groups = np.array(model.groups)
    kept = groups[:, None] != np.unique(groups)
    x, m = (np.asarray(a, dtype=np.int64)[:, None] * kept for a in (events, n))
    return model(x, m)


def reference(ci: str, level: float, studies: int) -> float:
    """Give the quantile for limits: of t with studies - 1 degrees of freedom, or normal.

    Parameters
    ----------
    ci : str
        "t" or another.
    level : float
    studies : int
    """
    upper = 0.5 + level / 2
    if ci != "t":
        return float(ndtri(upper))
    return float(stdtrit(studies - 1.0, upper)) if studies > 1 else float("nan")


Parts = list[NDArray[np.int64]]


def parts_of(groups: NDArray[np.int64]) -> Parts:
    """Give the rows of every study.

    Parameters
    ----------
    groups : ndarray of int, shape (k,)
    """
    return [np.flatnonzero(groups == g) for g in np.unique(groups)]
