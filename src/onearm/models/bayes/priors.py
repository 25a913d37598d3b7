"""Priors of the Bayesian model, written the way they are read: "half-normal(1)"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from onearm.models.arrays import Floats
from onearm.models.errors import ModelError

_PATTERN = re.compile(r"\s*([a-z-]+)\s*\(\s*((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e-?[0-9]+)?)\s*\)\s*")


@dataclass(frozen=True)
class Prior:
    """A density with a scale.

    Attributes
    ----------
    family : str
    scale : float
    log_density : callable
    slope, bend : callable
        First and second derivative of the log-density (for priors on mu).
    """

    family: str
    scale: float
    log_density: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats] = np.zeros_like
    bend: Callable[[Floats], Floats] = np.zeros_like


def _logistic(s: float) -> Prior:
    def log_density(mu: Floats) -> Floats:
        a = np.abs(mu) / s
        return np.asarray(-a - 2 * np.log1p(np.exp(-a)) - np.log(s), dtype=float)

    def slope(mu: Floats) -> Floats:
        return np.asarray(-np.tanh(mu / (2 * s)) / s, dtype=float)

    def bend(mu: Floats) -> Floats:
        return np.asarray(-0.5 * (1 - np.tanh(mu / (2 * s)) ** 2) / s**2, dtype=float)

    return Prior("logistic", s, log_density, slope, bend)


def _normal(s: float) -> Prior:
    constant = np.log(s) + 0.5 * np.log(2 * np.pi)
    return Prior(
        "normal",
        s,
        lambda mu: -0.5 * (mu / s) ** 2 - constant,
        lambda mu: -mu / s**2,
        lambda mu: np.full_like(mu, -1 / s**2),
    )


def _half_normal(s: float) -> Prior:
    constant = 0.5 * np.log(np.pi / 2) + np.log(s)
    return Prior("half-normal", s, lambda tau: -0.5 * (tau / s) ** 2 - constant)


def _half_cauchy(s: float) -> Prior:
    constant = np.log(np.pi / 2) + np.log(s)
    return Prior("half-cauchy", s, lambda tau: -np.log1p((tau / s) ** 2) - constant)


MU_PRIORS: dict[str, Callable[[float], Prior]] = {"logistic": _logistic, "normal": _normal}
TAU_PRIORS: dict[str, Callable[[float], Prior]] = {
    "half-normal": _half_normal,
    "half-cauchy": _half_cauchy,
}


def parse_prior(text: object, families: dict[str, Callable[[float], Prior]], name: str) -> Prior:
    """Read a prior such as ``"half-normal(0.5)"``; without a scale it is 1.

    Parameters
    ----------
    text : object
        The prior as it is written.
    families : dict
        The families there are, each from a scale to a prior.
    name : str
        For the error message.

    Raises
    ------
    ModelError
        Naming the parameter, the families there are, and what was given.
    """
    written = text if isinstance(text, str) else ""
    match = _PATTERN.fullmatch(written if "(" in written else f"{written}(1)")
    if match is None or match[1] not in families or not 0 < float(match[2]) < 1e6:
        known = ", ".join(f"'{family}(scale)'" for family in families)
        raise ModelError(f"{name} must be one of {known}, with a positive scale; got {text!r}.")
    return families[match[1]](float(match[2]))
