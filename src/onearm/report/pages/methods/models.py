"""The models of a plan in words and formulas: estimates, intervals, heterogeneity."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from onearm.analysis.plain import NEXT
from onearm.evidence import ModelPlan, Protocol
from onearm.models import Bayes
from onearm.report.kit.formulas import STUDY, display, inline, model_formulas
from onearm.report.kit.html import Html, folded, joined, link, prose
from onearm.report.kit.model_words import PREDICTIONS, level_words, model_words
from onearm.report.kit.references import cite
from onearm.words import count

__all__ = ["companions", "heterogeneity", "prediction", "primary", "rationale",
           "single_studies"]  # fmt: skip

#: What speaks for a model, and what it costs.
WHY = {
    "bayes": (
        "Its likelihood is that of the counts themselves, so that a study with no event, or with "
        "nothing else, enters as it is and needs no added half. Where there are only two or three "
        "studies, or the likelihood has no maximum, it still gives an estimate and intervals. Its "
        "prediction interval carries what is not known of the centre and of tau. It is integrated "
        "and not sampled, so that the same counts give the same digits.",
        "Its price is the prior on tau.",
    ),
    "glmm": (
        "Its likelihood is that of the counts themselves, so that nothing is added to a study with "
        "no event, or with nothing else.",
        "Its price is that a maximum need not exist, and that its standard errors are too small "
        "where studies are few.",
    ),
    "beta-binomial": (
        "Its likelihood is that of the counts themselves, and has a closed form.",
        "Its price is that a maximum need not exist, and that its standard errors are too small "
        "where studies are few.",
    ),
    "inverse-variance": (
        "It is the method that most published meta-analyses use, and so can be compared with them.",
        "Its price is that each study's estimate is taken to be normal with a known variance, "
        "which small counts are not.",
    ),
}
#: Below which multiple of its scale a prior on tau has 95 % of its probability.
_TAIL = {"half-normal": 1.959964, "half-cauchy": 12.706205}
_HONEST = "Is-the-method-honest-for-studies-of-these-sizes"


def primary(protocol: Protocol) -> Html:
    """Describe the primary model, with its formulas."""
    model = protocol.primary
    label = f"{model.label}: {model_words(model)}" if model.label else _capital(model_words(model))
    return joined(
        prose(Markup("{}. {} {}").format(label, _estimator(model), _sources(model))),
        display(*model_formulas(model), name="Formulas of the primary model"),
    )


def rationale(protocol: Protocol) -> Html:
    """Say what speaks for the primary model, what it costs, and where that is measured."""
    model, level = protocol.primary, level_words(protocol)
    gain, price = WHY[model.model]
    pages = Markup("; ").join(
        link(f"{plan.code}-robustness.html#{_HONEST}", plan.short) for plan in protocol.outcome
    )
    return prose(
        f"Why this model: {gain}",
        Markup(
            "{}{} How often its {} interval holds the truth for studies of exactly the sizes at "
            "hand, where it falls short, and how wide the methods are that do not, is told on the "
            "robustness page of each outcome: {}."
        ).format(price, _prior_price(model, level), level, pages),
    )


def _prior_price(model: ModelPlan, level: str) -> str:
    """Say what the prior on tau asserts, and where it may be wrong."""
    if model.model != "bayes":
        return ""
    options: dict[str, Any] = model.options
    chosen = Bayes(**options)
    prior = chosen.priors[1]
    most = prior.scale * _TAIL[prior.family]
    return (
        f" {_capital(chosen.tau_prior)} says with 95 % probability that tau is below {most:.3g}; "
        f"where tau is in truth near {prior.scale:g} or above it and studies are few, the interval "
        f"can hold the truth less often than {level} of the time."
    )


def companions(protocol: Protocol) -> Html:
    """Describe every companion with its formulas, folded away."""
    parts = [
        folded(
            companion.label,
            prose(Markup("{}. {}").format(_capital(model_words(companion)), _sources(companion))),
            display(*model_formulas(companion), name=f"Formulas: {companion.label}"),
        )
        for companion in protocol.companions
    ]
    return joined(*parts) if parts else prose("The plan names no companion model.")


def single_studies(protocol: Protocol) -> Html:
    """Say how the interval of a single study is made."""
    return joined(
        prose(
            Markup(
                "Each study of {} events among {} patients has its exact interval at {} {}, "
                "recomputed from the counts whatever was printed, with {} the quantile of a beta "
                "distribution; at {} the lower limit is 0, at {} the upper one is 1."
            ).format(inline("x"), inline("n"), level_words(protocol), cite("clopper1934"),
                     inline("B_q(a, b)"), inline("x = 0"), inline("x = n"))
        ),
        display(*STUDY, name="Exact interval of a study"),
    )  # fmt: skip


def prediction(protocol: Protocol) -> Html:
    """Say what the prediction interval is, and from how many studies on it is shown."""
    least = protocol.gates.get("prediction_interval", 3)
    said = Markup(
        "{} It holds the true rate of a further study like these with probability {}, and is "
        "shown from {} on {}."
    ).format(
        PREDICTIONS[protocol.primary.model],
        level_words(protocol),
        count(least, "study", "studies"),
        cite("higgins2009"),
    )
    plain = Markup("Rates are told as so many of 100 patients too {}.").format(
        cite("gigerenzer2003")
    )
    if protocol.primary.model == "bayes":
        plain += Markup(
            " “Of the next {}” are the events to be expected among the next {} patients of a new "
            "centre, at {}: its own rate is uncertain, and so is how many of its patients have "
            "the event."
        ).format(NEXT, NEXT, level_words(protocol))
    return prose(said, plain)


def heterogeneity(protocol: Protocol) -> Html:
    """Say how the spread between studies is measured."""
    from_model = (
        "Under the primary model it is the posterior median with its equal-tailed interval."
        if protocol.primary.model == "bayes"
        else "Under the primary model it is that model's own estimate."
    )
    return prose(
        Markup("The measure of heterogeneity is {}, the standard deviation between studies. {} "
               "Beside it stands the REML estimate of the inverse-variance model on logits, with "
               "its interval by Q-profile {}.").format(
            inline(r"\tau"), from_model, cite("veroniki2016", "viechtbauer2007")),
        Markup("{} is the share of {} in the total, {}, with {} the typical sampling variance and "
               "{}: it is computed from {} and not from {} {}. It says nothing of how far rates "
               "lie apart {}, and never decides anything here.").format(
            inline("I^2"), inline(r"\tau^2"), inline(r"I^2 = \frac{\tau^2}{\tau^2 + s^2}"),
            inline(r"s^2 = \frac{(k-1)\sum_i w_i}{(\sum_i w_i)^2 - \sum_i w_i^2}"),
            inline("w_i = 1/v_i"), inline(r"\tau^2"), inline("Q"), cite("higgins2002"),
            cite("migliavaca2022")),
    )  # fmt: skip


def _estimator(model: ModelPlan) -> str:
    if model.model == "bayes":
        return (
            "The estimate is the posterior median of the median proportion. The integrals are "
            "done by quadrature to rounding; nothing is drawn at random."
        )
    if model.model == "beta-binomial":
        return "The estimate is the median of the fitted beta distribution."
    return "The estimate is the back-transformed centre."


def _sources(model: ModelPlan) -> Markup:
    """Return what a model rests on."""
    if model.model == "bayes":
        return cite("stijnen2010", "rover2021", "trefethen2014")
    if model.model in ("glmm", "beta-binomial"):
        return cite("stijnen2010")
    keys = {
        "knapp-hartung-conservative": ("knapp2003", "rover2015"),
        "knapp-hartung": ("knapp2003",),
    }.get(model.ci or "knapp-hartung-conservative", ())
    scale = ("freeman1950", "miller1978", "schwarzer2019")
    return cite("pymare", *keys, *(scale if model.transform == "freeman-tukey" else ()))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
