"""What a report offers of its manuscript: the files, what each is, and the links to them."""

from __future__ import annotations

from markupsafe import Markup

from onearm.analysis import Review
from onearm.report.kit.html import Html, link, prose
from onearm.report.kit.sentences import within
from onearm.report.manuscript.tables import all_tables

__all__ = ["FILES", "FOLDER", "downloads"]

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

_KIT = {
    "manuscript.docx": "manuscript (Word)",
    "included.ris": "included studies (RIS)",
    "included.bib": "included studies (BibTeX)",
    "table-prisma-checklist.csv": "PRISMA 2020 checklist (CSV)",
}


def downloads(review: Review) -> Html:
    """Return the links to the manuscript, its tables and the references of the studies."""
    titles = {f"{each.name}.csv": each.title.split(":")[0] for each in all_tables(review)}
    tables = {name: f"{within(title)} (CSV)" for name, title in titles.items()}
    links = (link(f"{FOLDER}/{name}", words) for name, words in (_KIT | tables).items())
    return prose(Markup("Download: {}.").format(Markup(", ").join(links)))
