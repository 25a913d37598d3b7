"""A design with too many tables to go through: tables are drawn instead.

One set of draws, from a mixture of scenarios, serves every scenario by its likelihood ratio
to the mixture (Veach and Guibas 1995, 10.1145/218380.218498). A first set, spread over all
centres, finds where the ends of the interval are about; others, each drawn near an end, find
them. In place of an estimated probability stands its upper 99 % confidence limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property
from typing import overload

import numpy as np

from onearm.models.arrays import Floats, Ints
from onearm.models.exact_interval.inversion import Point
from onearm.models.exact_interval.lattice import interpolation
from onearm.models.exact_interval.posteriors import (
    Question,
    distribution_functions,
    mean_logits,
)
from onearm.models.exact_interval.prediction import lower_limits
from onearm.models.exact_interval.scenarios import (
    Scenarios,
    Weights,
    relative_probabilities,
    scenario_results,
)
from onearm.models.exact_interval.spreads import Spreads

SEED = 20_240_229

_POINTS = 15
"""True spreads at which probabilities are known."""

_BLOCK = 1024
"""Tables whose posteriors are worked out at a time, by one worker."""


@dataclass(frozen=True, eq=False)
class Drawn:
    """Posterior distribution functions of drawn tables at some centres.

    Attributes
    ----------
    sizes : tuple of int
        In increasing order.
    events : ndarray of int, shape (k, d)
        Distinct tables.
    copies : ndarray, shape (d,)
        How often each was drawn.
    mixture : ndarray, shape (d,)
        Its probability in the mixture times the number of draws, in units of `scale`.
    scale : dict
        From each size to what the probabilities of its results are divided by.
    spreads : Spreads
    mu : ndarray, shape (rows,)
    below : ndarray, shape (rows, d)
    new : ndarray, shape (j, d)
        Of a new study's logit, where asked for.
    estimated : bool
        Whether probabilities are estimated, where else their upper limits are given.
    kept : dict
        From centres that are asked about again to likelihood ratios there.
    """

    sizes: tuple[int, ...]
    events: Ints
    copies: Floats
    mixture: Floats
    scale: dict[int, Floats]
    spreads: Spreads
    mu: Floats
    below: Floats
    new: Floats
    estimated: bool = False
    kept: dict[float, Weights] = field(default_factory=dict)

    @cached_property
    def known(self) -> Sequence[Point]:
        """Everything at these centres; worked out when it is asked for."""
        return _Lazily(self)

    def at(self, mu: float) -> Point:
        """Give everything at another centre, by interpolation."""
        step = self.mu[1] - self.mu[0]
        first, weights = interpolation((mu - self.mu[0]) / step, len(self.mu))
        below = weights @ self.below[first : first + len(weights)]
        return Point(mu, below, self.weights(mu))

    def weights(self, mu: float, tau: Floats | None = None) -> Weights:
        """Give the likelihood ratios at a centre.

        Parameters
        ----------
        mu : float
        tau : ndarray, shape (t,), optional
            Spreads; those of the design if left out.
        """
        tau = self.spreads.tau if tau is None else tau
        ratio = relative_probabilities(
            self.sizes, self.events, np.full(len(tau), mu), tau, self.scale
        )
        ratio *= (self.copies / self.mixture)[:, None]
        return Weights(ratio, self.copies, self.estimated)

    def upper_mean(self, mu: float, tau: Floats, values: Floats) -> Floats:
        """Give upper limits for the mean of values (d, t) under scenarios of one centre.

        Parameters
        ----------
        mu : float
        tau : ndarray, shape (t,)
            The same whenever this is asked.
        values : ndarray, shape (d, t)
        """
        if mu not in self.kept:
            self.kept[mu] = self.weights(mu, tau)
        return self.kept[mu].upper_mean(values)

    def prediction_limits(self, logits: Floats) -> Callable[[float], tuple[Floats, Floats]]:
        """Give what reads limits of a new study's logit off, from a tail probability."""

        def limits(tail: float) -> tuple[Floats, Floats]:
            high = lower_limits(logits, 1 - self.new[::-1], tail)
            return lower_limits(logits, self.new, tail), -high

        return limits

    def place(self, events: Sequence[int]) -> int:
        """Find a table, given in the order of the sizes."""
        wanted = np.asarray(events, dtype=np.int64)[:, None]
        return int(np.flatnonzero((self.events == wanted).all(axis=0))[0])


class _Lazily(Sequence[Point]):
    """The points of a drawn design, or a part of them in either order."""

    def __init__(self, design: Drawn, places: Sequence[int] | None = None) -> None:
        self.design = design
        self.places = range(len(design.mu)) if places is None else places

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, which: int) -> Point: ...

    @overload
    def __getitem__(self, which: slice) -> Sequence[Point]: ...

    def __getitem__(self, which: int | slice) -> Point | Sequence[Point]:
        if isinstance(which, slice):
            return _Lazily(self.design, self.places[which])
        j = self.places[which]
        mu = float(self.design.mu[j])
        return Point(mu, self.design.below[j], self.design.weights(mu))


def draw(
    question: Question,
    scenarios: Scenarios,
    extra: Ints,
    seed: int,
    executor: Executor | None,
) -> Drawn:
    """Draw tables and work out their posteriors.

    Parameters
    ----------
    question : Question
    scenarios : Scenarios
    extra : ndarray of int, shape (k, e)
        Tables that are to be among the drawn ones, though they may not have been.
    seed : int
    executor : Executor or None
        Where posteriors are worked out; here when None.
    """
    sizes = question.sizes
    drawn = scenarios.draw(sizes, seed)
    both = np.concatenate([drawn, extra], axis=1)
    events, where = np.unique(both, axis=1, return_inverse=True)
    copies = np.bincount(where.ravel()[: drawn.shape[1]], minlength=events.shape[1])
    order = np.argsort(mean_logits(sizes, events), kind="stable")
    events, copies = events[:, order], copies[order]
    scale = {n: scenario_results(n, scenarios.mu, scenarios.tau).max(axis=0) for n in set(sizes)}
    relative = relative_probabilities(sizes, events, scenarios.mu, scenarios.tau, scale)
    mixture = relative @ scenarios.draws
    tasks = [(question, events[:, at : at + _BLOCK]) for at in range(0, events.shape[1], _BLOCK)]
    run = map if executor is None else executor.map
    below, new = (
        np.concatenate(parts, axis=1)
        for parts in zip(*run(distribution_functions, tasks), strict=True)
    )
    return Drawn(
        sizes,
        events,
        copies.astype(float),
        mixture,
        scale,
        Spreads.up_to(float(scenarios.tau.max()), _POINTS),
        question.mu,
        below,
        new,
    )
