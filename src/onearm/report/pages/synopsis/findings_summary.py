"""Summary of findings: how often, from how many, how certain, and why not more (GRADE)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup

from onearm.analysis import SET_LABELS, STRATA_LABELS, OutcomeAnalysis, Pool
from onearm.analysis.certainty import (
    DOMAINS,
    Certainty,
    Domain,
    certainty,
    shown_bound,
    shown_interval,
)
from onearm.analysis.plain import per_hundred
from onearm.evidence import Evidence, OutcomePlan
from onearm.report.kit.certainty import certainty_words
from onearm.report.kit.html import Cell, Html, anchor, folded, joined, link, prose, table
from onearm.report.pages.outcome.tables import pool_numbers
from onearm.robustness import CheckResult, agreement
from onearm.robustness.checks.threshold import side_of_interval
from onearm.words import in_hundred, interval, listing

__all__ = ["certainty_of", "in_plain_words", "summary"]

COLUMNS = ("Outcome", "Of 100 patients", "Studies", "Patients", "95 % interval", "Certainty",
           "Lowered for", "In plain words")  # fmt: skip
#: How sure a sentence may sound at each level.
_TONE = {1: "Very uncertain", 2: "Uncertain", 3: "Probably so", 4: "Certain"}
#: Where an interval lies against the proportion that matters, by `side_of_interval`.
_SIDES = {
    1: "the whole interval is above",
    -1: "the whole interval is below",
    0: "it may be above or below",
}


def summary(evidence: Evidence, analyses: Sequence[OutcomeAnalysis], evidence_set: str) -> Html:
    """Return the summary of findings of one evidence set.

    Parameters
    ----------
    evidence : Evidence
        The plan, and what people judged.
    analyses : sequence of OutcomeAnalysis
        One line each, in the order given.
    evidence_set : str
        Which of their pools.

    Returns
    -------
    Html
        The table, and below it the reason of every level taken off; each points at the other.
    """
    judged = [
        (a, a.pools[evidence_set], certainty(evidence, a.pools[evidence_set], a.outcome))
        for a in analyses
    ]
    label = SET_LABELS.get(evidence_set, evidence_set)  # type: ignore[call-overload]
    rows = table(
        f"Summary of findings: {label.lower()}. The number that matters is the plan's threshold",
        COLUMNS,
        [_line(evidence, *item, evidence_set) for item in judged],
        name=f"findings-{_slug(evidence_set)}",
        ids=[_place(a.outcome, evidence_set) for a, _, _ in judged],
        numeric=("Studies", "Patients"),
        classes=["" if pool.standing == "headline" else pool.standing for _, pool, _ in judged],
    )
    reasons = [
        folded(
            f"{a.outcome.label}: {graded.word}, {_levels(graded)}",
            _footnotes(a.outcome, graded, evidence_set),
        )
        for a, _, graded in judged
        if graded.downgrades
    ]
    heading = prose("Why each certainty is lowered, by outcome:") if reasons else prose(
        "No certainty is lowered for any reason."
    )  # fmt: skip
    wide = Html(f'<div class="findings">\n{rows.html}\n</div>', rows.text)
    return joined(wide, heading, *reasons)


def in_plain_words(pool: Pool, plan: OutcomePlan, graded: Certainty, compared: CheckResult) -> str:
    """Say what a reader may take from a pool, no surer than its certainty or its methods.

    Parameters
    ----------
    pool : Pool
        k studies, none included.
    plan : OutcomePlan
        Whose threshold matters.
    graded : Certainty
        Of the pool.
    compared : CheckResult
        The agreement of the methods on it.
    """
    if pool.standing == "none":
        return "No count that may be pooled: a gap, and not a zero."
    if pool.standing == "single":
        own = pool.pooled.studies[0]
        said = f"{own.events} of {own.n} in the one study"
    elif not pool.is_pooled:
        said = f"{'none' if pool.standing == 'no-event' else 'all'} of {pool.patients} patients"
    else:
        said = f"about {in_hundred(pool.pooled.estimate)} of 100"
        said += " from two studies" if pool.standing == "provisional" else ""
    tone = _TONE.get(graded.level, "Certainty not judged")
    if compared.verdict is False:
        return f"{tone}: {said}. {_disagreement(compared, plan)}"
    return f"{tone}: {said}; {_side(pool, plan)}."


def certainty_of(evidence: Evidence, analysis: OutcomeAnalysis) -> Html:
    """Return how certain every pool of an outcome is: both sets and their strata.

    Returns
    -------
    Html
        One line a pool and one column a domain; below, folded, the reason of every domain,
        those that take nothing off included.
    """
    pools = [
        *((pool.label, pool) for pool in analysis.pools.values() if pool.selection.k),
        *(
            (f"{SET_LABELS[name]}, {STRATA_LABELS[by].lower()}: {pool.label}", pool)  # type: ignore[index]
            for name, splits in analysis.strata.items()
            for by, split in splits.items()
            for pool in split
        ),
    ]
    if not pools:
        return prose("No count of this outcome that may be pooled: nothing to judge.")
    graded = [(label, certainty(evidence, pool, analysis.outcome)) for label, pool in pools]
    if not any(item.domains for _, item in graded):
        return prose("The certainty of this outcome is not judged.", kind="caution")
    rows = table(
        "Certainty by pool: levels taken off for each domain",
        ["Pool", "Certainty", *DOMAINS.values()],
        [[label, certainty_words(item), *map(_off, item.domains)] for label, item in graded],
        name="certainty",
    )
    return joined(rows, *(folded(f"{label}: reasons", _reasons(item)) for label, item in graded))


def _line(
    evidence: Evidence,
    analysis: OutcomeAnalysis,
    pool: Pool,
    graded: Certainty,
    evidence_set: str,
) -> list[Cell]:
    page = f"{analysis.outcome.code}.html"
    studies, patients, *_ = pool_numbers(pool, page)
    notes = Markup("").join(
        link(f"#{_place(analysis.outcome, evidence_set, domain)}", f"{domain.name} {_off(domain)}")
        for domain in graded.downgrades
    )
    return [
        link(page, analysis.outcome.label), per_hundred(pool), studies, patients, _limits(pool),
        certainty_words(graded),
        Markup('<span class="notes">{}</span>').format(notes) if notes else "–",
        in_plain_words(pool, analysis.outcome, graded, agreement(pool, evidence.protocol)),
    ]  # fmt: skip


def _limits(pool: Pool) -> str:
    if pool.standing == "none":
        return "–"
    if pool.standing in ("no-event", "only-events"):
        return f"{shown_bound(pool)}, exact one-sided {100 * pool.pooled.level:g} % bound"
    kind = "" if pool.is_pooled else ", of the study"
    return f"{interval(*shown_interval(pool))} %{kind}"


def _side(pool: Pool, plan: OutcomePlan) -> str:
    """Where the interval lies against the proportion that matters."""
    (side,) = side_of_interval(shown_interval(pool), plan.threshold)
    return f"{_SIDES[int(side)]} {_that_matters(plan)}"


def _disagreement(compared: CheckResult, plan: OutcomePlan) -> str:
    """Say not to pool, and on which side of the proportion that matters each method lies."""
    heard = compared.table[compared.table["counts"]]
    sides = Counter(map(int, side_of_interval(heard[["ci_low", "ci_high"]], plan.threshold)))
    every = "all " if len(sides) == 1 else ""
    told = [f"by {every}{sides[side]} {words}" for side, words in _SIDES.items() if sides[side]]
    where = f"{listing(told)} {_that_matters(plan)}"
    return f"Do not pool: the methods disagree; {where}."


def _that_matters(plan: OutcomePlan) -> str:
    return f"the {in_hundred(plan.threshold)} of 100 that matter"


def _footnotes(plan: OutcomePlan, graded: Certainty, evidence_set: str) -> Html:
    back = _place(plan, evidence_set)
    items = Markup("\n").join(
        Markup('<li id="{}"><b>{} ({})</b>: {} {}</li>').format(
            _place(plan, evidence_set, domain),
            domain.name,
            _off(domain),
            domain.reason,
            link(f"#{back}", f"Back to {plan.short}"),
        )
        for domain in graded.downgrades
    )
    text = "\n".join(f"- {d.name} ({_off(d)}): {d.reason}" for d in graded.downgrades)
    return Html(str(Markup('<ul class="reasons">\n{}\n</ul>').format(items)), text)


def _reasons(graded: Certainty) -> Html:
    items = Markup("\n").join(
        Markup("<li><b>{} ({})</b>: {}</li>").format(d.name, _off(d), d.reason)
        for d in graded.domains
    )
    text = "\n".join(f"- {d.name} ({_off(d)}): {d.reason}" for d in graded.domains)
    return Html(str(Markup('<ul class="reasons">\n{}\n</ul>').format(items)), text)


def _off(domain: Domain) -> str:
    """Levels taken off, with a true minus sign."""
    return f"−{domain.downgrade}" if domain.downgrade else "0"


def _levels(graded: Certainty) -> str:
    taken = len(graded.downgrades)
    return f"lowered in {taken} {'domain' if taken == 1 else 'domains'}"


def _slug(evidence_set: str) -> str:
    return evidence_set.replace("+", "-")


def _place(plan: OutcomePlan, evidence_set: str, domain: Domain | None = None) -> str:
    end = "" if domain is None else f"-{domain.name.lower().replace(' ', '-')}"
    return anchor(f"{_slug(evidence_set)}-{plan.code}{end}", "finding")
