"""The methods as a journal prints them: short sections of plain text, written from the plan.

A section whose table or part of the plan is absent is left out. Works are cited by their short
names; `works_cited` finds them in the text again, so that the list of references has these.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import version

import onearm
from onearm.analysis import Review
from onearm.analysis.outcome import CONVENTIONAL
from onearm.evidence import Evidence, OutcomePlan, Protocol
from onearm.report.kit.references import REFERENCES, Reference
from onearm.report.kit.sentences import described, level_words, within
from onearm.words import count, listing

__all__ = ["Section", "availability", "methods", "works_cited"]


@dataclass(frozen=True)
class Section:
    """A heading, the paragraphs below it, and a list that follows the first of these."""

    heading: str
    paragraphs: tuple[str, ...]
    items: tuple[str, ...] = ()


def methods(review: Review) -> tuple[Section, ...]:
    """Return the sections of the methods that a review has."""
    evidence, protocol = review.evidence, review.protocol
    found = (
        _outcomes(protocol),
        _eligibility(protocol),
        _search(evidence),
        _collection(evidence),
        _appraisal(evidence),
        _analysis(evidence),
        _certainty(evidence),
        _plan(protocol),
    )
    return tuple(section for section in found if section.paragraphs)


def availability(review: Review) -> Section:
    """Say which materials there are."""
    return Section(
        "Data and code availability",
        (
            "The counts with their sources, the analysis plan, every number of this manuscript "
            "(results.json) and the executed notebooks are in the report that it was made with: "
            f"version {review.protocol.version} of the review, onearm {onearm.__version__} (MIT "
            "licence).",
        ),
    )


def works_cited(texts: Iterable[str]) -> tuple[Reference, ...]:
    """Return the works of the methods whose short names stand in some texts, by that name."""
    whole = "\n".join(texts)
    found = [work for work in REFERENCES.values() if work.short in whole]
    return tuple(sorted(found, key=lambda work: (work.short.casefold(), work.title)))


def _cite(*keys: str) -> str:
    return f" ({'; '.join(REFERENCES[key].short for key in keys)})" if keys else ""


def _sentences(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _outcomes(protocol: Protocol) -> Section:
    people = protocol.words.person.many
    few = len(protocol.outcome) == 1
    said = (
        f"We pooled counts of {people}, each as events over a stated denominator. "
        f"The {'outcome was' if few else 'outcomes were'}:"
    )
    items = tuple(_outcome(plan, protocol) for plan in protocol.outcome)
    return Section("Outcomes", (said,), items)


def _outcome(plan: OutcomePlan, protocol: Protocol) -> str:
    noun = protocol.denominator_noun
    told = f"{plan.label}: {plan.definition.rstrip('.')}." if plan.definition else f"{plan.label}."
    others = [noun(other).one for other in plan.sensitivity_denominators]
    as_well = f" (as sensitivity analysis per {listing(others, 'or')})" if others else ""
    return f"{told} Counted per {noun(plan.denominator).one}{as_well}."


def _eligibility(protocol: Protocol) -> Section:
    least = protocol.people(protocol.pooling.minimum_n)
    own = [f"{plan.short}: {plan.min_n}" for plan in protocol.outcome if plan.min_n]
    only = [
        f"{plan.label}: {'; '.join(group.label for group in protocol.groups(by).values())}"
        for by, plan in protocol.strata.items()
        if plan.only
    ]
    sets = "; ".join(within(each.label) for each in protocol.sets)
    several = f"Evidence sets were pooled apart: {sets}." if protocol.has_several_sets else ""
    return Section(
        "Eligibility",
        (
            _sentences(
                f"A count was pooled when it was of at least {least}"
                f"{f' ({listing(own)})' if own else ''} over the denominator of its outcome. "
                "Printed percentages were not pooled; they served to check the counts.",
                f"Counts were within the question by {listing(only)}." if only else "",
                "A study entered a pool once: as a whole, or by separate parts where it reports "
                "these alone. Of several reports of one study the latest was used.",
                several,
            ),
        ),
    )


def _search(evidence: Evidence) -> Section:
    status = evidence.protocol.status
    ways = Counter(
        evidence.protocol.ways.get(record.met_by, record.met_by) for record in evidence.records
    )
    told = listing([f"{number} {way}" for way, number in ways.items()])
    records = f"{count(len(evidence.records), 'record')} came from: {told}." if ways else ""
    flow = f"Figure 1 shows what became of them{_cite('page2021')}." if ways else ""
    said = _sentences(status.last_search if status else "", records, flow)
    return Section("Search and selection", (said,) if said else ())


def _collection(evidence: Evidence) -> Section:
    protocol = evidence.protocol
    kinds = Counter(study.source_type for study in evidence.studies if study.source_type)
    read = listing(
        [f"{protocol.all_source_types[kind].label} ({n})" for kind, n in kinds.most_common()]
    )
    derived = sum(row.basis == "derived" for row in evidence.counts)
    stated = sum(row.basis == "stated" for row in evidence.counts)
    made = f", and {derived} were derived from it by arithmetic" if derived else ""
    return Section(
        "Data collection",
        (
            _sentences(
                f"What was read of the studies: {read}." if read else "",
                f"Of the counts, {stated} were stated in the source{made}. What a source does not "
                "report was left empty and never taken as zero.",
            ),
        ),
    )


def _appraisal(evidence: Evidence) -> Section:
    said = []
    for name, tool in evidence.protocol.all_tools.items():
        studies = {item.study_id for item in evidence.appraisal if item.tool == name}
        if studies:
            said.append(
                f"{tool.label} ({count(tool.items, 'item')}; {tool.reference}) for "
                f"{count(len(studies), 'study', 'studies')}"
            )
    told = (
        f"Studies were appraised with the {listing(said)}. Every item was judged with its reason; "
        "no score was summed."
    )
    return Section("Risk of bias", (told,) if said else ())


def _analysis(evidence: Evidence) -> Section:
    protocol = evidence.protocol
    says, level = described(protocol), level_words(protocol)
    pooling, ahead = protocol.pooling, protocol.gates.get("prediction_interval", 3)
    model = _sentences(
        f"The primary model was the following: {says.words}{_cite(*says.sources)}.",
        "The pooled proportion is the median over studies.",
        says.estimate,
        f"Intervals are {says.interval}s at {level}.",
        f"Each study has its exact {level} interval{_cite('clopper1934')}.",
    )
    why = f"Reasons for this model. {_sentences(says.gain, says.price)}"
    few = _sentences(
        f"A pooled result was reported from {count(pooling.headline_k, 'study', 'studies')} on"
        + (
            f", and as provisional from {pooling.provisional_k}{_cite('bender2018')}."
            if pooling.provisional_k < pooling.headline_k
            else "."
        ),
        "A single study was reported with its exact interval. Where nobody or everybody had the "
        "outcome, the counts and their exact one-sided bound were reported in place of an "
        "estimate.",
        "Where the lower or the upper limits of the models lay more than "
        f"{100 * protocol.agreement.margin:g} percentage points apart, pooling was advised against "
        "and the range of the studies was reported.",
    )
    spread = _sentences(
        "Heterogeneity is described by tau, the standard deviation between studies, by I²"
        f"{_cite('higgins2002')} and by the prediction interval{_cite('higgins2009')}, which is "
        f"shown from {count(ahead, 'study', 'studies')} on. {says.prediction}",
    )
    return Section("Statistical analysis", (model, why, few, spread, _others(evidence)))


def _others(evidence: Evidence) -> str:
    """Say which subgroups and sensitivity analyses there are, and what computed all of it."""
    protocol, choices = evidence.protocol, list(_choices(evidence))
    companions = "; ".join(each.label for each in protocol.companions)
    strata = [within(plan.label) for plan in protocol.strata.values() if not plan.across]
    own = protocol.primary.make(protocol.pooling.level)
    tested = own if own.has_regression else CONVENTIONAL.make(protocol.pooling.level)
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = listing([f"{name} {version(name)}" for name in ("pymare", "numpy", "scipy")])
    return _sentences(
        f"Subgroups were formed by {listing(strata)}. Their differences were tested by Cochran's "
        f"Q between subgroups ({tested.description.name}, Wald). Nobody was randomised between "
        "them."
        if strata
        else "",
        f"Sensitivity analyses changed {listing(choices)}." if choices else "",
        f"The same counts were also pooled by other models: {companions}." if companions else "",
        f"Analyses were made with onearm {onearm.__version__} (Python {python}; {packages}).",
    )


def _choices(evidence: Evidence) -> Iterator[str]:
    """Name what the sensitivity analyses of a review change."""
    if any(plan.sensitivity_denominators for plan in evidence.protocol.outcome):
        yield "the denominator"
    if any(row.use == "sensitivity" for row in evidence.counts):
        yield "the definition"
    if evidence.has("studies", "overlap_group"):
        yield f"the choice among studies that may share {evidence.protocol.words.person.many}"


def _certainty(evidence: Evidence) -> Section:
    if not evidence.judgements:
        return Section("Certainty of the evidence", ())
    rules, people = evidence.protocol.certainty, evidence.protocol.people
    guidance = (
        f"; for prognosis GRADE starts at high{_cite('iorio2015')}" if rules.start != "high" else ""
    )
    return Section(
        "Certainty of the evidence",
        (
            _sentences(
                f"Certainty was graded by GRADE{_cite('guyatt2008')} as very low, low, moderate or "
                f"high. It started at {rules.start}{guidance}.",
                "Risk of bias, indirectness and publication bias were judged by people, with "
                "reasons. Inconsistency and imprecision were computed: inconsistency from studies "
                "on opposite sides of the decision threshold and from a prediction interval wider "
                f"than {100 * rules.wide_prediction:g} percentage points; imprecision from the "
                "interval and the threshold, and from fewer than "
                f"{count(rules.minimum_studies, 'study', 'studies')} or "
                f"{people(rules.minimum_patients)}.",
            ),
        ),
    )


def _plan(protocol: Protocol) -> Section:
    items = tuple(_departures(protocol))
    told = protocol.frozen or ""
    if items:
        told = _sentences(told, "Departures from the plan:")
    return Section("Analysis plan", (told,) if told else (), items)


def _departures(protocol: Protocol) -> Iterator[str]:
    for each in protocol.deviation:
        yield f"{each.date}: {each.what} Reason: {each.why}"
