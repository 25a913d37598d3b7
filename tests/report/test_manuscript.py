"""The manuscript, read back: its numbers are those of results.json, and its form is whole.

What the tests print anew from ``results.json`` is written here apart from the package.
"""

from __future__ import annotations

import csv
import io
import math
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import HealthCheck, Phase, given, settings
from PIL import Image
from tests.question.folder import write_folder
from tests.question.made_up import MadeUp, reviews
from tests.question.test_topic_words import FIELD

from onearm.analysis import Review
from onearm.evidence import Study
from onearm.figures import flow
from onearm.report.build.record import rounded
from onearm.report.manuscript.document import manuscript, manuscript_files
from onearm.report.manuscript.links import FILES, FOLDER, downloads
from onearm.report.manuscript.paragraphs import results_paragraph, subgroups_paragraph
from onearm.report.manuscript.references import cited, included_studies
from onearm.report.pages.methods.checklist import ITEMS
from onearm.robustness import outcome_record

Found = dict[str, Any]


@pytest.fixture(scope="module")
def files(review) -> dict[str, bytes]:
    return manuscript_files(review)


@pytest.fixture(scope="module")
def paper(files):
    return docx.Document(io.BytesIO(files["files/manuscript.docx"]))


@pytest.fixture(scope="module")
def results(review) -> dict[str, Found]:
    """The outcomes of results.json, by code."""
    return {each.code: rounded(outcome_record(each)) for each in review.outcomes}


@pytest.fixture(scope="module")
def strict(review) -> Review:
    """The shipped review under a plan that allows the methods 2 points: some pools disagree."""
    protocol = review.protocol
    less = protocol.agreement.model_copy(update={"margin": 0.02})
    plan = protocol.model_copy(update={"agreement": less})
    return Review(replace(review.evidence, protocol=plan))


@pytest.fixture(scope="module", params=["as planned", "2 points allowed"])
def made(request):
    """A manuscript, its review and its results; of the second some pools are advised against."""
    if request.param == "as planned":
        return tuple(request.getfixturevalue(name) for name in ("paper", "review", "results"))
    strict = request.getfixturevalue("strict")
    records = {each.code: rounded(outcome_record(each)) for each in strict.outcomes}
    return docx.Document(io.BytesIO(manuscript(strict))), strict, records


@pytest.fixture(scope="module")
def foreign_review(project) -> Review:
    return Review(project / "examples" / "depression-in-diabetes")


@pytest.fixture(scope="module")
def foreign_paper(foreign_review):
    return docx.Document(io.BytesIO(manuscript(foreign_review)))


def cells(table) -> list[list[str]]:
    return [[cell.text.replace("\u00a0", " ") for cell in row.cells] for row in table.rows]


def whole_text(paper) -> str:
    parts = [p.text for p in paper.paragraphs]
    parts += [cell for table in paper.tables for row in cells(table) for cell in row]
    return "\n".join(parts).replace("\u00a0", " ")


def headings(paper) -> list[str]:
    found = [p.text for p in paper.paragraphs if p.style.name in ("Heading 1", "Heading 2")]
    return [text.replace("\u00a0", " ") for text in found]


# Numbers in words, apart from the package


def one_decimal(share: float) -> str:
    text = f"{100 * share:.1f}"
    if text == "0.0" and share > 0:
        return "<0.1"
    return ">99.9" if text == "100.0" and share < 1 else text


def between(low: float, high: float) -> str:
    return f"{one_decimal(low)} to {one_decimal(high)}"


def of_hundred(share: float) -> str:
    people = math.floor(100 * share + 0.5)
    if people == 0 and share > 0:
        return "fewer than 1"
    return "more than 99" if people == 100 and share < 1 else str(people)


def sets_of(record: Found) -> list[Found]:
    """The pools of an outcome's evidence sets, the widest first, each set of rows once."""
    pools = list(reversed(record["pools"].values()))
    rows = [frozenset(pool["rows"]) for pool in pools]
    return [
        p
        for place, p in enumerate(pools)
        if (p["rows"] or not place) and rows[place] not in rows[:place]
    ]


def every_pool(record: Found) -> Iterator[Found]:
    """Pools and subgroups, widest evidence set first, each set of rows once."""
    seen: set[frozenset[str]] = set()
    for name, whole in reversed(record["pools"].items()):
        for pool in (whole, *(part for split in record["strata"][name].values() for part in split)):
            rows = frozenset(pool["rows"])
            if rows and rows not in seen:
                seen.add(rows)
                yield pool


# The text


def test_the_sections_stand_under_styles_that_a_journal_can_replace(paper, review):
    assert paper.paragraphs[0].style.name == "Title"
    assert review.protocol.title in paper.paragraphs[0].text
    first = [p.text for p in paper.paragraphs if p.style.name == "Heading 1"]
    assert first == [
        "Objective", "Methods", "Results", "Data and code availability", "References", "Tables",
        "Figures", "PRISMA 2020 checklist",
    ]  # fmt: skip
    second = headings(paper)
    assert {"Eligibility", "Statistical analysis", "Certainty of the evidence"} <= set(second)
    assert [plan.label for plan in review.protocol.outcome if plan.label in second] == [
        plan.label for plan in review.protocol.outcome
    ]
    styles = {p.style.name for p in paper.paragraphs}
    assert styles <= {
        "Title", "Normal", "Heading 1", "Heading 2", "List Bullet", "Caption", "Bibliography",
        "Table Note",
    }  # fmt: skip
    assert {table.style.name for table in paper.tables} == {"Table Grid"}
    assert {p.style.name for t in paper.tables for p in t.rows[1].cells[0].paragraphs} == {
        "Table Text"
    }


def test_every_paragraph_of_results_is_in_the_file(paper, review):
    text = whole_text(paper)
    for analysis in review.outcomes:
        told = re.sub(r" \(Figure \d+\)", "", text)
        assert results_paragraph(analysis) in told
        assert subgroups_paragraph(analysis) in text


def test_a_pooled_result_begins_with_the_numbers_of_results_json(review, results):
    pattern = re.compile(
        r"For .*?, (\d+) stud(?:y|ies)(?: \((\d+) cohorts\))? with (\d+) .*? were pooled"
        r".*?proportion was ([<>\d.]+) % \(95 % ([a-z ]+ interval) ([<>\d.]+ to [<>\d.]+) %"
        r"(?:; prediction interval ([<>\d.]+ to [<>\d.]+) %)?\)"
    )
    told = 0
    for analysis in review.outcomes:
        (pool, *_) = sets_of(results[analysis.code])
        agreed = pool["agreement"]["verdict"] is not False
        if pool["standing"] not in ("headline", "provisional") or not agreed:
            assert "were pooled" not in results_paragraph(analysis)
            continue
        told += 1
        found = pattern.match(results_paragraph(analysis))
        assert found, analysis.code
        shown = pool["shown"]
        assert int(found[2] or found[1]) == pool["k"]
        assert int(found[3]) == pool["patients"]
        assert found[4] == one_decimal(shown["estimate"])
        assert found[5] == analysis.widest.interval_kind
        assert found[6] == between(*shown["ci"])
        if shown["prediction_interval"][0] is not None:
            assert found[7] == between(*shown["prediction_interval"])
    assert told >= 2


def test_where_the_methods_disagree_the_range_comes_first_and_no_pooled_number(strict):
    told = 0
    for analysis in strict.outcomes:
        (pool, *_) = sets_of(rounded(outcome_record(analysis)))
        if pool["agreement"]["verdict"] is not False:
            continue
        told += 1
        text = results_paragraph(analysis)
        rates = [study["proportion"] for study in pool["pooled"]["studies"]]
        ends = re.search(r"ranged from ([<>\d.]+) % \(.*?\) to ([<>\d.]+) %", text)
        assert ends
        assert ends.groups() == (one_decimal(min(rates)), one_decimal(max(rates)))
        assert one_decimal(pool["shown"]["estimate"]) not in text.replace(ends[0], "")
        apart = f"lay {100 * pool['agreement']['spread']:.1f} percentage points apart"
        assert f"{apart}, and the plan allows 2" in text
    assert told >= 2


def test_no_number_in_the_results_is_from_elsewhere(review, results):
    """Names go first; what is left must be a number of results.json, of the plan or a count."""
    for analysis in review.outcomes:
        record = results[analysis.code]
        known = known_numbers(record) | {f"{100 * review.protocol.agreement.margin:g}", "95", "2"}
        known |= {str(x) for each in analysis.widest.selection.excluded
                  for x in (each.row.count.events, each.row.count.n)}  # fmt: skip
        known.add(str(len({row.study_id for row in further(review, analysis)})))
        text = results_paragraph(analysis) + " " + subgroups_paragraph(analysis)
        names = {study.label for study in review.evidence.studies} | {"I²"}
        names |= {row.label for row in review.evidence.rows} | {analysis.plan.label}
        names |= {part.label for _, split in analysis.strata[review.protocol.widest.name].items()
                  for part in split}  # fmt: skip
        for name in sorted(names, key=len, reverse=True):
            text = text.replace(name, "").replace(name[:1].lower() + name[1:], "")
        strange = set(re.findall(r"\d+(?:\.\d+)?", text)) - known
        assert not strange, (analysis.code, strange)


def known_numbers(record: Found) -> set[str]:
    """Every number of a record as a sentence may print it."""
    found: set[str] = set()

    def add(value: object) -> None:
        if isinstance(value, dict):
            for each in value.values():
                add(each)
        elif isinstance(value, list):
            for each in value:
                add(each)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found.add(str(value) if isinstance(value, int) else f"{value:g}")
            found.add(one_decimal(value).strip("<>"))
            found.add(f"{value:.2f}")
            found.add(f"{value:.3f}")
            if value >= 0:
                found.add(f"{value**0.5:.2f}")

    add(record)
    pools = [*record["pools"].values(), *record["models"], *record["sensitivity"]]
    pools += [part for splits in record["strata"].values() for s in splits.values() for part in s]
    for pool in pools:
        found.add(str(len({row.split("-")[0] for row in pool["rows"]})))
        found |= {str(n) for n in range(1, pool["k"] + 1)}  # studies that several cohorts are of
    found |= {str(n) for n in range(len(record["models"]) + len(record["sensitivity"]) + 1)}
    return found


def further(review: Review, analysis) -> list[Any]:
    """The counts of studies of which no cohort is in a pool of the outcome.

    An alternative choice of a row is none, nor are drugs that the question leaves out.
    """
    head = {study.study_id: study.version_of or study.study_id for study in review.evidence.studies}
    pooled = {head[r.study_id] for pool in analysis.every_pool() for r in pool.selection.rows}
    asked = {
        value
        for name, plan in review.protocol.strata.items()
        if plan.only
        for group in review.protocol.groups(name).values()
        for value in group.members
    }
    out = [each.row for each in analysis.widest.selection.excluded]
    return [
        row
        for row in out
        if row.count.events is not None
        and row.count.use != "sensitivity"
        and head[row.study_id] not in pooled
        and row.count.topic["agent_class"] in asked
    ]


def test_a_study_that_is_known_and_not_pooled_is_named(first_review):
    analysis = first_review.outcome("mortality_90d")
    text = results_paragraph(analysis)
    assert text.startswith("No study gave a count of death within 90 days that could be pooled.")
    left = [each.row for each in analysis.widest.selection.excluded if each.row.is_counted]
    assert len(left) == 3
    for row in left:
        assert f"{row.label}, {row.events} of {row.n} operated patients" in text


def test_known_studies_are_named_up_to_eight_and_more_are_counted(review):
    named, counted = 0, 0
    for analysis in review.outcomes:
        text, rows = results_paragraph(analysis), further(review, analysis)
        first = {row.study_id: row.count.denominator for row in reversed(rows)}
        left = [row for row in rows if row.count.denominator == first[row.study_id]]
        many = re.search(r"Counts of (\d+) further studies were not pooled", text)
        assert bool(many) == (len(left) > 8), analysis.code
        assert ("Reported elsewhere and not pooled" in text) == (0 < len(left) <= 8), analysis.code
        if many:
            counted += 1
            assert int(many[1]) == len(first)
        for row in () if many else left:
            named += 1
            assert f"{row.label}, {row.events} of {row.n} " in text
    assert named > 5
    assert counted > 2


# The tables


def test_the_results_table_has_every_pool_with_the_numbers_of_results_json(made):
    paper, review, results = made
    table = next(cells(t) for t in paper.tables if cells(t)[0][-1] == "Status")
    expected = []
    for analysis in review.outcomes:
        for pool in every_pool(results[analysis.code]):
            shown, low = pool["shown"], pool["shown"]["prediction_interval"][0]
            bound = shown["bound"]
            if pool["standing"] == "no-event":
                told = f"at most {one_decimal(bound[1])}"
            elif pool["standing"] == "only-events":
                told = f"at least {one_decimal(bound[0])}"
            elif shown["estimate"] is None:
                told = "–"
            else:
                told = f"{one_decimal(shown['estimate'])} ({between(*shown['ci'])})"
            ahead = "–" if low is None else between(*shown["prediction_interval"])
            tau = "–" if shown["tau2"] is None else f"{shown['tau2'] ** 0.5:.2f}"
            i2 = "–" if shown["i2"] is None else one_decimal(shown["i2"])
            name = analysis.plan.short
            expected.append(
                [name, str(pool["patients"]), str(pool["events"]), told, ahead, tau, i2]
            )
            apart = pool["agreement"]["verdict"] is False and shown["estimate"] is not None
            expected[-1].append("against" if apart else "")
    shown = [[r[0], *r[3:9], "against" if "against" in r[9] else ""] for r in table[1:]]
    assert shown == expected
    assert len(expected) > 20
    assert any(line[-1] for line in expected) == (review.protocol.agreement.margin < 0.1)


def test_the_summary_of_findings_has_the_numbers_of_results_json(made):
    paper, review, results = made
    table = next(cells(t) for t in paper.tables if "Lowered for" in cells(t)[0])
    rows = iter(table[1:])
    for analysis in review.outcomes:
        for pool in sets_of(results[analysis.code]):
            label, _, studies, people, rate, ahead, certainty, lowered = next(rows)
            assert label == analysis.plan.label
            assert people == str(pool["patients"])
            assert re.findall(r"\d+", studies)[-1] == str(pool["k"])
            shown, rates = pool["shown"], [s["proportion"] for s in pool["pooled"]["studies"]]
            if pool["agreement"]["verdict"] is False:
                ends = f"{of_hundred(min(rates))} to {of_hundred(max(rates))}"
                assert rate == f"not pooled; studies {ends}"
                assert ahead == "–"
            elif pool["standing"] == "no-event":
                assert rate == f"at most {of_hundred(shown['bound'][1])}"
            elif shown["estimate"] is not None:
                low, high = map(of_hundred, shown["ci"])
                assert rate.startswith(f"{of_hundred(shown['estimate'])} ({low} to {high})")
            assert certainty.endswith(pool["certainty"]["word"])
            off = [d for d in pool["certainty"]["domains"] if d["downgrade"]]
            assert lowered == (", ".join(f"{d['name']} (−{d['downgrade']})" for d in off) or "–")
    assert next(rows, None) is None


def test_every_included_study_has_its_characteristics(paper, review):
    table = cells(paper.tables[0])
    assert [row[0] for row in table[1:]] == [s.label for s in included_studies(review.evidence)]
    left_out = {r.study_id for r in review.evidence.records if r.decision == "excluded"}
    kept = {r.study_id for r in review.evidence.records if r.decision.startswith("included")}
    assert not {s.study_id for s in included_studies(review.evidence)} & (left_out - kept)
    sizes = review.evidence.sizes
    for row, study in zip(table[1:], included_studies(review.evidence), strict=True):
        counted = sizes.get(study.study_id)
        assert row[table[0].index("Patients")] == (str(max(counted)) if counted else "–")


def test_the_tables_as_csv_have_the_same_cells(paper, files):
    names = [name for name in FILES if name.endswith(".csv")]
    for table, name in zip(paper.tables, names, strict=True):
        rows = list(csv.reader(io.StringIO(files[f"{FOLDER}/{name}"].decode())))
        assert [[c.removeprefix("'") for c in row] for row in rows] == [
            [cell.removeprefix("'") for cell in row] for row in cells(table)
        ]


def test_the_first_row_of_every_table_is_repeated_and_no_row_is_cut(paper):
    for table in paper.tables:
        head, *others = table.rows
        assert head._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:tblHeader")) is None for row in others)
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
        assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val"))


def test_the_checklist_answers_every_item_by_a_place_that_is_there(paper):
    table = cells(paper.tables[-1])
    assert [row[0] for row in table[1:]] == [item.number for item in ITEMS]
    assert {int(re.match(r"\d+", row[0])[0]) for row in table[1:]} == set(range(1, 28))
    titles = [p.text.split(".")[0] for p in paper.paragraphs if p.style.name == "Caption"]
    known = {*headings(paper), "Title"}
    for number, _, _, where in table[1:]:
        assert where, number
        own = re.match(r"Manuscript: (.*?)\.(?: Report:|$| )", where)
        for place in re.split(r" and (?=Table|Methods|References|Results)", own[1]) if own else ():
            if figures := re.fullmatch(r"Figures (\d+) to (\d+)", place):
                assert {f"Figure {figures[1]}", f"Figure {figures[2]}"} <= set(titles)
            else:
                assert place in titles or place.removeprefix("Methods, ") in known, (number, place)
    answers = {row[0]: row[3] for row in table[1:]}
    assert answers["25"].startswith("Not reported.")
    assert answers["16a"].startswith("Manuscript: Figure 1.")


# The pictures


def test_the_pictures_are_of_300_dots_an_inch_and_have_their_text_alternatives(made):
    paper, review, _ = made
    shapes = list(paper.inline_shapes)
    drawn = [each for each in review.outcomes if each.widest.selection.k > 1]
    assert len(shapes) == 1 + len(drawn)
    captions = [p.text for p in paper.paragraphs if p.text.startswith("Figure ")]
    assert len(captions) == len(shapes)
    for place, shape in enumerate(shapes):
        part = paper.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        image = Image.open(io.BytesIO(part.blob))
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.width / shape.width.inches >= 299.5
        assert shape.width.mm == pytest.approx(180, abs=0.2) or shape.height.mm > 220
        assert shape.height.mm <= 240
        about = shape._inline.docPr
        assert about.get("title")
        if place:
            analysis = drawn[place - 1]
            study = analysis.widest.pooled.studies[0]
            assert f"{study.study}: {study.events} of {study.n}" in about.get("descr")
            disagree = "Pooling is advised against" in captions[place]
            assert disagree == ("We report no pooled" in results_paragraph(analysis))
    told = flow(review.evidence, name="flow", title="Flow of records (PRISMA 2020)")
    assert told is not None
    assert shapes[0]._inline.docPr.get("descr").replace("\u00a0", " ") == told.alt


# The file


def test_the_same_review_gives_the_same_bytes_and_the_file_says_nothing_of_the_hour(
    files, project, review
):
    again = manuscript(Review(project / "data"))
    assert again == files["files/manuscript.docx"]
    with zipfile.ZipFile(io.BytesIO(again)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.testzip() is None
        properties = archive.read("docProps/core.xml").decode()
    dates = set(re.findall(r"\d{4}-\d{2}-\d{2}", properties))
    assert dates == {review.protocol.status.data_frozen}
    assert "python-docx" not in properties


@pytest.mark.slow
def test_another_word_processor_opens_it(files, tmp_path):
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed: the file was read back by python-docx alone")
    (tmp_path / "m.docx").write_bytes(files["files/manuscript.docx"])
    home = f"-env:UserInstallation=file://{tmp_path}/profile"
    order = [program, home, "--headless", "--convert-to", "pdf", "--outdir", tmp_path]
    subprocess.run([*map(str, order), str(tmp_path / "m.docx")], check=True, capture_output=True)
    pdf = pytest.importorskip("pypdf").PdfReader(tmp_path / "m.pdf")
    text = "\n".join(page.extract_text() for page in pdf.pages)
    assert "Summary of findings" in text
    assert sum(len(page.images) for page in pdf.pages) >= 3


def test_a_page_links_every_file_that_there_is(files, review):
    linked = set(re.findall(r'href="([^"]+)"', downloads(review).html))
    assert linked == set(files) == {f"{FOLDER}/{name}" for name in FILES}


# The references


def ris_records(text: str) -> list[dict[str, list[str]]]:
    """Read RIS: a tag of two signs, two spaces, a hyphen, a space and the value, a line each."""
    records: list[dict[str, list[str]]] = [{}]
    for line in text.splitlines():
        if line:
            tag, value = re.fullmatch(r"([A-Z][A-Z0-9])  - (.*)", line).groups()
            if tag == "ER":
                records.append({})
            else:
                records[-1].setdefault(tag, []).append(value)
    assert records.pop() == {}
    return records


def bibtex_entries(text: str) -> dict[str, dict[str, str]]:
    """Read BibTeX: entries with balanced braces, and their fields."""
    found = {}
    for kind, key, body in re.findall(r"@(\w+)\{([^,]+),\n(.*?)\n\}\n", text, re.DOTALL):
        assert body.count("{") == body.count("}")
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", body, re.MULTILINE))
        assert len(fields) == len(body.splitlines())
        found[key] = {"kind": kind, **fields}
    return found


def test_the_references_parse_and_are_those_of_the_included_studies(files, review):
    studies = {study.study_id: study for study in included_studies(review.evidence)}
    records = {r["ID"][0]: r for r in ris_records(files["files/included.ris"].decode())}
    entries = bibtex_entries(files["files/included.bib"].decode())
    assert set(records) == set(entries) == set(studies)
    for name, study in studies.items():
        record, entry = records[name], entries[name]
        assert next(iter(record)) == "TY"
        assert record["TY"][0] in ("JOUR", "GEN")
        assert record.get("DO", [""])[0] == entry.get("doi", "") == study.doi
        pmid = re.search(r"PMID (\d+)", study.citation)
        assert record.get("AN", [""])[0] == (pmid[1] if pmid else "")
        assert record.get("N1", [""])[0] == study.citation
        assert study.year is None or record["PY"] == [str(study.year)]
        families = [author.split()[0].rstrip(",") for author in record.get("AU", ())]
        assert all(family in study.citation for family in families)


@pytest.mark.parametrize(
    ("citation", "expected"),
    [
        ("Smith AB, de Vries C, et al. On {x} & y. Ann Surg 2019;12(3):4-9. PMID 77",
         (("Smith, A. B.", "de Vries, C.", "others"), "On {x} & y", "Ann Surg", "12", "3", "4–9")),
        ("A series of nobody. Lancet 2001", ((), "A series of nobody", "Lancet", "", "", "")),
        ("Nothing but words", ((), "Nothing but words", "", "", "", "")),
        ("", ((), "Smith 2019", "", "", "", "")),
    ],
)  # fmt: skip
def test_a_citation_is_read_where_it_has_the_form_of_one(citation, expected):
    work = cited(Study("smith2019", "Smith 2019", 2019, citation)).work
    assert (work.authors, work.title, work.venue, work.volume, work.number, work.pages) == expected


# Other reviews


def test_another_question_gives_a_manuscript_without_a_word_of_the_shipped_topic(
    foreign_paper, foreign_review
):
    text = whole_text(foreign_paper)
    assert re.findall("|".join(FIELD), text, re.IGNORECASE) == []
    assert "patient" not in text.lower()
    assert "17486 participants" in text
    assert "Certainty of the evidence" not in headings(foreign_paper)
    assert "Included studies" not in headings(foreign_paper)
    assert len(foreign_paper.inline_shapes) == 1
    answers = {row[0]: row[3] for row in cells(foreign_paper.tables[-1])[1:]}
    assert answers["16a"] == "Not reported."
    assert answers["15"] == "Not reported."
    told = results_paragraph(foreign_review.outcomes[0])
    assert "95 % confidence interval" in told
    assert "certainty" not in told


def test_a_review_of_two_tables_and_one_outcome_has_a_manuscript(tmp_path):
    plan = {"title": "Pain", "outcome": [{"code": "pain", "label": "Chronic pain"}]}
    studies = [{"study_id": "a", "label": "Adams\u200e =1+1"}]
    rows = [{"study_id": "a", "outcome": "pain", "events": 3, "n": 10, "source": "x"}]
    data = write_folder(tmp_path / "data", plan, {"studies": studies, "outcomes": rows})
    found = manuscript_files(Review(data))
    assert "files/table-certainty.csv" not in found
    text = whole_text(docx.Document(io.BytesIO(found["files/manuscript.docx"])))
    assert "For chronic pain, 1 study with 10 participants was eligible." in text
    assert "3 of 10, 30.0 % (exact 95 % interval 6.7 to 65.2 %)" in text
    assert set(re.findall(r'href="([^"]+)"', downloads(Review(data)).html)) == set(found)


@pytest.mark.slow
@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(made=reviews())
def test_any_review_has_a_manuscript(made: MadeUp, tmp_path_factory):
    data = write_folder(tmp_path_factory.mktemp("any") / "data", made.plan, made.tables)
    found = manuscript_files(Review(data))
    paper = docx.Document(io.BytesIO(found["files/manuscript.docx"]))
    assert paper.paragraphs[0].style.name == "Title"
    assert len(paper.tables) == sum(name.endswith(".csv") for name in found)
    assert len(ris_records(found["files/included.ris"].decode())) == len(
        bibtex_entries(found["files/included.bib"].decode())
    )
