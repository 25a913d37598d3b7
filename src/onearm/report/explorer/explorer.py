"""Untick a study: the part of a page in which a reader tries another selection.

Everything it can show was computed and worded here: the page's script looks numbers up by
what is ticked and puts them into the sentences it is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.evidence import ModelPlan, Protocol, Standing
from onearm.report.explorer.choices import allowed_out
from onearm.report.explorer.data import (
    COLUMNS,
    FACTS,
    NOT_SHOWN,
    SPECIAL,
    STANDINGS,
    ZERO,
    Subsets,
    fit_subsets,
    packed,
    subsets_of,
)
from onearm.report.kit.html import Html, digest
from onearm.report.kit.sentences import level_words
from onearm.words import count, interval, listing, percent, with_interval

__all__ = ["explorer"]

_FRAGMENT = Markup(
    """<div id="explorer" class="explorer">
<p class="explorer-off">This part needs a browser that runs scripts, on the page of the report.
<code>onearm.subsets(events, n, model=…)</code> gives the same numbers in Python.</p>{}
<div class="explorer-on" hidden>
<div class="explorer-choose">
<p><label for="explorer-pool">{}</label>
<select id="explorer-pool" autocomplete="off">{}</select></p>
<p><label for="explorer-model">Model</label>
<select id="explorer-model" autocomplete="off">{}</select></p>
<p class="explorer-buttons"><button type="button" id="explorer-all">All studies</button>
<button type="button" id="explorer-reset">Reset to the plan</button></p>
</div>
<div class="explorer-view">
<p class="explorer-stale" hidden></p>
<div class="explorer-chart" role="img"></div>
<p class="explorer-protocol"></p>
<p class="explorer-banner" hidden></p>
<p class="explorer-result"></p>
<p class="explorer-change"></p>
<p class="explorer-note"></p>
<p class="explorer-left-out"></p>
<p class="explorer-said" role="status" aria-live="polite"></p>
</div>
<fieldset aria-describedby="explorer-limit"><legend>Studies in the estimate</legend>
<p class="explorer-key">Events/n, percent and exact interval of each study.</p>
<p id="explorer-limit"></p>
<ul></ul></fieldset>
</div>
<script type="application/json" id="explorer-data">{}</script>
</div>"""
)
_OFF = "Untick a study: this part needs a browser that runs scripts, on the page of the report."


@dataclass(frozen=True)
class _Offer:
    """A pool that a reader can choose: its evidence set and its own name, in words."""

    group: str
    pool: Pool

    @property
    def is_whole(self) -> bool:
        return self.pool.label == self.group


def explorer(analysis: OutcomeAnalysis) -> Html | None:
    """Return the controls, and every number they can lead to; None where nothing is pooled.

    Parameters
    ----------
    analysis : OutcomeAnalysis
        Its pools are offered, the whole ones first.
    """
    there = [offer for offer in _offers(analysis) if offer.pool.selection.k]
    allowed = allowed_out([offer.pool.selection.k for offer in there])
    offered = [offer for offer, out in zip(there, allowed, strict=True) if out is not None]
    if not offered:
        return None
    protocol = analysis.review.protocol
    models = (protocol.primary, *protocol.companions)
    outs = [out for out in allowed if out is not None]
    found = [subsets_of(offer.pool, out) for offer, out in zip(offered, outs, strict=True)]
    tables = fit_subsets(found, models, protocol.pooling.level)
    data = {
        "columns": COLUMNS,
        "facts": FACTS,
        "standings": STANDINGS,
        "special": SPECIAL,
        "notShown": NOT_SHOWN,
        "zero": ZERO,
        "words": _words(protocol),
        "models": [_model(plan) for plan in models],
        "pools": [
            {**_pool(offer, subsets), "numbers": [packed(table, 2) for table in fitted]}
            for offer, subsets, fitted in zip(offered, found, tables, strict=True)
        ],
    }
    html = _FRAGMENT.format(
        _too_large(there, allowed),
        "Evidence and subgroup" if protocol.has_several_sets else "Subgroup",
        _pool_options(offered),
        _model_options(models),
        _json(data),
    )
    return Html(html, _OFF)


def _offers(analysis: OutcomeAnalysis) -> Iterator[_Offer]:
    for evidence_set, whole in analysis.pools.items():
        yield _Offer(whole.label, whole)
        for split in analysis.strata[evidence_set].values():
            for part in split:
                yield _Offer(whole.label, part)


def _too_large(offers: Sequence[_Offer], allowed: Sequence[int | None]) -> Markup:
    """Name the pools whose choices are too many to travel with a page."""
    pairs = zip(offers, allowed, strict=True)
    names = [f"{offer.pool.label} ({offer.pool.cohorts})" for offer, out in pairs if out is None]
    if not names:
        return Markup("")
    return Markup("<p>Not offered here, because of the number of studies: {}.</p>").format(
        listing(names)
    )


def _pool(offer: _Offer, subsets: Subsets) -> dict[str, object]:
    """Return what the page needs to know of one pool, its numbers apart."""
    pool, wide = offer.pool, bool(subsets.facts.max() >= 2**16)
    rows = [row.row_id for row in pool.selection.rows]
    headline = pool.headline()
    return {
        "key": digest(offer.group, pool.label, *rows),
        "protocol": headline if offer.is_whole else f"{offer.group}. {headline}",
        "short": _short(pool),
        "limit": _limit(subsets),
        "studies": _studies(pool),
        "subsets": ["".join("01"[kept] for kept in column) for column in subsets.kept.T.tolist()],
        "facts": packed(subsets.facts, 4 if wide else 2),
        "wide": wide,
        "met": subsets.met,
        "notes": subsets.notes,
    }


def _short(pool: Pool) -> str:
    """Return the plan's number as it stands in the diagram."""
    if pool.is_pooled:
        return with_interval(pool.pooled.estimate, pool.pooled.ci)
    if pool.standing is not Standing.SINGLE:
        return pool.extreme().split(" (")[0]
    own = pool.own
    return f"{with_interval(own.proportion, own.ci)}, not pooled" if own else "not pooled"


def _limit(subsets: Subsets) -> str:
    out, k = subsets.most_out, subsets.pool.selection.k
    if out >= k - 1:
        return ""
    most = "one study" if out == 1 else count(out, "study", "studies")
    return (
        f"With {subsets.pool.cohorts} at most {most} can be left out here. "
        "Tick one again to leave out another."
    )


def _studies(pool: Pool) -> list[dict[str, str]]:
    """Return each study with its counts and who may share its people."""
    selection = pool.selection
    many = selection.protocol.words.person.many
    named = {row.study_id: row.study.label for row in selection.rows}
    pairs = [(pair.study_a, pair.study_b) for pair in selection.overlaps]
    pairs += [(b, a) for a, b in pairs]
    found = []
    for row, study in zip(selection.rows, pool.pooled.studies, strict=True):
        others = [named[b] for a, b in pairs if a == row.study_id and b in named]
        found.append(
            {
                "label": study.study,
                "counts": f"{study.events}/{study.n}",
                "own": f"{percent(study.proportion)} ({interval(*study.ci)})",
                "hint": f"May share {many} with {'; '.join(others)}." if others else "",
            }
        )
    return found


def _model(plan: ModelPlan) -> dict[str, str]:
    return {
        "key": digest(plan.model, json.dumps(plan.options, sort_keys=True)),
        "label": plan.label or plan.model,
        "kind": plan.make().quicker().description.interval,
    }


def _words(protocol: Protocol) -> dict[str, str | list[str]]:
    """Return the sentences of the page, those of :meth:`Pool.headline` with gaps for numbers."""
    per_cent, person = level_words(protocol), protocol.words.person
    pooled = f"{{who}}; median proportion {{estimate}}, {per_cent} {{kind}} {{ci}}{{ahead}}"
    one_sided = f"(exact one-sided {per_cent} bound, assuming one common rate)"
    return {
        "who": "{met}, {people}",
        "person": [person.one, person.many],
        "none": "No study is ticked.",
        "single": f"{{who}}; {{events}} of {{n}}, {{estimate}} ({{ci}}) "
        f"({per_cent} exact interval of the study, not pooled).",
        "few": "{who}; not pooled.",
        "no-event": f"{{who}}; {{events}} of {{n}}; at most {{bound}} {one_sided}.",
        "only-events": f"{{who}}; {{events}} of {{n}}; at least {{bound}} {one_sided}.",
        "headline": f"{pooled}.",
        "provisional": f"{pooled}; provisional.",
        "ahead": ", prediction interval {prediction}",
        "mean": "Marginal mean {mean}.",
        "change": "{change} points from the plan's estimate.",
        "protocol": "The plan's result.",
        "selection": "Your selection.",
        "exploratory": "Exploratory: {ticked} of {all} ticked, {model}.",
        "unchanged": "The plan's result above is unchanged.",
        "own model": "by the plan's model",
        "other model": "by another model: {label}",
        "left out": "Left out: {studies}.",
        "nothing left out": "No study is left out.",
        "chart": "The plan's result and the selection on an axis from 0 to 100 %; the "
        "numbers are in the sentences.",
        "chart protocol": "Plan: {short}",
        "chart pooled": "Selection: {estimate} ({ci})",
        "chart single": "Selection: {estimate} ({ci}), not pooled",
        "chart no-event": "Selection: {events} of {n}; at most {bound}",
        "chart only-events": "Selection: {events} of {n}; at least {bound}",
        "chart none": "Selection: none",
        "chart few": "Selection: not pooled",
        "stale": "The link asks for a selection that this page does not have; the evidence may "
        "have changed. The plan's result is shown.",
    }


def _pool_options(offered: Sequence[_Offer]) -> Markup:
    """Return the choice of pools, grouped by evidence set where there are several."""
    groups: dict[str, list[Markup]] = {}
    for position, offer in enumerate(offered):
        option = Markup('<option value="{}">{}: {}</option>').format(
            position, offer.pool.label, offer.pool.cohorts
        )
        groups.setdefault(offer.group, []).append(option)
    if len(groups) == 1:
        return Markup("").join(*groups.values())
    return Markup("").join(
        Markup('<optgroup label="{}">{}</optgroup>').format(group, Markup("").join(options))
        for group, options in groups.items()
    )


def _model_options(models: Sequence[ModelPlan]) -> Markup:
    return Markup("").join(
        Markup('<option value="{}">{}{}</option>').format(
            position, plan.label or plan.model, "" if position else " (the plan's)"
        )
        for position, plan in enumerate(models)
    )


def _json(data: object) -> Markup:
    """Write data so that no text in it can end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e"))
