"""PRISMA 2020: where each item is reported, and a build that fails when the place is gone."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from onearm.errors import OnearmError
from onearm.evidence import Evidence, Protocol
from onearm.report.kit.html import Html, joined, link, prose, table
from onearm.report.kit.references import cite
from onearm.report.pages.methods.checklist import ITEMS, LIVING, NEEDS, Item, is_supplied
from onearm.words import count, listing

__all__ = ["EACH", "check_map", "gaps", "note", "place_words", "prisma_table"]

#: Kinds of page of which there is one for every outcome, and their names.
EACH = {
    "outcome": "{code}.html",
    "appendix": "{code}-appendix.html",
    "robustness": "{code}-robustness.html",
}
_ID = re.compile(r'<[a-zA-Z][^<>]*?\sid="([^"]*)"')


def prisma_table(evidence: Evidence) -> Html:
    """Return the map from item to section; an outcome's sections are linked by its first."""
    protocol = evidence.protocol
    rows = [
        (item.number, item.topic, item.asks, item.state(evidence), _where(item, evidence))
        for item in ITEMS
    ]
    columns = ["Item", "Topic", "Asks for", "State", "Where, or why not"]
    living = [_link(place, protocol) for place in LIVING if is_supplied(place, evidence)]
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
    why = note(item, evidence.protocol)
    links = Markup(", ").join(_link(place, evidence.protocol) for place in found)
    return Markup("{}. {}").format(links, why) if links else why


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
    asked += [("living", place) for place in LIVING if is_supplied(place, evidence)]
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
            "report/pages/methods/checklist.py; nothing was published."
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
    return link(f"{page}#{anchor}", place_words(place))


def place_words(place: str) -> str:
    """Return the name of a section of the report: "each outcome: Forest plot"."""
    kind, _, anchor = place.partition("#")
    top = "answer" if kind in EACH else "the first page"
    words = top if anchor == "main" else re.sub("[-_]", " ", anchor)
    own = {name: f"each outcome's {name}: " for name in EACH} | {"outcome": "each outcome: "}
    return own.get(kind, "") + words


def note(item: Item, protocol: Protocol) -> str:
    """Return what is not reported of an item or not applicable, and why; "" for nothing."""
    unknown = "The plan does not say when the last search was."
    searched = protocol.status.last_search if protocol.status else unknown
    return item.note.replace("{last_search}", searched)
