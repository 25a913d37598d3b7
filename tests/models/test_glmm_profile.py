"""Profile limits are where an integral of our own says they are, however far out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_ndtr, logsumexp
from scipy.stats import chi2

from onearm.models import BinomialNormal, pool
from onearm.models.arrays import Floats
from onearm.models.roots import root, widen

NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
EDGE = 60.0
"""Beyond these logits a binomial likelihood is flat or nil, and the normal density is known."""

FAR_OUT = [
    ([0, 0, 0, 0, 0, 1, 0, 0], [5, 29, 12, 29, 16, 5, 3, 26]),
    ([0, 10, 5], [10, 10, 10]),
    ([0, 20, 0, 20, 3], [20] * 5),
    ([0, 200, 3], [200] * 3),
]


def log_likelihood(x: list[int], n: list[int], mu: float, tau: float) -> float:
    """Integrate every study over theta by 8000 Gauss points between the edges."""
    cuts = np.linspace(-EDGE, EDGE, 1001)
    half = (cuts[1] - cuts[0]) / 2
    theta = (cuts[:-1, None] + half * (NODES + 1)).ravel()
    log_weight = np.tile(np.log(half * WEIGHTS), 1000)
    normal = -0.5 * ((theta - mu) / tau) ** 2 - math.log(tau * math.sqrt(2 * math.pi))
    total = 0.0
    for a, b in zip(x, n, strict=True):
        parts = [logsumexp(a * theta - b * np.logaddexp(0, theta) + normal + log_weight)]
        if a in (0, b):
            parts.append(log_ndtr((-EDGE - mu if a == 0 else mu - EDGE) / tau))
        total += float(logsumexp(parts))
    return total


def highest(value: Callable[[float], float], points: Floats) -> float:
    """Maximise over one number, from the best of some points on."""
    at = int(np.argmax([value(p) for p in points]))
    found = minimize_scalar(
        lambda p: -value(p), bounds=(points[at - 1], points[at + 1]), options={"xatol": 1e-9}
    )
    return -float(found.fun)


@pytest.mark.parametrize(("x", "n"), FAR_OUT)
def test_far_limits_are_finite_and_where_the_likelihood_has_fallen(
    x: list[int], n: list[int]
) -> None:
    fit = pool(x, n, model="glmm", ci="profile")
    top = log_likelihood(x, n, fit.coef, math.sqrt(fit.tau2))
    upper = math.sqrt(fit.tau2_ci[1])
    mu = max(fit.details["effect_ci"], key=abs)
    over_mu = highest(lambda u: log_likelihood(x, n, u * upper, upper), np.linspace(-4, 4, 17))
    over_tau = highest(lambda s: log_likelihood(x, n, mu, math.exp(s)), np.linspace(-1, 8, 19))
    falls = [2 * (top - value) for value in (over_mu, over_tau)]
    assert falls == pytest.approx([chi2.ppf(0.95, 1)] * 2, abs=1e-9)
    assert "profile-limit-open" not in {c.code for c in fit.cautions}


def test_a_limit_too_far_to_look_for_is_open_and_said_to_be() -> None:
    fit = pool([0, 10, 5], [10, 10, 10], model="glmm", ci="profile", level=0.9999)
    assert fit.tau2_ci[1] == math.inf
    assert "profile-limit-open" in {c.code for c in fit.cautions}


def test_a_far_limit_in_a_batch_is_that_of_its_dataset_alone() -> None:
    x, n = np.array([[0, 3, 1], [10, 4, 5], [5, 2, 9]]), np.full((3, 3), 10)
    model = BinomialNormal(ci="profile")
    alone = [model(x[:, j], n[:, j]) for j in range(3)]
    whole = model(x, n)
    assert whole.tau2_ci == pytest.approx(np.vstack([f.tau2_ci for f in alone]), rel=1e-9)
    assert whole.ci == pytest.approx(np.vstack([f.ci for f in alone]), abs=1e-12)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_root_is_found_up_to_the_limit_and_not_beyond(sign: float) -> None:
    roots = sign * np.array([59.9, 60.0, 60.1, 0.5, 80.0])

    def past(x: Floats) -> tuple[Floats, Floats]:
        return sign * (x - roots) + 1e-9, np.full_like(x, sign)

    low, high = widen(past, sign * np.array([0, 0, 0, 0, 79.0]), np.full(5, sign * 7.0), 60.0)
    found = root(past, low, high)
    assert found[[0, 1, 3, 4]] == pytest.approx(roots[[0, 1, 3, 4]], abs=1e-6)
    assert found[2] == sign * math.inf


@pytest.mark.filterwarnings("error")
def test_a_slope_of_nearly_nothing_is_no_reason_to_warn() -> None:
    ends = np.zeros(1), np.full(1, 4.0)
    assert root(lambda x: (x - 1, np.full(1, 1e-300)), *ends) == pytest.approx([1], abs=1e-9)
