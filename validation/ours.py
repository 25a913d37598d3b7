"""What onearm gives, block by block, in the vocabulary of the references.

A block is a path such as ``uni/PLO/REML/adhoc``; it stands for the numbers that one fit
in R prints. Every function takes a dataset and gives the numbers under R's names.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from scipy.special import logit

from onearm import models
from onearm.evidence.audit.printed_intervals import METHODS
from onearm.models.beta_binomial.maximum import log_likelihood
from onearm.models.binomial_normal.grid import study_likelihoods
from onearm.models.binomial_normal.likelihood import log_choose, trapezoid
from onearm.models.glmm.likelihood import evaluate
from onearm.models.inverse_variance.transforms import effects

Numbers = dict[str, float]

MEASURES = {
    "PLO": "logit",
    "PLN": "log",
    "PAS": "arcsine",
    "PFT": "freeman-tukey",
    "PR": "raw",
}
METAPROP = {
    "PLOGIT": "logit",
    "PLN": "log",
    "PAS": "arcsine",
    "PFT": "freeman-tukey",
    "PRAW": "raw",
}
TESTS = {
    "z": ("wald", "normal"),
    "t": ("t", "t(k-1)"),
    "knha": ("knapp-hartung", "t(k-1)"),
    "adhoc": ("knapp-hartung-conservative", "t(k-1)"),
}


def tau2_name(method: str) -> str:
    """Give our name of an estimator; R's EE and FE are the common effect."""
    return "common" if method in ("EE", "FE") else method


def escalc(x: Any, n: Any, measure: str, to: str) -> Numbers:
    """Give effects and variances, numbered by study."""
    y, v, _ = effects(np.array(x)[:, None], np.array(n)[:, None], MEASURES[measure], to)
    used = np.isfinite(v[:, 0])
    return {f"yi{i}": y[i, 0] for i in np.flatnonzero(used)} | {
        f"vi{i}": v[i, 0] for i in np.flatnonzero(used)
    }


def uni(x: Any, n: Any, measure: str, method: str, test: str) -> Numbers:
    """Give one inverse-variance fit."""
    ci, prediction = TESTS[test]
    fit = models.pool(
        x,
        n,
        model="inverse-variance",
        transform=MEASURES[measure],
        tau2=tau2_name(method),
        ci=ci,
        prediction=prediction,
    )
    low, high = fit.details.get("effect_ci", (np.nan, np.nan))
    ahead = fit.details.get("effect_prediction", (np.nan, np.nan))
    out = {
        "b": fit.coef,
        "se": fit.se,
        "ci.lb": low,
        "ci.ub": high,
        "tau2": fit.tau2,
        "I2": 100 * fit.i2,
        "H2": fit.h2,
        "QE": fit.q,
        "QEp": fit.q_pvalue,
        "bt.est": fit.estimate,
        "bt.ci.lb": fit.ci[0],
        "bt.ci.ub": fit.ci[1],
        "ll": fit.loglik,
        "qp.lb": fit.tau2_ci[0],
        "qp.ub": fit.tau2_ci[1],
    }
    if tau2_name(method) != "common":
        out |= {"pi.lb": ahead[0], "pi.ub": ahead[1]}
    return out


def glmm(x: Any, n: Any, ci: str = "wald") -> Numbers:
    """Give the binomial-normal maximum and what follows from it."""
    fit = models.pool(x, n, model="glmm", ci=ci)
    if fit.verdict.code not in ("estimable", "constant"):
        return {}
    low, high = fit.details["effect_ci"]
    ahead = fit.prediction_interval
    out = {
        "b": fit.coef,
        "se": fit.se,
        "tau2": fit.tau2,
        "ll": fit.loglik,
        "QE.LRT": fit.q,
        "QEp.LRT": fit.q_pvalue,
        "I2": 100 * fit.i2,
        "H2": fit.h2,
        "marginal.p": fit.mean_proportion,
        "LRT.tau2": fit.details["lrt_tau2"],
        "b.FE": fit.details["coef_common"],
        "se.FE": fit.details["se_common"],
    }
    if ci == "profile":
        return {
            "pl.mu.lb": low,
            "pl.mu.ub": high,
            "pl.tau.lb": fit.tau2_ci[0] ** 0.5,
            "pl.tau.ub": fit.tau2_ci[1] ** 0.5,
        }
    return out | {
        "ci.lb": low,
        "ci.ub": high,
        "bt.pi.lb": ahead[0],
        "bt.pi.ub": ahead[1],
        "se.tau": fit.details["se_tau"],
    }


def beta_binomial(x: Any, n: Any) -> Numbers:
    """Give the beta-binomial maximum."""
    fit = models.pool(x, n, model="beta-binomial", ci="wald")
    if fit.verdict.code not in ("estimable", "constant"):
        return {}
    return {
        "p": fit.mean_proportion,
        "rho": fit.details["rho"],
        "ll": fit.loglik,
        "logit.p": fit.coef,
        "se.logit.p": fit.se,
        "se.log.phi": fit.details["se_log_phi"],
        "LRT": fit.details["lrt_rho"],
        "ci.p.lb": fit.mean_ci[0],
        "ci.p.ub": fit.mean_ci[1],
        "pi.lb": fit.prediction_interval[0],
        "pi.ub": fit.prediction_interval[1],
    }


def bayes(x: Any, n: Any, mu_prior: str, tau_prior: str) -> Numbers:
    """Give the posterior."""
    model = models.Bayes(mu_prior=mu_prior, tau_prior=tau_prior, threshold=0.5)
    post = model.posterior(x, n)
    d = {name: value[0] for name, value in model(x, n).details.items()}
    return {
        "log_marginal_likelihood": d["log_evidence"],
        "mu.mean": d["mu_mean"],
        "mu.sd": d["mu_sd"],
        "tau.mean": d["tau_mean"],
        "tau.sd": d["tau_sd"],
        "tau.median": d["tau_median"],
        "tau.q025": d["tau_ci"][0],
        "tau.q975": d["tau_ci"][1],
        "theta_new.median": d["new_logit_median"],
        "theta_new.q025": d["new_logit_ci"][0],
        "theta_new.q975": d["new_logit_ci"][1],
        "p_pooled.mean": d["median_proportion_mean"],
        "p_new.mean": d["new_rate_mean"],
        "mu.median": d["mu_median"],
        "mu.q025": d["mu_ci"][0],
        "mu.q975": d["mu_ci"][1],
        "P_mu_gt_0": d["median_above"],
        "P_tau_gt_0.5": float(post.tau_above(0.5)[0]),
    }


def regression(x: Any, n: Any, name: str, values: Any, model: str, **options: Any) -> Numbers:
    """Give a meta-regression on one moderator."""
    fit = models.meta_regression(x, n, {name: values}, model=model, **options)
    out = {
        "tau2": fit.tau2,
        "QM": fit.qm,
        "QMp": fit.qm_pvalue,
        "QE": fit.qe,
        "QE.LRT": fit.qe,
        "ll": fit.loglik,
        "R2": 100 * fit.r2,
        "I2": 100 * fit.i2,
    }
    for j, c in enumerate(fit.coefficients):
        out |= {f"b{j}": c.estimate, f"se{j}": c.se, f"pval{j}": c.pvalue, f"ci.lb{j}": c.ci[0]}
    return out


METHODS_OF_INTERVALS = {
    "clopper_pearson": "Clopper–Pearson",
    "wilson": "Wilson",
    "wilson_cc_newcombe": "Wilson with continuity correction",
    "agresti_coull": "Agresti–Coull",
    "jeffreys_raw": "Jeffreys",
    "wald": "Wald",
    "midp": "mid-P",
}
"""Names of the intervals of one count, in the references and in the audit."""


@cache
def study_limits(name: str, events: int, n: int) -> tuple[float, float]:
    """Give one study's interval by the method that the audit recognises under a name."""
    low, high = METHODS[METHODS_OF_INTERVALS[name]](events, n, 0.95)
    return float(low), float(high)


def binomial_normal(x: Any, n: Any, mu: Any, tau: Any) -> dict[str, Any]:
    """Give the log-likelihood at points (mu, tau) by both of the ways that onearm has."""
    events, patients = (np.asarray(a, dtype=float)[:, None] for a in (x, n))
    centre, spread = np.asarray(mu, dtype=float), np.asarray(tau, dtype=float)
    constant = float(log_choose(events, patients).sum())
    grid, _ = study_likelihoods(events, patients, centre[None, :, None], spread[None, :])
    xs, ns = (np.repeat(a, len(centre), axis=1) for a in (events, patients))
    climbed = evaluate(xs, ns, np.ones((len(events), 1)), centre[None], spread, trapezoid)
    return {
        "ll": climbed.value + constant,
        "ll of the grid": grid[:, 0, :, 0].sum(axis=0) + constant,
    }


def beta_log_likelihood(x: Any, n: Any, p: Any, rho: Any) -> Any:
    """Give the beta-binomial log-likelihood at means p and correlations rho."""
    xs, ns = (np.repeat(np.asarray(a, dtype=float)[:, None], len(p), axis=1) for a in (x, n))
    theta = np.stack([logit(np.asarray(p)), np.log(1 / np.asarray(rho) - 1)], axis=1)
    return log_likelihood(xs, ns, theta) + log_choose(xs, ns).sum(axis=0)


def metaprop(x: Any, n: Any, measure: str, fit: str, version: str) -> Numbers:
    """Give what metaprop of the R package meta prints, whose prediction intervals changed."""
    method, test = fit.split("_")
    options = {
        "model": "inverse-variance",
        "transform": METAPROP[measure],
        "prediction_se": "wald",
    }
    random = models.pool(
        x,
        n,
        tau2=method,
        ci="wald" if test == "classic" else "knapp-hartung",
        prediction="t(k-2)" if version.startswith("meta_6") else "t(k-1)",
        **options,
    )
    common = models.pool(x, n, tau2="common", ci="wald", **options)
    out = {"seTE.common": common.se, "seTE.random": random.se, "tau2": random.tau2}
    out |= {"Q": random.q, "pval.Q": random.q_pvalue, "I2": common.i2}
    for name, result in (("common", common), ("random", random)):
        low, high = result.details["effect_ci"]
        out |= {f"TE.{name}": result.coef, f"lower.{name}": low, f"upper.{name}": high}
        out |= {f"bt.TE.{name}": result.estimate}
        out |= {f"bt.lower.{name}": result.ci[0], f"bt.upper.{name}": result.ci[1]}
    ends = random.details["effect_prediction"], random.tau2_ci
    for name, (low, high) in zip(("predict", "tau2"), ends, strict=True):
        out |= {f"lower.{name}": low, f"upper.{name}": high}
    return out


def subsets(x: Any, n: Any, masks: Any, model: models.Model) -> dict[str, Any]:
    """Fit many subsets of one dataset in a single batch; masks are (studies, subsets)."""
    events, patients = (np.where(masks, np.array(a)[:, None], 0) for a in (x, n))
    fit = model(events, patients)
    k = (patients > 0).sum(axis=0)
    return {
        "k": k,
        "b": fit.coef,
        "se": fit.se,
        "tau2": fit.tau2,
        "ll": fit.loglik,
        "Q": fit.q,
        "I2": 100 * fit.i2,
    }


def leave_one_out(k: int) -> Any:
    """Give the masks of all subsets that lack one study."""
    return ~np.eye(k, dtype=bool)


def cumulative(k: int) -> Any:
    """Give the masks of the first one, two, three, … studies."""
    return np.triu(np.ones((k, k), dtype=bool))


def all_subsets(k: int) -> Any:
    """Give the masks of all subsets that are not empty, by bit number."""
    number = np.arange(1, 2**k)
    return (number[None, :] >> np.arange(k)[:, None]) & 1 > 0


Producer = Callable[..., Numbers]
