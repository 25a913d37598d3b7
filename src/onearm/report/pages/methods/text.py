"""The methods of a report in words, written from the plan: another plan, another text."""

from __future__ import annotations

from markupsafe import Markup

from onearm.analysis import SET_LABELS
from onearm.evidence import Evidence, Protocol
from onearm.evidence.selection.eligibility import PER
from onearm.report.kit.formulas import inline
from onearm.report.kit.html import Html, bullets, joined, link, prose
from onearm.report.kit.model_words import described, level_words
from onearm.report.kit.references import cite
from onearm.words import count, listing

__all__ = ["denominators", "eligibility", "estimands", "methods", "overlap", "standing",
           "synthesis"]  # fmt: skip

SETS = {
    "core": "the core evidence (the seed documents and what they cite)",
    "core+extended": "the core and the extended evidence (further published studies)",
}


def methods(protocol: Protocol) -> Html:
    """Describe the models in short, for the foot of an outcome's page."""
    labels = listing([companion.label for companion in protocol.companions])
    level, says = level_words(protocol), described(protocol)
    said = [
        f"Primary model: {says.words}. Intervals are at {level}.",
        "The estimate is the median proportion across studies (the back-transformed centre); "
        "the marginal mean, the average over studies, stands beside it. "
        f"{says.prediction} Study intervals are exact (Clopper–Pearson), "
        "recomputed from the counts for every study. I² comes from the tau² of the "
        "inverse-variance model by REML, its interval by Q-profile.",
        f"Companion models, as sensitivity: {labels}." if labels else "",
    ]
    more = Markup("{}: the formulas, the whole plan and the {}.").format(
        link("methods.html", "All methods"), link("methods.html#References", "references")
    )
    return prose(*(text for text in said if text), more)


def eligibility(evidence: Evidence) -> Html:
    """Say which rows may meet in a pool, and what became of the extracted rows."""
    protocol = evidence.protocol
    pooling, groups = protocol.pooling, protocol.strata.agent_group.values()
    drugs = "; ".join(group.label for group in groups)
    rules = [
        f"The study is in the evidence set of the pool: "
        f"{listing([SETS[name] for name in pooling.evidence_sets], 'or')}.",
        "The count is admitted for pooling (column use of outcomes.csv); every other row carries "
        "its reason. A percentage is never an input: it becomes a count only where one whole "
        "number fits it, and the row then says so.",
        "It counts patients, not operations or cells, over the one denominator that the plan "
        "names for the outcome. Rows over other denominators are analysed apart.",
        f"It counts at least {count(pooling.minimum_n, 'patient')}{_own_minima(protocol)}: a case "
        "report is no proportion.",
        f"The drugs belong to a group of the plan: {drugs}." if drugs else "",
        "A study enters once: as a whole where it reports one, else by its disjoint parts.",
        "Of two versions of one trial only the final one stands for an outcome.",
    ]
    used = evidence.outcomes["use"].value_counts()
    words = {"pool": "may be pooled", "sensitivity": "replace a row in a sensitivity analysis",
             "context": "are described only", "excluded": "were kept out"}  # fmt: skip
    became = listing([f"{used[use]} {told}" for use, told in words.items() if used.get(use)])
    listed = bullets((rule for rule in rules if rule), none="")
    total = prose(
        Markup("Of {}, {}. {} names every row with its reason.").format(
            count(len(evidence.outcomes), "extracted row"),
            became,
            link("evidence.html#Every-extracted-row", "The evidence page"),
        )
    )
    return joined(prose("A row of the evidence enters a pool when all of this holds:"), listed,
                   total)  # fmt: skip


def denominators(protocol: Protocol) -> Html:
    """Say over whom proportions are counted."""
    by: dict[str, list[str]] = {}
    for plan in protocol.outcome:
        by.setdefault(plan.denominator, []).append(plan.short)
    said = [f"per {PER[denominator]}: {listing(names)}" for denominator, names in by.items()]
    others = [
        f"{plan.short} per {listing([PER[other] for other in plan.sensitivity_denominators])}"
        for plan in protocol.outcome
        if plan.sensitivity_denominators
    ]
    return prose(
        f"Every proportion is events over a stated denominator: {'; '.join(said)}. Rows over "
        "different denominators never meet in one pool.",
        f"As sensitivity: {'; '.join(others)}." if others else
        "No outcome is analysed over a second denominator.",
    )  # fmt: skip


def estimands(protocol: Protocol) -> Html:
    """Say what is estimated."""
    kind = described(protocol).interval
    return prose(
        Markup(
            "The rate of study {} is {}. Studies differ: their rates are taken to come from one "
            "distribution, with centre {} and standard deviation {} on the logit scale."
        ).format(inline("i"), inline(r"p_i = \mathrm{expit}(\theta_i)"), inline(r"\mu"),
                 inline(r"\tau")),
        Markup(
            "The estimate is the median proportion {}: half of all studies like these have a "
            "lower rate. The marginal mean {}, the average rate over studies, stands beside it; "
            "it lies nearer to one half {}. Intervals are {}s at {}."
        ).format(inline(r"\mathrm{expit}(\mu)"),
                 inline(r"\int \mathrm{expit}(\mu + \tau z)\, \varphi(z)\, dz"),
                 cite("lin2020"), kind, level_words(protocol)),
    )  # fmt: skip


def standing(protocol: Protocol) -> Html:
    """Say what k studies are worth under the plan."""
    pooling = protocol.pooling
    return prose(
        Markup(
            "One study is shown with its own exact interval and is not pooled. From {} on the "
            "pool is shown as provisional, from {} on as a headline: so few studies cannot show "
            "how much studies differ {}. Where nobody, or everybody, had the event, the counts "
            "and their exact one-sided bound stand in place of an estimate."
        ).format(
            count(pooling.provisional_k, "study", "studies"),
            count(pooling.headline_k, "study", "studies"),
            cite("bender2018"),
        )
    )


def synthesis(protocol: Protocol) -> Html:
    """Say which pools and strata are made."""
    settings = "; ".join(protocol.strata.setting.values())
    groups = "; ".join(group.label for group in protocol.strata.agent_group.values())
    together = "; ".join(group.label for group in protocol.strata.combined.values())
    sets = listing([SET_LABELS[name].lower() for name in protocol.pooling.evidence_sets])
    return prose(
        f"Each outcome is pooled over {sets}, whole and by strata: the strata stand beside the "
        "whole, never in its place. Strata describe; single arms are not compared as if patients "
        "had been randomised between them.",
        f"By setting: {settings}." if settings else "No strata by setting.",
        f"By class of drug: {groups}. A study of two classes counts by its parts, where it "
        "reports them." if groups else "No strata by class of drug.",
        *([f"Classes taken together: {together}. They overlap the classes above, whose patients "
           "they count once more, and so stand beside them and are never tested against them."]
          if together else []),
    )  # fmt: skip


def overlap() -> Html:
    """Say what is done where patients may be counted twice."""
    return prose(
        "Two versions of one trial are the same patients for certain: one of them stays. Studies "
        "that share a group of overlap (the same places and years) possibly share patients: both "
        "stay in the plan's pools, which say so with the most patients that the counts allow to "
        "be in both, and every largest choice of rows without such a pair is pooled beside them."
    )


def _own_minima(protocol: Protocol) -> str:
    own = [f"{plan.short}: {plan.min_n}" for plan in protocol.outcome if plan.min_n]
    return f" ({'; '.join(own)})" if own else ""
