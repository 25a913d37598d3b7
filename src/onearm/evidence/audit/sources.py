"""Where the figures come from, and whether a reader can get there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from onearm.evidence.audit.telling import about_study
from onearm.evidence.evidence import Evidence
from onearm.evidence.findings import Finding
from onearm.evidence.records import Count, Record, Study
from onearm.evidence.tables.columns import TABLES

__all__ = ["addresses", "malformed_dois", "second_hand", "untraceable"]

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ADDRESS = re.compile(r"https?://\S+|(?<![\w.@/-])(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)
#: A handle (hdl:) leads to a repository's copy, not to the report: it is not among these.
_TRACEABLE = re.compile(
    r"PMID:? ?\d+|PMC\d+|NCT\d{8}|ChiCTR\w+|PII \S+|\d+ ?(\(\S+\))? ?: ?e?\d+|\b10\.\d{4,9}/"
)
#: Identifiers have digits and colons of their own, which are no volume and page.
_HANDLE = re.compile(r"\bhdl:\S+", re.IGNORECASE)


def second_hand(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every study that pools rest on and that was read second-hand."""
    kinds = evidence.protocol.all_source_types
    for study in evidence.studies:
        kind = kinds.get(study.source_type)
        if study.study_id in evidence.pooled_studies and kind and kind.second_hand:
            yield about_study(
                study,
                "secondary-source",
                "warning",
                f"The figures of {study.label} were read second-hand ({kind.label}), not in the "
                "report itself.",
                "Obtain the primary report, and check every row against it.",
                "source_type",
            )


def malformed_dois(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every cell of a doi column that is not a bare DOI."""
    cited: dict[str, Sequence[Study | Record]] = {
        "studies": evidence.studies,
        "records": evidence.records,
    }
    for name, records in cited.items():
        for record in records:
            if record.doi and not _DOI.fullmatch(record.doi):
                inner = _DOI.search(record.doi)
                mend = f"Write {inner.group()}." if inner else "Correct it, or leave it empty."
                yield Finding(
                    "doi-malformed",
                    "warning",
                    f"“{record.doi}” is not a bare DOI.",
                    mend,
                    TABLES[name].file,
                    record.line,
                    "doi",
                    record.doi,
                    None,
                    record.study_id or None,
                )


def addresses(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where a page's address stands for a citation: addresses change."""
    for name, record, column, cell in _cited(evidence):
        found = _ADDRESS.search(cell)
        if found and "doi.org/" not in found.group():
            yield Finding(
                "mirror-address",
                "warning",
                f"“{found.group()}” is the address of a page, perhaps of a copy.",
                "Cite the DOI, the PMID or the journal.",
                TABLES[name].file,
                record.line,
                column,
                cell,
                record.row_id if isinstance(record, Count) else None,
                record.study_id or None,
            )


def _cited(evidence: Evidence) -> Iterator[tuple[str, Study | Record | Count, str, str]]:
    for study in evidence.studies:
        yield "studies", study, "citation", study.citation
        yield "studies", study, "doi", study.doi
    for record in evidence.records:
        yield "records", record, "citation", record.citation
        yield "records", record, "doi", record.doi
    for count in evidence.counts:
        yield "outcomes", count, "source", count.source


def untraceable(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every study that no identifier leads to."""
    if not (evidence.has("studies", "citation") or evidence.has("studies", "doi")):
        return
    for study in evidence.studies:
        if not study.doi and not _TRACEABLE.search(_HANDLE.sub("", study.citation)):
            handle = _HANDLE.search(study.citation)
            only = " A repository's handle alone is no reference." if handle else ""
            yield about_study(
                study,
                "uncited-study",
                "warning",
                f"{study.label} has no DOI, PMID, registry number, or volume and page.{only}",
                "Add the identifier that leads a reader to it.",
                "citation",
            )
