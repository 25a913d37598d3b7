"""The literature cited in a text, listed, and exported as BibTeX."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from onearm.report.kit.html import Html, bullets
from onearm.report.kit.literature import REFERENCES, Reference

__all__ = [
    "BIBTEX_FILE",
    "REFERENCES",
    "Reference",
    "bibtex",
    "bibtex_details",
    "cite",
    "entry",
    "reference_list",
]

BIBTEX_FILE = "references.bib"
_SPECIAL = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "$": r"\$"}
# Braces must balance, so that a lone one is written in words.
_SPECIAL |= {"{": r"\textbraceleft{}", "}": r"\textbraceright{}", "\\": r"\textbackslash{}"}


def cite(*keys: str) -> Markup:
    """Return citations for the text, each a link to its entry in the list; nothing of none.

    Raises
    ------
    KeyError
        When there is no such reference.
    """
    if not keys:
        return Markup("")
    parts = [Markup('<a href="#ref-{}">{}</a>').format(key, REFERENCES[key].short) for key in keys]
    return Markup("({})").format(Markup("; ").join(parts))


def entry(reference: Reference) -> Markup:
    """Return a work as it stands in the list of references."""
    names = [_initials(author) for author in reference.authors]
    who = ", ".join("et al." if name == "others" else name for name in names)
    where = " ".join(filter(None, (reference.venue, str(reference.year or ""))))
    place = reference.volume + (f"({reference.number})" if reference.number else "")
    place = ":".join(filter(None, (place, reference.pages)))
    told = ". ".join(filter(None, (who.rstrip("."), reference.title)))
    tail = "; ".join(filter(None, (where, place)))
    label = f"doi:{reference.doi}" if reference.doi else reference.url
    return Markup('<span id="ref-{}">{}.{} <a href="{}">{}</a></span>').format(
        reference.key, told, f" {tail}." if tail else "", reference.address, label
    )


def reference_list(keys: Iterable[str] = ()) -> Html:
    """Return the list of the works named, or of all, by first author."""
    chosen = [REFERENCES[key] for key in keys] or list(REFERENCES.values())
    chosen.sort(key=lambda item: (item.short.casefold(), item.title))
    return bullets((entry(item) for item in chosen), none="No reference.")


def bibtex(references: Iterable[Reference] | None = None) -> str:
    """Return a BibTeX file, in UTF-8, sorted by key."""
    items = REFERENCES.values() if references is None else references
    return "\n".join(_bibtex_entry(item) for item in sorted(items, key=lambda item: item.key))


def bibtex_details() -> Html:
    """Return the BibTeX file folded away, with the link to it."""
    text = bibtex()
    html = Markup(
        '<p>As a file: <a href="{}">{}</a>.</p>\n'
        '<details class="bibtex"><summary>BibTeX of all references</summary>'
        '<pre tabindex="0">{}</pre></details>'
    ).format(BIBTEX_FILE, BIBTEX_FILE, text)
    return Html(str(html), text)


def _bibtex_entry(reference: Reference) -> str:
    kind = "article" if reference.venue else "misc"
    fields = {
        "author": " and ".join(
            f"{{{name}}}" if "," not in name and name != "others" else name
            for name in map(_escaped, reference.authors)
        ),
        "title": f"{{{_escaped(reference.title)}}}",
        "journal": _escaped(reference.venue),
        "year": str(reference.year or ""),
        "volume": reference.volume,
        "number": reference.number,
        "pages": reference.pages.replace("–", "--"),
        "doi": reference.doi,
        "url": "" if reference.doi else reference.url,
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@{kind}{{{reference.key},\n" + ",\n".join(lines) + "\n}\n"


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(char, char) for char in text)


def _initials(author: str) -> str:
    """Return "Knapp, Guido" as "Knapp G", and "Cheung, Mike W.-L." as "Cheung MWL"."""
    family, _, given = author.partition(", ")
    letters = "".join(part[0] for part in given.replace("-", " ").replace(".", " ").split())
    return f"{family} {letters}".strip()
