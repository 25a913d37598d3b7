"""What is promised of an exact interval, of which table it is asked, and what can be answered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc

from onearm.models.arrays import Ints
from onearm.models.bayes.priors import MU_PRIORS, TAU_PRIORS, Prior, parse_prior
from onearm.models.errors import ModelError
from onearm.models.exact_interval.lattice import Lattice
from onearm.models.exact_interval.spreads import Spreads
from onearm.models.exact_interval.tables import distinct

LARGEST_TAU = 5.0
"""The largest spread that may be allowed for: rates then run from 0 to 1 whatever the median."""

MOST_CELLS = 40_000_000
"""Numbers that a design which is gone through may keep: tables times points of mu."""

FEW_CELLS = 4_000_000
"""The same for designs whose answers take no more than some seconds, all together."""

PRECISION = 0.02
"""How far from where its estimate lies an end may be for want of drawn tables."""

_EACH = 200_000
"""What a design takes besides, in such numbers."""


@dataclass(frozen=True)
class Promise:
    """What is promised, and the priors by which tables are put in order.

    Attributes
    ----------
    mu_prior, tau_prior : str
    level : float
    tau_max : float
        The largest true spread for which the promise is given.
    """

    mu_prior: str
    tau_prior: str
    level: float
    tau_max: float

    @property
    def alpha(self) -> float:
        """How often the truth may be missed."""
        return 1 - self.level

    @property
    def priors(self) -> tuple[Prior, Prior]:
        """The priors themselves."""
        return (
            parse_prior(self.mu_prior, MU_PRIORS, "mu_prior"),
            parse_prior(self.tau_prior, TAU_PRIORS, "tau_prior"),
        )

    @property
    def spreads(self) -> Spreads:
        """The true spreads that are gone through."""
        return Spreads.up_to(self.tau_max, 13 + int(np.ceil(8 * self.tau_max)))

    def reach(self, people: int) -> float:
        """Give the logit beyond which nearly every table is without an event, or full."""
        return float(np.log(10 * people / self.alpha) + self.tau_max**2 / 2)


@dataclass(frozen=True)
class Table:
    """Studies in increasing order of size and events.

    Attributes
    ----------
    sizes, events : tuple of int
    mirrored : bool
        Whether events stand for non-events.
    """

    sizes: tuple[int, ...]
    events: tuple[int, ...]
    mirrored: bool

    @classmethod
    def of(cls, events: Ints, n: Ints) -> Table:
        """Read a dataset, shape (k,), absent studies left out."""
        pairs, others = (
            tuple(sorted((int(m), int(x)) for m, x in zip(n, counts, strict=True) if m > 0))
            for counts in (events, n - events)
        )
        mirrored = (2 * int(events.sum()), pairs) > (int(n.sum()), others)
        chosen = others if mirrored else pairs
        return cls(tuple(m for m, _ in chosen), tuple(x for _, x in chosen), mirrored)


def refuse_wide_priors(mu_prior: str, tau_prior: str) -> None:
    """Refuse priors so wide or narrow that one lattice cannot hold what they say.

    Parameters
    ----------
    mu_prior, tau_prior : str
    """
    for name, written, families, low, high in (
        ("mu_prior", mu_prior, MU_PRIORS, 0.2, 10.0),
        ("tau_prior", tau_prior, TAU_PRIORS, 0.05, 5.0),
    ):
        if not low <= parse_prior(written, families, name).scale <= high:
            raise ModelError(
                f"{name} must have a scale from {low:g} to {high:g} with ci='exact'; "
                f"got {written!r}."
            )


def single_p_value(events: int, n: int, proportion: float) -> float:
    """Give the two-sided p-value of one study whose interval is Clopper and Pearson's.

    Parameters
    ----------
    events, n : int
    proportion : float
    """
    if n == 0:
        return float("nan")
    tails = bdtr(events, n, proportion), bdtrc(events - 1, n, proportion) if events else 1.0
    return min(2 * float(min(tails)), 1.0)


def are_quick(n: Ints, promise: Promise) -> bool:
    """Say whether the exact intervals of some datasets take no more than some seconds in all.

    Parameters
    ----------
    n : ndarray of int, shape (k, d)
        Sizes of their studies, 0 for absent ones.
    promise : Promise
    """
    designs = {tuple(sorted(sizes[sizes > 0].tolist())) for sizes in n.T}
    left = FEW_CELLS
    for sizes in designs:
        if len(sizes) > 1 and left >= 0:
            left -= cells(sizes, promise) + _EACH
    return left >= -_EACH


def is_enumerated(sizes: tuple[int, ...], promise: Promise) -> bool:
    """Say whether all tables of a design are gone through.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    """
    return distinct(sizes) <= MOST_CELLS and cells(sizes, promise) <= MOST_CELLS


def cells(sizes: tuple[int, ...], promise: Promise) -> int:
    """Count the numbers that a design keeps: tables times points of mu.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    """
    return distinct(sizes) * len(lattice_of(sizes, promise).mu)


def lattice_of(sizes: tuple[int, ...], promise: Promise) -> Lattice:
    """Lay out the lattice on which the posteriors of a design are worked out.

    Parameters
    ----------
    sizes : tuple of int
    promise : Promise
    """
    return Lattice.of(sizes, promise.priors, promise.reach(sum(sizes)) + 1)
