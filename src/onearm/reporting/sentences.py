"""Sentences made from the protocol, the evidence and the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup

from onearm.evidence import Evidence, Finding, ModelPlan, OutcomePlan, Protocol
from onearm.reporting.html import Html, bullets, prose
from onearm.words import count, listing, percent

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
REFERENCES = {
    "Stijnen, Hamza and Özdemir 2010 (binomial-normal)": "10.1002/sim.4040",
    "Röver et al. 2021 (priors on tau)": "10.1002/jrsm.1475",
    "PyMARE": "10.21105/joss.06386",
    "Knapp and Hartung 2003": "10.1002/sim.1482",
    "Röver, Knapp and Friede 2015": "10.1186/s12874-015-0091-1",
    "Viechtbauer 2007 (Q-profile)": "10.1002/sim.2514",
    "Higgins, Thompson and Spiegelhalter 2009 (prediction)": "10.1111/j.1467-985X.2008.00552.x",
    "Clopper and Pearson 1934": "10.1093/biomet/26.4.404",
}


def plan_sentence(plan: OutcomePlan, protocol: Protocol) -> str:
    """Say how the protocol counts an outcome and when it pools."""
    pooling = protocol.pooling
    least = plan.min_n or pooling.minimum_n
    return (
        f"Counted per {plan.denominator} patient; rows of fewer than {least} patients stay out. "
        f"From {pooling.headline_k} studies on the pool is a headline, "
        f"{count(pooling.provisional_k, 'study', 'studies')} make it provisional, one study is "
        f"shown as it is. The proportion that matters is {percent(plan.threshold)} "
        f"({plan.direction} is better): {plan.threshold_reason}"
    )


def methods(protocol: Protocol) -> Html:
    """Describe the primary model and the companions, with references."""
    level = f"{100 * protocol.pooling.level:g} %"
    companions = listing([companion.label for companion in protocol.companions])
    said = [
        f"Primary model: {model_words(protocol.primary)}. Intervals are at {level}.",
        "The estimate is the median proportion across studies (the back-transformed centre); "
        "the marginal mean, the average over studies, stands beside it. "
        f"{PREDICTIONS[protocol.primary.model]} Study intervals are exact (Clopper–Pearson), "
        "recomputed from the counts for every study. I² comes from the tau² of the "
        "inverse-variance model by REML, its interval by Q-profile.",
        f"Companion models, as sensitivity: {companions}." if companions else "",
    ]
    references = Markup("References: {}.").format(
        Markup("; ").join(
            Markup('{} <a href="https://doi.org/{}">doi:{}</a>').format(name, doi, doi)
            for name, doi in REFERENCES.items()
        )
    )
    return prose(*(text for text in said if text), references)


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
    added = "; half an event is added to both cells of a study at 0/n or n/n, and to no other"
    return (
        f"random effects by inverse variance on {transform} (PyMARE), tau² by "
        f"{model.tau2 or 'REML'}, with {INTERVALS[model.ci or 'knapp-hartung-conservative']}"
        + (added if model.transform in (None, "logit", "log", "raw") else "")
    )


def scope_sentence(evidence: Evidence) -> str:
    """Say how much evidence there is."""
    parts = []
    for name in ("core", "extended"):
        studies = evidence.studies[evidence.studies["evidence_set"] == name]
        rows = evidence.outcomes[evidence.outcomes["study_id"].isin(studies["study_id"])]
        parts.append(
            f"{name}: {count(len(studies), 'study', 'studies')} with {count(len(rows), 'row')}"
        )
    return f"Extracted — {'; '.join(parts)}. {count(len(evidence.records), 'record')} were met."


def protocol_list(protocol: Protocol) -> Html:
    """List the deviations from the plan."""
    return bullets(
        (f"{item.date}: {item.what} Why: {item.why}" for item in protocol.deviation),
        none="No deviation from the protocol is recorded.",
    )


def warnings_list(findings: Iterable[Finding]) -> Html:
    """Count the audit's findings by severity and name the warnings."""
    findings = list(findings)
    counted = Counter(finding.severity for finding in findings)
    total = ", ".join(count(counted[kind], kind) for kind in ("error", "warning", "note"))
    first = prose(Markup('The audit has {}; <a href="evidence.html">all of them with their '
                         "place</a>.").format(total))  # fmt: skip
    warned = bullets(
        (finding.sentence for finding in findings if finding.severity == "warning"),
        none="No warning.",
    )
    return Html(f"{first.html}\n{warned.html}", f"{first.text}\n{warned.text}")
