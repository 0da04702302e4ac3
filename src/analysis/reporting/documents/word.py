"""What pandoc leaves undone in a Word document: tables, images, header and footer."""

from __future__ import annotations

from unicodedata import east_asian_width

from docx.document import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm
from docx.text.paragraph import Paragraph

from analysis.display.text import Text

TEXT_WIDTH = Mm(210 - 2 * 18)  # A4 between the margins
TALLEST = Mm(215)  # a figure, with room for its caption
WORDS = 34  # the most that a column's width asks for, in Latin letters


def lay_out_tables(document: Document) -> None:
    """Give tables columns as wide as their content asks for; heads stay with their rows, rows whole."""
    for table in document.tables:
        texts = [[cell.text for cell in row.cells] for row in table.rows]
        widths = column_widths(texts)
        table.autofit = False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for line, row in enumerate(table.rows):
            _keep_whole(row, together=line < 2 or line == len(texts) - 2)
            for cell in row._tr.tc_lst:
                at = cell.grid_offset
                cell.width = Emu(sum(widths[at : at + cell.grid_span]))


def column_widths(texts: list[list[str]]) -> list[Emu]:
    """Return a width per column: shared out by the longest words and the lengths of texts in each."""
    asked = []
    for column in zip(*texts, strict=True):
        lengths = sorted(_length(text) for text in column)
        longest = max((_length(word) for text in column for word in text.split()), default=1)
        usual = lengths[int(0.9 * (len(lengths) - 1))]
        asked.append(min(max(usual, min(longest, WORDS // 2), 5), WORDS) + 2)
    return [Emu(int(TEXT_WIDTH * part / sum(asked))) for part in asked]


def _length(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _keep_whole(row, *, together: bool) -> None:
    """Keep a row on one page, and if asked, or if it heads others, with the next one."""
    rules = row._tr.get_or_add_trPr()
    rules.append(OxmlElement("w:cantSplit"))
    if together or len(row._tr.tc_lst) == 1:
        for cell in row._tr.tc_lst:
            for paragraph in cell.p_lst:
                Paragraph(paragraph, None).paragraph_format.keep_with_next = True


def fit_images(document: Document) -> None:
    """Give figures the width of the text, or less where they would be too tall."""
    for shape in document.inline_shapes:
        share = min(TEXT_WIDTH / shape.width, TALLEST / shape.height)
        shape.width, shape.height = Emu(int(shape.width * share)), Emu(int(shape.height * share))
        for facts in shape._inline.iter(qn("pic:cNvPr")):
            facts.set("descr", shape._inline.docPr.get("descr", ""))


def head_and_foot(document: Document, header: str, date: str, language: str) -> None:
    """Write header (title and date) and footer (page numbers) of every page."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    top = section.header.paragraphs[0]
    top.style = document.styles["Header"]
    top.paragraph_format.tab_stops.add_tab_stop(TEXT_WIDTH, WD_TAB_ALIGNMENT.RIGHT)
    top.add_run(f"{header}\t{date}")
    foot = section.footer.paragraphs[0]
    foot.style = document.styles["Footer"]
    foot.alignment = WD_ALIGN_PARAGRAPH.CENTER
    pieces = Text(language)("document.page", number="\0PAGE\0", total="\0NUMPAGES\0").split("\0")
    for piece in pieces:
        if piece in ("PAGE", "NUMPAGES"):
            field = OxmlElement("w:fldSimple")
            field.set(qn("w:instr"), piece)
            field.append(foot.add_run("1")._r)
            foot._p.append(field)
        elif piece:
            foot.add_run(piece)
