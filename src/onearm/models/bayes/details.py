"""What a posterior tells besides the estimates: moments, probabilities, predicted counts."""

from __future__ import annotations

import numpy as np
from scipy.special import logit, xlog1py, xlogy

from onearm.models.arrays import Floats, Ints
from onearm.models.bayes.grid import Grid
from onearm.models.bayes.priors import Prior
from onearm.models.bayes.summary import Posterior, overlap
from onearm.models.bayes.windows import stretch, tau_of
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.models.binomial_normal.likelihood import log_choose
from onearm.models.glmm.likelihood import saturated


def tau_moments(post: Posterior, events: Ints, n: Ints, prior: Prior) -> tuple[Floats, Floats]:
    """Give mean and standard deviation of tau, infinite where the integral diverges.

    Under a half-Cauchy prior the posterior falls as tau to the power -(2 + m), m being
    the number of studies with some events and some without.

    Parameters
    ----------
    post : Posterior
    events, n : ndarray of int, shape (k, d)
    prior : Prior
        Of tau.
    """
    first = post.tau_moment(1)
    second = np.sqrt(np.maximum(post.tau_moment(2) - first**2, 0.0))
    if prior.family == "half-cauchy":
        m = ((events > 0) & (events < n)).sum(axis=0)
        first, second = np.where(m > 0, first, np.inf), np.where(m > 1, second, np.inf)
    return first, second


def prior_overlap(post: Posterior, prior: Prior) -> Floats:
    """Give the common area of the prior and the posterior density of tau.

    Parameters
    ----------
    post : Posterior
    prior : Prior
        Of tau.
    """
    u = np.linspace(post.u.points[:, 0], post.u.points[:, -1], 1001, axis=1)
    return overlap(post.u.at(u)[1], np.exp(prior.log_density(tau_of(u))) * stretch(u), u)


def exceedance(post: Posterior, threshold: float) -> dict[str, Floats]:
    """Give the probabilities that a new study's rate, the median and the mean exceed a threshold.

    Parameters
    ----------
    post : Posterior
    threshold : float
        A proportion.
    """
    at = np.full((len(post.mu_mean), 1), float(logit(threshold)))
    return {
        "new_rate_above": 1 - post.new_cdf(at)[0][:, 0],
        "median_above": 1 - post.mu_cdf(at)[0][:, 0],
        "mean_above": 1 - post.mean_cdf()(at)[0][:, 0],
    }


def next_events(grid: Grid, m: int) -> Floats:
    """Give the predictive probabilities of 0..m events among a new centre's m patients.

    Parameters
    ----------
    grid : Grid
        Of the posterior.
    m : int
    """
    d = grid.mu.shape[0]
    x = np.repeat(np.arange(m + 1.0)[:, None], d, axis=1)
    n = np.full_like(x, float(m))
    log_likelihood = study_likelihoods(x, n, grid.mu, grid.tau)[0]
    density = np.exp(log_likelihood + log_choose(x, n)[:, :, None, None])
    return np.asarray(np.einsum("dtm,ydtm->dy", grid.weight, density), dtype=float)


def heterogeneity(events: Ints, n: Ints) -> tuple[Floats, Floats]:
    """Give the likelihood-ratio Q of equal proportions and its degrees of freedom.

    Parameters
    ----------
    events, n : ndarray of int, shape (k, d)
    """
    x, m = events.astype(float), n.astype(float)
    p = x.sum(axis=0) / np.maximum(m.sum(axis=0), 1.0)
    common = (xlogy(x, p) + xlog1py(m - x, -p)).sum(axis=0)
    q = np.maximum(2 * (saturated(x, m) - common), 0.0)
    return q, np.maximum((n > 0).sum(axis=0) - 1.0, 0.0)
