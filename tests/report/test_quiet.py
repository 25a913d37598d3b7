"""What is not there is not explained, and a section that shows nothing at all is left out."""

import nbformat
from bs4 import BeautifulSoup

from onearm.report.build.pages import page, trimmed
from onearm.report.build.runs import Run
from onearm.report.kit.html import bullets, joined, prose, table

RUN = Run("mortality_90d", "outcome.ipynb", "Death", "Death")
NOTHING = prose("No study.", kind="muted")


def shown(html=None, **data):
    data = {"text/html": html.html} if html else data
    output = nbformat.v4.new_output("display_data", data)
    return nbformat.v4.new_code_cell("x", outputs=[output])


def notebook(*outputs):
    words = nbformat.v4.new_markdown_cell
    cells = [
        words("## Drawing\n\nThe diamond is $\\mu$."),
        *outputs,
        words("More of the diamond."),
        words("## Method\n\nThe formulas."),
        shown(prose("The model.")),
    ]
    return nbformat.v4.new_notebook(cells=cells)


def said(*outputs):
    cells = trimmed(notebook(*outputs)).cells
    return [cell.source for cell in cells if cell.cell_type == "markdown"]


def test_where_nothing_is_shown_nothing_is_explained():
    for empty in ([shown(NOTHING)], [shown(joined(NOTHING, bullets(["a"], none="")))]):
        assert said(*empty) == ["## Drawing", "", "## Method\n\nThe formulas."]


def test_one_drawing_or_table_is_enough_to_be_explained():
    drawing = shown(**{"image/svg+xml": "<svg/>"})
    for there in (drawing, shown(table("T", ["a"], [["b"]]))):
        assert said(shown(NOTHING), there)[0] == "## Drawing\n\nThe diamond is $\\mu$."


def test_the_page_has_the_heading_and_the_sentence_and_no_formula():
    text = page(notebook(shown(NOTHING)), RUN, [RUN], report="R")
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find(id="Drawing").name == "h2"
    assert "No study." in soup.main.get_text()
    assert "diamond" not in soup.main.get_text()
    assert soup.find("math") is None


def test_a_section_whose_cells_show_nothing_is_left_out_but_for_its_place():
    before = notebook(*(nbformat.v4.new_code_cell("review.drawing()") for _ in range(2)))
    text = page(before, RUN, [RUN], report="R")
    soup = BeautifulSoup(text, "html.parser")
    assert soup.find(id="Drawing").name == "span", "a link to it leads somewhere"
    assert [heading.get_text() for heading in soup.find_all("h2")] == ["Method"]
    assert "diamond" not in soup.main.get_text()
    assert "review.drawing" not in soup.main.get_text()
    assert len(before.cells) == 6, "the notebook itself stays"
    assert "## Drawing" in before.cells[0].source


def test_one_cell_that_shows_something_keeps_its_section():
    silent = nbformat.v4.new_code_cell("review.drawing()")
    there = shown(table("T", ["a"], [["b"]]))
    assert said(silent, there) == said(there)
    words = nbformat.v4.new_markdown_cell("## Only words\n\nRead it so.")
    cells = trimmed(nbformat.v4.new_notebook(cells=[words])).cells
    assert [cell.source for cell in cells] == [words.source]
