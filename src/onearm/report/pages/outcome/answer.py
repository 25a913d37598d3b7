"""The answer of an outcome's page: how often, how sure, from whom, and what weakens it."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool, per_hundred
from onearm.evidence import Finding, Standing
from onearm.report.kit.html import Html, bullets, joined, link, prose, table
from onearm.report.kit.sentences import certainty_folded, within
from onearm.robustness import LEAVES_OUT, agreement, disagree, known, sensitivity
from onearm.words import count, interval, listing, percent, with_interval

__all__ = [
    "agreement_list",
    "answer",
    "cautions_list",
    "findings_of",
    "findings_table",
    "first_cautions",
    "own_values",
]

#: Up to so many studies each is named with its own proportion; of more the range is told.
_NAMED = 6
_SPREADS = (1.0, 2.0)  # the largest spreads at which the exact interval is given as well
_MODELS = "Models-side-by-side"


def answer(analysis: OutcomeAnalysis) -> Html:
    """Return the result of the widest evidence, what weakens it, and the other sets in a line."""
    others = [pool for pool in analysis.pools.values() if pool is not analysis.widest]
    return joined(*_of_pool(analysis, analysis.widest), *_beside(analysis, others))


def _of_pool(analysis: OutcomeAnalysis, pool: Pool) -> list[Html]:
    if pool.standing is Standing.NONE:
        return [prose(pool.headline(), kind="answer muted")]
    if disagree(pool, analysis.review):
        who = f"{pool.label}: {pool.cohorts}, {analysis.review.protocol.people(pool.people)}"
        values = Markup(
            "<strong>Do not pool: the {}.</strong> {}. The studies' own values: {}."
        ).format(
            link(f"{analysis.code}-appendix.html#{_MODELS}", "methods disagree"),
            who,
            own_values(pool),
        )
        pieces = [prose(values, kind="answer caution")]
    else:
        firm = pool.standing is Standing.HEADLINE
        lead = Markup("<strong>{}.</strong> {}").format(
            _capital(per_hundred(pool)), pool.headline()
        )
        besides = contradicted(analysis)
        if besides:
            lead = Markup("{} <strong>{}.</strong>").format(lead, besides)
        pieces = [prose(lead, kind="answer" if firm else "answer muted")]
    asked = by_group(analysis)
    pieces += [prose(asked, kind="answer")] if asked else []
    if analysis.review.evidence.judgements:
        pieces.append(_certainty(certainty_folded(analysis.certainty(pool))))
    pieces += _promise(pool)
    weak = _rests_on(pool)
    return [*pieces, prose(weak, kind="muted")] if weak else pieces


def _promise(pool: Pool) -> list[Html]:
    """Say what the exact interval promises, and what it is for other spreads; else what is shown.

    Nothing is said of a plan that asks for no exact interval.
    """
    pooled, promise = pool.pooled, pool.selection.protocol.primary.make().description.promise
    if not promise or pool.standing in (Standing.NONE, Standing.SINGLE):
        return []
    if not pooled.exactness:
        why = [said.sentence for said in pooled.cautions if said.code == "no-exact-interval"]
        return [prose(*why, kind="muted")] if why else []
    own = float(pooled.options["tau_max"])
    others = {tau: pooled.exact_at(tau) for tau in _SPREADS if tau != own}
    told = [
        f"{interval(*limits)} % to tau {tau:g}" for tau, limits in others.items() if limits[0] >= 0
    ]
    also = f" It is {listing(told)}." if told else ""
    return [prose(f"{promise}{also}", kind="muted")]


def _beside(analysis: OutcomeAnalysis, pools: Sequence[Pool]) -> list[Html]:
    """Return the other evidence sets, those with the same rows left out."""
    rows = analysis.widest.selection.row_ids
    told = [pool for pool in pools if pool.selection.k and pool.selection.row_ids != rows]
    return [prose(_in_a_line(analysis, pool), kind="muted") for pool in told]


def _in_a_line(analysis: OutcomeAnalysis, pool: Pool) -> str:
    if not disagree(pool, analysis.review):
        return pool.headline()
    people = analysis.review.protocol.people(pool.people)
    return f"{pool.label}: {pool.cohorts}, {people}; not pooled, {own_values(pool)}."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def contradicted(analysis: OutcomeAnalysis) -> str:
    """Return the events on record that a pool without an event leaves out; "" for none."""
    if analysis.widest.standing is not Standing.NO_EVENT:
        return ""
    told = [
        f"{each.row.events} of {each.row.n} ({each.row.label}: {each.reason})"
        for each in known(analysis)
        if each.row.events
    ]
    return f"On record, not pooled: {listing(told)}" if told else ""


def by_group(analysis: OutcomeAnalysis) -> str:
    """Return the results by which the question is asked: of each group of the strata named `only`.

    A number over all of them stands second to these; "" where no two groups have a number.
    """
    strata = analysis.review.protocol.strata
    told = []
    for by, pools in analysis.strata[analysis.widest.selection.evidence_set].items():
        groups = [f"{pool.label} {found}" for pool in pools if (found := _in_short(pool, analysis))]
        if strata[by].only and len(groups) > 1:
            told.append(f"By {within(strata[by].label)}: {'; '.join(groups)}.")
    return " ".join(told)


def _in_short(pool: Pool, analysis: OutcomeAnalysis) -> str:
    if pool.own is not None:
        return f"{pool.own.events} of {pool.own.n}"
    if not pool.is_pooled or disagree(pool, analysis.review):
        return ""
    return with_interval(pool.pooled.estimate, pool.pooled.ci)


def own_values(pool: Pool) -> str:
    """Return the proportions of a pool's studies: each when they are few, else their range."""
    studies = sorted(pool.pooled.studies, key=lambda study: study.proportion)
    told = [f"{s.study} {s.events}/{s.n} ({percent(s.proportion)})" for s in studies]
    if len(told) <= _NAMED:
        return listing(told)
    return f"from {told[0]} to {told[-1]}"


def _certainty(graded: Markup) -> Html:
    said = Markup("<strong>Certainty:</strong> {}").format(graded)
    return Html(str(Markup('<div class="certainty">{}</div>').format(said)), said.striptags())


def _rests_on(pool: Pool) -> str:
    """Say what weakens a number; a headline on ordinary data needs no such sentence."""
    few = pool.standing in (Standing.SINGLE, Standing.PROVISIONAL)
    said = [pool.selection.gate.sentence] if few else []
    if pool.is_pooled and pool.pooled.verdict.code in ("separated", "constant"):
        said.append(pool.pooled.verdict.sentence)
    return " ".join(said)


def agreement_list(analysis: OutcomeAnalysis) -> Html:
    """Say for every evidence set how far the methods lie apart."""
    told = (agreement(pool, analysis.review).sentence for pool in analysis.pools.values())
    return bullets(told, none="Nothing to compare.")


def cautions_list(analysis: OutcomeAnalysis) -> Html | None:
    """Return the cautions of the whole pools; what holds of every one is said once."""
    pools = [pool for pool in analysis.pools.values() if pool.selection.k]
    said: dict[str, list[str]] = {}
    for pool in pools:
        for sentence in _cautions(pool):
            said.setdefault(sentence, []).append(pool.label)
    items = [
        sentence if len(labels) == len(pools) else f"{listing(labels)}: {sentence}"
        for sentence, labels in said.items()
    ]
    return bullets(items, none="") if items else None


def first_cautions(analysis: OutcomeAnalysis, most: int) -> Html | None:
    """Return what a reader of the widest pool must know first.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Of the outcome.
    most : int
        How many cautions are told; the others stand on the appendix.
    """
    selection = analysis.widest.selection
    shared = {pair.sentence for pair in selection.overlaps}
    told = [_shared(analysis)] if shared else []
    told += [sentence for sentence in _cautions(analysis.widest) if sentence not in shared]
    return bullets(told[:most], none="") if told else None


def _cautions(pool: Pool) -> list[str]:
    """Return the cautions of a pool; of what a model says only where a model is in front."""
    cautions = [*pool.selection.cautions, *(pool.pooled.cautions if pool.is_pooled else ())]
    return [caution.sentence for caution in cautions]


def _shared(analysis: OutcomeAnalysis) -> str:
    """Say which studies may share people, how many, and what each choice without gives."""
    selection = analysis.widest.selection
    named = {row.study_id: row.study.label for row in selection.rows}
    many = selection.protocol.words.person.many
    pairs = [
        f"{named[pair.study_a]} with {named[pair.study_b]}"
        + ("" if pair.bound is None else f" (at most {pair.bound})")
        for pair in selection.overlaps
    ]
    said = f"Some {many} may be counted twice: {'; '.join(pairs)}."
    others = sensitivity(analysis, selection.evidence_set)
    values = [
        item.pool.pooled.estimate
        for item in others
        if item.axis in LEAVES_OUT and item.pool.is_pooled
    ]
    if not values or not analysis.widest.is_pooled:
        return said
    return f"{said} Without overlap the estimate is {interval(min(values), max(values))} %."


def findings_of(analysis: OutcomeAnalysis) -> list[Finding]:
    """Return the audit's findings on the rows of an outcome, pooled or left out."""
    selections = [pool.selection for pool in analysis.pools.values()]
    rows = {row.row_id for item in selections for row in item.rows}
    rows |= {each.row.row_id for item in selections for each in item.excluded}
    pooled = {row.study_id for item in selections for row in item.rows}
    return [
        finding
        for finding in analysis.review.findings
        if finding.row_id in rows or (finding.row_id is None and finding.study_id in pooled)
    ]


def findings_table(findings: Sequence[Finding], caption: str) -> Html | None:
    """Return the audit's findings with their place.

    Parameters
    ----------
    findings : sequence of Finding
        None of them gives no table.
    caption : str
        Of the table; how many there are is added.
    """
    if not findings:
        return None
    return table(
        f"{caption}: {count(len(findings), 'finding')}",
        ["Finding", "Severity", "What", "What to do", "Where"],
        [[each.code, each.severity, each.sentence, each.mend, each.place] for each in findings],
    )
