"""PDF without a browser: pandoc and Typst, both from wheels, with the Chinese font of this project.

Chosen over WeasyPrint, which needs Pango from the system, and fpdf2, whose HTML knows neither captions nor
tagged figures: Typst comes whole in a wheel for every system, writes tagged PDF with an outline, repeats the
heads of tables and keeps rows and figures together.
"""

from __future__ import annotations

import re
import tempfile
from html import unescape
from pathlib import Path

from analysis.display.text import Text
from analysis.errors import ReportError, shorten

ALT = re.compile(r'<img\b(?=[^>]*\bsrc="(figure-[^"]+)")(?=[^>]*\balt="([^"]*)")')
PICTURE = re.compile(r'image\("(figure-[^"]+)"[^)]*\)')
LABEL = re.compile(r"^<[^<>\n]+>$", re.MULTILINE)
COLUMNS = re.compile(r"columns: (\d+),")
HEAD = """#set document(title: {title}, author: "gongzhi")
#set page(paper: "a4", margin: (x: 16mm, top: 20mm, bottom: 17mm),
  header: text(8pt, fill: rgb("#55656f"))[#grid(columns: (1fr, auto), {header}, {date})],
  footer: context text(8pt, fill: rgb("#55656f"), align(center)[{foot}]))
#set text(font: "Noto Sans SC", size: 9.6pt, fill: rgb("#22303a"), lang: "{language}", fallback: true)
#set par(leading: 0.72em, spacing: 1em)
#show strong: it => text(stroke: 0.03em + rgb("#22303a"), it.body) // the font has no bold
#set heading(numbering: none)
#show heading: set block(above: 1.7em, below: 0.8em, sticky: true)
#show heading: set text(stroke: 0.02em + rgb("#22303a"), weight: "regular")
#show heading.where(level: 1): set text(14pt)
#show heading.where(level: 2): set text(11pt)
#show figure.caption: it => text(8.8pt, fill: rgb("#55656f"), align(left, it.body))
#show figure: set block(spacing: 1.4em)
#show figure.where(kind: table): set block(breakable: true)
#show figure.where(kind: table): set figure.caption(position: top)
#show figure.caption.where(kind: table): set block(sticky: true)
#set table(stroke: (x, y) => (bottom: 0.4pt + rgb("#d7dee3")), inset: (x: 3pt, y: 3.2pt))
#set table.hline(stroke: 0.9pt + rgb("#22303a"))
#show table: set text(8.2pt)
#show table: set align(left)
#show table.cell: set par(leading: 0.5em)
#show table.cell.where(y: 0): set text(stroke: 0.03em + rgb("#22303a"))
#let horizontalrule = line(length: 100%)
#text(19pt, weight: "bold")[#title()]
#text(10pt, fill: rgb("#55656f"), {subtitle})

"""


def plain_pdf(page: Path, pdf: Path, *, header: str, date: str, language: str) -> None:
    """Set a page as PDF with Typst: tagged, with outline, alt texts, header and page numbers.

    Parameters
    ----------
    page : Path
        A page made by `page_html` or `page`.
    pdf : Path
        Where the PDF goes.
    header, date : str
        On top of every page, left and right.
    language : {"en", "zh"}

    Raises
    ------
    ReportError
        The page cannot be set.
    """
    import pypandoc
    import typst
    from pylopdf_fonts_zh_cn import sans_path

    from analysis.reporting.documents.docx import pandoc_body

    with tempfile.TemporaryDirectory(prefix="gongzhi-pdf-") as name:
        folder = Path(name)
        title, subtitle, body = pandoc_body(page.read_text(encoding="utf-8"), folder)
        alts = {image: unescape(alt) for image, alt in ALT.findall(body)}
        try:
            text = pypandoc.convert_text(
                body, "typst", format="html-auto_identifiers",
                extra_args=["--wrap=none", "--shift-heading-level-by=-1", "--quiet"],
            )  # fmt: skip
            source = folder / "page.typ"
            head = _head(title or header, subtitle, header, date, language)
            source.write_text(head + _mend(text, alts), encoding="utf-8")
            typst.compile(str(source), output=str(pdf), font_paths=[str(Path(sans_path()).parent)])
        except (RuntimeError, OSError) as problem:
            raise ReportError(
                "This page could not be set as PDF.", where=str(page), value=shorten(str(problem), 200),
                expected="a page made by this project", mend="Install Chromium, which prints any page.",
            ) from problem  # fmt: skip


def _mend(text: str, alts: dict[str, str]) -> str:
    """Give images their alt text and the width of the page, and tables a first column that takes the room."""

    def picture(found: re.Match) -> str:
        return f'image("{found[1]}", width: 100%, alt: {_quoted(alts.get(found[1], ""))})'

    def columns(found: re.Match) -> str:
        return f"columns: (1fr, {'auto, ' * (int(found[1]) - 1)}),"

    return COLUMNS.sub(columns, PICTURE.sub(picture, LABEL.sub("", text)))


def _head(title: str, subtitle: str, header: str, date: str, language: str) -> str:
    foot = Text(language)(
        "document.page",
        number="#counter(page).display()",
        total="#counter(page).final().first()",
    )
    return HEAD.format(
        title=_quoted(title), subtitle=_quoted(subtitle), header=_quoted(header), date=_quoted(date),
        foot=foot, language=language,
    )  # fmt: skip


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"\s+", " ", escaped) + '"'
