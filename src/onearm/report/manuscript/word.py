"""The pieces of a Word file: styles by name, tables, pictures, and the same bytes every time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from unicodedata import category

from docx import Document
from docx.document import Document as Manuscript
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Emu, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import Table as Grid
from docx.table import _Cell, _Row
from docx.text.paragraph import Paragraph

from onearm.figures import Drawing
from onearm.report.manuscript.cells import Table

__all__ = ["WORK", "caption", "legal", "new", "packed", "picture", "table", "turned"]

PAGE = (Mm(210), Mm(297))
MARGINS = (Mm(15), Mm(20))  # at the sides: a figure is 180 mm wide; above and below
WIDE, HIGH = Mm(180), Mm(225)  # of a picture at most
BODY, HEADS = "Times New Roman", "Arial"
TEXT, NOTE = "Table Text", "Table Note"  # styles of our own, beside those of Word
WORK = "Bibliography"  # Word's name for a line of a list of references
_HEADINGS = {"Title": 18.0, "Heading 1": 14.0, "Heading 2": 11.5}
_LETTER = Pt(4.3)  # width of a letter of a table
_PADDING = Pt(12)  # of a cell, left and right together
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can hold


def new(title: str, day: str | None) -> Manuscript:
    """Return an empty manuscript: its page, its styles, its properties.

    Parameters
    ----------
    title : str
        For the properties of the file.
    day : str, optional
        When the data were frozen, YYYY-MM-DD: the only date that the file holds.
    """
    document = Document()
    _properties(document, title, day)
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    section.left_margin = section.right_margin = MARGINS[0]
    section.top_margin = section.bottom_margin = MARGINS[1]
    _styles(document)
    _page_number(section.footer.paragraphs[0])
    return document


def packed(document: Manuscript) -> bytes:
    """Return the bytes of the file: the same for the same content, at any hour."""
    saved, out = io.BytesIO(), io.BytesIO()
    document.save(saved)
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in old.namelist():
            about = zipfile.ZipInfo(name, _FIRST_DAY)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.create_system = 3  # of whatever system it is written on
            archive.writestr(about, old.read(name))
    return out.getvalue()


def turned(document: Manuscript, *, landscape: bool) -> None:
    """Begin a new page, across or upright.

    Parameters
    ----------
    document : Document
        To add to.
    landscape : bool
        Whether the page lies across.
    """
    section = document.add_section(WD_SECTION.NEW_PAGE)
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = PAGE[::-1] if landscape else PAGE


def caption(document: Manuscript, label: str, words: str, *, above: bool = False) -> None:
    """Add "Table 1. Words" in the style Caption.

    Parameters
    ----------
    document : Document
        To add to.
    label, words : str
        The number in bold, and what is shown.
    above : bool
        Whether what is shown follows; then they stay on one page.
    """
    paragraph = document.add_paragraph(style="Caption")
    paragraph.add_run(f"{label}. ").bold = True
    paragraph.add_run(legal(words))
    paragraph.paragraph_format.keep_with_next = above


def table(document: Manuscript, told: Table, label: str) -> None:
    """Add a table below its caption; its first row is repeated on every page.

    Parameters
    ----------
    document : Document
        To add to.
    told : Table
        Its cells and notes.
    label : str
        "Table 1".
    """
    caption(document, label, f"{told.title}.", above=True)
    section = document.sections[-1]
    sides = (section.page_width, section.left_margin, section.right_margin)
    width, left, right = (int(side or 0) for side in sides)
    widths = _widths(told, width - left - right)
    grid = document.add_table(rows=0, cols=len(told.columns), style="Table Grid")
    grid.autofit, grid.alignment = False, WD_TABLE_ALIGNMENT.CENTER
    _described(grid, told.title)
    for column, wide in zip(grid.columns, widths, strict=True):
        column.width = Emu(wide)
    whole = [all(row[place].isdigit() for row in told.rows) for place in range(len(widths))]
    looks = [WD_ALIGN_PARAGRAPH.RIGHT if numbers else WD_ALIGN_PARAGRAPH.LEFT for numbers in whole]
    style = _paragraph(document, TEXT).style_id
    for row in (told.columns, *told.rows):
        _fill(grid.add_row(), row, looks, style, head=row is told.columns)
    for note in told.notes:
        document.add_paragraph(legal(note), style=NOTE)


def picture(document: Manuscript, drawing: Drawing, label: str, words: str) -> None:
    """Add a figure above its caption, with its text alternative.

    Parameters
    ----------
    document : Document
        To add to.
    drawing : Drawing
        One that can be printed.
    label, words : str
        "Figure 1", and what is shown.
    """
    assert drawing.png is not None, f"{drawing.name} cannot be printed"
    paragraph = document.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.keep_with_next = True
    shape = paragraph.add_run().add_picture(io.BytesIO(drawing.png), width=WIDE)
    if shape.height > HIGH:
        shape.width, shape.height = Emu(shape.width * HIGH // shape.height), HIGH
    about = shape._inline.docPr
    for name, value in (("name", drawing.name), ("title", drawing.title), ("descr", drawing.alt)):
        about.set(name, legal(value))
    caption(document, label, words)


def legal(text: str) -> str:
    """Return a text without the signs that XML cannot hold, and its "%" never on a new line."""
    kept = (sign for sign in text if sign in "\t\n" or category(sign) not in ("Cc", "Cs", "Cn"))
    return "".join(kept).replace(" %", "\u00a0%")


def _fill(
    row: _Row, cells: Sequence[str], looks: Sequence[WD_ALIGN_PARAGRAPH], style: str, *, head: bool
) -> None:
    properties = row._tr.get_or_add_trPr()
    properties.append(_flag("w:cantSplit"))
    if head:
        properties.append(_flag("w:tblHeader"))
    for cell, text, look in zip(row.cells, cells, looks, strict=True):
        paragraph = cell.paragraphs[0]
        paragraph._p.style = style  # by its id: to look its name up in every cell is slow
        paragraph.alignment = look
        paragraph.add_run(legal(text)).bold = head
        if head:
            _shaded(cell)


def _widths(told: Table, room: int) -> list[int]:
    """Share the width of a page: no column narrower than its longest word, if possible."""
    columns = list(zip(told.columns, *told.rows, strict=True))
    least = [
        int(_PADDING)
        + int(_LETTER) * max(len(word) for cell in column for word in cell.split() or [""])
        for column in columns
    ]
    # the more there is in a column the wider, but not in proportion
    asked = [sum(map(len, column)) ** 0.75 for column in columns]
    free = max(0, room - sum(least))
    found = [int(low + free * part / sum(asked)) for low, part in zip(least, asked, strict=True)]
    scale = min(1.0, room / sum(found))
    return [int(scale * width) for width in found]


def _styles(document: Manuscript) -> None:
    """Set the styles that Word knows by name, and add those of tables."""
    styles = document.styles
    _font(_paragraph(document, "Normal"), BODY, 11.0)
    for name, size in _HEADINGS.items():
        _font(_paragraph(document, name), HEADS, size, bold=True)
    title, caption = _paragraph(document, "Title"), _paragraph(document, "Caption")
    title.paragraph_format.space_after = Pt(12)
    for border in list(title.element.iter(qn("w:pBdr"))):
        border.getparent().remove(border)
    _font(caption, HEADS, 9.0, bold=False)
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(12), Pt(4)
    _font(_paragraph(document, "List Bullet"), BODY, 11.0)
    for name, font, size in ((TEXT, HEADS, 8.0), (NOTE, HEADS, 8.0), (WORK, BODY, 10.0)):
        style = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        assert isinstance(style, ParagraphStyle)
        style.base_style = styles["Normal"]
        _font(style, font, size)
        style.paragraph_format.space_before = style.paragraph_format.space_after = Pt(1.5)
        style.paragraph_format.line_spacing = 1.0
    work = _paragraph(document, WORK).paragraph_format
    work.left_indent, work.first_line_indent = Mm(6), Mm(-6)
    normal = _paragraph(document, "Normal").paragraph_format
    normal.space_after, normal.line_spacing = Pt(6), 1.15
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")


def _paragraph(document: Manuscript, name: str) -> ParagraphStyle:
    style = document.styles[name]
    assert isinstance(style, ParagraphStyle)
    return style


def _font(style: ParagraphStyle, name: str, size: float, *, bold: bool | None = None) -> None:
    style.font.name, style.font.size, style.font.bold = name, Pt(size), bold
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{kind}"), None)
    for kind in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{kind}"), name)


def _properties(document: Manuscript, title: str, day: str | None) -> None:
    """Leave of the template's properties nothing, and of a clock nothing."""
    properties = document.core_properties
    for element in list(properties._element):
        properties._element.remove(element)
    properties.title, properties.language = legal(title)[:255], "en-GB"
    if day:
        properties.created = properties.modified = datetime.fromisoformat(day)


def _page_number(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    paragraph._p.append(field)


def _described(grid: Grid, title: str) -> None:
    words = OxmlElement("w:tblCaption")
    words.set(qn("w:val"), legal(title))
    grid._tbl.tblPr.append(words)


def _shaded(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EDEDED")):
        shade.set(qn(f"w:{name}"), value)
    cell._tc.get_or_add_tcPr().append(shade)


def _flag(name: str) -> BaseOxmlElement:
    return OxmlElement(name)
