"""Comparisons of single quantities: study intervals, likelihoods, profile limits, metaprop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from onearm import models
from onearm.models.inverse_variance.heterogeneity import q_statistic, score
from onearm.models.inverse_variance.transforms import effects

from . import ours
from .deviation import Deviation, number, pair

_CLOSED = ("wilson", "wilson_cc_newcombe", "agresti_coull", "wald")
"""Closed formulas; the others are roots and quantiles."""

_META = {
    "CP": "clopper_pearson",
    "WS": "wilson",
    "AC": "agresti_coull",
    "SA": "wald",
}
"""Names of the R package meta."""


_BOUND = 100
"""Where metafor's search for the upper limit of tau2 ends, which is no limit."""

_BOUND = 100
"""Where metafor's search for the upper limit of tau2 ends, which is no limit."""

_VERSION = "meta_8.0.0"
"""Of meta 6.5 the references hold limits that were transformed back once too often."""


def study_intervals(name: str, data: dict[str, Any], x: Any, n: Any) -> Iterator[Deviation]:
    """Compare the intervals that the audit of printed intervals knows."""
    for method, theirs in data["study_ci"].items():
        if method in ours.METHODS_OF_INTERVALS:
            yield from _limits(name, f"study_ci/{method}", method, theirs, x, n)
    blocks = (data.get("metaprop") or {}).get(_VERSION) or {}
    for short, theirs in (blocks.get("study_ci") or {}).items():
        if short in _META and "lb" in theirs:
            block = f"study_ci/{_META[short]}/{_VERSION}"
            yield from _limits(name, block, _META[short], theirs, x, n)


def _limits(
    name: str, block: str, method: str, theirs: dict[str, Any], x: Any, n: Any
) -> Iterator[Deviation]:
    absolute = 1e-12 if method in _CLOSED else 1e-9
    for i, (events, patients) in enumerate(zip(x, n, strict=True)):
        for side, got in zip(
            ("lb", "ub"), ours.study_limits(method, events, patients), strict=True
        ):
            reference = number(theirs[side][i])
            if reference is not None:
                # ours are cut at 0 and 1, where the references may go beyond
                reference = min(max(reference, 0.0), 1.0)
                yield Deviation(name, block, f"{side}{i}", got, reference, 0.0, absolute)


def tau2_profile(name: str, data: dict[str, Any], x: Any, n: Any) -> Iterator[Deviation]:
    """Compare the profile-likelihood limits of tau2."""
    for measure, methods in data["uni"].items():
        for method, fit in methods.items():
            block = fit.get("confint_PL") or {}
            if block.get("tau2"):
                # a sign says that R's search ended at its bound, which is no limit
                theirs = dict(zip(("lb", "ub"), block["tau2"], strict=True))
                theirs = {side: v for side, v in theirs.items() if not block.get(f"{side}.sign")}
                yield from profile_limits(name, measure, method, theirs, x, n)


def profile_limits(
    name: str, measure: str, method: str, theirs: dict[str, Any], x: Any, n: Any
) -> Iterator[Deviation]:
    """Compare the profile-likelihood limits of one fit."""
    spec = models.InverseVariance(transform=ours.MEASURES[measure], tau2=method)
    mine = dict(zip(("lb", "ub"), spec.tau2_profile(x, n)[0], strict=True))
    yield from pair(name, f"tau2 profile/{measure}/{method}", mine, theirs, 1e-5, 1e-9)


def likelihoods(name: str, data: dict[str, Any], x: Any, n: Any) -> Iterator[Deviation]:
    """Compare log-likelihoods at given points, both sides of each model."""
    grid = data.get("loglik_grid") or {}
    if "binomial_normal" in grid:
        g = grid["binomial_normal"]
        yield from at_points(name, x, n, g["mu"], g["tau"], g["ll_trapezoid"])
    if "beta_binomial" in grid:
        g = grid["beta_binomial"]
        # with rho = 0 it is binomial, which no precision of a beta distribution gives
        inside = [i for i, rho in enumerate(g["rho"]) if 0 < rho < 1]
        p, rho, value = ([g[q][i] for i in inside] for q in ("p", "rho", "ll_product"))
        mine = ours.beta_log_likelihood(x, n, p, rho)
        for r, got, reference in zip(rho, mine, map(number, value), strict=True):
            if reference is None:
                continue
            # the sum of logarithms of many patients at tiny rho has lost digits on either side
            relative = 1e-9 if r <= 1e-5 else 1e-10
            block = "likelihood/beta-binomial"
            yield Deviation(name, block, "ll", float(got), reference, relative, relative)


def at_points(
    name: str, x: Any, n: Any, mu: list[float], tau: list[float], theirs: list[float]
) -> Iterator[Deviation]:
    """Compare the binomial-normal log-likelihood at given points."""
    for way, values in ours.binomial_normal(x, n, mu, tau).items():
        for got, reference in zip(values, map(number, theirs), strict=True):
            if reference is None:
                continue
            allowed = 1e-9 * max(1.0, abs(reference))
            block = "likelihood/binomial-normal"
            yield Deviation(name, block, way, float(got), reference, 0.0, allowed)


def metaprop(name: str, data: dict[str, Any], x: Any, n: Any) -> Iterator[Deviation]:
    """Compare with metaprop of the R package meta, wherever that answers the same question."""
    for version, blocks in (data.get("metaprop") or {}).items():
        for measure in ours.METAPROP:
            for fit, theirs in (blocks.get(measure) or {}).items():
                if theirs["status"]["ok"] and not _other_correction(measure, x, n):
                    flat = theirs | {f"bt.{q}": v for q, v in (theirs.get("bt") or {}).items()}
                    yield from metaprop_fit(name, version, measure, fit, flat, x, n)


def _other_correction(measure: str, x: Any, n: Any) -> bool:
    """Say whether meta corrects differently: on these scales, for studies at 0 or 100 %."""
    edge = any(a in (0, b) for a, b in zip(x, n, strict=True))
    return measure in ("PLN", "PRAW") and edge


def metaprop_fit(
    name: str, version: str, measure: str, fit: str, theirs: dict[str, Any], x: Any, n: Any
) -> Iterator[Deviation]:
    """Compare one fit of metaprop."""
    mine = ours.metaprop(x, n, measure, fit, version)
    if fit.startswith("DL"):
        # Jackson's interval of tau2 goes with DL there, ours is the Q-profile one
        mine = {q: v for q, v in mine.items() if q not in ("lower.tau2", "upper.tau2")}
    tau2 = number(theirs.get("tau2"))
    if tau2 is None or abs(mine["tau2"] - tau2) > 1e-6 * tau2 + 1e-12:
        # meta leaves metafor's tolerance at 1e-5: what follows from tau2 is not comparable
        if tau2 is not None:
            yield _nearer(name, version, measure, fit, mine["tau2"], tau2, x, n)
        kept = ("common", "Q", "I2", ".tau2")
        mine = {q: v for q, v in mine.items() if any(word in q for word in kept)}
    if measure in ("PLN", "PRAW"):
        # ours are cut at 0 and 1
        mine = {q: v for q, v in mine.items() if not q.startswith("bt.")}
    if theirs.get("upper.tau2") == _BOUND:
        mine.pop("upper.tau2", None)
    special = dict.fromkeys(("lower.tau2", "upper.tau2"), (1e-3, 1.3e-4))
    special |= dict.fromkeys(("tau2", "Q", "I2", "pval.Q"), (1e-6, 1e-9))
    yield from pair(name, f"metaprop/{version}/{measure}/{fit}", mine, theirs, 1e-6, 1e-6, special)


def _nearer(
    name: str, version: str, measure: str, fit: str, got: float, theirs: float, x: Any, n: Any
) -> Deviation:
    """Compare how far two values of tau2 are from solving the equation of their method."""
    counts = np.array(x)[:, None], np.array(n)[:, None]
    y, v, _ = effects(*counts, ours.METAPROP[measure])
    restricted = fit.startswith("REML")

    def distance(tau2: float) -> float:
        at = np.array([tau2])
        if restricted:
            value = float(score(y, v, at, True)[0][0])
        else:
            value = float(q_statistic(y, v, at)[0]) - (len(x) - 1)
        return max(value, 0.0) if tau2 == 0 else abs(value)

    block = f"metaprop/{version}/{measure}/{fit}"
    quantity = "distance of tau2 from its solution"
    return Deviation(name, block, quantity, distance(got), 0.0, 0.0, distance(theirs))


def _kept_study(
    name: str, block: str, theirs: dict[str, Any], x: Any, n: Any
) -> Iterator[Deviation]:
    sides = {side: [theirs.get(f"{side}{i}") for i in range(len(x))] for side in ("lb", "ub")}
    return _limits(name, block, block.split("/")[1], sides, x, n)


def _kept_profile(
    name: str, block: str, theirs: dict[str, Any], x: Any, n: Any
) -> Iterator[Deviation]:
    _, measure, method = block.split("/")
    return profile_limits(name, measure, method, theirs, x, n)


def _kept_likelihood(
    name: str, block: str, theirs: dict[str, Any], x: Any, n: Any
) -> Iterator[Deviation]:
    points = [tuple(map(float, point.split(";"))) for point in theirs]
    first, second = (list(side) for side in zip(*points, strict=True))
    values = [float(v) for v in theirs.values()]
    if block.endswith("binomial-normal"):
        yield from at_points(name, x, n, first, second, values)
    else:
        mine = ours.beta_log_likelihood(x, n, first, second)
        for got, reference in zip(mine, values, strict=True):
            yield Deviation(name, block, "ll", float(got), reference, 1e-9, 1e-9)


def _kept_metaprop(
    name: str, block: str, theirs: dict[str, Any], x: Any, n: Any
) -> Iterator[Deviation]:
    _, version, measure, fit = block.split("/")
    if not _other_correction(measure, x, n):
        yield from metaprop_fit(name, version, measure, fit, theirs, x, n)


KINDS = {
    "study_ci": _kept_study,
    "tau2 profile": _kept_profile,
    "likelihood": _kept_likelihood,
    "metaprop": _kept_metaprop,
}
"""How the blocks of references.csv of each kind are compared."""
