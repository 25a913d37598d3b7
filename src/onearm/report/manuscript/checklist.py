"""PRISMA 2020, filled in: where the manuscript and the report answer each item."""

from __future__ import annotations

from collections.abc import Mapping

from onearm.evidence import Evidence
from onearm.report.manuscript.cells import Table
from onearm.report.pages.methods.checklist import ITEMS, Item
from onearm.report.pages.methods.prisma import note, place_words
from onearm.words import listing

__all__ = ["ANSWERS", "checklist"]

#: Where a manuscript answers an item: headings, and tables and figures by their titles.
ANSWERS: dict[str, tuple[str, ...]] = {
    "1": ("Title",),
    "4": ("Objective",),
    "5": ("Eligibility",),
    "6": ("Search and selection",),
    "8": ("Search and selection",),
    "9": ("Data collection",),
    "10a": ("Outcomes",),
    "10b": ("Characteristics of the included studies",),
    "11": ("Risk of bias",),
    "12": ("Outcomes", "Statistical analysis"),
    "13a": ("Eligibility",),
    "13b": ("Data collection",),
    "13d": ("Statistical analysis",),
    "13e": ("Statistical analysis",),
    "13f": ("Statistical analysis",),
    "15": ("Certainty of the evidence",),
    "16a": ("Flow of records",),
    "17": ("Characteristics of the included studies", "Included studies"),
    "19": ("Forest plots",),
    "20b": ("Results", "Results of all pools"),
    "20c": ("Results", "Results of all pools"),
    "20d": ("Results",),
    "22": ("Summary of findings", "Certainty of the evidence: reasons for lowering it"),
    "24b": ("Analysis plan",),
    "24c": ("Analysis plan",),
    "27": ("Data and code availability",),
}


def checklist(evidence: Evidence, there: Mapping[str, str]) -> Table:
    """Return the checklist of a manuscript.

    Parameters
    ----------
    evidence : Evidence
        The tables and the plan: what these lack is not reported.
    there : mapping of str to str
        The headings and titles that the manuscript has, and how each is named.
    """
    rows = tuple(
        (item.number, item.topic, item.asks, _where(item, evidence, there)) for item in ITEMS
    )
    columns = ("Item", "Topic", "Asks for", "Where it is answered")
    return Table("table-prisma-checklist", "PRISMA 2020 checklist", columns, rows)


def _where(item: Item, evidence: Evidence, there: Mapping[str, str]) -> str:
    own = [there[place] for place in ANSWERS.get(item.number, ()) if place in there]
    report = [place_words(place) for place in item.found(evidence)]
    told = [
        f"Manuscript: {listing(own)}." if own else "",
        f"Report: {', '.join(report)}." if report else "",
        "" if own or report else "Not reported.",
        note(item, evidence.protocol),
    ]
    return " ".join(filter(None, told))
