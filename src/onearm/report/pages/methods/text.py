"""The methods of a report in words, written from the plan: another plan, another text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from markupsafe import Markup

from onearm.evidence import Evidence, Protocol
from onearm.report.kit.html import Html, bullets, inline, joined, link, prose
from onearm.report.kit.references import cite
from onearm.report.kit.sentences import described, level_words
from onearm.words import count, listing

__all__ = [
    "denominators",
    "eligibility",
    "estimands",
    "methods",
    "overlap",
    "standing",
    "synthesis",
]

_USES = {
    "pool": "may be pooled",
    "sensitivity": "replace a row in a sensitivity analysis",
    "context": "are described only",
    "excluded": "were excluded",
}


def methods(protocol: Protocol) -> Html:
    """Describe the models in short, for the foot of an outcome's page."""
    labels = listing([companion.label for companion in protocol.companions])
    level, says = level_words(protocol), described(protocol)
    said = [
        f"Primary model: {says.words}. Intervals are at {level}.",
        "The estimate is the median proportion across studies (the back-transformed centre); "
        f"the marginal mean, the average over studies, stands beside it. {says.prediction} "
        "Study intervals are exact (Clopper–Pearson), recomputed from the counts of every study. "
        "I² comes from the tau² of the inverse-variance model by REML, its interval from "
        "Q-profile.",
        f"Companion models, as sensitivity: {labels}." if labels else "",
    ]
    more = Markup("{}: the formulas, the whole plan and the {}.").format(
        link("methods.html", "All methods"), link("methods.html#References", "references")
    )
    return prose(*filter(None, said), more)


def eligibility(evidence: Evidence) -> Html:
    """Say which rows are pooled, and what became of the extracted rows."""
    used = Counter(row.use for row in evidence.counts)
    became = listing([f"{used[use]} {told}" for use, told in _USES.items() if used[use]])
    total = prose(
        Markup("Of {}, {}. {} names every row with its reason.").format(
            count(len(evidence.counts), "extracted row"),
            became or "none is used",
            link("evidence.html#Every-extracted-row", "The evidence page"),
        )
    )
    rules = bullets(_rules(evidence.protocol), none="")
    return joined(prose("A row is pooled when all of this holds:"), rules, total)


def _rules(protocol: Protocol) -> Iterator[str]:
    if protocol.has_several_sets:
        sets = listing([each.label for each in protocol.sets], "or")
        yield f"Its study is in the evidence set of the pool: {sets}."
    yield (
        "Its count is marked for pooling; every other row has its reason. Percentages are not "
        "pooled: one becomes a count only where exactly one whole number fits it, and the row "
        "says so."
    )
    yield (
        f"It counts {protocol.words.person.many}, not {listing(list(protocol.units[1:]), 'or')}, "
        if protocol.units[1:]
        else f"It counts {protocol.words.person.many}, "
    ) + "over the denominator that the plan names for the outcome. Others are analysed apart."
    own = "; ".join(f"{plan.short}: {plan.min_n}" for plan in protocol.outcome if plan.min_n)
    yield (
        f"It counts at least {protocol.people(protocol.pooling.minimum_n)}"
        f"{f' ({own})' if own else ''}."
    )
    for name, stratum in protocol.strata.items():
        if stratum.only:
            groups = "; ".join(group.label for group in protocol.groups(name).values())
            yield f"{stratum.label}: it is one of {groups}."
    yield "A study enters once: as a whole where it reports one, else by its separate parts."
    yield "Of two versions of one study only the final one counts for an outcome."


def denominators(protocol: Protocol) -> Html:
    """Say over whom proportions are counted."""
    by: dict[str, list[str]] = {}
    for plan in protocol.outcome:
        by.setdefault(plan.denominator, []).append(plan.short)
    noun = {name: protocol.denominator_noun(name).one for name in protocol.all_denominators}
    said = [f"per {noun[denominator]}: {listing(names)}" for denominator, names in by.items()]
    others = [
        f"{plan.short} per {listing([noun[other] for other in plan.sensitivity_denominators])}"
        for plan in protocol.outcome
        if plan.sensitivity_denominators
    ]
    return prose(
        f"Every proportion is events over a stated denominator: {'; '.join(said)}. Rows over "
        "different denominators are never in one pool.",
        *([f"As sensitivity: {'; '.join(others)}."] if others else []),
    )


def estimands(protocol: Protocol) -> Html:
    """Say what is estimated."""
    kind = described(protocol).interval
    return prose(
        Markup(
            "The rate of study {} is {}. Studies differ: their rates are taken to come from one "
            "distribution, with centre {} and standard deviation {} on the logit scale."
        ).format(
            inline("i"),
            inline(r"p_i = \mathrm{expit}(\theta_i)"),
            inline(r"\mu"),
            inline(r"\tau"),
        ),
        Markup(
            "The estimate is the median proportion {}: half of all studies like these have a "
            "lower rate. The marginal mean {}, the average rate over studies, stands beside it; "
            "it lies nearer to one half {}. Intervals are {}s at {}."
        ).format(
            inline(r"\mathrm{expit}(\mu)"),
            inline(r"\int \mathrm{expit}(\mu + \tau z)\, \varphi(z)\, dz"),
            cite("lin2020"),
            kind,
            level_words(protocol),
        ),
    )


def standing(protocol: Protocol) -> Html:
    """Say what k studies are worth under the plan."""
    pooling = protocol.pooling
    return prose(
        Markup(
            "We report a pooled result from {} up; from {} up it is provisional, because so few "
            "studies cannot show how much studies differ {}. One study is shown with its own exact "
            "interval. Where nobody, or everybody, had the event, the counts and their exact "
            "one-sided bound replace the estimate."
        ).format(
            count(pooling.headline_k, "study", "studies"),
            count(pooling.provisional_k, "study", "studies"),
            cite("bender2018"),
        )
    )


def synthesis(protocol: Protocol) -> Html:
    """Say which pools and subgroups are made."""
    labels = [each.label for each in protocol.sets]
    over = f" over {listing(labels)}" if protocol.has_several_sets else ""
    if not protocol.strata:
        return prose(f"Each outcome is pooled{over}. The plan names no subgroups.")
    return prose(
        f"Each outcome is pooled{over}, as a whole and by subgroup. Subgroups describe: "
        f"{protocol.words.person.many} of single arms were not randomised between them.",
        *_strata(protocol),
    )


def _strata(protocol: Protocol) -> Iterator[str]:
    """Describe every stratum: its groups, how studies are split, and whether it is compared."""
    for name, stratum in protocol.strata.items():
        groups = "; ".join(group.label for group in protocol.groups(name).values())
        said = f"{stratum.label}: {groups or 'one subgroup for each value'}."
        if stratum.across:
            said += (
                " These groups overlap the others, so they are shown beside them and never "
                "compared with them."
            )
        elif stratum.column in protocol.columns.outcomes:
            said += " A study of several of these counts by its parts, where it reports them."
        yield said


def overlap(evidence: Evidence) -> Html | None:
    """Say what is done where people may be counted twice, if the tables say where."""
    if not any(evidence.has("studies", name) for name in ("overlap_group", "version_of")):
        return None
    people = evidence.protocol.words.person.many
    return prose(
        f"Two versions of one study have the same {people}; one of them stays. Studies that "
        f"share an overlap group possibly share {people}. Both stay in the plan's pools, which "
        f"state the most {people} that the counts allow to be in both. Every largest choice of "
        "rows without such a pair is pooled as a sensitivity analysis."
    )
