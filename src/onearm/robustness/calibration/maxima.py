r"""Maximum-likelihood fits of all tables of a design at once, by look-up and addition.

As for the Bayesian intervals, a study's log-likelihood on a lattice depends only on its
events and size, and a table's is a sum. The spread s of a model (tau, or the root of
rho / (1 - rho) for the beta-binomial) enters squared, so that the likelihood is an even,
smooth function of arsinh(s / c): between the points of the lattice it is a polynomial
through the six nearest in either direction, reflected at a spread of 0. The highest point
of the lattice is brought to the maximum by Newton's rule on that polynomial. Limits agree
with those of the models, which integrate anew for every table, to about 1e-4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import expit

from onearm.models import BetaBinomial, BinomialNormal
from onearm.models.arrays import Floats, Ints
from onearm.robustness.calibration.designs import Tables, groups
from onearm.robustness.calibration.lattice import (
    centres,
    every_result,
    interpolate,
    lattice_bytes,
    sum_studies,
)

_SPREADS = 64
"""Values of the spread, 0 the first."""

_SCALE: dict[str, tuple[float, float]] = {
    BinomialNormal.name: (1.0, 40.0),
    BetaBinomial.name: (0.2, 10.0),
}
"""The constant c, and the largest spread: beyond it every study is at 0 % or at 100 %."""

_BLOCK = 16
"""Tables that are laid out at once, few enough for the cache."""

_NEAR = np.arange(-2, 4)
"""Points of the polynomial, about the one below it."""

_POWERS = np.linalg.inv(_NEAR[:, None] ** np.arange(6.0)).T
"""From values at the near points to the coefficients of their polynomial."""

_EDGE = 0.01
"""A spread within this share of the first step is 0."""


@dataclass(frozen=True, eq=False)
class Maxima:
    """Maximum-likelihood fits of d tables, on the scale of the logit.

    Attributes
    ----------
    mu, se : ndarray, shape (d,)
        Centre and its standard error.
    spread : ndarray, shape (d,)
        tau of the binomial-normal model; of the beta-binomial, the root of rho / (1 - rho).
    profile : ndarray, shape (d, 2)
        Profile-likelihood limits of the centre; nan where they were not asked for.
    """

    mu: Floats
    se: Floats
    spread: Floats
    profile: Floats


def maxima_bytes(sizes: Sequence[int]) -> int:
    """Give the memory that the log-likelihoods of every possible study take, in bytes."""
    return lattice_bytes(sizes, _SPREADS)


def find_maxima(tables: Tables, model: str, columns: Ints, crit: float | None) -> Maxima:
    """Fit chosen tables, of which a maximum must exist.

    Parameters
    ----------
    tables : Tables
    model : {"glmm", "beta-binomial"}
    columns : ndarray of int
        The tables that are wanted.
    crit : float or None
        Root of twice the fall of the likelihood at the profile limits, if these are wanted.
    """
    lattice = _lattice(tuple(tables.sizes.tolist()), model)
    blocks = [columns[i : i + _BLOCK] for i in range(0, len(columns), _BLOCK)]
    parts = [_hills(lattice, tables.events[:, block]) for block in blocks]
    profile, near, down, row, across, t = (
        np.concatenate(part) for part in zip(*parts, strict=True)
    )
    local = _POWERS.T @ near @ _POWERS
    r, t, top, bend = _climb(local, down, row, t)
    spacing = lattice.mu[1] - lattice.mu[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        info = -(bend[0] - bend[1] ** 2 / bend[2]) / spacing**2
        se = 1 / np.sqrt(info)
    mu = lattice.mu[across] + spacing * t
    spread = lattice.scale * np.sinh(lattice.step * r)
    limits = np.full((len(mu), 2), np.nan)
    if crit is not None:
        limits = _crossings(lattice.mu, profile, top, mu, crit)
    return Maxima(mu, se, spread, limits)


@dataclass(frozen=True, eq=False)
class _Lattice:
    """Log-likelihoods of every possible study.

    Attributes
    ----------
    sizes : tuple of int
    mu : ndarray, shape (m,)
        Even.
    step, scale : float
        Of the spread: the value number r is ``scale * sinh(r * step)``.
    studies : dict
        From a size n to log-likelihoods (n + 1, m, s): of a centre all spreads side by side.
    """

    sizes: tuple[int, ...]
    mu: Floats
    step: float
    scale: float
    studies: dict[int, Floats]

    @classmethod
    def of(cls, sizes: tuple[int, ...], model: str) -> _Lattice:
        """Lay out the lattice of a design."""
        mu = centres(sizes, 9.0)
        scale, largest = _SCALE[model]
        step = float(np.arcsinh(largest / scale)) / (_SPREADS - 1)
        spread = scale * np.sinh(step * np.arange(_SPREADS))
        values = _beta_binomial if model == BetaBinomial.name else every_result
        studies = {
            n: np.ascontiguousarray(values(n, mu, spread).transpose(1, 2, 0)) for n in groups(sizes)
        }
        return cls(sizes, mu, step, scale, studies)


@lru_cache(maxsize=4)
def _lattice(sizes: tuple[int, ...], model: str) -> _Lattice:
    return _Lattice.of(sizes, model)


def _beta_binomial(size: int, mu: Floats, spread: Floats) -> Floats:
    """Give the log-likelihoods (s, n + 1, m) of a model in which 1 / spread^2 is alpha + beta."""
    more = np.arange(float(size)) * spread[:, None] ** 2
    events = _rising(expit(mu), more)
    others = _rising(expit(-mu), more)
    whole = np.log1p(more).sum(axis=1)
    return np.asarray(events + others[:, ::-1] - whole[:, None, None], dtype=float)


def _rising(p: Floats, more: Floats) -> Floats:
    """Sum the logarithms of p, p + more_1, … up to none, one, …, all of them, (t, n + 1, m)."""
    steps = np.log(p + more[:, :, None]).cumsum(axis=1)
    return np.concatenate([np.zeros_like(steps[:, :1]), steps], axis=1)


def _hills(lattice: _Lattice, events: Ints) -> tuple[Floats, Floats, Floats, Ints, Ints, Floats]:
    """Find the highest points of the lattice for a block of d tables.

    Returns
    -------
    profile : ndarray, shape (d, m)
    near : ndarray, shape (d, 6, 6)
        Values about the highest point: by spread and by centre.
    down, row : ndarray, shape (d,)
        The spread at the origin of these, and the best one.
    across, t : ndarray, shape (d,)
        The centre at the origin, and how far the best one lies from it.
    """
    values = sum_studies(lattice.studies, lattice.sizes, events, axis=0)
    profile, best = _profile(values)
    start = profile.argmax(axis=1)
    rows = np.arange(len(start))
    row = best[rows, start]
    across = np.clip(start - 1, 2, len(lattice.mu) - 4)
    down = np.minimum(row, _SPREADS - 4)
    at = np.abs(down[:, None] + _NEAR)  # even: reflected at 0
    near = values[rows[:, None, None], (across[:, None] + _NEAR)[:, None, :], at[:, :, None]]
    return profile, near, down.astype(float), row, across, (start - across).astype(float)


def _profile(values: Floats) -> tuple[Floats, Ints]:
    """Maximise (d, m, s) over the spread at every centre, (d, m): value, and nearest spread."""
    best: Ints = values.argmax(axis=2)
    row = np.arange(best.size).reshape(best.shape) * _SPREADS
    inner = np.minimum(best, _SPREADS - 2)
    flat = values.ravel()
    low, high = flat[row + np.abs(inner - 1)], flat[row + inner + 1]
    middle, peak = flat[row + inner], flat[row + best]
    curve = np.minimum(low - 2 * middle + high, -1e-300)
    top = np.where(best < _SPREADS - 1, middle - (high - low) ** 2 / (8 * curve), peak)
    return np.maximum(top, peak), best


def _climb(
    local: Floats, down: Floats, row: Ints, t: Floats
) -> tuple[Floats, Floats, Floats, tuple[Floats, Floats, Floats]]:
    """Go to the maximum of the polynomials: place of the spread and of the centre, value, bend.

    Parameters
    ----------
    local : ndarray, shape (d, 6, 6)
        Coefficients of powers of the spread's and of the centre's place.
    down : ndarray, shape (d,)
        Where the polynomial's place 0 lies among the spreads.
    row : ndarray of int, shape (d,)
        The best spread of the lattice.
    t : ndarray, shape (d,)
        Place of the centre to start from.
    """
    r, t = np.maximum(row.astype(float), 0.5), t.copy()
    moving = np.arange(len(t))
    for _ in range(25):
        part = local[moving]
        _, slope, bend = _local(part, r[moving] - down[moving], t[moving])
        step = _newton(slope, bend)
        going = np.maximum(np.abs(step[0]), np.abs(step[1])) >= 1e-9
        moving, step = moving[going], (step[0][going], step[1][going])
        if not len(moving):
            break
        t[moving] = np.clip(t[moving] + np.clip(step[0], -0.7, 0.7), -2.0, 3.0)
        r[moving] = np.clip(np.abs(r[moving] + np.clip(step[1], -0.7, 0.7)), 0.0, _SPREADS - 1.0)
    r = np.where(r < _EDGE, 0.0, r)
    top, _, bend = _local(local, r - down, t)
    return r, t, top, bend


def _local(
    local: Floats, r: Floats, t: Floats
) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats, Floats]]:
    """Give the value, the slopes in t and r, and the second derivatives tt, tr and rr."""
    (r0, r1, r2), (t0, t1, t2) = _powers(r), _powers(t)
    flat, sloped, bent = (np.einsum("dq,dqp->dp", base, local) for base in (r0, r1, r2))

    def at(rows: Floats, columns: Floats) -> Floats:
        return np.asarray((rows * columns).sum(axis=1), dtype=float)

    return (
        at(flat, t0),
        (at(flat, t1), at(sloped, t0)),
        (
            at(flat, t2),
            at(sloped, t1),
            at(bent, t0),
        ),
    )


def _powers(place: Floats) -> tuple[Floats, Floats, Floats]:
    """Give the powers 0 to 5 with their first and second derivatives, each (d, 6)."""
    i = np.arange(6.0)
    whole = np.ones((len(place), 6))
    whole[:, 1:] = np.cumprod(np.repeat(place[:, None], 5, axis=1), axis=1)
    first, second = np.zeros_like(whole), np.zeros_like(whole)
    first[:, 1:] = i[1:] * whole[:, :-1]
    second[:, 2:] = i[2:] * i[1:-1] * whole[:, :-2]
    return whole, first, second


def _newton(
    slope: tuple[Floats, Floats], bend: tuple[Floats, Floats, Floats]
) -> tuple[Floats, Floats]:
    """Give the step in centre and spread, uphill where the likelihood is not concave."""
    determinant = bend[0] * bend[2] - bend[1] ** 2
    concave = (determinant > 0) & (bend[0] < 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (bend[1] * slope[1] - bend[2] * slope[0]) / determinant
        r = (bend[1] * slope[0] - bend[0] * slope[1]) / determinant
        uphill = [g / np.abs(b) for g, b in ((slope[0], bend[0]), (slope[1], bend[2]))]
    return (
        np.nan_to_num(np.where(concave, t, uphill[0])),
        np.nan_to_num(np.where(concave, r, uphill[1])),
    )


def _crossings(mu: Floats, profile: Floats, top: Floats, centre: Floats, crit: float) -> Floats:
    """Find where the profile has fallen far enough on each side, infinite where it never has."""
    fall = np.sqrt(2 * np.maximum(top[:, None] - profile, 0.0))
    signed = np.where(mu < centre[:, None], -fall, fall)
    low, high = signed <= -crit, signed >= crit
    m = len(mu)
    left = m - 1 - low[:, ::-1].argmax(axis=1)
    right = high.argmax(axis=1) - 1
    ends = [
        np.where(low.any(axis=1), _between(mu, signed, left, -crit), -np.inf),
        np.where(high.any(axis=1), _between(mu, signed, right, crit), np.inf),
    ]
    return np.stack(ends, axis=1)


def _between(mu: Floats, signed: Floats, left: Ints, level: float) -> Floats:
    """Interpolate the centre at which the signed root takes a value, between two points."""
    left = np.clip(left, 1, len(mu) - 3)
    at = left[:, None] + np.arange(-1, 3)
    root = np.take_along_axis(signed, at, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cubic = interpolate(root, mu[at], level)
        linear = interpolate(root[:, 1:3], mu[at[:, 1:3]], level)
    inside = (cubic >= mu[left]) & (cubic <= mu[left + 1])
    return np.where(inside, cubic, linear)
