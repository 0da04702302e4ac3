"""A table as a Word file: caption that Word numbers, header on every page, rules above and below."""

from __future__ import annotations

import io

from analysis.publishing.cells import plain_text
from analysis.publishing.content import Content
from analysis.publishing.packed import same_bytes

FONTS = ("Times New Roman", "SimSun")  # Latin, East Asian
POINTS = 9
LANDSCAPE = 7  # columns, from which on the page lies on its side


def word_bytes(content: Content) -> bytes:
    """Return the file."""
    from docx import Document
    from docx.shared import Pt

    document = Document()
    _set_fonts(document)
    if len(content.header) >= LANDSCAPE:
        _turn(document.sections[0])
    if content.title:
        _caption(document, content)
    table = document.add_table(rows=0, cols=len(content.header))
    table.autofit = True
    _row(table, content.header, content.numeric, bold=True)
    heads = 1
    if any(content.units):
        _row(table, [f"({unit})" if unit else "" for unit in content.units], content.numeric)
        heads = 2
    for row in content.rows:
        _row(table, row, content.numeric)
    for row in table.rows[:heads]:
        _mark(row, "tblHeader")
    for row in table.rows:
        _mark(row, "cantSplit")
    lines = {heads - 1: "bottom", len(table.rows) - 1: "bottom"}
    lines |= {heads + content.rule - 1: "bottom"} if content.rule else {}
    _rule(table.rows[0], "top", 12)
    for at, side in lines.items():
        _rule(table.rows[at], side, 12 if at == len(table.rows) - 1 else 6)
    if content.note:
        note = document.add_paragraph(" ".join(plain_text(content.note).split()))
        note.paragraph_format.space_before = Pt(3)
    buffer = io.BytesIO()
    document.save(buffer)
    return same_bytes(buffer.getvalue())


def _set_fonts(document) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    for name in ("Normal", "Caption"):
        style = document.styles[name]
        style.font.name, style.font.size = FONTS[0], Pt(POINTS)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for mark in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(mark), None)
        fonts.set(qn("w:eastAsia"), FONTS[1])


def _turn(section) -> None:
    from docx.enum.section import WD_ORIENT

    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width


def _caption(document, content: Content) -> None:
    """Write the caption with a number that Word counts."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    caption = document.add_paragraph(style="Caption")
    caption.paragraph_format.keep_with_next = True
    caption.add_run(content.text("publication.word_table"))
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), " SEQ Table \\* ARABIC ")
    run = caption.add_run("1")
    field.append(run._r)
    caption._p.append(field)
    caption.add_run(content.text("publication.after_number") + plain_text(content.title))


def _row(table, cells: list[str], numeric: list[bool], *, bold: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for cell, words, right in zip(table.add_row().cells, cells, numeric, strict=True):
        part = cell.paragraphs[0]
        part.add_run(plain_text(words)).bold = bold or None
        part.paragraph_format.space_after = Pt(0)
        if right:
            part.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _mark(row, name: str) -> None:
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(f"w:{name}"))


def _rule(row, side: str, eighths: int) -> None:
    """Draw a line above or below a row, in eighths of a point."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for cell in row.cells:
        properties = cell._tc.get_or_add_tcPr()
        borders = properties.find(qn("w:tcBorders"))
        if borders is None:
            borders = OxmlElement("w:tcBorders")
            properties.append(borders)
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(eighths)), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
