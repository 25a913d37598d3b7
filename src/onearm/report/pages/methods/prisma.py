"""PRISMA 2020: where each item is reported, and a build that fails when the place is gone.

The items are told in our own words after Page et al. 2021 (10.1136/bmj.n71).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup

from onearm.errors import OnearmError
from onearm.evidence import Evidence, Protocol
from onearm.report.kit.html import Html, joined, link, prose, table
from onearm.report.kit.references import cite
from onearm.words import count, listing

__all__ = ["ITEMS", "Item", "check_map", "gaps", "prisma_table"]

#: What the extension for living reviews asks for besides (10.1136/bmj-2024-079183).
LIVING = ("methods#Where-the-review-stands", "changes#Results")
#: Kinds of page of which there is one for every outcome, and their names.
EACH = {"outcome": "{code}.html", "robustness": "{code}-robustness.html"}
#: What a section shows, where a review need not have it: without it the section is left out.
NEEDS = {
    "methods#Question": "question",
    "methods#Where-the-review-stands": "status",
    "evidence#Flow-of-records": "records.csv",
    "methods#Appraisal": "appraisal.csv",
    "evidence#Appraisal": "appraisal.csv",
    "outcome#How-far-these-studies-can-be-trusted": "appraisal.csv",
    "methods#Certainty": "certainty.csv",
    "outcome#Certainty": "certainty.csv",
    "outcome#Strata": "strata",
}
_ID = re.compile(r'<[a-zA-Z][^<>]*?\sid="([^"]*)"')


@dataclass(frozen=True)
class Item:
    """One item of the checklist.

    Attributes
    ----------
    number, topic, asks : str
        Its number, its heading, and what it asks for, in our own words.
    places : tuple of str
        "page#anchor"; the pages "outcome" and "robustness" stand for every outcome's.
    note : str
        What is not reported or not applicable, and why; "{last_search}" is the plan's.
    """

    number: str
    topic: str
    asks: str
    places: tuple[str, ...] = ()
    note: str = ""

    def found(self, evidence: Evidence) -> tuple[str, ...]:
        """Return the places that a review has."""
        return tuple(place for place in self.places if _is_supplied(place, evidence))

    def state(self, evidence: Evidence) -> str:
        """Return whether a review reports the item."""
        if not self.places:
            return "not reported"
        if not self.found(evidence):
            return "not supplied"
        return "in part" if self.note else "reported"


def _is_supplied(place: str, evidence: Evidence) -> bool:
    need = NEEDS.get(place, "")
    if need.endswith(".csv"):
        return evidence.has(need.removesuffix(".csv"))
    return not need or bool(getattr(evidence.protocol, need))


def _item(number: str, topic: str, asks: str, places: str = "", note: str = "") -> Item:
    return Item(number, topic, asks, tuple(places.split()), note)


ITEMS = (
    _item(
        "1",
        "Title",
        "What kind of report it is",
        "index#main",
        "The first page names the question, not the kind of report: see item 7.",
    ),
    _item(
        "2",
        "Abstract",
        "A summary that stands alone",
        "index#main",
        "The first page is the summary; there is no abstract in the form of a journal's.",
    ),
    _item(
        "3",
        "Rationale",
        "Why the review is needed",
        "methods#Question",
        "The question is stated; what was known before is not reviewed.",
    ),
    _item("4", "Objectives", "The question", "methods#Question"),
    _item(
        "5",
        "Eligibility",
        "Which studies enter, and how they are grouped",
        "methods#Which-rows-meet-in-a-pool methods#Pools-and-strata",
    ),
    _item(
        "6",
        "Sources",
        "Where studies were looked for, and when last",
        "methods#Where-the-review-stands evidence#Flow-of-records",
    ),
    _item(
        "7",
        "Search strategy",
        "The full strategies, with limits",
        "",
        "There is none to print. {last_search}",
    ),
    _item(
        "8",
        "Selection",
        "How it was decided what is included",
        "methods#Which-rows-meet-in-a-pool evidence#Flow-of-records",
        "How many people judged each record is told in data/README.md, not on a page.",
    ),
    _item(
        "9",
        "Data collection",
        "How counts were taken from the reports",
        "methods#Collecting-the-counts evidence#What-the-audit-found",
    ),
    _item("10a", "Outcomes", "Every outcome that was sought", "methods#plan-outcomes"),
    _item(
        "10b",
        "Other data",
        "Every other variable that was sought",
        "methods#Collecting-the-counts evidence#Studies",
    ),
    _item("11", "Risk of bias", "How it was assessed", "methods#Appraisal"),
    _item(
        "12",
        "Effect measures",
        "Which measure for each outcome",
        "methods#What-is-estimated methods#Denominators",
    ),
    _item(
        "13a",
        "Synthesis: which studies",
        "How it was decided what meets in a pool",
        "methods#Which-rows-meet-in-a-pool outcome#The-rows-behind-the-numbers",
    ),
    _item(
        "13b",
        "Synthesis: preparation",
        "Conversions and missing figures",
        "methods#Which-rows-meet-in-a-pool evidence#Every-extracted-row",
    ),
    _item(
        "13c",
        "Synthesis: display",
        "How results are tabulated and drawn",
        "methods#Single-studies outcome#Forest-plot",
    ),
    _item(
        "13d",
        "Synthesis: models",
        "Models and why these, heterogeneity, software",
        "methods#The-primary-model methods#Companion-models methods#Heterogeneity methods#Software",
    ),
    _item(
        "13e",
        "Synthesis: why results differ",
        "Subgroups and meta-regression",
        "methods#Pools-and-strata methods#Robustness methods#plan-gates",
    ),
    _item("13f", "Synthesis: sensitivity", "How robustness was examined", "methods#Robustness"),
    _item(
        "14",
        "Missing results",
        "How reporting bias was assessed",
        "methods#Robustness methods#Certainty",
    ),
    _item("15", "Certainty", "How it was assessed", "methods#Certainty"),
    _item("16a", "Flow", "From records to included studies", "evidence#Flow-of-records"),
    _item(
        "16b",
        "Excluded studies",
        "Which, and why",
        "evidence#Flow-of-records outcome#The-rows-behind-the-numbers",
    ),
    _item("17", "Studies", "Characteristics of each, with its citation", "evidence#Studies"),
    _item(
        "18",
        "Risk of bias in studies",
        "The judgements on each",
        "evidence#Appraisal outcome#How-far-these-studies-can-be-trusted",
    ),
    _item(
        "19",
        "Individual results",
        "Counts and intervals of each study",
        "outcome#Forest-plot outcome#The-rows-behind-the-numbers",
    ),
    _item(
        "20a",
        "Contributing studies",
        "Characteristics and bias of those in each pool",
        "outcome#The-rows-behind-the-numbers outcome#How-far-these-studies-can-be-trusted",
    ),
    _item(
        "20b",
        "Results of syntheses",
        "Estimates, precision, heterogeneity",
        "outcome#Answer outcome#Heterogeneity",
        "Groups are not compared: single arms are no randomised comparison.",
    ),
    _item(
        "20c",
        "Why results differ",
        "Results of these investigations",
        "outcome#Strata robustness#What-goes-with-the-differences",
    ),
    _item(
        "20d",
        "Sensitivity",
        "Results of all of them",
        "outcome#What-another-choice-would-have-given outcome#The-models-side-by-side "
        "robustness#In-short",
    ),
    _item("21", "Reporting bias", "What was found", "robustness#Small-studies"),
    _item(
        "22",
        "Certainty of evidence",
        "For each outcome",
        "index#Summary-of-findings outcome#Certainty",
    ),
    _item(
        "23a",
        "Discussion: interpretation",
        "Results among other evidence",
        "",
        "The report answers and qualifies; it does not discuss.",
    ),
    _item(
        "23b",
        "Discussion: limits of the evidence",
        "What weakens it",
        "index#Before-you-quote-a-number outcome#Bear-in-mind evidence#What-the-audit-found",
        "Told as cautions and findings beside the numbers, not as a discussion.",
    ),
    _item(
        "23c",
        "Discussion: limits of the review",
        "What weakens the process",
        "methods#Where-the-review-stands methods#Departures-from-the-plan",
    ),
    _item(
        "23d",
        "Discussion: implications",
        "For practice, policy and research",
        "",
        "None is drawn: the report is not medical advice.",
    ),
    _item(
        "24a",
        "Registration",
        "Where it is registered",
        "",
        "No registration is recorded in the plan.",
    ),
    _item(
        "24b",
        "Protocol",
        "Where it can be read",
        "methods#The-plan-outcome-by-outcome methods#Materials",
    ),
    _item(
        "24c",
        "Amendments",
        "What was changed, and why",
        "methods#Departures-from-the-plan changes#Plan",
    ),
    _item("25", "Support", "Who paid", "", "The plan and the tables record no funding."),
    _item(
        "26",
        "Competing interests",
        "Of the authors",
        "",
        "The plan and the tables record none; nobody has declared any.",
    ),
    _item("27", "Availability", "Which materials are public, and where", "methods#Materials"),
)


def prisma_table(evidence: Evidence) -> Html:
    """Return the map from item to section; an outcome's sections are linked by its first."""
    protocol = evidence.protocol
    rows = [
        (item.number, item.topic, item.asks, item.state(evidence), _where(item, evidence))
        for item in ITEMS
    ]
    columns = ["Item", "Topic", "Asks for", "State", "Where, or why not"]
    living = [_link(place, protocol) for place in LIVING if _is_supplied(place, evidence)]
    first = prose(
        Markup(
            "The items are those of PRISMA 2020 {}, in our own words. Its extension for living "
            "reviews {} asks for the schedule of searches, and for what changed: {}."
        ).format(cite("page2021"), cite("akl2024"), Markup(" and ").join(living))
    )
    return joined(first, table("PRISMA 2020: item and section", columns, rows, name="prisma"))


def _where(item: Item, evidence: Evidence) -> Markup | str:
    """Return the links to an item's sections with its note, or what was not supplied."""
    found = item.found(evidence)
    if item.places and not found:
        needs = dict.fromkeys(NEEDS[place] for place in item.places)
        return f"Not supplied: {listing(list(needs))}."
    note = _note(item, evidence.protocol)
    links = Markup(", ").join(_link(place, evidence.protocol) for place in found)
    return Markup("{}. {}").format(links, note) if links else note


def gaps(pages: Mapping[str, str], evidence: Evidence) -> list[str]:
    """Name the items whose section is missing from the rendered pages.

    Parameters
    ----------
    pages : mapping of str to str
        File name to text, of all pages.
    evidence : Evidence
        Its outcomes have a page each; a section of what was not supplied is not missed.

    Returns
    -------
    list of str
        "13d: pcr.html#Heterogeneity", one for each place that is not there.
    """
    ids = {
        name: {html.unescape(found) for found in _ID.findall(text)} for name, text in pages.items()
    }
    asked = [(item.number, place) for item in ITEMS for place in item.found(evidence)]
    asked += [("living", place) for place in LIVING if _is_supplied(place, evidence)]
    return [
        f"{number}: {page}#{anchor}"
        for number, place in asked
        for page, anchor in _resolved(place, evidence.protocol)
        if anchor not in ids.get(page, ())
    ]


def check_map(pages: Mapping[str, str], evidence: Evidence) -> None:
    """Refuse pages on which a section of the map is missing.

    Parameters
    ----------
    pages, evidence
        As of `gaps`.

    Raises
    ------
    OnearmError
        One message that names every such place.
    """
    missing = gaps(pages, evidence)
    if missing:
        raise OnearmError(
            f"The PRISMA map points at {count(len(missing), 'section')} that no page has: "
            f"{'; '.join(missing)}. Correct the heading in the notebook, or the map in "
            "report/pages/methods/prisma.py; nothing was published."
        )


def _resolved(place: str, protocol: Protocol) -> Iterator[tuple[str, str]]:
    """Yield the page and the anchor of a place, for every outcome where there is one each."""
    kind, _, anchor = place.partition("#")
    if kind in EACH:
        for plan in protocol.outcome:
            yield EACH[kind].format(code=plan.code), anchor
    else:
        yield f"{kind}.html", anchor


def _link(place: str, protocol: Protocol) -> Markup:
    page, anchor = next(_resolved(place, protocol))
    kind = place.partition("#")[0]
    words = {"main": "the first page"}.get(anchor, anchor.replace("-", " "))
    own = {"outcome": "each outcome: ", "robustness": "each outcome's robustness: "}
    return link(f"{page}#{anchor}", own.get(kind, "") + words)


def _note(item: Item, protocol: Protocol) -> str:
    unknown = "The plan does not say when the last search was."
    searched = protocol.status.last_search if protocol.status else unknown
    return item.note.replace("{last_search}", searched)
