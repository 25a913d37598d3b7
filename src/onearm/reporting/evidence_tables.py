"""The tables of the evidence page: studies, screening, appraisal, every row."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from onearm.errors import InputError
from onearm.evidence import Evidence
from onearm.evidence.frames import Row, rows_of
from onearm.reporting.html import Cell, Html, anchor, table

# What became of a record: (stage reached, decision), in the order in which records leave.
EXITS = {
    ("screened", "excluded"): "Excluded at screening",
    ("sought", "not_retrieved"): "Sought, not retrieved",
    ("screened", "awaiting"): "Met, awaiting assessment",
    ("sought", "awaiting"): "Sought, awaiting assessment",
    ("assessed", "excluded"): "Assessed and excluded",
    ("assessed", "included_not_pooled"): "Assessed and included, described but not pooled",
    ("assessed", "included"): "Assessed and included, with rows that may be pooled",
}


def studies_table(evidence: Evidence) -> Html:
    """Return the characteristics of every study."""
    columns = ["Study", "Set", "Year", "Setting", "Design", "Agent", "Country", "Enrolled",
               "Source type", "Possible overlap", "Reference", "Notes"]  # fmt: skip
    rows = rows_of(evidence.studies.sort_values(["evidence_set", "year", "label"]))
    return table(
        "Characteristics of the studies", columns, [_study(row) for row in rows],
        name="studies", ids=[anchor(str(row["study_id"]), "study") for row in rows],
    )  # fmt: skip


def _study(row: Row) -> list[Cell]:
    window = " to ".join(str(row[name]) for name in ("enrol_start", "enrol_end") if row[name])
    return [
        str(row["label"]), str(row["evidence_set"]), str(row["year"]), _words(row["setting"]),
        _words(row["design"]), str(row["agent"]), str(row["country"]) or "–",
        window or "not reported", _words(row["source_type"]), str(row["overlap_group"]) or "–",
        _reference(row), str(row["notes"]) or "–",
    ]  # fmt: skip


def _reference(row: Row) -> Cell:
    doi = str(row["doi"])
    if not doi:
        return str(row["citation"])
    return Markup('{} <a href="https://doi.org/{}">doi:{}</a>').format(row["citation"], doi, doi)


def flow_table(evidence: Evidence) -> Html:
    """Return what became of every record, by evidence set; the lines add up to the last.

    Raises
    ------
    InputError
        When a record left in a way that the flow does not know: its sum would not balance.
    """
    records = evidence.records
    exits = list(zip(records["stage"], records["decision"], strict=True))
    unknown = sorted(set(exits) - set(EXITS))
    if unknown:
        ways = "; ".join(f"{decision} when {stage}" for stage, decision in unknown)
        raise InputError(f"records.csv has decisions that no stage allows: {ways}.")
    rows: list[list[Cell]] = []
    for way, words in EXITS.items():
        of = records[[found == way for found in exits]]
        if len(of):
            rows.append([words, *_by_set(of)])
    rows.append(["All records met", *_by_set(records)])
    return table(
        "Flow of records: what was met, and what became of it",
        ["What became of it", "Core", "Extended", "All"],
        rows,
        numeric=("Core", "Extended", "All"),
    )


def _by_set(records: pd.DataFrame) -> list[Cell]:
    counts = [int((records["evidence_set"] == name).sum()) for name in ("core", "extended")]
    return [*(str(number) for number in counts), str(len(records))]


def records_table(evidence: Evidence) -> Html:
    """Return every record met, with the decision and its reason."""
    return table(
        "Records and decisions",
        ["Record", "Reference", "Met by", "Set", "Decision", "Reason"],
        [
            [str(row["record_id"]), _reference(row), _words(row["met_by"]),
             str(row["evidence_set"]), _words(row["decision"]), str(row["reason"]) or "–"]
            for row in rows_of(evidence.records)
        ],
        name="records",
    )  # fmt: skip


def appraisal_table(evidence: Evidence) -> Html:
    """Return the appraisal: one line a study, one column an item, words not colours."""
    appraisal = evidence.appraisal
    items = sorted(set(appraisal["item"]))
    labels = evidence.studies.set_index("study_id")["label"]
    lines = []
    for (study, tool), part in appraisal.groupby(["study_id", "tool"], sort=True):
        said = dict(zip(part["item"], part["judgement"], strict=True))
        judged = [_words(said.get(item, "–")) for item in items]
        lines.append([str(labels[str(study)]), _words(tool), *judged])
    return table(
        "Appraisal by item (JBI case series; Murad for case reports)",
        ["Study", "Tool", *(f"Q{item}" for item in items)], lines,
        name="appraisal",
    )  # fmt: skip


def appraisal_reasons_table(evidence: Evidence) -> Html:
    """Return the question and the reason behind every judgement."""
    labels = evidence.studies.set_index("study_id")["label"]
    return table(
        "Appraisal: questions, judgements and reasons",
        ["Study", "Item", "Question", "Judgement", "Reason"],
        [
            [str(labels[row["study_id"]]), f"Q{row['item']}", str(row["question"]),
             _words(row["judgement"]), str(row["reason"])]
            for row in rows_of(evidence.appraisal)
        ],
    )  # fmt: skip


def all_rows_table(evidence: Evidence) -> Html:
    """Return every extracted row, pooled or not, as it stands in the data."""
    labels = evidence.studies.set_index("study_id")["label"]
    rows = rows_of(evidence.outcomes)
    columns = ["Row", "Study", "Outcome", "Patients counted", "Events / n", "Basis",
               "As printed", "Use", "Reason", "Source and place"]  # fmt: skip
    return table(
        f"Every extracted row ({len(rows)})", columns,
        [_extracted(row, str(labels[row["study_id"]])) for row in rows],
        name="all-rows", ids=[anchor(str(row["row_id"])) for row in rows],
    )  # fmt: skip


def _extracted(row: Row, label: str) -> list[Cell]:
    counts = "/".join("?" if row[name] is None else str(row[name])
                      for name in ("events", "n"))  # fmt: skip
    part = "" if row["population"] == "all" else f", {_words(row['population'])}"
    derived = str(row["derivation"])
    reason = str(row["missing_reason"]) or str(row["use_reason"]) or "–"
    return [
        str(row["row_id"]), label, _words(row["outcome"]), f"{_words(row['denominator'])}{part}",
        "not reported" if counts == "?/?" else counts,
        f"derived: {derived}" if derived else str(row["basis"]) or "–", str(row["printed"]) or "–",
        _words(row["use"]), reason, f"{row['source']}: {row['locator']}",
    ]  # fmt: skip


def _words(value: object) -> str:
    return str(value).replace("_", " ")
