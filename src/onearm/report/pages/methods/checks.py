"""How robustness is examined, in words from the plan."""

from __future__ import annotations

from markupsafe import Markup

from onearm.evidence import Protocol
from onearm.models import Model
from onearm.report.kit.html import Html, bullets
from onearm.report.kit.references import cite
from onearm.report.kit.sentences import level_words
from onearm.robustness.examine import diagnostics
from onearm.words import count, listing

__all__ = ["checks"]


def checks(protocol: Protocol) -> Html:
    """Say how robustness is examined."""
    items = [
        _agreement(protocol),
        _calibration(protocol),
        _specifications(protocol),
        Markup(
            "Subsets and influence: the pool without each study, under every model of the plan, "
            "and all subsets {}. {}"
        ).format(cite("viechtbauer2010", "olkin2012"), _influence(protocol.primary.make())),
        Markup(
            "Cumulative: the pool as studies are added, by year and from the largest to the "
            "smallest {}."
        ).format(cite("lau1992")),
        _meta_regression(protocol),
        *_by_threshold(protocol),
        Markup(
            "Small studies: results against study size, since the error of a proportion depends "
            "on the proportion {}; Peters' regression {}, never below {} {}."
        ).format(
            cite("hunter2014"),
            cite("peters2006"),
            _needs("small_study_effects", protocol),
            cite("sterne2011"),
        ),
    ]
    return bullets(items, none="")


def _agreement(protocol: Protocol) -> Markup:
    return Markup(
        "Agreement of the methods: counted are the plan's own and those whose interval contains "
        "the true median in at least {} of samples for studies of these sizes. Where their "
        "estimates lie more than {} apart, or whole intervals lie on both sides of the decision "
        "threshold, the answer depends on the method, and the page advises not to pool {}."
    ).format(
        f"{100 * protocol.agreement.least_coverage:g} %",
        f"{100 * protocol.agreement.margin:g} points",
        cite("bender2018"),
    )


def _calibration(protocol: Protocol) -> str:
    return (
        f"Calibration: how often each method's {level_words(protocol)} interval includes the true "
        "median proportion, on which side it misses it, and how often its prediction interval "
        "includes the true rate of a new study, for studies of exactly these sizes. Every "
        "possible table of counts is enumerated where that can be done; else weighted draws with "
        "a fixed seed are used. The result depends on the sizes alone, not on the events."
    )


def _specifications(protocol: Protocol) -> Markup:
    curve = protocol.specifications
    crossed = ["evidence set"] if protocol.has_several_sets else []
    crossed += ["denominator", "definition"]
    return Markup(
        "Specification curve: every admissible combination of {}, smallest study ({}), handling "
        "of overlap, scale ({}), estimator of tau² ({}), interval ({}) and likelihood ({}) {}."
    ).format(
        ", ".join(crossed),
        listing([str(least) for least in curve.minimum_n], "or") or "as planned",
        listing(list(curve.transforms)),
        listing(list(curve.tau2)),
        listing(list(curve.ci)),
        listing(sorted({item.model for item in curve.likelihoods})) or "none",
        cite("simonsohn2020", "voracek2019"),
    )


def _meta_regression(protocol: Protocol) -> Markup:
    person = protocol.words.person.many
    return Markup(
        "Meta-regression: whether proportions go with {}, one at a time, by the binomial-normal "
        "GLMM {}, with t limits and F tests on k less the number of coefficients. It is "
        "exploratory, of studies and not of {}, not corrected for the number of looks, and never "
        "done below {}."
    ).format(
        listing(list(_moderators(protocol))),
        cite("stijnen2010", "thompson2002"),
        person,
        _needs("meta_regression", protocol),
    )


def _moderators(protocol: Protocol) -> tuple[str, ...]:
    """Return what meta-regression looks at, in words; by default every stratum, size and year."""
    known = {
        **{name: plan.label.lower() for name, plan in protocol.strata.items()},
        "size": f"size of the study (for twice the {protocol.words.person.many})",
        "year": "year",
    }
    apart = [name for name, plan in protocol.strata.items() if not plan.across]
    chosen = (*apart, "size", "year") if protocol.moderators is None else protocol.moderators
    return tuple(known[name] for name in chosen)


def _by_threshold(protocol: Protocol) -> list[Markup]:
    """Say what rests on a threshold, where the plan has one."""
    if all(plan.threshold is None for plan in protocol.outcome):
        return []
    return [
        Markup(
            "Fragility: the fewest events to add or remove for the interval to lie on another "
            "side of the threshold {}."
        ).format(cite("walsh2014", "atal2019")),
        Markup(
            "Unseen studies: how many would move the estimate to the other side of it {}."
        ).format(cite("rosenthal1979")),
    ]


def _influence(model: Model) -> str | Markup:
    """Say how influence is measured under the primary model."""
    if model.has_effects:
        return "The measures are those for normal models, with standard errors before any scaling."
    return Markup(
        "A likelihood knows no effects with variances of their own, so the measures are defined "
        "for it on logits: the variance of study i is 1/(n p (1 − p)) at the fitted median p, "
        "which gives hat values in proportion to 1/(variance + tau²); the deleted residual is the "
        "normal quantile of the mid-p value of the study's events, predicted from the others with "
        "centre mu and variance tau² + se² {}, and so exists without an event too; the "
        "contribution to Q is the study's share of the likelihood-ratio Q."
    ).format(cite("marshall2007"))


def _needs(name: str, protocol: Protocol) -> str:
    return count(protocol.gates.get(name, diagnostics()[name].needs), "study", "studies")
