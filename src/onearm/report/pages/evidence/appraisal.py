"""The appraisal as traffic lights: a symbol, a word and a colour for every item.

Never a colour alone, and never a sum: the tools advise against scores. What the source does
not let a reader judge is a state of its own, and not a fault of the study.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from onearm.analysis import Pool
from onearm.evidence import Evidence, Item, Study
from onearm.report.kit.html import Cell, Html, anchor, folded, joined, link, prose, table
from onearm.words import count, listing

__all__ = ["appraisal_lights", "appraisal_reasons", "contributing", "legend"]

#: Judgement to symbol and word, in the order of the legend.
STATES = {
    "yes": ("+", "yes"),
    "unclear": ("?", "unclear"),
    "no": ("×", "no"),
    "not_assessable": ("○", "not assessable"),
    "not_applicable": ("–", "not applicable"),
}
_MEANINGS = {
    "not_assessable": "not assessable from the source that was read",
    "not_applicable": "does not apply to this study",
}
_PAGE = "evidence.html"
_Judged = Mapping[str, Sequence[Item]]  # the items of one tool, by study


def legend() -> Html:
    """Return what the symbols stand for."""
    lights = Markup(" ").join(
        Markup('<span class="key">{} {}</span>').format(
            _symbol(state), _MEANINGS.get(state, STATES[state][1])
        )
        for state in STATES
    )
    text = "; ".join(f"{symbol} {word}" for symbol, word in STATES.values())
    return Html(str(Markup('<p class="legend">{}</p>').format(lights)), text)


def appraisal_lights(evidence: Evidence) -> Html | None:
    """Return a table for each tool: one line a study, one column an item.

    Every light points at its question and reason, which `appraisal_reasons` lists.
    """
    pieces = [
        _lights(
            f"Appraisal by item: {_tool(evidence, tool)}",
            evidence,
            judged,
            name=f"appraisal-{anchor(tool, 'tool')}" if place else "appraisal",
        )
        for place, (tool, judged) in enumerate(_by_tool(evidence).items())
    ]
    return joined(legend(), *pieces) if pieces else None


def appraisal_reasons(evidence: Evidence) -> Html | None:
    """Return, folded by study, every question with its judgement and what it rests on."""
    pieces = []
    found: dict[tuple[str, str], list[Item]] = {}
    for item in evidence.appraisal:
        found.setdefault((item.study_id, item.tool), []).append(item)
    for (study, tool), items in found.items():
        said = [item.judgement for item in items]
        counts = listing(
            [f"{said.count(state)} {word}" for state, (_, word) in STATES.items() if state in said]
        )
        label = evidence.study(study).label
        heading = f"{label} ({_tool(evidence, tool)}): {counts}"
        pieces.append(folded(heading, _reasons(label, items)))
    return joined(*pieces) if pieces else None


def contributing(evidence: Evidence, pool: Pool) -> Html | None:
    """Return the characteristics and the lights of the studies in one pool (PRISMA 20a).

    Parameters
    ----------
    evidence : Evidence
        With the appraisal; without one there is nothing to show.
    pool : Pool
        Its studies; one that is not appraised is named.
    """
    studies = list(dict.fromkeys(row.study_id for row in pool.selection.rows))
    if not studies:
        return prose("No study contributes to this pool.", kind="muted")
    if not evidence.appraisal:
        return None
    caption = f"Appraisal of the contributing studies ({pool.label.lower()})"
    pieces: list[Html] = []
    seen: set[str] = set()
    for tool, judged in _by_tool(evidence).items():
        ours = {study: judged[study] for study in studies if study in judged}
        if ours:
            words = f"{caption}: {_tool(evidence, tool)}" if pieces else caption
            pieces.append(_lights(words, evidence, ours, page=_PAGE, about=True))
            seen |= set(ours)
    if pieces:
        pieces.insert(0, legend())
    missing = [evidence.study(study).label for study in studies if study not in seen]
    if missing:
        pieces.append(prose(f"Not appraised: {listing(missing)}.", kind="caution"))
    return joined(*pieces)


def _by_tool(evidence: Evidence) -> dict[str, dict[str, list[Item]]]:
    """Return the items of every tool that was used, by study, in the order of the items."""
    used = {item.tool for item in evidence.appraisal}
    found: dict[str, dict[str, list[Item]]] = {
        tool: {} for tool in evidence.protocol.all_tools if tool in used
    }
    for item in evidence.appraisal:
        found[item.tool].setdefault(item.study_id, []).append(item)
    for judged in found.values():
        for items in judged.values():
            items.sort(key=lambda item: item.item)
    return found


def _tool(evidence: Evidence, name: str) -> str:
    return evidence.protocol.all_tools[name].label


def _lights(
    caption: str,
    evidence: Evidence,
    judged: _Judged,
    *,
    name: str = "",
    page: str = "",
    about: bool = False,
) -> Html:
    """One line a study; with its design and what was read when not all is on this page."""
    questions = {item.item: item.question for items in judged.values() for item in items}
    numbers = sorted(questions)
    heads = ["Study", *(["Design", "Source read"] if about else []), *(f"Q{n}" for n in numbers)]
    lines = []
    for study_id, items in judged.items():
        study = evidence.study(study_id)
        told = _about(evidence, study) if about else []
        lines.append([_named(study, page), *told, *_cells(items, numbers, page)])
    grid = table(caption, heads, lines, name=name)
    asked = Markup("\n").join(Markup("<li>Q{} {}</li>").format(n, questions[n]) for n in numbers)
    html = Markup('<div class="lights">\n{}\n</div>\n<ul class="questions">\n{}\n</ul>')
    text = "\n".join([grid.text, *(f"Q{n} {questions[n]}" for n in numbers)])
    return Html(str(html.format(Markup(grid.html), asked)), text)


def _named(study: Study, page: str) -> Markup:
    return link(f"{page}#{anchor(study.study_id, 'study')}", study.label)


def _about(evidence: Evidence, study: Study) -> list[Cell]:
    design = evidence.protocol.all_designs.get(study.design)
    source = evidence.protocol.all_source_types.get(study.source_type)
    return [each.label if each else "–" for each in (design, source)]


def _cells(items: Iterable[Item], numbers: Sequence[int], page: str) -> list[Cell]:
    said = {item.item: item for item in items}
    return [_light(said[n], page) if n in said else "–" for n in numbers]


def _light(item: Item, page: str) -> Markup:
    return Markup('<a class="light {}" href="{}">{} <span>{}</span></a>').format(
        item.judgement.replace("_", "-"),
        f"{page}#{_place(item)}",
        _symbol(item.judgement, plain=True),
        STATES[item.judgement][1],
    )


def _symbol(state: str, *, plain: bool = False) -> Markup:
    kind = "symbol" if plain else f"symbol light {state.replace('_', '-')}"
    return Markup('<span class="{}" aria-hidden="true">{}</span>').format(kind, STATES[state][0])


def _reasons(label: str, items: Sequence[Item]) -> Html:
    lines = Markup("\n").join(
        Markup('<li id="{}"><b>Q{} {}</b> {} <b>{}</b>: {}</li>').format(
            _place(item),
            item.item,
            item.question,
            _symbol(item.judgement),
            STATES[item.judgement][1],
            item.reason,
        )
        for item in items
    )
    text = "\n".join(f"- Q{item.item} {item.judgement}: {item.reason}" for item in items)
    html = Markup('<ul class="reasons" aria-label="{}">\n{}\n</ul>').format(
        f"{label}: {count(len(items), 'item')}", lines
    )
    return Html(str(html), text)


def _place(item: Item) -> str:
    return anchor(f"{item.study_id}-{item.tool}-{item.item}", "appraisal")
