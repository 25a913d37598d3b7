"""The records on the evidence page: how they were found, where they left, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from onearm.evidence import Evidence, Record
from onearm.evidence.flow import flow_columns
from onearm.evidence.records import families
from onearm.evidence.tables.columns import EXITS
from onearm.report.kit.html import Cell, Html, anchor, folded, joined, prose, table
from onearm.report.pages.evidence.tables import belongs, reference
from onearm.words import count, listing

__all__ = ["extracted_words", "flow_table", "flow_words", "records_table"]

#: What became of an extracted study, from most to least used.
FATES = {
    "included": "included with rows that may be pooled",
    "included_not_pooled": "included and only described",
    "excluded": "read and excluded",
    "second_hand": "known only from second hand (not included)",
    "other": "not included for another reason",
}
_CITED = "secondary_citation"  # known from another paper: the study itself was never read


def extracted_words(evidence: Evidence) -> Html | None:
    """Say how the studies with extracted rows come down to those that are included."""
    if not evidence.records:
        return None
    heads = families(evidence.studies)
    fates = Counter(_fates(evidence, heads).values())
    versions = len(heads) - fates.total()
    studies = count(fates.total(), "study", "studies")
    of = f"These are {count(len(heads), 'entry', 'entries')} for {studies}"
    if versions:
        of += f" ({count(versions, 'earlier version')} of another)"
    told = listing([f"{fates[fate]} {words}" for fate, words in FATES.items() if fates[fate]])
    return prose(
        f"{of}: {told}. Rows of studies that are not included are shown with their reason and "
        "are not pooled."
    )


def _fates(evidence: Evidence, heads: dict[str, str]) -> dict[str, str]:
    """Return by study, two versions being one, what became of it at most."""
    decided: dict[str, set[str]] = {head: set() for head in heads.values()}
    for record in evidence.records:
        if record.study_id:
            decided[heads[record.study_id]].add(record.decision)
    found = {}
    for head, decisions in decided.items():
        if evidence.study(head).source_type == _CITED:
            decisions = (decisions - {"excluded"}) | {"second_hand"}
        found[head] = next((fate for fate in FATES if fate in decisions), "other")
    return found


def flow_table(evidence: Evidence) -> Html | None:
    """Return what became of every record, by how it was found and by evidence set.

    The exits add up to all records; reports and studies are counted apart.

    Raises
    ------
    InputError
        When a box of the flow is not the sum of its exits.
    """
    if not evidence.records:
        return None
    columns, sets = flow_columns(evidence), _by_set(evidence)
    rows: list[list[Cell]] = []
    for way, words in EXITS.items():
        numbers = [column.exits[way].number for column in columns]
        if numbers[-1]:
            of_sets = [sum((r.stage, r.decision) == way for r in of) for of in sets.values()]
            rows.append([words, *map(str, (*numbers, *of_sets))])
    identified = [sum(number for _, number in column.met_by) for column in columns]
    for words, boxes, stages in (
        ("Records identified", identified, ("screened", "sought", "assessed")),
        ("Records screened", [c.screened for c in columns], ("screened", "sought", "assessed")),
        ("Reports sought", [c.sought for c in columns], ("sought", "assessed")),
        ("Reports assessed", [c.assessed for c in columns], ("assessed",)),
    ):
        of_sets = [sum(r.stage in stages for r in of) for of in sets.values()]
        rows.append([words, *map(str, (*boxes, *of_sets))])
    heads = [*(column.title for column in columns), *(name.capitalize() for name in sets)]
    return table(
        "Flow of records: where they left, and how many reached each step",
        ["Step", *heads],
        rows,
        name="flow-table",
        numeric=heads,
    )


def _by_set(evidence: Evidence) -> dict[str, list[Record]]:
    """Return the records by what tells evidence sets apart, where the records say it."""
    if not evidence.has("records", "evidence_set"):
        return {}
    return {
        name: [record for record in evidence.records if record.evidence_set == name]
        for name in belongs(evidence)
    }


def flow_words(evidence: Evidence) -> Html | None:
    """Say how records were searched, and how many studies the included reports are of."""
    if not evidence.records:
        return None
    total = flow_columns(evidence)[-1]
    status = evidence.protocol.status
    more = "; a study can have several reports" if total.included != total.studies else ""
    said = (
        f"{count(total.included, 'report')} of {count(total.studies, 'study', 'studies')} "
        f"{'is' if total.included == 1 else 'are'} included{more}. Nothing was removed before "
        "screening."
    )
    return prose(*([status.last_search] if status else []), said)


def records_table(evidence: Evidence) -> Html | None:
    """Return every record with its reason, folded by what became of it."""
    pieces = []
    for way, words in EXITS.items():
        of = [record for record in evidence.records if (record.stage, record.decision) == way]
        if of:
            pieces.append(folded(f"{words} ({len(of)})", _records(words, of, evidence)))
    return joined(*pieces) if pieces else None


def _records(words: str, records: Sequence[Record], evidence: Evidence) -> Html:
    several = bool(_by_set(evidence))
    heads = ["Record", "Reference", "Found by", *(["Set"] if several else []), "Reason"]
    return table(
        f"Records: {words.lower()}",
        heads,
        [
            [
                record.record_id,
                reference(record),
                evidence.protocol.ways.get(record.met_by, record.met_by),
                *([record.evidence_set] if several else []),
                record.reason or "–",
            ]
            for record in records
        ],
        ids=[anchor(record.record_id, "record") for record in records],
    )
