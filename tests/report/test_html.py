from bs4 import BeautifulSoup
from markupsafe import Markup

from onearm.report.kit.html import anchor, bullets, details, folded, joined, link, prose, table

HOSTILE = [
    "<script>alert(1)</script>",
    '=cmd|"/c calc"!A1',
    'O\'Brien "x" & co',
    "🫁 $x^2$",
    "n" * 300,
]


def test_hostile_text_stays_text_in_every_place():
    shown = table(HOSTILE[0], ["Study", HOSTILE[0]], [[text, text] for text in HOSTILE])
    for html in (shown.html, prose(*HOSTILE).html, bullets(HOSTILE, none="").html):
        soup = BeautifulSoup(html, "html.parser")
        assert soup.find("script") is None
        for text in HOSTILE:
            assert text in soup.get_text()


def test_a_table_has_caption_scopes_and_a_scrolling_region():
    soup = BeautifulSoup(
        table(
            "Two rows",
            ["Study", "n"],
            [["A", "1"], ["B", "2"]],
            name="t",
            ids=["a", "b"],
            numeric=["n"],
            classes=["", "single"],
        ).html,
        "html.parser",
    )
    assert soup.caption.get_text() == "Two rows"
    assert [th["scope"] for th in soup.find_all("th")] == ["col", "col", "row", "row"]
    region = soup.find(role="region")
    assert (region["tabindex"], region["id"], region["aria-label"]) == ("0", "t", "Two rows")
    assert [row.get("class") for row in soup.tbody.find_all("tr")] == [None, ["single"]]
    assert [td["class"] for td in soup.find_all("td")] == [["number"], ["number"]]


def test_plain_text_says_the_same():
    assert prose("a < b", Markup("<b>c</b> &amp; d")).text == "a < b\n\nc & d"
    assert bullets([], none="Nothing.").text == "Nothing."


def test_links_and_anchors_are_safe():
    safe = anchor('A"1 <x>')
    assert safe.startswith("row-A-1--x-")
    assert all(char.isalnum() or char in "-_" for char in safe)
    assert anchor("A-1") == "row-A-1"
    assert len({anchor(name) for name in ("< 65", "> 65", "- 65", "--65")}) == 4
    assert link('x" onclick="y', "<t>") == '<a href="x&#34; onclick=&#34;y">&lt;t&gt;</a>'


def test_what_is_folded_keeps_its_line_and_its_text_escaped():
    part = prose(HOSTILE[0])
    shown = folded(HOSTILE[0], part, table("T", ["a"], [["b"]]))
    soup = BeautifulSoup(shown.html, "html.parser")
    assert soup.find("script") is None
    assert soup.details.summary.get_text() == HOSTILE[0]
    assert soup.details.table.caption.get_text() == "T"
    assert HOSTILE[0] in shown.text
    assert details("a", "<b>") == Markup("<details><summary>a</summary>&lt;b&gt;</details>")


def test_what_is_joined_keeps_its_order():
    assert joined(prose("a"), prose("b")).html == "<p>a</p>\n<p>b</p>"


def test_a_cell_knows_its_column_and_a_table_its_roles():
    shown = table("T", ["a", "b <x>", "c", "d"], [["1", "2", "word " * 20, "4"]])
    soup = BeautifulSoup(shown.html, "html.parser")
    assert [td["data-label"] for td in soup("td")] == ["b <x>", "c", "d"]
    assert [td.get("class") for td in soup("td")] == [None, ["long"], None]
    roles = [tag["role"] for tag in soup.table.find_all(role=True)]
    assert roles == [
        "rowgroup",
        "row",
        *["columnheader"] * 4,
        "rowgroup",
        "row",
        "rowheader",
        *["cell"] * 3,
    ]
    assert soup.table["class"] == ["stacked"]


def test_a_table_of_two_columns_stays_a_table_on_a_narrow_screen():
    assert 'class="stacked"' not in table("T", ["a", "b"], [["1", "2"]]).html
