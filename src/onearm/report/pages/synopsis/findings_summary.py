"""Summary of findings: how often, from how many, how certain, and why not more (GRADE)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from markupsafe import Markup

from onearm.analysis import Certainty, OutcomeAnalysis, Pool, Review, per_hundred
from onearm.analysis.certainty import DOMAINS, Domain, shown_bound, shown_interval
from onearm.evidence import OutcomePlan, Standing
from onearm.report.kit.html import Cell, Html, anchor, folded, joined, link, prose, slug, table
from onearm.report.kit.sentences import (
    certainty_words,
    headed,
    level_words,
    threshold_words,
    within,
)
from onearm.report.pages.outcome.rows import full_name
from onearm.report.pages.outcome.tables import pool_numbers
from onearm.robustness import CheckResult, agreement, side_of_interval
from onearm.words import count, in_hundred, interval, percent

__all__ = ["certainty_of", "in_plain_words", "summary"]

#: How sure a sentence may sound at each level.
_TONE = {1: "Very uncertain", 2: "Uncertain", 3: "Probably so", 4: "Certain"}
#: Where an interval lies against the threshold, by `side_of_interval`.
_SIDES = {
    1: "the whole interval is above",
    -1: "the whole interval is below",
    0: "the interval includes",
}


def summary(review: Review, evidence_set: str) -> Html:
    """Return the summary of findings of one evidence set, a line an outcome.

    Parameters
    ----------
    review : Review
        Its outcomes in the order of the plan.
    evidence_set : str
        Which of their pools.

    Returns
    -------
    Html
        The table, and below it the reason of every level taken off; each links to the other.
    """
    protocol, judged = review.protocol, bool(review.evidence.judgements)
    several = protocol.has_several_sets
    which = f": {within(protocol.set_named(evidence_set).label)}" if several else ""
    people = headed(protocol.words.person.many)
    pools = [analysis.pools[evidence_set] for analysis in review.outcomes]
    rows = table(
        f"Summary of findings{which}",
        [
            "Outcome",
            f"Of 100 {protocol.words.person.many}",
            "Studies",
            people,
            f"{level_words(protocol)} interval",
            *(["Certainty", "Lowered for"] if judged else []),
            "In plain words",
        ],
        [_line(analysis, evidence_set, judged) for analysis in review.outcomes],
        name=anchor(evidence_set, "findings"),
        ids=[_place(analysis.plan, evidence_set) for analysis in review.outcomes],
        numeric=("Studies", people),
        classes=[
            "" if pool.standing is Standing.HEADLINE else pool.standing.value for pool in pools
        ],
    )
    wide = Html(f'<div class="findings">\n{rows.html}\n</div>', rows.text)
    reasons = list(_lowered(review, evidence_set))
    if not reasons:
        return wide
    return joined(wide, prose("Why each certainty is lowered:"), *reasons)


def _line(analysis: OutcomeAnalysis, evidence_set: str, judged: bool) -> list[Cell]:
    pool, graded = analysis.pools[evidence_set], analysis.certainty(analysis.pools[evidence_set])
    page = f"{analysis.code}.html"
    studies, people, *_ = pool_numbers(pool, f"{analysis.code}-appendix.html")
    notes = Markup("").join(
        link(f"#{_place(analysis.plan, evidence_set, domain)}", f"{domain.name} {_off(domain)}")
        for domain in graded.downgrades
    )
    lowered = Markup('<span class="notes">{}</span>').format(notes) if notes else "–"
    return [
        link(page, analysis.plan.label),
        per_hundred(pool),
        studies,
        people,
        _limits(pool),
        *([certainty_words(graded), lowered] if judged else []),
        in_plain_words(pool, graded, agreement(pool, analysis.review)),
    ]


def _lowered(review: Review, evidence_set: str) -> Iterable[Html]:
    """Yield, folded by outcome, the reasons of every level taken off."""
    for analysis in review.outcomes:
        graded = analysis.certainty(analysis.pools[evidence_set])
        if graded.downgrades:
            head = f"{analysis.plan.label}: {graded.word}, lowered in "
            yield folded(
                head + count(len(graded.downgrades), "domain"),
                _footnotes(analysis.plan, graded, evidence_set),
            )


def in_plain_words(pool: Pool, graded: Certainty, compared: CheckResult) -> str:
    """Say what a reader may conclude, no surer than the certainty or the methods allow.

    Parameters
    ----------
    pool : Pool
        k studies, none included.
    graded : Certainty
        Of the pool.
    compared : CheckResult
        The agreement of the methods on it.
    """
    if pool.standing is Standing.NONE:
        known = any(each.row.is_counted for each in pool.selection.excluded)
        return "No count that may be pooled." if known else "Not reported."
    threshold = pool.selection.outcome.threshold
    if compared.verdict is False:
        return _disagreement(pool, compared, threshold)
    protocol, own = pool.selection.protocol, pool.own
    if pool.standing is Standing.SINGLE:
        said = f"{own.events} of {own.n} in one study" if own else "too few studies to pool"
    elif pool.standing.is_alike:
        none = pool.standing is Standing.NO_EVENT
        said = f"{'none' if none else 'all'} of {protocol.people(pool.people)}"
    else:
        said = f"about {in_hundred(pool.pooled.estimate)} of 100"
        said += " from two studies" if pool.selection.studies == 2 else ""
    tone = f"{_TONE[graded.level]}: {said}" if graded.level else said[:1].upper() + said[1:]
    if threshold is None or (pool.standing is Standing.SINGLE and own is None):
        return f"{tone}."
    (side,) = side_of_interval(shown_interval(pool), threshold)
    return f"{tone}; {_SIDES[int(side)]} {threshold_words(threshold)}."


def _disagreement(pool: Pool, compared: CheckResult, threshold: float | None) -> str:
    """Say not to pool, what the studies saw, and on which side of the threshold each method is."""
    own = [study.proportion for study in pool.pooled.studies]
    seen = f"The studies range from {percent(min(own))} to {percent(max(own))}"
    first = f"Do not pool: the methods disagree. {seen}."
    if threshold is None:
        return first
    heard = compared.table[compared.table["counts"]]
    sides = Counter(map(int, side_of_interval(heard[["ci_low", "ci_high"]], threshold)))
    return f"{first} {_methods(sides, percent(threshold))}"


def _methods(sides: Counter[int], limit: str) -> str:
    """Say how many methods put the whole interval on one side of a limit."""
    total = sides.total()
    told = [
        f"{_of(sides[side], total)} {'puts' if sides[side] == 1 else 'put'} the whole interval "
        f"{word} {limit}"
        for side, word in ((1, "above"), (-1, "below"))
        if sides[side]
    ]
    if not told:
        return f"All {total} intervals include {limit}."
    if sides[0]:
        told.append(f"{sides[0]} {'does' if sides[0] == 1 else 'do'} not")
    return f"{'; '.join(told)}."


def _of(methods: int, total: int) -> str:
    return f"All {total} methods" if methods == total else f"{methods} of {total} methods"


def certainty_of(analysis: OutcomeAnalysis) -> Html | None:
    """Return how certain every pool of an outcome is: the evidence sets and their subgroups.

    Returns
    -------
    Html or None
        One line a pool and one column a domain; below, folded, the reason of every domain,
        those that take nothing off included. None where nobody judged the outcome.
    """
    pools = {id(pool): pool for pool in analysis.every_pool() if pool.selection.k}
    graded = [(_named(analysis, pool), analysis.certainty(pool)) for pool in pools.values()]
    graded = [(label, item) for label, item in graded if item.domains]
    if not graded:
        return None
    rows = table(
        "Certainty by pool: levels taken off for each domain",
        ["Pool", "Certainty", *DOMAINS.values()],
        [[label, certainty_words(item), *map(_off, item.domains)] for label, item in graded],
        name="certainty",
    )
    return joined(
        rows, *(folded(f"{label}: reasons", _reasons(item.domains)) for label, item in graded)
    )


def _named(analysis: OutcomeAnalysis, pool: Pool) -> str:
    """Name a pool with its evidence set and stratum."""
    protocol = analysis.review.protocol
    for by, split in analysis.strata[pool.selection.evidence_set].items():
        if any(part is pool for part in split):
            return f"{protocol.strata[by].label}: {full_name(pool)}"
    return full_name(pool)


def _limits(pool: Pool) -> str:
    own = pool.own
    if not pool.selection.k or (pool.standing is Standing.SINGLE and own is None):
        return "–"
    if pool.standing.is_alike:
        return f"{shown_bound(pool)}, exact one-sided {level_words(pool.selection.protocol)} bound"
    return f"{interval(*shown_interval(pool))} %{', of the study' if own else ''}"


def _footnotes(plan: OutcomePlan, graded: Certainty, evidence_set: str) -> Html:
    back = link(f"#{_place(plan, evidence_set)}", f"Back to {plan.short}")
    items = Markup("\n").join(
        Markup('<li id="{}">{} {}</li>').format(
            _place(plan, evidence_set, domain), _reason(domain), back
        )
        for domain in graded.downgrades
    )
    return _listed(items, graded.downgrades)


def _reasons(domains: tuple[Domain, ...]) -> Html:
    items = Markup("\n").join(Markup("<li>{}</li>").format(_reason(each)) for each in domains)
    return _listed(items, domains)


def _reason(domain: Domain) -> Markup:
    return Markup("<b>{} ({})</b>: {}").format(domain.name, _off(domain), domain.reason)


def _listed(items: Markup, domains: tuple[Domain, ...]) -> Html:
    html = Markup('<ul class="reasons">\n{}\n</ul>').format(items)
    return Html(str(html), "\n".join(f"- {_reason(each).striptags()}" for each in domains))


def _off(domain: Domain) -> str:
    """Levels taken off, with a true minus sign."""
    return f"−{domain.downgrade}" if domain.downgrade else "0"


def _place(plan: OutcomePlan, evidence_set: str, domain: Domain | None = None) -> str:
    end = "" if domain is None else f"-{slug(domain.name)}"
    return anchor(f"{evidence_set}-{plan.code}{end}", "finding")
