"""The models of a plan in words and formulas: estimates, intervals, heterogeneity."""

from __future__ import annotations

from markupsafe import Markup

from onearm.analysis.plain import NEXT
from onearm.evidence import Protocol
from onearm.evidence.plan.models import Companion
from onearm.models import Description
from onearm.report.kit.html import STUDY, Html, display, folded, inline, joined, link, prose
from onearm.report.kit.references import cite
from onearm.report.kit.sentences import described, level_words
from onearm.words import count

__all__ = ["companions", "heterogeneity", "prediction", "primary", "rationale", "single_studies"]

_HONEST = "calibration"  # the section of that check


def primary(protocol: Protocol) -> Html:
    """Describe the primary model, with its formulas."""
    label, says = protocol.primary.label, described(protocol)
    words = f"{label}: {says.words}" if label else _capital(says.words)
    told = prose(_sentences(words, says.estimate, cite(*says.sources)))
    return _with_formulas(told, says, "Formulas of the primary model")


def rationale(protocol: Protocol) -> Html:
    """Say what speaks for the primary model, what it costs, and where that is measured."""
    says = described(protocol)
    pages = Markup("; ").join(
        link(f"{plan.code}-robustness.html#{_HONEST}", plan.short) for plan in protocol.outcome
    )
    honest = Markup(
        "The robustness page of each outcome tells how often its {} interval includes the truth "
        "for studies of exactly these sizes, and how the other methods compare: {}."
    ).format(level_words(protocol), pages)
    gain = [f"Why this model: {says.gain}"] if says.gain else []
    return prose(*gain, Markup("{} {}").format(says.price, honest) if says.price else honest)


def companions(protocol: Protocol) -> Html | None:
    """Describe every companion with its formulas, folded away."""
    parts = [_companion(protocol, companion) for companion in protocol.companions]
    return joined(*parts) if parts else None


def _companion(protocol: Protocol, companion: Companion) -> Html:
    says = described(protocol, companion)
    told = prose(_sentences(_capital(says.words), cite(*says.sources)))
    return folded(companion.label, _with_formulas(told, says, f"Formulas: {companion.label}"))


def _sentences(first: str, *others: str) -> Markup:
    return Markup(" ").join(part for part in (f"{first}.", *others) if part)


def _with_formulas(told: Html, says: Description, name: str) -> Html:
    return joined(told, display(*says.formulas, name=name)) if says.formulas else told


def single_studies(protocol: Protocol) -> Html:
    """Say how the interval of a single study is made."""
    return joined(
        prose(
            Markup(
                "Each study of {} events among {} {} has its exact interval at {} {}, recomputed "
                "from the counts, with {} the quantile of a beta distribution; at {} the lower "
                "limit is 0, at {} the upper limit is 1."
            ).format(
                inline("x"),
                inline("n"),
                protocol.words.person.many,
                level_words(protocol),
                cite("clopper1934"),
                inline("B_q(a, b)"),
                inline("x = 0"),
                inline("x = n"),
            )
        ),
        display(*STUDY, name="Exact interval of a study"),
    )


def prediction(protocol: Protocol) -> Html:
    """Say what the prediction interval is, and from how many studies on it is shown."""
    least = protocol.gates.get("prediction_interval", 3)
    said = Markup(
        "{} It includes the true rate of a further study like these with probability {}, and is "
        "shown from {} up {}."
    ).format(
        described(protocol).prediction,
        level_words(protocol),
        count(least, "study", "studies"),
        cite("higgins2009"),
    )
    people, place = protocol.words.person.many, protocol.words.place.one
    plain = Markup("Rates are also given as so many of 100 {} {}.").format(
        people, cite("gigerenzer2003")
    )
    if protocol.primary.make().predicts_counts:
        plain += Markup(
            " “Of the next {}” gives the events to expect among the next {} {} of a new {}, at "
            "{}: its own rate is uncertain, and so is how many of its {} have the event."
        ).format(NEXT, NEXT, people, place, level_words(protocol), people)
    return prose(said, plain)


def heterogeneity(protocol: Protocol) -> Html:
    """Say how the spread between studies is measured."""
    return prose(
        Markup(
            "The measure of heterogeneity is {}, the standard deviation between studies. {} "
            "The REML estimate of the inverse-variance model on logits stands beside it, with its "
            "interval by Q-profile {}."
        ).format(
            inline(r"\tau"), described(protocol).spread, cite("veroniki2016", "viechtbauer2007")
        ),
        Markup(
            "{} is the share of {} in the total, {}, with {} the typical sampling variance and "
            "{}: it is computed from {} and not from {} {}. It does not say how far rates lie "
            "apart {}, and decides nothing here."
        ).format(
            inline("I^2"),
            inline(r"\tau^2"),
            inline(r"I^2 = \frac{\tau^2}{\tau^2 + s^2}"),
            inline(r"s^2 = \frac{(k-1)\sum_i w_i}{(\sum_i w_i)^2 - \sum_i w_i^2}"),
            inline("w_i = 1/v_i"),
            inline(r"\tau^2"),
            inline("Q"),
            cite("higgins2002"),
            cite("migliavaca2022"),
        ),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
