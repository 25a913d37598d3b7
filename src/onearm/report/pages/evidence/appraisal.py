"""The appraisal as traffic lights: a symbol, a word and a colour for every item.

Never a colour alone, never a sum (JBI advises against scores). What the source at hand does
not let a reader judge is a state of its own, and not a fault of the study.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from onearm.analysis import Pool
from onearm.evidence import Evidence
from onearm.evidence.frames import Row, rows_of
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
TOOLS = {
    "jbi_case_series": "JBI checklist for case series",
    "murad_case_report": "Murad's tool for case reports",
}
_PAGE = "evidence.html"


def legend() -> Html:
    """Return what the symbols stand for."""
    meanings = {
        "not_assessable": "not assessable from the source that was read",
        "not_applicable": "does not apply to this study",
    }
    lights = Markup(" ").join(
        Markup('<span class="key">{} {}</span>').format(
            _symbol(state), meanings.get(state, STATES[state][1])
        )
        for state in STATES
    )
    text = "; ".join(f"{symbol} {word}" for symbol, word in STATES.values())
    return Html(str(Markup('<p class="legend">{}</p>').format(lights)), text)


def appraisal_lights(evidence: Evidence) -> Html:
    """Return a table for each tool: one line a study, one column an item.

    Every light points at its question and reason, which `appraisal_reasons` lists.
    """
    pieces = [
        _lights(
            f"Appraisal by item: {TOOLS[tool]}",
            evidence,
            _judged(evidence, tool),
            name="appraisal" if tool == "jbi_case_series" else f"appraisal-{anchor(tool, 'tool')}",
        )
        for tool in TOOLS
        if (evidence.appraisal["tool"] == tool).any()
    ]
    if not pieces:
        return prose("No study is appraised.", kind="caution")
    return joined(legend(), *pieces)


def appraisal_reasons(evidence: Evidence) -> Html:
    """Return, folded by study, every question with its judgement and what it rests on."""
    labels = _labels(evidence)
    pieces = []
    for (study, tool), part in evidence.appraisal.groupby(["study_id", "tool"], sort=False):
        rows = rows_of(part)
        said = [row["judgement"] for row in rows]
        counts = listing(
            [f"{said.count(state)} {word}" for state, (_, word) in STATES.items() if state in said]
        )
        heading = f"{labels[str(study)]} ({TOOLS[str(tool)]}): {counts}"
        pieces.append(folded(heading, _reasons(labels[str(study)], rows)))
    return joined(*pieces) if pieces else prose("No study is appraised.")


def contributing(evidence: Evidence, pool: Pool) -> Html:
    """Return the characteristics and the lights of the studies in one pool (PRISMA 20a).

    Parameters
    ----------
    evidence : Evidence
        With the appraisal.
    pool : Pool
        Its studies; one that is not appraised is told.
    """
    studies = list(dict.fromkeys(str(s) for s in pool.selection.rows["study_id"]))
    if not studies:
        return prose("No study contributes to this pool.", kind="muted")
    tool = "jbi_case_series"
    judged = {s: rows for s, rows in _judged(evidence, tool).items() if s in studies}
    missing = [s for s in studies if s not in judged]
    lights = _lights(
        f"Appraisal of the contributing studies ({pool.label.lower()})",
        evidence,
        {s: judged[s] for s in studies if s in judged},
        page=_PAGE,
        about=True,
    )
    pieces = [legend(), lights] if judged else []
    if missing:
        labels = _labels(evidence)
        words = listing([labels[s] for s in missing])
        verb = "is" if len(missing) == 1 else "are"
        pieces.append(prose(f"Not appraised {verb}: {words}.", kind="caution"))
    return joined(*pieces)


def _judged(evidence: Evidence, tool: str) -> dict[str, list[Row]]:
    of_tool = evidence.appraisal[evidence.appraisal["tool"] == tool]
    return {
        str(study): rows_of(part.sort_values("item"))
        for study, part in of_tool.groupby("study_id", sort=False)
    }


def _lights(
    caption: str,
    evidence: Evidence,
    judged: dict[str, list[Row]],
    *,
    name: str = "",
    page: str = "",
    about: bool = False,
) -> Html:
    """One line a study; with what was read and its design when it is not all on this page."""
    items = {row["item"]: row["question"] for rows in judged.values() for row in rows}
    numbers = sorted(items)
    studies = {str(row["study_id"]): row for row in rows_of(evidence.studies)}
    columns = ["Study", *(["Design", "Source read"] if about else []),
               *(f"Q{item}" for item in numbers)]  # fmt: skip
    lines = [
        [
            _study(studies[study], page),
            *(_about(studies[study]) if about else []),
            *_cells(study, rows, numbers, page),
        ]
        for study, rows in judged.items()
    ]
    grid = table(caption, columns, lines, name=name)
    asked = Markup("\n").join(Markup("<li>Q{} {}</li>").format(n, items[n]) for n in numbers)
    html = Markup('<div class="lights">\n{}\n</div>\n<ul class="questions">\n{}\n</ul>')
    text = "\n".join([grid.text, *(f"Q{n} {items[n]}" for n in numbers)])
    return Html(str(html.format(Markup(grid.html), asked)), text)


def _study(study: Row, page: str) -> Markup:
    return link(f"{page}#{anchor(str(study['study_id']), 'study')}", str(study["label"]))


def _about(study: Row) -> list[Cell]:
    return [str(study[name]).replace("_", " ") for name in ("design", "source_type")]


def _cells(study: str, rows: Iterable[Row], numbers: Sequence[int], page: str) -> list[Cell]:
    said = {row["item"]: row["judgement"] for row in rows}
    return [_light(said[n], f"{page}#{_place(study, n)}") if n in said else "–" for n in numbers]


def _light(state: str, target: str) -> Markup:
    return Markup('<a class="light {}" href="{}">{} <span>{}</span></a>').format(
        state.replace("_", "-"), target, _symbol(state, plain=True), STATES[state][1]
    )


def _symbol(state: str, *, plain: bool = False) -> Markup:
    kind = "symbol" if plain else f"symbol light {state.replace('_', '-')}"
    return Markup('<span class="{}" aria-hidden="true">{}</span>').format(kind, STATES[state][0])


def _reasons(label: str, rows: Sequence[Row]) -> Html:
    items = Markup("\n").join(
        Markup('<li id="{}"><b>Q{} {}</b> {} <b>{}</b>: {}</li>').format(
            _place(str(row["study_id"]), row["item"]),
            row["item"],
            row["question"],
            _symbol(row["judgement"]),
            STATES[row["judgement"]][1],
            row["reason"],
        )
        for row in rows
    )
    text = "\n".join(f"- Q{r['item']} {r['judgement']}: {r['reason']}" for r in rows)
    html = Markup('<ul class="reasons" aria-label="{}">\n{}\n</ul>').format(
        f"{label}: {count(len(rows), 'item')}", items
    )
    return Html(str(html), text)


def _place(study: str, item: int) -> str:
    return anchor(f"{study}-{item}", "appraisal")


def _labels(evidence: Evidence) -> dict[str, str]:
    studies = evidence.studies
    return dict(zip(studies["study_id"], studies["label"].astype(str), strict=True))
