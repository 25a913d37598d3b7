import base64
import hashlib

import nbformat
from bs4 import BeautifulSoup

from onearm.report.build.pages import page
from onearm.report.build.record import Record
from onearm.report.build.runs import Run, plan

RUN = Run("pcr", "outcome.ipynb", "Title <b>", "pCR")
OTHER = Run("evidence", "evidence.ipynb", "Evidence", "Evidence")
SVG = '<svg xmlns="http://www.w3.org/2000/svg" role="img"><title>t</title></svg>'


def _code(source, tags=(), **data):
    outputs = [nbformat.v4.new_output("execute_result", data=data)] if data else []
    if "image/svg+xml" in data:
        outputs[0].metadata = {"image/svg+xml": {"title": "A <figure>", "name": "f", "alt": "a"}}
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata={"tags": list(tags)})


def _page(*cells):
    html = page(nbformat.v4.new_notebook(cells=list(cells)), RUN, [RUN, OTHER], report="R & D")
    return BeautifulSoup(html, "html.parser")


def test_title_navigation_and_landmarks():
    soup = _page(_code("1", **{"text/plain": "1"}))
    assert soup.title.get_text() == "Title <b> · R & D"
    assert soup.h1.get_text() == "Title <b>"
    links = {a.get_text(): a for a in soup.nav.find_all("a")}
    assert links["pCR"]["aria-current"] == "page"
    assert links["Evidence"]["href"] == "evidence.html"
    assert soup.main["id"] == soup.find("a", class_="skip")["href"][1:]


def test_formulas_become_mathml_and_need_no_script():
    soup = _page(nbformat.v4.new_markdown_cell("Inline $\\tau^2$ and\n\n$$\\frac{1}{n}$$"))
    assert len(soup.find_all("math")) == 2
    assert soup.find("mfrac")
    assert "$" not in soup.main.get_text()


def test_code_is_one_link_away():
    soup = _page(_code("a = 1"), _code("a", **{"text/plain": "1"}))
    assert "a = 1" not in soup.get_text()
    (found,) = [link for link in soup.footer("a") if link["href"].endswith(".ipynb")]
    assert found["href"] == "pcr.ipynb"


def test_a_cell_for_the_notebook_only_and_a_record_are_not_on_the_page():
    title = nbformat.v4.new_markdown_cell("# Own title", metadata={"tags": ["notebook-only"]})
    record = Record("pcr", {"x": 1})._repr_mimebundle_()
    soup = _page(title, _code("r", **record))
    assert "Own title" not in soup.get_text()
    assert "Recorded" not in soup.get_text()


def test_a_figure_is_inline_with_its_caption_in_a_scrolling_region():
    soup = _page(_code("f", **{"image/svg+xml": SVG, "text/plain": "alt"}))
    assert soup.figure["id"] == "f"
    assert soup.figcaption.get_text() == "A <figure>"
    assert soup.figure.svg["role"] == "img"
    assert soup.figure.find(role="region")["tabindex"] == "0"


def test_plain_text_and_streams_are_escaped():
    soup = _page(_code("x", **{"text/plain": "<script>x</script>"}))
    assert soup.find("script") is None
    assert "<script>x</script>" in soup.main.get_text()


def test_the_plan_has_a_page_an_outcome_between_synopsis_and_evidence(evidence):
    runs = plan(evidence.protocol)
    names = [run.name for run in runs]
    codes = [outcome.code for outcome in evidence.protocol.outcome]
    assert names[0] == "index"
    assert [name for name in names if name in codes] == codes
    assert "evidence" in names
    assert len(names) == len(set(names))
    for run in runs:
        if run.notebook == "outcome.ipynb":
            assert dict(run.parameters) == {"outcome": run.name}


def test_a_robustness_page_is_reached_from_its_outcome_and_marked(evidence):
    runs = plan(evidence.protocol)
    by_name = {run.name: run for run in runs}
    notebook = nbformat.v4.new_notebook(cells=[])
    for name, current in (("pcr", "Answer"), ("pcr-robustness", "Robustness")):
        html = page(notebook, by_name[name], runs, report="R")
        first, second = BeautifulSoup(html, "html.parser").find_all("nav")
        tops = {link["href"]: link.get("aria-current") for link in first.find_all("a")}
        assert "pcr-robustness.html" not in tops, "the first line stays short"
        assert tops["pcr.html"] == ("page" if name == "pcr" else "true")
        assert {link["href"]: link.get_text() for link in second.find_all("a")} == {
            "pcr.html": "Answer",
            "pcr-appendix.html": "Appendix",
            "pcr-robustness.html": "Robustness",
        }
        assert second.find(attrs={"aria-current": "page"}).get_text() == current
    alone = page(notebook, by_name["evidence"], runs, report="R")
    assert len(BeautifulSoup(alone, "html.parser").find_all("nav")) == 1


def test_a_page_lists_its_sections_and_the_links_reach_them():
    cells = [nbformat.v4.new_markdown_cell(f"## {t}") for t in ("A & b", "Try it: one", "C", "D?")]
    soup = _page(*cells)
    links = soup.find("nav", class_="sections").find_all("a")
    assert [link.get_text() for link in links] == ["A & b", "Try it: one", "C", "D?"]
    for link in links:
        assert soup.find("h2", id=link["href"][1:]), link


def test_sections_that_a_cell_shows_are_listed_in_their_place():
    html = '<h2 id="one">Is A &amp; B one?</h2>'
    words = [nbformat.v4.new_markdown_cell(f"## {title}") for title in ("A", "B", "C")]
    soup = _page(words[0], _code("checks", **{"text/html": html}), *words[1:])
    links = soup.find("nav", class_="sections").find_all("a")
    assert [link.get_text() for link in links] == ["A", "Is A & B one?", "B", "C"]
    assert [link["href"] for link in links] == ["#A", "#one", "#B", "#C"]


def test_a_page_has_a_script_only_with_an_explorer_and_then_by_its_hash():
    policy = _page(_code("1", **{"text/html": "<p>x</p>"})).find("meta", {"http-equiv": True})
    assert "script-src" not in policy["content"]
    data = '<script type="application/json" id="explorer-data">{}</script>'
    soup = _page(_code("1", **{"text/html": data}))
    _, script = soup.find_all("script")
    digest = base64.b64encode(hashlib.sha256(script.string.encode()).digest()).decode()
    policy = soup.find("meta", {"http-equiv": True})["content"]
    assert f"script-src 'sha256-{digest}'" in policy
    assert "unsafe-eval" not in policy


def test_a_figure_offers_its_files_and_the_command_that_draws_it():
    cell = _code("f", **{"image/svg+xml": SVG, "text/plain": "alt"})
    cell.outputs[0].metadata["image/svg+xml"]["files"] = ["csv", "pdf"]
    links = _page(cell).figure.find_all("a")
    assert [link["href"] for link in links] == ["files/pcr-f.csv", "files/pcr-f.pdf"]
    said = _page(cell).figure.code.string
    assert said.startswith("make setup && .venv/bin/papermill --cwd notebooks notebooks/outcome")


def test_the_file_says_of_itself_what_it_was_made_from():
    html = page(nbformat.v4.new_notebook(cells=[]), RUN, [RUN], report="R", status="Version <2>",
                meta={"onearm:data": "abc"})  # fmt: skip
    soup = BeautifulSoup(html, "html.parser")
    assert soup.find("meta", {"name": "onearm:data"})["content"] == "abc"
    assert soup.find(class_="status").get_text() == "Version <2>"
