"""The forest plot of a page, in which a reader can untick studies.

Without a script it is a plot. Everything that it can show with one was computed and worded
here: the page's script looks numbers up by what is ticked and puts them into the sentences it
is given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from onearm.analysis import OutcomeAnalysis, Pool
from onearm.evidence import ModelPlan, OutcomePlan, Protocol
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
from onearm.report.explorer.plot import (
    AXIS,
    Line,
    across,
    in_words,
    known_lines,
    plan_lines,
    study_lines,
    written,
)
from onearm.report.kit.html import Html, details, digest
from onearm.report.kit.sentences import level_words
from onearm.robustness import disagree
from onearm.words import count, listing

__all__ = ["explorer"]

_FRAGMENT = Markup(
    """<div id="explorer" class="explorer">
<div class="explorer-choose" hidden>
<p><label for="explorer-pool">{}</label>
<select id="explorer-pool" autocomplete="off">{}</select></p>
<p><label for="explorer-model">Model</label>
<select id="explorer-model" autocomplete="off">{}</select></p>
<p><label for="explorer-sort">Sort by</label>
<select id="explorer-sort" autocomplete="off">{}</select></p>
<p class="explorer-buttons"><button type="button" id="explorer-all">All studies</button>
<button type="button" id="explorer-reset">Reset</button></p>
</div>
<p class="explorer-stale" hidden></p>
<fieldset aria-describedby="explorer-limit"><legend>{}</legend>
<ul class="plot">{}</ul></fieldset>
<div class="explorer-chart">{}</div>
<p id="explorer-limit" hidden></p>
<div class="explorer-view" hidden>
<p class="explorer-protocol"></p>
<p class="explorer-banner" hidden></p>
<p class="explorer-result"></p>
<p class="explorer-change"></p>
<p class="explorer-note"></p>
<p class="explorer-left-out"></p>
</div>
<p class="explorer-said" role="status" aria-live="polite"></p>{}
{}
<script type="application/json" id="explorer-data">{}</script>
</div>"""
)
_SORTS = (("plan", "year and name"), ("size", "size"), ("rate", "percent"))


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
            {**_pool(analysis, offer, subsets), "numbers": [packed(table, 2) for table in fitted]}
            for offer, subsets, fitted in zip(offered, found, tables, strict=True)
        ],
    }
    first = offered[0].pool
    html = _FRAGMENT.format(
        "Evidence and subgroup" if protocol.has_several_sets else "Subgroup",
        _pool_options(offered),
        _model_options(models),
        Markup("").join(Markup('<option value="{}">{}</option>').format(*each) for each in _SORTS),
        f"Studies, with their exact {level_words(protocol)} intervals",
        Markup("").join(_item(line, first, analysis.plan) for line in study_lines(first)),
        _below(analysis, first),
        _known(analysis),
        _too_large(there, allowed),
        _json(data),
    )
    return Html(html, forest_text(analysis, first))


def forest_text(analysis: OutcomeAnalysis, pool: Pool) -> str:
    """Return the plot in plain words, a line a study."""
    others, same = known_lines(analysis)
    lines = [*study_lines(pool), *_plan(analysis, pool), *others, *same]
    return "\n".join(map(in_words, lines))


def _item(line: Line, pool: Pool, plan: OutcomePlan) -> Markup:
    return Markup("<li>{}</li>").format(written(line, across(pool, plan)))


def _below(analysis: OutcomeAnalysis, pool: Pool) -> Markup:
    """Return the lines below the studies: the plan's result, and the axis."""
    down = across(pool, analysis.plan)
    return Markup("").join([*(written(line, down) for line in _plan(analysis, pool)), AXIS])


def _plan(analysis: OutcomeAnalysis, pool: Pool) -> list[Line]:
    """Return the plan's lines; a pooled result that is not to be used says so."""
    lines = plan_lines(pool)
    if not lines or not disagree(pool, analysis.review):
        return lines
    return [replace(lines[0], label="Pooled, not advised"), *lines[1:]]


def _known(analysis: OutcomeAnalysis) -> Markup:
    """Return what is known and not pooled, each with its reason."""
    others, same = known_lines(analysis)
    down = across(analysis.widest, analysis.plan)

    def listed(lines: list[Line]) -> Markup:
        inside = (Markup("<li>{}</li>").format(written(line, down)) for line in lines)
        return Markup('<ul class="plot">{}</ul>').format(Markup("").join(inside))

    parts = [Markup("<p>Known, not pooled</p>{}").format(listed(others))] if others else []
    if same:
        many = count(len(same), "other count of pooled studies", "other counts of pooled studies")
        parts.append(details(many, listed(same)))
    if not parts:
        return Markup("")
    return Markup('\n<div class="explorer-known">{}</div>').format(Markup("").join(parts))


def _offers(analysis: OutcomeAnalysis) -> Iterator[_Offer]:
    widest = analysis.review.protocol.widest.name
    for evidence_set in sorted(analysis.pools, key=lambda name: name != widest):
        whole = analysis.pools[evidence_set]
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


def _pool(analysis: OutcomeAnalysis, offer: _Offer, subsets: Subsets) -> dict[str, object]:
    """Return what the page needs to know of one pool, its numbers apart."""
    pool, wide = offer.pool, bool(subsets.facts.max() >= 2**16)
    rows = [row.row_id for row in pool.selection.rows]
    headline = pool.headline()
    return {
        "key": digest(offer.group, pool.label, *rows),
        "protocol": headline if offer.is_whole else f"{offer.group}. {headline}",
        "across": across(pool, pool.selection.outcome),
        "lines": [vars(line) for line in _plan(analysis, pool)],
        "limit": _limit(subsets),
        "studies": [vars(line) for line in study_lines(pool)],
        "subsets": ["".join("01"[kept] for kept in column) for column in subsets.kept.T.tolist()],
        "facts": packed(subsets.facts, 4 if wide else 2),
        "wide": wide,
        "met": subsets.met,
        "notes": subsets.notes,
    }


def _limit(subsets: Subsets) -> str:
    out, selection = subsets.most_out, subsets.pool.selection
    most = "one study" if out == 1 else count(out, "study", "studies")
    said = []
    if out < selection.k - 1:
        said.append(f"With {subsets.pool.cohorts} at most {most} can be left out here.")
        said.append("Tick one again to leave out another.")
    if selection.studies < selection.k:
        said.append("Where some are left out, cohorts of one study are taken as independent.")
    return " ".join(said)


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
        "chart selection": "Your selection",
        "exploratory": "Exploratory: {ticked} of {all} ticked, {model}.",
        "unchanged": "The plan's result above is unchanged.",
        "own model": "by the plan's model",
        "other model": "by another model: {label}",
        "left out": "Left out: {studies}.",
        "nothing left out": "No study is left out.",
        "chart pooled": "{estimate} ({ci})",
        "chart single": "{estimate} ({ci}), not pooled",
        "chart no-event": "{events} of {n}; at most {bound}",
        "chart only-events": "{events} of {n}; at least {bound}",
        "chart none": "none ticked",
        "chart few": "not pooled",
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
