"""The Bayesian model in words and formulas."""

from __future__ import annotations

from dataclasses import replace

from onearm.models.bayes.priors import Prior
from onearm.models.description import (
    BINOMIAL,
    CONFIDENCE,
    CREDIBLE,
    EXACT,
    LIKELIHOOD,
    NORMAL,
    Description,
)
from onearm.models.exact_interval.promise import PRECISION

TAIL = {"half-normal": 1.959964, "half-cauchy": 12.706205}
"""Below which multiple of its scale a prior on tau has 95 % of its probability."""


def describe(
    mu_prior: str, tau_prior: str, priors: tuple[Prior, Prior], level: float
) -> Description:
    """Describe the model under its priors.

    Parameters
    ----------
    mu_prior, tau_prior : str
        As they are written.
    priors : tuple of Prior
        The same, of mu and of tau.
    level : float
        Of the intervals.
    """
    return Description(
        name=f"Bayesian binomial–normal model, {tau_prior} on tau",
        words=(
            "exact binomial likelihood with normally distributed logits, Bayesian by "
            f"deterministic quadrature (no sampling), prior {mu_prior} on the median's logit and "
            f"{tau_prior} on tau, with equal-tailed {CREDIBLE}s"
        ),
        estimate=(
            "The estimate is the posterior median of the median proportion. The integrals are "
            "done by quadrature to rounding; nothing is drawn at random."
        ),
        prediction=(
            "The prediction interval is that of the true rate of a new study under the posterior."
        ),
        spread="Under the primary model it is the posterior median with its equal-tailed interval.",
        gain=(
            f"{EXACT}, so that a study with no event, or with nothing else, enters as it is and "
            "needs no added half. Where there are only two or three studies, or the likelihood has "
            "no maximum, it still gives an estimate and intervals. Its prediction interval carries "
            "what is not known of the centre and of tau. It is integrated and not sampled, so that "
            "the same counts give the same digits."
        ),
        price=_price(tau_prior, priors[1], level),
        interval=CREDIBLE,
        formulas=(
            BINOMIAL,
            NORMAL,
            *_formulas(*priors),
            *LIKELIHOOD,
            r"p(\mu, \tau \mid x) \propto p(\mu)\, p(\tau)\, L(\mu, \tau)",
        ),
        sources=("stijnen2010", "rover2021", "trefethen2014"),
    )


def describe_exact(told: Description, tau_max: float, level: float) -> Description:
    """Describe the model with the exact interval.

    Parameters
    ----------
    told : Description
        With the credible interval.
    tau_max : float
    level : float
    """
    share = f"{100 * level:g} %"
    return replace(
        told,
        limits=f"limits exact for studies of these sizes up to tau {tau_max:g}",
        words=told.words.replace(
            f"with equal-tailed {CREDIBLE}s",
            f"with a {CONFIDENCE} {_right_in(share, tau_max)}",
        ),
        promise=f"{share} interval, {_right_in(share, tau_max)}.",
        estimate=f"{told.estimate} {_EXACT_TEST}",
        prediction=(
            "The prediction interval is that of the true rate of a new study under the posterior, "
            f"at the smallest level at which it holds {share} of such rates for studies of these "
            f"sizes, whatever the true median from 1 to 99 % and tau up to {tau_max:g}."
        ),
        gain=f"{told.gain} {_EXACT_GAIN}",
        price=(
            f"Its price is width, and a limit on what is allowed for: where tau is above "
            f"{tau_max:g} the interval can hold the truth less often than {share} of the time. "
            "The prior on tau decides only which results count as far away, so how wide the "
            "interval is, not how often it is right. The marginal mean and tau keep the "
            f"{CREDIBLE}s of the posterior."
        ),
        interval=CONFIDENCE,
        formulas=(
            *told.formulas,
            r"a_x(p) = 2 \min\{F_x(p),\, 1 - F_x(p)\},\quad "
            r"F_x(p) = P(\mathrm{expit}\,\mu \le p \mid x)",
            rf"\pi_x(p) = \max_{{0 \le \tau \le {tau_max:g}}} "
            r"P_{p,\tau}\{a_X(p) \le a_x(p)\}",
            rf"\mathrm{{interval}} = \mathrm{{hull}}\{{p : \pi_x(p) > {1 - level:.4g}\}}",
        ),
        sources=(*told.sources, "michael2019", "little2006"),
    )


def _right_in(share: str, tau_max: float) -> str:
    """Say how often the exact interval is right."""
    return (
        f"exact for studies of these sizes: right in at least {share} of samples whatever the "
        f"true rate, as long as studies differ by no more than tau {tau_max:g}"
    )


_EXACT_TEST = (
    "The interval inverts an exact test: a median is kept unless results at least as far from it "
    "as the one seen, by the posterior's two-sided tail probability, are too rare under every "
    "spread that is allowed for. All results that studies of these sizes can show are gone "
    "through; where there are too many, they are drawn with a fixed seed, and the upper 99 % "
    "confidence limit of the p-value takes its place. Where even these do not give the limits to "
    f"within {100 * PRECISION:g} percentage points, the credible interval is shown instead."
)
_EXACT_GAIN = (
    "Its interval keeps its level for studies of just these sizes, few and small as they may be, "
    "and not only when there are many."
)


def _price(written: str, tau: Prior, level: float) -> str:
    """Say what the prior on tau asserts, and where it may be wrong."""
    most = tau.scale * TAIL[tau.family]
    return (
        f"Its price is the prior on tau. {written[:1].upper()}{written[1:]} says with 95 % "
        f"probability that tau is below {most:.3g}; where tau is in truth near {tau.scale:g} or "
        "above it and studies are few, the interval can hold the truth less often than "
        f"{100 * level:g} % of the time."
    )


def _formulas(mu: Prior, tau: Prior) -> tuple[str, str]:
    centre = {
        "logistic": rf"\mu \sim \mathrm{{Logistic}}(0,\, {mu.scale:g})",
        "normal": rf"\mu \sim N(0,\, {mu.scale:g}^2)",
    }
    spread = {
        "half-normal": rf"\tau \sim \left|N(0,\, {tau.scale:g}^2)\right|",
        "half-cauchy": rf"\tau \sim \left|\mathrm{{Cauchy}}(0,\, {tau.scale:g})\right|",
    }
    return centre[mu.family], spread[tau.family]
