"""Where the figures come from, and whether a reader can get there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from onearm.evidence.audit.telling import about_study
from onearm.evidence.findings import Finding
from onearm.evidence.frames import rows_of
from onearm.evidence.tables.columns import TABLES
from onearm.evidence.tables.reading import Evidence

__all__ = ["addresses", "malformed_dois", "second_hand", "untraceable"]

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_ADDRESS = re.compile(r"https?://\S+|(?<![\w.@/-])(?:[a-z0-9-]+\.)+[a-z]{2,}/\S+", re.IGNORECASE)
#: A handle (hdl:) leads to a repository's copy, not to the report: it is not among these.
_TRACEABLE = re.compile(
    r"PMID:? ?\d+|PMC\d+|NCT\d{8}|ChiCTR\w+|PII \S+|\d+ ?(\(\S+\))? ?: ?e?\d+|\b10\.\d{4,9}/",
)
#: Identifiers have digits and colons of their own, which are no volume and page.
_HANDLE = re.compile(r"\bhdl:\S+", re.IGNORECASE)
_CITED = {"studies": ("citation", "doi"), "records": ("citation", "doi"), "outcomes": ("source",)}


def second_hand(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every study that pools rest on and that was read second-hand."""
    pooled = set(evidence.outcomes.loc[evidence.outcomes["use"] == "pool", "study_id"])
    words = {"news": "a news report", "secondary_citation": "another paper's citation"}
    for study in rows_of(evidence.studies):
        if study["study_id"] in pooled and study["source_type"] in words:
            yield about_study(
                study,
                "secondary-source",
                "warning",
                f"The figures of {study['label']} come from {words[study['source_type']]}, not "
                "from the report itself.",
                "Obtain the primary report, and check every row against it.",
                "source_type",
            )


def malformed_dois(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every cell of a doi column that is not a bare DOI."""
    for name in ("studies", "records"):
        for row in rows_of(evidence.table(name)):
            doi = row["doi"]
            if doi and not _DOI.fullmatch(doi):
                inner = _DOI.search(doi)
                mend = f"Write {inner.group()}." if inner else "Correct it, or leave it empty."
                yield Finding(
                    "doi-malformed",
                    "warning",
                    f"“{doi}” is not a bare DOI.",
                    mend,
                    TABLES[name].file,
                    int(row["line"]),
                    "doi",
                    doi,
                    None,
                    row["study_id"] or None,
                )


def addresses(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning where a page's address stands for a citation: addresses die."""
    for name, columns in _CITED.items():
        for row in rows_of(evidence.table(name)):
            for column in columns:
                found = _ADDRESS.search(row[column])
                if found and "doi.org/" not in found.group():
                    yield Finding(
                        "mirror-address",
                        "warning",
                        f"“{found.group()}” is the address of a page, perhaps of a copy.",
                        "Cite the DOI, the PMID or the journal.",
                        TABLES[name].file,
                        int(row["line"]),
                        column,
                        row[column],
                        row.get("row_id"),
                        row["study_id"] or None,
                    )


def untraceable(evidence: Evidence) -> Iterator[Finding]:
    """Yield a warning for every study that no identifier leads to."""
    for study in rows_of(evidence.studies):
        if not study["doi"] and not _TRACEABLE.search(_HANDLE.sub("", study["citation"])):
            handle = _HANDLE.search(study["citation"])
            only = " A repository's handle alone is no reference." if handle else ""
            yield about_study(
                study,
                "uncited-study",
                "warning",
                f"{study['label']} has no DOI, PMID, registry number, or volume and page.{only}",
                "Add the identifier that leads a reader to it.",
                "citation",
            )
