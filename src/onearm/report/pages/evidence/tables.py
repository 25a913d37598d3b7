"""The tables of the evidence page: studies, screening, every row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
from markupsafe import Markup

from onearm.evidence import Evidence
from onearm.evidence.flow import flow_columns
from onearm.evidence.frames import Row, rows_of
from onearm.evidence.plan.codes import code_in_words
from onearm.evidence.selection.overlap import families
from onearm.evidence.tables.columns import EXITS
from onearm.report.export.crate import COPIES, inputs
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
from onearm.words import count, listing

SETS = ("core", "extended")
#: What became of an extracted study, from most to least used.
FATES = {
    "included": "included with rows that may be pooled",
    "included_not_pooled": "included and only described",
    "excluded": "read and excluded",
    "second_hand": "known only from second hand (not included)",
    "other": "not included for another reason",
}


def take_tables(data: str) -> Html:
    """Link the tables and the plan, copied into the report as they were read.

    Parameters
    ----------
    data : str
        The folder that they were read from: what is not there is not linked.
    """
    there = [name for name, _ in inputs() if (Path(data) / name).exists()]
    links = Markup(", ").join(link(f"{COPIES}/{name}", name) for name in there)
    said = prose(Markup("Take the tables: {}.").format(links))
    return Html(f'<div id="tables">\n{said.html}\n</div>', said.text)


def extracted_words(evidence: Evidence) -> Html:
    """Say how the studies with extracted rows come down to those that are included."""
    heads = families(evidence.studies)
    fates = Counter(_fates(evidence, heads).values())
    versions = len(heads) - fates.total()
    studies = count(fates.total(), "study", "studies")
    of = f"These are {count(len(heads), 'entry', 'entries')} for {studies}"
    if versions:
        of += f" ({count(versions, 'earlier version')} of another)"
    told = listing([f"{fates[fate]} {words}" for fate, words in FATES.items() if fates[fate]])
    return prose(
        f"{of}: {told}. Rows of studies that are not included are shown with their reason, and "
        "enter no pool." if told else f"{of}."
    )  # fmt: skip


def _fates(evidence: Evidence, heads: dict[str, str]) -> dict[str, str]:
    """Return by study, two versions being one, what became of it at most."""
    sources = evidence.studies.set_index("study_id")["source_type"]
    decided: dict[str, set[str]] = {head: set() for head in heads.values()}
    for row in rows_of(evidence.records):
        if row["study_id"]:
            decided[heads[row["study_id"]]].add(str(row["decision"]))
    found = {}
    for head, decisions in decided.items():
        if sources[head] == "secondary_citation":  # never read, whatever it was left out for
            decisions = (decisions - {"excluded"}) | {"second_hand"}
        found[head] = next((fate for fate in FATES if fate in decisions), "other")
    return found


def studies_table(evidence: Evidence) -> Html:
    """Return the characteristics of every study; `studies_references` has the rest."""
    columns = ["Study", "Set", "Setting and design", "Agent", "Country", "Enrolled",
               "Source read", "Possible overlap"]  # fmt: skip
    rows = rows_of(evidence.studies.sort_values(["evidence_set", "year", "label"]))
    return table(
        "Characteristics of the studies", columns, [_study(row) for row in rows],
        name="studies", ids=[anchor(str(row["study_id"]), "study") for row in rows],
    )  # fmt: skip


def studies_references(evidence: Evidence) -> Html:
    """Return, folded, the reference of every study and what else a reader should know of it."""
    rows = rows_of(evidence.studies.sort_values(["label"]))
    cited = bullets(
        (
            Markup("<b>{}</b>: {}.{}").format(
                row["label"], _reference(row), f" {row['notes']}" if row["notes"] else ""
            )
            for row in rows
        ),
        none="There is no study.",
    )
    return folded(f"References and notes of {count(len(rows), 'study', 'studies')}", cited)


def _study(row: Row) -> list[Cell]:
    window = " to ".join(str(row[name]) for name in ("enrol_start", "enrol_end") if row[name])
    made = "; ".join(_words(row[name]) for name in ("setting", "design") if row[name])
    return [
        str(row["label"]), str(row["evidence_set"]), made, str(row["agent"]),
        str(row["country"]) or "–", window or "not reported", _words(row["source_type"]),
        str(row["overlap_group"]) or "–",
    ]  # fmt: skip


def _reference(row: Row) -> Cell:
    doi = str(row["doi"])
    if not doi:
        return str(row["citation"])
    return Markup('{} <a href="https://doi.org/{}">doi:{}</a>').format(row["citation"], doi, doi)


def flow_table(evidence: Evidence) -> Html:
    """Return what became of every record, by how it was met and by evidence set.

    The exits add up to all records; reports and studies are counted apart.

    Raises
    ------
    InputError
        When a box of the flow is not the sum of its exits.
    """
    columns = flow_columns(evidence)
    sets = [rows_of(evidence.records[evidence.records["evidence_set"] == name]) for name in SETS]
    rows: list[list[Cell]] = []
    for way, words in EXITS.items():
        numbers = [column.exits[way].number for column in columns]
        if numbers[-1]:
            of_sets = [sum((r["stage"], r["decision"]) == way for r in of) for of in sets]
            rows.append([words, *map(str, (*numbers, *of_sets))])
    for words, boxes, stages in (
        ("Records identified", [sum(n for _, n in c.met_by) for c in columns],
         ("screened", "sought", "assessed")),
        ("Records screened", [c.screened for c in columns], ("screened", "sought", "assessed")),
        ("Reports sought", [c.sought for c in columns], ("sought", "assessed")),
        ("Reports assessed", [c.assessed for c in columns], ("assessed",)),
    ):  # fmt: skip
        of_sets = [sum(r["stage"] in stages for r in of) for of in sets]
        rows.append([words, *map(str, (*boxes, *of_sets))])
    heads = [*(column.title for column in columns), *(name.capitalize() for name in SETS)]
    return table(
        "Flow of records: where they left, and how many reached each step",
        ["Step", *heads],
        rows,
        name="flow-table",
        numeric=heads,
    )


def flow_words(evidence: Evidence) -> Html:
    """Say how records were met, and how many studies the included reports are of."""
    total = flow_columns(evidence)[-1]
    status = evidence.protocol.status
    studies = count(total.studies, "study", "studies")
    said = (
        f"{count(total.included, 'report')} of {studies} are included; reports are more than "
        "studies where a trial is reported twice. Nothing was removed before screening."
    )
    return prose(*([status.last_search] if status else []), said)


def records_table(evidence: Evidence) -> Html:
    """Return every record met with its reason, folded by what became of it."""
    rows = rows_of(evidence.records)
    pieces = []
    for way, words in EXITS.items():
        of = [row for row in rows if (row["stage"], row["decision"]) == way]
        if of:
            pieces.append(folded(f"{words} ({len(of)})", _records(words, of)))
    return joined(*pieces) if pieces else prose("No record was met.")


def _records(words: str, rows: list[Row]) -> Html:
    return table(
        f"Records: {words.lower()}",
        ["Record", "Reference", "Met by", "Set", "Reason"],
        [
            [str(row["record_id"]), _reference(row), _words(row["met_by"]),
             str(row["evidence_set"]), str(row["reason"]) or "–"]
            for row in rows
        ],
        ids=[anchor(str(row["record_id"]), "record") for row in rows],
    )  # fmt: skip


def all_rows_table(evidence: Evidence) -> Html:
    """Return every extracted row, pooled or not, as it stands in the data, by outcome.

    The outcomes of the plan come in its order, and then, together, all others.
    """
    labels = evidence.studies.set_index("study_id")["label"]
    names = {plan.code: plan.label for plan in evidence.protocol.outcome}
    by_outcome: dict[str, list[Row]] = {code: [] for code in (*names, "")}
    for row in rows_of(evidence.outcomes):
        by_outcome[row["outcome"] if row["outcome"] in names else ""].append(row)
    pieces = []
    for code, rows in by_outcome.items():
        if rows:
            name = names.get(code, "Other outcomes, and descriptions of the patients")
            pooled = sum(row["use"] == "pool" for row in rows)
            heading = f"{name}: {count(len(rows), 'row')}, {pooled} marked for pooling"
            pieces.append(folded(heading, _rows(name, rows, labels)))
    return joined(*pieces) if pieces else prose("There is no row.")


def _rows(name: str, rows: list[Row], labels: pd.Series[str]) -> Html:
    columns = ["Row", "Study", "Outcome", "Patients counted", "Events / n", "Basis",
               "As printed", "Use", "Reason", "Source and place"]  # fmt: skip
    return table(
        f"Extracted rows: {name}",
        columns,
        [_extracted(row, str(labels[row["study_id"]])) for row in rows],
        ids=[anchor(str(row["row_id"])) for row in rows],
    )


def _extracted(row: Row, label: str) -> list[Cell]:
    counts = "/".join("?" if row[name] is None else str(row[name])
                      for name in ("events", "n"))  # fmt: skip
    part = "" if row["population"] == "all" else f", {_words(row['population'])}"
    derived = str(row["derivation"])
    reason = str(row["missing_reason"]) or str(row["use_reason"]) or "–"
    return [
        str(row["row_id"]), label, code_in_words(row["outcome"]),
        f"{_words(row['denominator'])}{part}",
        "not reported" if counts == "?/?" else counts,
        f"derived: {derived}" if derived else str(row["basis"]) or "–", str(row["printed"]) or "–",
        _words(row["use"]), reason, f"{row['source']}: {row['locator']}",
    ]  # fmt: skip


def _words(value: object) -> str:
    return str(value).replace("_", " ")
