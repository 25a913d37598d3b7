"""The tables of the evidence page: studies, every row, findings, and where to download them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from markupsafe import Markup

from onearm.evidence import Count, Evidence, Finding, Record, Study
from onearm.evidence.evidence import part_name
from onearm.evidence.plan import PROTOCOL_FILE
from onearm.evidence.tables.columns import TABLES
from onearm.report.export.crate import COPIES
from onearm.report.kit.html import (
    Cell,
    Html,
    anchor,
    bullets,
    folded,
    joined,
    link,
    prose,
    table,
)
from onearm.report.pages.outcome.answer import findings_table
from onearm.words import count

__all__ = [
    "all_rows_table",
    "belongs",
    "findings_folded",
    "reference",
    "studies_references",
    "studies_table",
    "take_tables",
]


def belongs(evidence: Evidence) -> tuple[str, ...]:
    """Return what tells the studies of several evidence sets apart; nothing where all are one."""
    if not evidence.protocol.has_several_sets:
        return ()
    return tuple(dict.fromkeys(value for each in evidence.protocol.sets for value in each.includes))


def take_tables(evidence: Evidence) -> Html:
    """Link the tables and the plan, copied into the report as they were read."""
    there = [each.file for each in TABLES.values() if evidence.has(each.name)]
    links = Markup(", ").join(link(f"{COPIES}/{name}", name) for name in (*there, PROTOCOL_FILE))
    said = prose(Markup("Download the tables and the plan: {}.").format(links))
    return Html(f'<div id="tables">\n{said.html}\n</div>', said.text)


def studies_table(evidence: Evidence) -> Html:
    """Return the characteristics of every study; a column that is empty everywhere is left out.

    `studies_references` has the rest.
    """
    studies = sorted(evidence.studies, key=lambda s: (s.evidence_set, s.year or 0, s.label))
    columns = {
        head: cells
        for head, tell in _characteristics(evidence).items()
        if any(cells := [tell(study) for study in studies])
    }
    return table(
        "Characteristics of the studies",
        ["Study", *columns],
        [
            [study.label, *(cells[place] or "–" for cells in columns.values())]
            for place, study in enumerate(studies)
        ],
        name="studies",
        ids=[anchor(study.study_id, "study") for study in studies],
    )


def _characteristics(evidence: Evidence) -> dict[str, Callable[[Study], str]]:
    """Return the columns by their heads: those of the plan beside those of every review."""
    protocol = evidence.protocol

    def declared(name: str) -> Callable[[Study], str]:
        return lambda study: protocol.value_label(name, study.value(name))

    own = {plan.label: declared(name) for name, plan in protocol.columns.studies.items()}
    labels = {name: each.label for name, each in protocol.all_designs.items()}
    sources = {name: each.label for name, each in protocol.all_source_types.items()}
    sets: dict[str, Callable[[Study], str]] = (
        {"Set": lambda study: study.evidence_set} if protocol.has_several_sets else {}
    )
    return {
        **sets,
        **own,
        "Design": lambda study: labels.get(study.design, study.design),
        "Country": lambda study: study.country,
        "Enrolled": _window,
        "Source read": lambda study: sources.get(study.source_type, study.source_type),
        "Possible overlap": lambda study: study.overlap_group,
    }


def _window(study: Study) -> str:
    return " to ".join(filter(None, (study.enrol_start, study.enrol_end)))


def studies_references(evidence: Evidence) -> Html | None:
    """Return, folded, the reference of every study and what else a reader should know of it."""
    cited = [
        Markup("<b>{}</b>: {}").format(
            study.label, Markup(" ").join(filter(None, (reference(study), study.notes)))
        )
        for study in sorted(evidence.studies, key=lambda study: study.label)
        if study.citation or study.doi or study.notes
    ]
    if not cited:
        return None
    heading = f"References and notes of {count(len(cited), 'study', 'studies')}"
    return folded(heading, bullets(cited, none=""))


def reference(cited: Study | Record) -> Markup:
    """Return a citation with the link to its DOI."""
    end = "" if not cited.citation or cited.citation.endswith(".") else "."
    address = Markup('<a href="https://doi.org/{}">doi:{}</a>').format(cited.doi, cited.doi)
    parts = (f"{cited.citation}{end}", address if cited.doi else "")
    return Markup(" ").join(filter(None, parts))


def all_rows_table(evidence: Evidence) -> Html:
    """Return every extracted row, pooled or not, as it stands in the data, by outcome.

    The outcomes of the plan come in its order, and then, together, all others.
    """
    names = {plan.code: plan.label for plan in evidence.protocol.outcome}
    by_outcome: dict[str, list[Count]] = {code: [] for code in (*names, "")}
    for row in evidence.counts:
        by_outcome[row.outcome if row.outcome in names else ""].append(row)
    pieces = []
    for code, rows in by_outcome.items():
        if rows:
            name = names.get(code, "Other outcomes, and descriptions of the people")
            pooled = sum(row.may_be_pooled for row in rows)
            heading = f"{name}: {count(len(rows), 'row')}, {pooled} marked for pooling"
            pieces.append(folded(heading, _rows(name, rows, evidence)))
    return joined(*pieces) if pieces else prose("There is no row.", kind="muted")


def _rows(name: str, rows: Sequence[Count], evidence: Evidence) -> Html:
    own = evidence.protocol.columns.outcomes
    last = "Events / n", "Basis", "As printed", "Use", "Reason", "Source and place"
    labels = [plan.label for plan in own.values()]
    heads = ["Row", "Study", "Outcome", "Counted per", *labels, *last]
    lines = [_extracted(row, evidence) for row in rows]
    used = [place for place in range(len(heads)) if any(line[place] for line in lines)]
    return table(
        f"Extracted rows: {name}",
        [heads[place] for place in used],
        [[line[place] or "–" for place in used] for line in lines],
        ids=[anchor(row.row_id) for row in rows],
    )


def _extracted(row: Count, evidence: Evidence) -> list[Cell]:
    """Return the cells of a row; an empty one is ""."""
    protocol = evidence.protocol
    known = row.events is not None or row.n is not None
    events, n = ("?" if number is None else str(number) for number in (row.events, row.n))
    part = "" if row.is_whole else f", {part_name(row)}"
    place = f"{row.source}: {row.locator}" if row.locator else row.source
    return [
        row.row_id,
        evidence.study(row.study_id).label,
        protocol.outcome_name(row.outcome),
        f"{protocol.denominator_noun(row.denominator).one}{part}",
        *(protocol.value_label(name, row.value(name)) for name in protocol.columns.outcomes),
        f"{events}/{n}" if known else "not reported",
        f"derived: {row.derivation}" if row.derivation else row.basis,
        row.printed,
        row.use,
        row.missing_reason or row.use_reason,
        place,
    ]


def findings_folded(findings: Sequence[Finding], caption: str) -> Html | None:
    """Return findings of the audit in a table behind a line that counts them.

    Parameters
    ----------
    findings : sequence of Finding
        Nothing is shown when there is none.
    caption : str
        What they are.
    """
    listed = findings_table(findings, caption)
    return folded(f"{caption}: {len(findings)}", listed) if listed else None
