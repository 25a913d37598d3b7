"""A section with nothing to show keeps its heading, and does not explain what is not there."""

import nbformat
from bs4 import BeautifulSoup

from onearm.report.build.pages import page
from onearm.report.build.quiet import explanations
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
        words("## Drawing\n\nThe diamond is $\\mu$."), *outputs, words("More of the diamond."),
        words("## Method\n\nThe formulas."), shown(prose("The model.")),
    ]  # fmt: skip
    return nbformat.v4.new_notebook(cells=cells)


def said(*outputs):
    return list(explanations(notebook(*outputs)).values())


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
