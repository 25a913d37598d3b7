"""Sentences made from the plan, the evidence, the audit, a certainty and the plan's model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup

from onearm.analysis.certainty import Certainty
from onearm.evidence import Evidence, Finding, ModelPlan, OutcomePlan, Pooling, Protocol
from onearm.models import Description
from onearm.report.kit.html import Html, bullets, details, joined, prose
from onearm.words import count, percent

__all__ = [
    "described",
    "headed",
    "level_words",
    "plan_sentence",
    "scope_sentence",
    "threshold_words",
    "warnings_list",
    "when_pooled",
    "within",
]


def within(label: str) -> str:
    """Return a label as it stands within a sentence; one that starts with capitals keeps them.

    Examples
    --------
    >>> within("Core evidence"), within("WHO region"), within("")
    ('core evidence', 'WHO region', '')
    """
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def headed(noun: str) -> str:
    """Return a noun as the head of a column."""
    return noun[:1].upper() + noun[1:]


def threshold_words(threshold: float) -> str:
    """Return the decision threshold as sentences name it.

    Examples
    --------
    >>> threshold_words(0.1)
    'the decision threshold of 10 %'
    """
    return f"the decision threshold of {percent(threshold).replace('.0 %', ' %')}"


def plan_sentence(plan: OutcomePlan, protocol: Protocol) -> str:
    """Say how an outcome is counted, when it is pooled, and at what rate decisions change.

    Parameters
    ----------
    plan : OutcomePlan
        Of the outcome.
    protocol : Protocol
        The whole plan.
    """
    pooling, noun = protocol.pooling, protocol.denominator_noun(plan.denominator)
    least = noun.count(plan.min_n or pooling.minimum_n)
    said = [
        f"Counted per {noun.one}; counts over fewer than {least} are left out.",
        when_pooled(pooling),
    ]
    if plan.threshold is not None:
        better = f" ({plan.direction} is better)" if plan.direction else ""
        said.append(
            f"Decision threshold: {percent(plan.threshold)}{better}. {plan.threshold_reason}"
        )
    return " ".join(said).strip()


def when_pooled(pooling: Pooling) -> str:
    """Say how many studies a pooled result needs."""
    few, many = pooling.provisional_k, pooling.headline_k
    words = f"from {few} on" if many - few > 1 else f"with {few}"
    below = f"; {words} it is provisional" if few < many else ""
    alone = "a single study is" if few == 2 else "fewer are"
    return f"A pooled result needs {many} studies{below}; {alone} shown and not pooled."


def scope_sentence(evidence: Evidence) -> str:
    """Say how much evidence there is, by evidence set where the plan has several."""
    protocol = evidence.protocol
    parts = [_extent(evidence, None)]
    if protocol.has_several_sets:
        parts = [
            f"{each.label if first else within(each.label)}: {_extent(evidence, each.name)}"
            for first, each in zip(
                (True, *[False] * len(protocol.sets)), protocol.sets, strict=False
            )
        ]
    met = f" {count(len(evidence.records), 'record')} screened." if evidence.records else ""
    return f"{'; '.join(parts)}.{met}"


def _extent(evidence: Evidence, evidence_set: str | None) -> str:
    studies = {
        study.study_id
        for study in evidence.studies
        if evidence_set is None or evidence.in_set(study.study_id, evidence_set)
    }
    rows = sum(one.study_id in studies for one in evidence.counts)
    return f"{count(len(studies), 'study', 'studies')}, {count(rows, 'count')}"


def warnings_list(findings: Iterable[Finding], most: int) -> Html:
    """Count the audit's findings by severity and list the first warnings.

    Parameters
    ----------
    findings : iterable of Finding
        Of the audit.
    most : int
        How many warnings are listed.
    """
    findings = list(findings)
    counted = Counter(finding.severity for finding in findings)
    total = ", ".join(count(counted[kind], kind) for kind in ("error", "warning", "note"))
    where = Markup('The audit found {}; see <a href="evidence.html">the evidence</a>.')
    warned = [finding.sentence for finding in findings if finding.severity == "warning"]
    return joined(prose(where.format(total)), bullets(warned[:most], none="No warning."))


def certainty_words(graded: Certainty) -> Markup:
    """Return a certainty as circles and word; only the word is read out."""
    if not graded.symbols:
        return Markup("{}").format(graded.word)
    return Markup('<span class="circles" aria-hidden="true">{}</span> {}').format(
        graded.symbols, graded.word
    )


def certainty_folded(graded: Certainty) -> Markup:
    """Return a certainty that opens to its reasons, those that take nothing off included."""
    if not graded.domains:
        return certainty_words(graded)
    reasons = Markup("").join(
        Markup("<li><strong>{}</strong>, {}: {}</li>").format(
            domain.name, levels_off(domain.downgrade), domain.reason
        )
        for domain in graded.domains
    )
    return details(certainty_words(graded), Markup("<ul>{}</ul>").format(reasons))


def levels_off(downgrade: int) -> str:
    """Say how many levels a domain takes off.

    Examples
    --------
    >>> levels_off(0), levels_off(1), levels_off(2)
    ('not lowered', 'lowered by 1 level', 'lowered by 2 levels')
    """
    return f"lowered by {count(downgrade, 'level')}" if downgrade else "not lowered"


def described(protocol: Protocol, model: ModelPlan | None = None) -> Description:
    """Return what a model of the plan says of itself.

    Parameters
    ----------
    protocol : Protocol
        The plan, for its level.
    model : ModelPlan, optional
        The primary one where it is left out.
    """
    return (model or protocol.primary).make(protocol.pooling.level).description


def level_words(protocol: Protocol) -> str:
    """Return the level of a plan's intervals."""
    return f"{100 * protocol.pooling.level:g} %"
