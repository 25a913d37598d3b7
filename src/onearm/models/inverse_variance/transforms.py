r"""Scales on which proportions are pooled, with their variances and ways back.

Every transform maps counts to an effect ``y`` with sampling variance ``v``:

=============  ==========================================  ====================
name           y                                           v
=============  ==========================================  ====================
logit          log(x / (n - x))                            1/x + 1/(n - x)
log            log(x / n)                                  1/x - 1/n
arcsine        asin(sqrt(x / n))                           1 / (4 n)
freeman-tukey  half the sum of asin sqrt(x / (n + 1))      1 / (4 n + 2)
               and asin sqrt((x + 1) / (n + 1))
raw            x / n                                       x (n - x) / n^3
=============  ==========================================  ====================

Freeman and Tukey 1950 (10.1214/aoms/1177729756); inverse by Miller 1978
(10.1080/00031305.1978.10479283). The continuity correction adds ``add`` to events
and non-events alike and is not used by the two arcsine scales, which need none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from onearm.models.arrays import Bools, Floats, Ints, as_number

CORRECTIONS = ("only0", "if0all", "all", "none")
FT_SIZES = ("harmonic", "geometric", "arithmetic", "inverse-variance")


@dataclass(frozen=True)
class Transform:
    """One scale: counts forward, limits back, and whether it takes a correction."""

    name: str
    corrected: bool
    effect: Callable[[Floats, Floats], tuple[Floats, Floats]]
    inverse: Callable[[Floats, Floats], Floats]


def _logit(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    return np.log(x / (n - x)), 1 / x + 1 / (n - x)


def _log(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    return np.log(x / n), 1 / x - 1 / n


def _arcsine(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    return np.arcsin(np.sqrt(x / n)), 1 / (4 * n)


def freeman_tukey(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Give the halved double arcsine and its variance.

    Parameters
    ----------
    x, n : ndarray of shapes that broadcast together
        Events and patients.
    """
    total = np.arcsin(np.sqrt(x / (n + 1))) + np.arcsin(np.sqrt((x + 1) / (n + 1)))
    return total / 2, 1 / (4 * n + 2)


def _raw(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    p = x / n
    return p, p * (1 - p) / n


def miller_inverse(y: Floats, n: Floats) -> Floats:
    """Invert the halved double arcsine at a study size ``n``, 0 or 1 beyond its range.

    Parameters
    ----------
    y, n : ndarray of shapes that broadcast together
        Effects, and the size at which they are taken back.
    """
    low, high = ft_range(n)
    with np.errstate(all="ignore"):
        sine = np.sin(2 * y)
        inner = 1 - (sine + (sine - 1 / sine) / n) ** 2
        p = 0.5 * (1 - np.sign(np.cos(2 * y)) * np.sqrt(np.maximum(inner, 0)))
    inside: Floats = np.where(y > low, np.where(y < high, p, 1.0), 0.0)
    return np.where(np.isnan(y), np.nan, inside)


def ft_range(n: Floats) -> tuple[Floats, Floats]:
    """Give the double arcsine of 0 of ``n`` and of ``n`` of ``n``."""
    low = freeman_tukey(np.zeros_like(n), n)[0]
    return low, freeman_tukey(n, n)[0]


TRANSFORMS: dict[str, Transform] = {
    t.name: t
    for t in (
        Transform("logit", True, _logit, lambda y, n: expit(y)),
        Transform("log", True, _log, lambda y, n: np.exp(np.minimum(y, 0))),
        Transform("arcsine", False, _arcsine, lambda y, n: np.sin(np.clip(y, 0, np.pi / 2)) ** 2),
        Transform("freeman-tukey", False, freeman_tukey, miller_inverse),
        Transform("raw", True, _raw, lambda y, n: np.clip(y, 0, 1)),
    )
}


def correct(
    events: Ints, n: Ints, correction: str = "only0", add: float = 0.5
) -> tuple[Floats, Floats, Bools]:
    """Apply a continuity correction.

    Parameters
    ----------
    events, n : ndarray of int, shape (k, d)
        Counts; absent studies (``n = 0``) are left as they are.
    correction : {"only0", "if0all", "all", "none"}
        Whom to correct: the studies with no or only events, everybody as soon
        as there is one of these, everybody always, nobody.
    add : float
        What to add to events and to non-events, up to 1000.

    Returns
    -------
    x, n : ndarray of float, shape (k, d)
        Corrected counts.
    touched : ndarray of bool, shape (k, d)

    Raises
    ------
    ModelError
        If ``add`` is no such number.
    """
    more = as_number(add, "add", "be a number from 0 to 1000", lambda v: 0 <= v <= 1000)
    present = n > 0
    extreme = present & ((events == 0) | (events == n))
    touched = {
        "only0": extreme,
        "if0all": present & extreme.any(axis=0),
        "all": present,
        "none": np.zeros_like(present),
    }[correction]
    added: Floats = np.where(touched, more, 0.0)
    return events.astype(float) + added, n.astype(float) + 2 * added, touched


def effects(
    events: Ints, n: Ints, transform: str = "logit", correction: str = "only0", add: float = 0.5
) -> tuple[Floats, Floats, Bools]:
    """Give effects and sampling variances.

    Parameters
    ----------
    events, n : ndarray of int, shape (k, d)
        Counts; ``n = 0`` is an absent study.
    transform : str
        A name of :data:`TRANSFORMS`.
    correction, add
        As for :func:`correct`.

    Returns
    -------
    y, v : ndarray, shape (k, d)
        Where a study is absent, or its effect or variance is not a positive
        finite number (no correction of a study without events), ``y`` is 0 and
        ``v`` is infinite: it has no weight in any sum.
    touched : ndarray of bool, shape (k, d)
        The studies that were corrected.
    """
    scale = TRANSFORMS[transform]
    x, m, touched = correct(events, n, correction if scale.corrected else "none", add)
    with np.errstate(all="ignore"):
        y, v = scale.effect(x, m)
    usable = (n > 0) & np.isfinite(y) & np.isfinite(v) & (v > 0)
    return np.where(usable, y, 0.0), np.where(usable, v, np.inf), touched


def typical_size(n: Ints, choice: str, se: Floats) -> Floats:
    """Give the study size at which the double arcsine is inverted, per dataset.

    Parameters
    ----------
    n : ndarray of int, shape (k, d)
    choice : {"harmonic", "geometric", "arithmetic", "inverse-variance"}
    se : ndarray, shape (d,)
        Standard error of the pooled effect, used by "inverse-variance" (1 / (4 se^2)).
    """
    present = n > 0
    k = np.maximum(present.sum(axis=0), 1)
    m = np.where(present, n, 1).astype(float)
    if choice == "harmonic":
        inverse: Floats = np.where(present, 1 / m, 0).sum(axis=0) / k
        return 1 / np.where(inverse > 0, inverse, np.nan)
    if choice == "geometric":
        return np.asarray(np.exp(np.log(m).sum(axis=0) / k), dtype=float)
    if choice == "arithmetic":
        return np.asarray(n.sum(axis=0) / k, dtype=float)
    with np.errstate(divide="ignore"):
        return np.asarray(1 / (4 * se**2), dtype=float)
