"""What a report offers of its manuscript: the files, and what each is."""

from __future__ import annotations

__all__ = ["FILES", "FOLDER"]

FOLDER = "files"
#: By name, in the order in which they are offered. A table without a row has no file.
FILES = {
    "manuscript.docx": "The manuscript: text, tables and figures, as a Word file",
    "included.ris": "The included studies, as RIS",
    "included.bib": "The included studies, as BibTeX",
    "table-characteristics.csv": "Characteristics of the included studies",
    "table-summary-of-findings.csv": "Summary of findings",
    "table-results.csv": "Results of all pools",
    "table-certainty.csv": "Certainty of the evidence: reasons for lowering it",
    "table-prisma-checklist.csv": "PRISMA 2020 checklist",
}
