"""Models and their options in words, made from the plan."""

from __future__ import annotations

from onearm.evidence import ModelPlan, Protocol

__all__ = ["PREDICTIONS", "TRANSFORMS", "interval_word", "level_words", "model_words"]

TRANSFORMS = {
    "logit": "logits",
    "log": "logarithms",
    "arcsine": "arcsine square roots",
    "freeman-tukey": "Freeman–Tukey double arcsines",
    "raw": "raw proportions",
}
INTERVALS = {
    "knapp-hartung-conservative": "the Knapp–Hartung interval in the form that is never narrower "
    "than Wald's (its factor is not allowed below 1; t with k − 1 degrees of freedom)",
    "knapp-hartung": "the Knapp–Hartung interval",
    "t": "Wald's standard error with t on k − 1 degrees of freedom",
    "wald": "the Wald interval",
}
LIKELIHOODS = {
    "glmm": "exact binomial likelihood with normally distributed logits (a binomial-normal GLMM), "
    "by maximum likelihood",
    "beta-binomial": "beta-binomial likelihood, by maximum likelihood",
}
PREDICTIONS = {
    "bayes": "The prediction interval is that of the true rate of a new study under the posterior.",
    "glmm": "The prediction interval takes t with k − 1 degrees of freedom on logits.",
    "beta-binomial": "The prediction interval is that of the fitted beta distribution.",
    "inverse-variance": "The prediction interval takes t with k − 1 degrees of freedom.",
}
LIMITS = {
    "t": "limits by t with k − 1 degrees of freedom",
    "wald": "Wald limits",
    "profile": "profile-likelihood limits",
}
CORRECTIONS = {
    "only0": "half an event is added to both cells of a study at 0/n or n/n, and to no other",
    "if0all": "half an event is added to both cells of every study where one is at 0/n or n/n",
    "all": "half an event is added to both cells of every study",
    "none": "nothing is added to studies at 0/n or n/n, which the scale then leaves out",
}


def model_words(model: ModelPlan) -> str:
    """Describe a model with its options in one phrase."""
    if model.model == "bayes":
        return (
            "exact binomial likelihood with normally distributed logits, Bayesian by "
            "deterministic quadrature (no sampling), prior "
            f"{model.mu_prior or 'logistic'} on the median's logit and "
            f"{model.tau_prior or 'half-normal(1)'} on tau, with equal-tailed credible intervals"
        )
    if model.model != "inverse-variance":
        return f"{LIKELIHOODS[model.model]}, with {LIMITS[model.ci or 't']}"
    transform = TRANSFORMS[model.transform or "logit"]
    corrected = model.transform in (None, "logit", "log", "raw")
    return (
        f"random effects by inverse variance on {transform} (PyMARE), tau² by "
        f"{model.tau2 or 'REML'}, with {INTERVALS[model.ci or 'knapp-hartung-conservative']}"
        + (f"; {CORRECTIONS[model.correction or 'only0']}" if corrected else "")
    )


def interval_word(model: ModelPlan) -> str:
    """Return what the intervals of a model are."""
    return "credible interval" if model.model == "bayes" else "confidence interval"


def level_words(protocol: Protocol) -> str:
    """Return the level of a plan's intervals."""
    return f"{100 * protocol.pooling.level:g} %"
