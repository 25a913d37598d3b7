"""The items of PRISMA 2020 and the sections that report them, in our own words.

After Page et al. 2021 (10.1136/bmj.n71). Places name headings of the notebooks.
"""

from __future__ import annotations

from dataclasses import dataclass

from onearm.evidence import Evidence

__all__ = ["ITEMS", "LIVING", "NEEDS", "Item", "is_supplied"]

#: What the extension for living reviews asks for besides (10.1136/bmj-2024-079183).
LIVING = ("methods#Where-the-review-stands", "changes#Results")
#: What a section shows, where a review need not have it: without it the section is left out.
NEEDS = {
    "methods#Question": "question",
    "methods#Where-the-review-stands": "status",
    "evidence#Flow-of-records": "records.csv",
    "methods#Appraisal": "appraisal.csv",
    "evidence#Appraisal": "appraisal.csv",
    "appendix#Risk-of-bias": "appraisal.csv",
    "methods#Certainty": "certainty.csv",
    "appendix#Certainty": "certainty.csv",
    "appendix#Subgroups": "strata",
}


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
        return tuple(place for place in self.places if is_supplied(place, evidence))

    def state(self, evidence: Evidence) -> str:
        """Return whether a review reports the item."""
        if not self.places:
            return "not reported"
        if not self.found(evidence):
            return "not supplied"
        return "in part" if self.note else "reported"


def is_supplied(place: str, evidence: Evidence) -> bool:
    """Whether a review has what a section shows.

    Parameters
    ----------
    place : str
        "page#anchor".
    evidence : Evidence
        The tables and the plan.
    """
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
        "methods#Which-rows-meet-in-a-pool methods#Pools-and-subgroups",
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
        "methods#Which-rows-meet-in-a-pool appendix#Rows-and-sources",
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
        "methods#Single-studies appendix#Forest-plot",
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
        "methods#Pools-and-subgroups methods#Robustness methods#plan-gates",
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
        "evidence#Flow-of-records appendix#Rows-and-sources",
    ),
    _item("17", "Studies", "Characteristics of each, with its citation", "evidence#Studies"),
    _item(
        "18",
        "Risk of bias in studies",
        "The judgements on each",
        "evidence#Appraisal appendix#Risk-of-bias",
    ),
    _item(
        "19",
        "Individual results",
        "Counts and intervals of each study",
        "appendix#Forest-plot appendix#Rows-and-sources",
    ),
    _item(
        "20a",
        "Contributing studies",
        "Characteristics and bias of those in each pool",
        "appendix#Rows-and-sources appendix#Risk-of-bias",
    ),
    _item(
        "20b",
        "Results of syntheses",
        "Estimates, precision, heterogeneity",
        "outcome#main appendix#Heterogeneity",
        "Groups are not compared: single arms are no randomised comparison.",
    ),
    _item(
        "20c",
        "Why results differ",
        "Results of these investigations",
        "appendix#Subgroups robustness#meta_regression",
    ),
    _item(
        "20d",
        "Sensitivity",
        "Results of all of them",
        "appendix#Sensitivity-analysis appendix#Models-side-by-side robustness#In-short",
    ),
    _item("21", "Reporting bias", "What was found", "robustness#small_study_effects"),
    _item(
        "22",
        "Certainty of evidence",
        "For each outcome",
        "findings#main appendix#Certainty",
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
        "index#Before-you-quote-a-number appendix#Cautions evidence#What-the-audit-found",
        "Told as cautions and findings beside the numbers, not as a discussion.",
    ),
    _item(
        "23c",
        "Discussion: limits of the review",
        "What weakens the process",
        "methods#Where-the-review-stands methods#Deviations-from-the-plan",
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
        "methods#Deviations-from-the-plan changes#Plan",
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
