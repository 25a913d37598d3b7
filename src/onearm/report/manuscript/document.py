"""The manuscript as a Word file: what stands in it, in the order of a journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from docx.document import Document as Manuscript

import onearm
from onearm.analysis import OutcomeAnalysis, Review
from onearm.evidence import Study
from onearm.evidence.flow import flow_columns
from onearm.figures import Drawing, flow, forest
from onearm.report.kit.references import entry
from onearm.report.manuscript import word
from onearm.report.manuscript.cells import Table
from onearm.report.manuscript.checklist import checklist
from onearm.report.manuscript.links import FILES, FOLDER
from onearm.report.manuscript.methods import Section, availability, methods, works_cited
from onearm.report.manuscript.paragraphs import results_paragraph, subgroups_paragraph
from onearm.report.manuscript.references import (
    cited,
    included_bibtex,
    included_ris,
    included_studies,
)
from onearm.report.manuscript.tables import all_tables
from onearm.robustness import disagree
from onearm.words import count, listing

__all__ = ["manuscript", "manuscript_files"]

Figure = tuple[Drawing, str]  # and the words of its caption


def manuscript_files(review: Review) -> dict[str, bytes]:
    """Return the files of the manuscript by their place in a report.

    Parameters
    ----------
    review : Review
        The evidence and the plan; everything is of its own computations.

    Returns
    -------
    dict of str to bytes
        The Word file, the references of the included studies, and every table as CSV.
    """
    tables = all_tables(review)
    figures = tuple(_figures(review))
    texts = {
        "included.ris": included_ris(review.evidence),
        "included.bib": included_bibtex(review.evidence),
        **{
            f"{each.name}.csv": each.csv()
            for each in (*tables, _checklist(review, tables, figures))
        },
    }
    found = {name: text.encode("utf-8") for name, text in texts.items()}
    found["manuscript.docx"] = _document(review, tables, figures)
    return {f"{FOLDER}/{name}": found[name] for name in FILES if name in found}


def manuscript(review: Review) -> bytes:
    """Return the Word file of a review, the same bytes for the same review."""
    return _document(review, all_tables(review), tuple(_figures(review)))


def _document(review: Review, tables: Sequence[Table], figures: Sequence[Figure]) -> bytes:
    status = review.protocol.status
    document = word.new(_title(review), status.data_frozen if status else None)
    _front(document, review)
    document.add_heading("Methods", 1)
    sections = methods(review)
    for section in sections:
        _section(document, section, 2)
    _results(document, review, tables, figures)
    _section(document, availability(review), 1)
    _references(document, review, sections)
    word.turned(document, landscape=True)
    document.add_heading("Tables", 1)
    for place, each in enumerate(tables, 1):
        word.table(document, each, f"Table {place}")
    word.turned(document, landscape=False)
    if figures:
        document.add_heading("Figures", 1)
    for place, (drawing, words) in enumerate(figures, 1):
        word.picture(document, drawing, f"Figure {place}", words)
    word.turned(document, landscape=False)
    document.add_heading("PRISMA 2020 checklist", 1)
    word.table(document, _checklist(review, tables, figures), f"Table {len(tables) + 1}")
    return word.packed(document)


def _title(review: Review) -> str:
    return f"{review.protocol.title}: a meta-analysis of proportions"


def _front(document: Manuscript, review: Review) -> None:
    """Add title, authors, version, and the question."""
    protocol = review.protocol
    document.add_paragraph(word.legal(_title(review)), style="Title")
    document.add_paragraph("Authors and affiliations: to be added by the authors.")
    dated = f", evidence as of {protocol.status.data_frozen}" if protocol.status else ""
    document.add_paragraph(
        f"Version {protocol.version}{dated}. Made from the report by onearm {onearm.__version__}."
    )
    if protocol.question:
        document.add_heading("Objective", 1)
        document.add_paragraph(word.legal(protocol.question))


def _section(document: Manuscript, section: Section, level: int) -> None:
    document.add_heading(section.heading, level)
    first, *others = section.paragraphs
    document.add_paragraph(word.legal(first))
    for item in section.items:
        document.add_paragraph(word.legal(item), style="List Bullet")
    for text in others:
        document.add_paragraph(word.legal(text))


def _results(
    document: Manuscript, review: Review, tables: Sequence[Table], figures: Sequence[Figure]
) -> None:
    document.add_heading("Results", 1)
    document.add_heading("Studies", 2)
    document.add_paragraph(_studies(review, tables))
    for analysis in review.outcomes:
        document.add_heading(word.legal(analysis.plan.label), 2)
        document.add_paragraph(word.legal(_pointed(analysis, figures)))
        if subgroups := subgroups_paragraph(analysis):
            document.add_paragraph(word.legal(subgroups))


def _studies(review: Review, tables: Sequence[Table]) -> str:
    """Say how many studies are included, and which table has what."""
    evidence = review.evidence
    named = {each.name: f"Table {place}" for place, each in enumerate(tables, 1)}
    studies = count(len(included_studies(evidence)), "study", "studies")
    said = [f"We included {studies}."]
    if evidence.records:
        total = flow_columns(evidence)[-1]
        said = [
            f"Of {count(total.screened, 'record')} screened, "
            f"{count(total.included, 'report')} of {count(total.studies, 'study', 'studies')} "
            f"{'was' if total.included == 1 else 'were'} included (Figure 1); "
            f"{count(total.pooled_studies, 'study has', 'studies have')} counts that may be pooled."
        ]
    for name, words in (
        ("table-characteristics", "shows the characteristics of the included studies"),
        ("table-summary-of-findings", "summarises the findings"),
        ("table-results", "gives the results of all pools"),
    ):
        if name in named:
            said.append(f"{named[name]} {words}.")
    return " ".join(said)


def _pointed(analysis: OutcomeAnalysis, figures: Sequence[Figure]) -> str:
    """Return the results paragraph with the number of its figure."""
    names = [drawing.name for drawing, _ in figures]
    own = f"forest-{analysis.code}"
    see = f" (Figure {names.index(own) + 1})" if own in names else ""
    first, dot, rest = results_paragraph(analysis).partition(". ")
    return f"{first}{see}{dot}{rest}" if dot else f"{first.rstrip('.')}{see}."


def _references(document: Manuscript, review: Review, sections: Sequence[Section]) -> None:
    document.add_heading("References", 1)
    known = _with_reference(review)
    if known:
        document.add_heading("Included studies", 2)
    for study in known:
        paragraph = document.add_paragraph(style=word.WORK)
        paragraph.add_run(word.legal(f"{study.label}. ")).bold = True
        paragraph.add_run(word.legal(cited(study).text))
    missing = [s.label for s in included_studies(review.evidence) if s not in known]
    if known and missing:
        document.add_paragraph(word.legal(f"Without a citation in the data: {listing(missing)}."))
    document.add_heading("Methods", 2)
    for work in works_cited(text for section in sections for text in section.paragraphs):
        document.add_paragraph(word.legal(entry(work).striptags()), style=word.WORK)


def _with_reference(review: Review) -> list[Study]:
    """Return the included studies whose reference the data have."""
    return [each for each in included_studies(review.evidence) if each.citation or each.doi]


def _figures(review: Review) -> Iterator[Figure]:
    """Yield the flow of records, and a forest plot of every outcome with several rows."""
    title = "Flow of records (PRISMA 2020)"
    drawn = flow(review.evidence, name="flow", title=title)
    if drawn:
        yield drawn, f"{title}."
    for analysis in review.outcomes:
        if analysis.widest.selection.k > 1:
            name = f"forest-{analysis.code}"
            drawing = forest(
                analysis.widest, name=name, title=f"{analysis.plan.label}: forest plot"
            )
            yield drawing, _caption(analysis)


def _caption(analysis: OutcomeAnalysis) -> str:
    """Say what a forest plot shows, and whether its diamond may be quoted."""
    pool = analysis.widest
    level = f"{100 * pool.pooled.level:g} %"
    said = [
        f"{analysis.plan.label}: forest plot, {pool.cohorts}. Squares: studies with exact {level} "
        "intervals."
    ]
    if pool.is_pooled:
        said.append(f"Diamond: pooled (median) proportion with its {level} {pool.interval_kind}.")
        if pool.pooled.k >= pool.prediction_k:
            said.append("Hatched bar: prediction interval.")
        if disagree(pool, analysis.review):
            said.append("Pooling is advised against, because the methods disagree.")
    return " ".join(said)


def _checklist(review: Review, tables: Sequence[Table], figures: Sequence[Figure]) -> Table:
    """Return the checklist of what this manuscript has."""
    there = {"Title": "Title", "Results": "Results"}
    there |= {"Data and code availability": "Data and code availability"}
    if _with_reference(review):
        there["Included studies"] = "References"
    if review.protocol.question:
        there["Objective"] = "Objective"
    there |= {each.heading: f"Methods, {each.heading}" for each in methods(review)}
    there |= {each.title: f"Table {place}" for place, each in enumerate(tables, 1)}
    flows = [drawing.name == "flow" for drawing, _ in figures]
    if any(flows):
        there["Flow of records"] = "Figure 1"
    forests = [place for place, is_flow in enumerate(flows, 1) if not is_flow]
    if forests:
        first, last = forests[0], forests[-1]
        there["Forest plots"] = f"Figure {first}" if first == last else f"Figures {first} to {last}"
    return checklist(review.evidence, there)
