"""The Word style of reports, made on use from pandoc's own reference document; no binary file is kept."""

from __future__ import annotations

import io
import subprocess
from functools import cache

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor

INK, SOFT, LINE = RGBColor(0x22, 0x30, 0x3A), RGBColor(0x55, 0x65, 0x6F), "22303A"
THIN = "D7DEE3"
# Latin and East-Asian fonts: text, headings. Word has the Chinese ones; elsewhere their stand-ins are named.
FONTS = {
    "zh": (("Times New Roman", "宋体"), ("Arial", "黑体")),
    "en": (("Calibri", "宋体"), ("Calibri", "黑体")),
}
STAND_INS = {"宋体": "SimSun, Noto Serif CJK SC", "黑体": "SimHei, Noto Sans CJK SC"}
SIZES = {
    "Normal": 10.5, "Body Text": 10.5, "First Paragraph": 10.5, "Compact": 9, "Title": 20, "Subtitle": 11,
    "Heading 1": 15, "Heading 2": 12.5, "Heading 3": 11, "Table Caption": 9.5, "Image Caption": 9.5,
    "Captioned Figure": 10.5, "Header": 8.5, "Footer": 8.5, "Note": 9, "Missing": 10, "Date": 10,
}  # fmt: skip
SPACES = {  # points before and after
    "Body Text": (3, 5), "First Paragraph": (3, 5), "Compact": (1.5, 1.5), "Title": (0, 4),
    "Subtitle": (0, 10), "Heading 1": (18, 6), "Heading 2": (13, 4), "Heading 3": (9, 3),
    "Table Caption": (9, 4), "Image Caption": (2, 12), "Captioned Figure": (12, 0), "Note": (3, 6),
    "Missing": (3, 6),
}  # fmt: skip
HEADINGS = ("Title", "Heading 1", "Heading 2", "Heading 3", "Table Caption")
SOFT_ONES = ("Subtitle", "Image Caption", "Header", "Footer", "Note", "Missing")


@cache
def reference_docx(language: str) -> bytes:
    """Return the reference document for pandoc in one language: fonts, headings, captions, table style.

    Parameters
    ----------
    language : {"en", "zh"}
    """
    import pypandoc

    command = [pypandoc.get_pandoc_path(), "--print-default-data-file", "reference.docx"]
    plain = subprocess.run(command, capture_output=True, check=True).stdout
    document = Document(io.BytesIO(plain))
    _add_styles(document)
    for name in SIZES:
        _dress(document.styles[name], language)
    for name in ("Table Caption", "Captioned Figure"):
        document.styles[name].paragraph_format.keep_with_next = True
    _dress_tables(document)
    _name_stand_ins(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _add_styles(document) -> None:
    for name, base in (
        ("Note", "Body Text"),
        ("Missing", "Body Text"),
        ("Header", "Normal"),
        ("Footer", "Normal"),
    ):
        if name not in document.styles:
            document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = document.styles[base]


def _dress(style, language: str) -> None:
    latin, chinese = FONTS[language][style.name in HEADINGS]
    font = style.font
    font.name, font.size, font.italic = latin, Pt(SIZES[style.name]), False
    font.bold = True if style.name in HEADINGS else None
    font.color.rgb = SOFT if style.name in SOFT_ONES else INK
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for kind in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{kind}"), None)
    fonts.set(qn("w:eastAsia"), chinese)
    shape = style.paragraph_format
    if style.name in SPACES:
        shape.space_before, shape.space_after = (Pt(points) for points in SPACES[style.name])
    shape.alignment = 0
    if style.name in ("Body Text", "First Paragraph"):
        shape.line_spacing = 1.35 if language == "zh" else 1.2


def _dress_tables(document) -> None:
    """Give tables a rule above, under the head and below, and thin ones between rows."""
    rules = document.styles["Table"].element
    for old in (*rules.findall(qn("w:tblPr")), *rules.findall(qn("w:tblStylePr"))):
        rules.remove(old)
    body = OxmlElement("w:tblPr")
    body.append(_borders("w:tblBorders", {"top": 8, "bottom": 8, "insideH": 3}))
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), "70")
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    body.append(margins)
    head = OxmlElement("w:tblStylePr")
    head.set(qn("w:type"), "firstRow")
    letters, cell = OxmlElement("w:rPr"), OxmlElement("w:tcPr")
    letters.append(OxmlElement("w:b"))
    cell.append(_borders("w:tcBorders", {"bottom": 8}))
    head.extend((letters, cell))
    rules.extend((body, head))


def _borders(tag: str, sides: dict[str, int]):
    borders = OxmlElement(tag)
    for side, size in sides.items():
        line, colour = OxmlElement(f"w:{side}"), THIN if size < 4 else LINE
        for key, value in (("val", "single"), ("sz", str(size)), ("space", "0"), ("color", colour)):
            line.set(qn(f"w:{key}"), value)
        borders.append(line)
    return borders


def _name_stand_ins(document) -> None:
    """Say in the font table which fonts may stand in for the Chinese ones."""
    from lxml import etree

    part = next(p for p in document.part.package.iter_parts() if str(p.partname).endswith("fontTable.xml"))
    table = etree.fromstring(part.blob)
    for name, others in STAND_INS.items():
        font = etree.SubElement(table, qn("w:font"))
        font.set(qn("w:name"), name)
        etree.SubElement(font, qn("w:altName")).set(qn("w:val"), others)
    part._blob = etree.tostring(table, xml_declaration=True, encoding="UTF-8", standalone=True)
