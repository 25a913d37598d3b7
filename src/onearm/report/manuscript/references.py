"""The included studies as references: RIS and BibTeX, for a reader's own library.

What studies.csv says in columns (year, DOI) is taken as it is. Authors, title and journal are
read off the citation where it has the form of a journal's list of references; else the citation
stands as the title, so that nothing is guessed and nothing lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from onearm.evidence import Evidence, Study
from onearm.report.kit.references import Reference, bibtex

__all__ = ["Cited", "cited", "included_bibtex", "included_ris", "included_studies"]

_PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"
_PMID = re.compile(r"\bPMID:? ?(\d+)")
_SENTENCE = re.compile(r"(?<=[.?!])\s+")
_PARTICLES = "(?:de|del|della|di|da|dos|du|van|von|der|den|ter|la|le|el|al|bin)"
_FAMILY = (
    rf"(?:{_PARTICLES} )*[^\W\d_a-z][^\W\d_'’-]*(?:[ '’-](?:{_PARTICLES}|[^\W\d_][^\W\d_]*))*?"
)
_AUTHOR = re.compile(rf"({_FAMILY}) ([A-Z]{{1,4}})(?: (Jr|Sr|II|III))?")
_VENUE = re.compile(
    r"(?P<venue>[^\W\d_a-z][^;:]*?),? (?:\d{1,2} [A-Z][a-z]+ )?(?P<year>(?:19|20)\d\d)"
    r"(?:;(?P<volume>\w*)(?:\((?P<number>[^)]+)\))?)?"
    r"(?:: ?(?P<pages>[\w.–-]*\w))?(?:, .*)?"
)
# Lines of a citation that name a record of it and are no part of it.
_NUMBER = re.compile(r"(?:PMID|PMC|PII|NCT|doi|hdl|ChiCTR|ISRCTN|UMIN)[\w:./() -]*", re.IGNORECASE)


@dataclass(frozen=True)
class Cited:
    """An included study as a reference.

    Attributes
    ----------
    study : Study
        As studies.csv has it.
    work : Reference
        What can be told of its publication.
    pmid : str
        Its number in PubMed, where the citation has it.
    """

    study: Study
    work: Reference
    pmid: str

    @property
    def text(self) -> str:
        """The citation as it stands in a list of references."""
        said = _line(self.study.citation) or self.study.label
        end = "" if said.endswith((".", "?", "!")) else "."
        doi = f" doi:{self.study.doi}" if self.study.doi else ""
        return f"{said}{end}{doi}"


def included_studies(evidence: Evidence) -> tuple[Study, ...]:
    """Return the studies that a review includes, pooled or described, by label.

    Without records these are the studies with a count that may be pooled.
    """
    found = set(evidence.pooled_studies)
    found |= {
        record.study_id
        for record in evidence.records
        if record.study_id and record.decision.startswith("included")
    }
    studies = [study for study in evidence.studies if study.study_id in found]
    return tuple(sorted(studies, key=lambda study: (study.label.casefold(), study.study_id)))


def cited(study: Study) -> Cited:
    """Return a study as a reference.

    Examples
    --------
    >>> told = "Smith AB, Jones C, et al. A series. Lancet 2019;12(3):4-9. PMID 123"
    >>> found = cited(Study("smith2019", "Smith 2019", 2019, told))
    >>> found.work.authors, found.work.venue, found.work.pages, found.pmid
    (('Smith, A. B.', 'Jones, C.', 'others'), 'Lancet', '4–9', '123')
    """
    said = _line(study.citation)
    number = _PMID.search(said)
    pmid = number[1] if number else ""
    work = replace(_work(study, said), doi=study.doi)
    if pmid and not study.doi:
        work = replace(work, url=f"{_PUBMED}{pmid}/")
    return Cited(study, work, pmid)


def included_bibtex(evidence: Evidence) -> str:
    """Return the included studies as a BibTeX file, by key."""
    return bibtex(cited(study).work for study in included_studies(evidence))


def included_ris(evidence: Evidence) -> str:
    """Return the included studies as a RIS file, by label."""
    return "\n".join(_ris(cited(study)) for study in included_studies(evidence))


def _work(study: Study, citation: str) -> Reference:
    """Read a citation from both ends: its authors first, and its journal last."""
    parts = [part.rstrip(". ") for part in _SENTENCE.split(citation) if part.strip(". ")]
    parts = [part for part in parts if not _NUMBER.fullmatch(part)]
    authors = _authors(parts[0]) if len(parts) > 1 else ()
    parts = parts[1:] if authors else parts
    venue = _VENUE.fullmatch(parts[-1]) if len(parts) > 1 else None
    title = ". ".join(parts[:-1] if venue else parts) or study.label
    plain = Reference(study.study_id, authors, study.year or 0, title)
    if venue is None:
        return plain
    return replace(
        plain,
        year=study.year or int(venue["year"]),
        venue=venue["venue"],
        volume=venue["volume"] or "",
        number=venue["number"] or "",
        pages=(venue["pages"] or "").replace("-", "–"),
    )


def _authors(text: str) -> tuple[str, ...]:
    """Return "Family, A. B." of everybody in a list of authors; nothing where it is none."""
    *names, last = text.split(", ")
    more = last == "et al"
    if more and len(names) == 1 and re.fullmatch(_FAMILY, names[0]):
        return names[0], "others"
    found = [_AUTHOR.fullmatch(name) for name in (names if more else [*names, last])]
    told = [
        f"{match[1]}{f' {match[3]}' if match[3] else ''}, {' '.join(f'{x}.' for x in match[2])}"
        for match in found
        if match
    ]
    if not told or len(told) < len(found):
        return ()
    return (*told, "others") if more else tuple(told)


def _ris(item: Cited) -> str:
    work = item.work
    article = bool(work.venue and (work.volume or work.pages or work.doi or item.pmid))
    first, _, last = work.pages.partition("–")
    fields = [
        ("TY", "JOUR" if article else "GEN"),
        ("ID", work.key),
        *(("AU", name) for name in work.authors if name != "others"),
        ("TI", work.title),
        ("T2", work.venue),
        ("PY", str(work.year or "")),
        ("VL", work.volume),
        ("IS", work.number),
        ("SP", first),
        ("EP", last),
        ("DO", work.doi),
        ("AN", item.pmid),
        ("UR", work.address),
        ("LB", item.study.label),
        ("N1", _line(item.study.citation)),
    ]
    return "".join(_tags(fields)) + "ER  - \n"


def _tags(fields: list[tuple[str, str]]) -> Iterator[str]:
    yield from (f"{tag}  - {_line(value)}\n" for tag, value in fields if value)


def _line(text: str) -> str:
    return " ".join(text.split())
