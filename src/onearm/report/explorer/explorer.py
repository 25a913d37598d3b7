"""Untick a study: the part of a page in which a reader tries another selection.

Everything it can show was computed and worded here: the page's script looks numbers up by
what is ticked and puts them into the sentences it is given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from onearm.analysis import Pool
from onearm.evidence import Evidence, ModelPlan
from onearm.report.explorer.data import (
    COLUMNS,
    FACTS,
    MAX_K,
    NOT_SHOWN,
    SPECIAL,
    STANDINGS,
    ZERO,
    Subsets,
    fit_subsets,
    packed,
    subsets_of,
)
from onearm.report.kit.html import Html, prose
from onearm.words import interval, percent, with_interval

_FRAGMENT = Markup(
    """<div id="explorer" class="explorer">
<p class="explorer-off">This part works on the page of the report, in a browser that runs scripts.
All its numbers can be had without: <code>onearm.subsets(events, n, model=…)</code> pools every
subset in Python, and the tables of this page hold the protocol's own results.</p>
<div class="explorer-on" hidden>
<div class="explorer-choose">
<p><label for="explorer-pool">Evidence and stratum</label>
<select id="explorer-pool" autocomplete="off">{}</select></p>
<p><label for="explorer-model">Model</label>
<select id="explorer-model" autocomplete="off">{}</select></p>
<p class="explorer-buttons"><button type="button" id="explorer-all">All studies</button>
<button type="button" id="explorer-reset">Reset to the protocol</button></p>
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
<p class="explorer-key">Each with its events/n, its percent and its exact interval.</p>
<p id="explorer-limit"></p>
<ul></ul></fieldset>
</div>
<script type="application/json" id="explorer-data">{}</script>
</div>"""
)
_OFF = "Untick a study: this part works on the page of the report, in a browser that runs scripts."


def explorer(
    evidence: Evidence,
    pools: Mapping[str, Pool],
    strata: Mapping[str, Mapping[str, Sequence[Pool]]],
) -> Html:
    """Return the controls, and every number they can lead to.

    Parameters
    ----------
    evidence : Evidence
        Whose protocol names the models.
    pools : mapping of str to Pool
        Evidence set to the whole of what is eligible.
    strata : mapping of str to mapping of str to sequence of Pool
        Evidence set, then what is split by, to its pools.
    """
    offered = [offer for offer in _offered(pools, strata) if offer[1].selection.k]
    if not offered:
        return prose(
            "No count of this outcome may be pooled, so there is nothing to untick.", kind="muted"
        )
    protocol = evidence.protocol
    models = (protocol.primary, *protocol.companions)
    found = [subsets_of(pool) for _, pool, _ in offered]
    tables = fit_subsets(found, models, protocol.pooling.level)
    data = {
        "columns": COLUMNS,
        "facts": FACTS,
        "standings": STANDINGS,
        "special": SPECIAL,
        "notShown": NOT_SHOWN,
        "zero": ZERO,
        "words": _words(protocol.pooling.level),
        "models": [_model(plan) for plan in models],
        "pools": [
            _pool(group, name, subsets) | {"numbers": [packed(table, 2) for table in fitted]}
            for (group, _, name), subsets, fitted in zip(offered, found, tables, strict=True)
        ],
    }
    return Html(_FRAGMENT.format(_pool_options(offered), _model_options(models), _json(data)), _OFF)


def _offered(
    pools: Mapping[str, Pool], strata: Mapping[str, Mapping[str, Sequence[Pool]]]
) -> Iterator[tuple[str, Pool, str]]:
    """Yield every pool of a page with its evidence set and its own name, in words."""
    for evidence_set, whole in pools.items():
        yield whole.label, whole, whole.label
        for split in strata[evidence_set].values():
            for part in split:
                yield whole.label, part, part.label


def _pool(group: str, name: str, subsets: Subsets) -> dict[str, Any]:
    """Return what the page needs to know of one pool, its numbers apart."""
    pool, k = subsets.pool, len(subsets.kept)
    rows = [str(row) for row in pool.selection.rows["row_id"]]
    return {
        "key": _key(group, name, *rows),
        "protocol": _protocol(group, pool),
        "short": _short(pool),
        "limit": "" if k <= MAX_K else _limit(pool),
        "studies": _studies(pool),
        "subsets": ["".join("01"[kept] for kept in column) for column in subsets.kept.T.tolist()],
        "facts": packed(subsets.facts, 4 if subsets.facts.max() >= 2**16 else 2),
        "wide": bool(subsets.facts.max() >= 2**16),
        "met": subsets.met,
        "notes": subsets.notes,
    }


def _key(*parts: str) -> str:
    """Name something in a link, so that an old link is not taken for another selection."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _protocol(group: str, pool: Pool) -> str:
    return pool.headline() if pool.label == group else f"{group}. {pool.headline()}"


def _short(pool: Pool) -> str:
    """Return the protocol's number as it stands in the diagram."""
    if pool.is_pooled:
        return with_interval(pool.pooled.estimate, pool.pooled.ci)
    if pool.standing == "single" and pool.selection.k > 1:
        return "nothing is pooled"
    if pool.standing == "single":
        own = pool.pooled.studies[0]
        return f"{with_interval(own.proportion, own.ci)}, not pooled"
    return pool.extreme().split(" (")[0]


def _limit(pool: Pool) -> str:
    return (
        f"With {pool.cohorts} at most two can be left out here, as every selection "
        f"was pooled beforehand; up to {MAX_K}, any can. Tick one again to leave out another."
    )


def _studies(pool: Pool) -> list[dict[str, str]]:
    """Return each study with its counts and who may share its patients."""
    rows = pool.selection.rows
    owners = [str(owner) for owner in rows["study_id"]]
    named = dict(zip(owners, map(str, rows["study_label"]), strict=True))
    pairs = [(pair.study_a, pair.study_b) for pair in pool.selection.overlaps]
    pairs += [(b, a) for a, b in pairs]
    found = []
    for owner, study in zip(owners, pool.pooled.studies, strict=True):
        others = "; ".join(named[b] for a, b in pairs if a == owner and b in named)
        found.append({
            "label": study.study,
            "counts": f"{study.events}/{study.n}",
            "own": f"{percent(study.proportion)} ({interval(*study.ci)})",
            "hint": f"Possibly shares patients with {others}." if others else "",
        })  # fmt: skip
    return found


def _model(plan: ModelPlan) -> dict[str, str]:
    return {
        "key": _key(plan.model, json.dumps(plan.options, sort_keys=True)),
        "label": plan.label or plan.model,
        "kind": plan.make().description.interval,
    }


def _words(level: float) -> dict[str, str | list[str]]:
    """Return the sentences of the page, those of :meth:`Pool.headline` with gaps for numbers."""
    per_cent = f"{100 * level:g} %"
    pooled = f"{{who}}; median proportion {{estimate}}, {per_cent} {{kind}} {{ci}}{{ahead}}"
    one_sided = f"(exact one-sided {per_cent} bound, were all studies alike)"
    return {
        "who": "{met}, {patients}",
        "patient": ["patient", "patients"],
        "none": "No study is ticked: there is nothing to pool.",
        "single": f"{{who}}; {{events}} of {{n}}, {{estimate}} ({{ci}}) "
        f"({per_cent} exact interval of the study, not pooled).",
        "few": "{who}; nothing is pooled.",
        "no-event": f"{{who}}; {{events}} of {{n}}; at most {{bound}} {one_sided}.",
        "only-events": f"{{who}}; {{events}} of {{n}}; at least {{bound}} {one_sided}.",
        "headline": f"{pooled}.",
        "provisional": f"{pooled}; provisional.",
        "ahead": ", prediction interval {prediction}",
        "mean": "Marginal mean {mean}.",
        "change": "{change} points against the protocol's median.",
        "protocol": "The protocol's result.",
        "selection": "Your selection.",
        "exploratory": "Exploratory: {ticked} of {all} ticked, {model}.",
        "unchanged": "The protocol's result stands above, unchanged.",
        "own model": "by the protocol's model",
        "other model": "by another model than the protocol's: {label}",
        "left out": "Left out: {studies}.",
        "nothing left out": "Nothing is left out.",
        "chart": "The protocol's result and the selection on one axis from 0 to 100 %; the numbers "
        "are in the sentences.",
        "chart protocol": "Protocol: {short}",
        "chart pooled": "Selection: {estimate} ({ci})",
        "chart single": "Selection: {estimate} ({ci}), not pooled",
        "chart no-event": "Selection: {events} of {n}; at most {bound}",
        "chart only-events": "Selection: {events} of {n}; at least {bound}",
        "chart none": "Selection: none",
        "chart few": "Selection: nothing is pooled",
        "stale": "The address of this page asks for a selection that is not on it, perhaps because "
        "the evidence has changed. The protocol's is shown.",
    }


def _pool_options(offered: Sequence[tuple[str, Pool, str]]) -> Markup:
    groups = dict.fromkeys(group for group, _, _ in offered)
    return Markup("").join(
        Markup('<optgroup label="{}">{}</optgroup>').format(
            group,
            Markup("").join(
                Markup('<option value="{}">{}: {}</option>').format(position, name, pool.cohorts)
                for position, (of, pool, name) in enumerate(offered)
                if of == group
            ),
        )
        for group in groups
    )


def _model_options(models: Sequence[ModelPlan]) -> Markup:
    return Markup("").join(
        Markup('<option value="{}">{}{}</option>').format(
            position, plan.label or plan.model, "" if position else " (the protocol's)"
        )
        for position, plan in enumerate(models)
    )


def _json(data: object) -> Markup:
    """Write data so that no text in it can end the element it stands in."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e"))
