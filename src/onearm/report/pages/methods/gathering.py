"""How the evidence was gathered and judged, what was not supplied, and what can be had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from markupsafe import Markup

from onearm.evidence import Evidence, Protocol
from onearm.evidence.plan import PROTOCOL_FILE
from onearm.evidence.tables.columns import Table, tables_of
from onearm.report.kit.html import Html, bullets, joined, link, prose
from onearm.report.kit.references import REFERENCES, cite
from onearm.words import count, listing

__all__ = ["appraisal", "certainty", "collection", "materials", "not_supplied"]

#: Columns of studies.csv that name a study and say where it belongs, and tell nothing of it.
_NAMES = {"study_id", "label", "citation", "doi", "source_type", "evidence_set", "notes"}
#: Parts of the plan that a page shows, where they are.
_PARTS = ("question", "frozen", "status")


def not_supplied(evidence: Evidence) -> Html | None:
    """List what the data folder does not have, with the default that holds instead."""
    protocol = evidence.protocol
    tables = tables_of(protocol).values()
    absent = [each.file for each in tables if not evidence.has(each.name)]
    parts = [name for name in _PARTS if not getattr(protocol, name)]
    missing = [
        *([f"Tables: {listing(absent)}."] if absent else []),
        *(told for each in tables if evidence.has(each.name) for told in _columns(evidence, each)),
        *([f"In {PROTOCOL_FILE}: {listing(parts)}."] if parts else []),
    ]
    if not missing:
        return None
    return joined(prose("Not supplied:"), bullets(missing, none=""))


def _columns(evidence: Evidence, table: Table) -> Iterator[str]:
    """Say which columns of a table are absent: those with a default value, and the empty ones."""
    idle = () if evidence.protocol.has_several_sets else ("evidence_set",)
    absent = [
        field
        for field in table.fields
        if not (field.compulsory or field.name in idle or evidence.has(table.name, field.name))
    ]
    if absent:
        told = [f"{f.name} (taken as: {f.default})" if f.default else f.name for f in absent]
        yield f"Columns of {table.file}: {listing(told)}."


def collection(evidence: Evidence) -> Html:
    """Say what was read, how counts were taken, and which other items were recorded."""
    protocol = evidence.protocol
    kinds = Counter(study.source_type for study in evidence.studies if study.source_type)
    sources = listing(
        [f"{protocol.all_source_types[kind].label} ({n})" for kind, n in kinds.most_common()]
    )
    basis = Counter(row.basis for row in evidence.counts)
    recorded = list(_recorded(evidence))
    located = evidence.has("outcomes", "locator")
    place = "the document and the place in it" if located else "the document"
    derived = (
        f"{basis['stated']} are stated there, {basis['derived']} are derived by arithmetic shown "
        "beside them"
        if basis["derived"]
        else "all of them are stated there"
    )
    return prose(
        *([f"Sources read: {sources}."] if sources else []),
        f"Every count names {place}; {derived}. What a source does not give is left empty, with "
        "the reason; it is never zero.",
        "Printed percentages and intervals are used to check the counts, and enter no result."
        + (f" Also recorded of each study: {listing(recorded)}." if recorded else ""),
    )


def _recorded(evidence: Evidence) -> Iterator[str]:
    declared = evidence.protocol.columns.studies
    for field in tables_of(evidence.protocol)["studies"].fields:
        if field.name not in _NAMES and evidence.has("studies", field.name):
            own = declared.get(field.name)
            yield own.label.lower() if own else field.name.replace("_", " ")


def appraisal(evidence: Evidence) -> Html | None:
    """Say with which tools the studies were appraised."""
    said = []
    for name, tool in evidence.protocol.all_tools.items():
        studies = {item.study_id for item in evidence.appraisal if item.tool == name}
        if studies:
            said.append(
                Markup("{} ({}) {} for {}").format(
                    tool.label,
                    count(tool.items, "item"),
                    _cited(tool.reference),
                    count(len(studies), "study", "studies"),
                )
            )
    if not said:
        return None
    return prose(
        Markup(
            "Appraisal tools: {}. Each item is judged with its reason and never summed to a score. "
            "“Not assessable” means that the source does not tell."
        ).format(Markup("; ").join(said))
    )


def _cited(reference: str) -> Markup:
    """Cite the publication of a tool: by its entry in the list, where its DOI has one."""
    for key, entry in REFERENCES.items():
        if entry.doi and entry.doi in reference:
            return cite(key)
    return Markup("({})").format(reference)


def certainty(evidence: Evidence) -> Html | None:
    """Say how certainty is judged, where anybody judged it."""
    if not evidence.judgements:
        return None
    protocol, rules = evidence.protocol, evidence.protocol.certainty
    each = "evidence set" if protocol.has_several_sets else "outcome"
    return prose(
        Markup("Certainty follows GRADE {}: very low, low, moderate or high. {}").format(
            cite("guyatt2008"), _start(rules.start)
        ),
        "Risk of bias, indirectness and publication bias are judged by people for each "
        f"{each}, each with a reason. A subgroup takes these judgements over and says so. "
        "Inconsistency and imprecision are computed from each pool.",
        *_computed(protocol),
    )


def _start(level: str) -> Markup:
    """Say where certainty starts, and whether GRADE's guidance starts it there."""
    guidance = Markup(
        "For rates in one group, GRADE's guidance on prognosis starts bodies of cohort evidence at "
        "high {}."
    ).format(cite("iorio2015"))
    if level == "high":
        return Markup("{} So does this plan.").format(guidance)
    return Markup(
        "{} This plan departs from it on purpose and starts at {}: the studies have no control "
        "group."
    ).format(guidance, level)


def _computed(protocol: Protocol) -> Iterator[str]:
    """Say how inconsistency and imprecision are judged, with and without a threshold."""
    rules = protocol.certainty
    wide = f"{100 * rules.wide_prediction:g} points"
    few = (
        f"fewer than {count(rules.minimum_studies, 'study', 'studies')} or "
        f"{protocol.people(rules.minimum_patients)}"
    )
    has = [plan.threshold is not None for plan in protocol.outcome]
    if any(has):
        yield (
            "Inconsistency lowers it by one level when two studies' own exact intervals lie wholly "
            "on opposite sides of the threshold, or when the prediction interval includes the "
            f"threshold and is wider than {wide}. I² never decides."
        )
        yield (
            "Imprecision lowers it by one level when the interval shown includes the threshold, or "
            f"when there are {few}; by two when both are so."
        )
    if not all(has):
        yield (
            "Without a threshold, inconsistency lowers it by one level when the prediction "
            f"interval is wider than {wide}, and imprecision when there are {few}."
        )


def materials() -> Html:
    """Say which files there are, and where."""
    items = [
        Markup("Every number of this report: {} and, one line a pool, {}.").format(
            link("results.json", "results.json"), link("results.csv", "results.csv")
        ),
        Markup(
            "The tables of the evidence and the plan, as they were read: {}. There is no other "
            "extraction form."
        ).format(link("evidence.html#tables", "download on the evidence page")),
        Markup(
            "A manuscript: {}, with its tables as CSV beside it; the references of the included "
            "studies as {} and {}."
        ).format(
            link("files/manuscript.docx", "Word file"),
            link("files/included.ris", "RIS"),
            link("files/included.bib", "BibTeX"),
        ),
        "The executed notebook of each page, beside it under the same name; the notebooks they "
        "were made from; the package onearm, under the MIT licence.",
        Markup(
            "The numbers, a drawing and the command of each figure are linked below it; {} "
            "describes the folder for machines."
        ).format(link("ro-crate-metadata.json", "ro-crate-metadata.json")),
        "Not included: the documents that the counts were taken from. Their citations are on the "
        "evidence page.",
    ]
    return bullets(items, none="")
