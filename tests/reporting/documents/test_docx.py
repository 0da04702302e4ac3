"""Word files: real headings, tables and captions, fonts for Chinese, alt texts, nothing lost."""

import re
from html import unescape

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm

from analysis.errors import ReportError
from analysis.reporting.documents import Printer, page, write_docx
from analysis.reporting.documents.word import column_widths

LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def documents(whole_pages, tmp_path_factory):
    folder = tmp_path_factory.mktemp("docx")
    for language, path in whole_pages.items():
        write_docx(
            path, folder / f"{language}.docx", header="鹊沙区 & <b>", date="2026年11月22日", language=language
        )
    assert sorted(p.name for p in folder.iterdir()) == ["en.docx", "zh.docx"]
    return {language: Document(str(folder / f"{language}.docx")) for language in LANGUAGES}


def styled(document, name):
    return [p.text for p in document.paragraphs if p.style.name == name]


def test_headings_captions_and_tables_are_words_own(documents, whole_pages):
    for language, document in documents.items():
        source = whole_pages[language].read_text(encoding="utf-8")
        heading = {"zh": "一节", "en": "A section"}[language]
        assert styled(document, "Heading 1") == [f"{n} {heading}" for n in (1, 2, 3)]
        assert len(styled(document, "Title")) == 1
        assert len(document.tables) == source.count("<table") == 2
        assert styled(document, "Table Caption")[0].startswith({"zh": "表1.1", "en": "Table 1.1."}[language])
        assert styled(document, "Image Caption")[0].startswith({"zh": "图2.1", "en": "Figure 2.1."}[language])
        assert len(styled(document, "Note")) == 3


def test_heads_repeat_and_rows_stay_whole(documents):
    table = documents["zh"].tables[0]
    assert len(table.rows) == 91
    heads = [row for row in table.rows if row._tr.find(f".//{qn('w:tblHeader')}") is not None]
    assert [row.cells[0].text for row in heads] == ["指标"]
    assert all(row._tr.find(f".//{qn('w:cantSplit')}") is not None for row in table.rows)
    assert table.rows[5].cells[1].paragraphs[0].alignment == 2  # right
    assert sum(cell.width for cell in table.rows[0].cells) == pytest.approx(Mm(174), rel=0.01)


def test_fonts_hold_chinese(documents):
    styles = documents["zh"].styles
    for name, font in (
        ("Body Text", "宋体"),
        ("Compact", "宋体"),
        ("Heading 1", "黑体"),
        ("Table Caption", "黑体"),
    ):
        assert styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) == font
    table = next(p for p in documents["zh"].part.package.iter_parts() if "fontTable" in str(p.partname))
    assert "Noto Serif CJK SC" in table.blob.decode()


def test_figures_keep_their_alt_text_at_the_width_of_the_text(documents, whole_pages):
    for language, document in documents.items():
        source = whole_pages[language].read_text(encoding="utf-8")
        alts = [unescape(a) for a in re.findall(r'<img[^>]* alt="([^"]*)"', source)]
        assert [shape._inline.docPr.get("descr") for shape in document.inline_shapes] == alts
        assert all(shape.width == pytest.approx(Mm(174), rel=0.01) for shape in document.inline_shapes)


def test_no_character_is_lost(documents, whole_pages):
    for language, document in documents.items():
        main = re.search(r"<main>(.*)</main>", whole_pages[language].read_text(encoding="utf-8"), re.DOTALL)[
            1
        ]
        main = re.sub(r"<nav.*?</nav>", "", main, flags=re.DOTALL)
        wanted = sorted(re.sub(r"\s", "", unescape(re.sub(r"<[^>]+>", "", main))))
        got = sorted(re.sub(r"\s", "", "".join(t.text or "" for t in document.element.iter(qn("w:t")))))
        assert got == wanted


def test_properties_header_and_page_numbers(documents):
    document = documents["zh"]
    facts = document.core_properties
    assert (facts.title, facts.language) == ("鹊沙区治理评估报告", "zh-CN")
    assert facts.created is not None
    assert document.sections[0].header.paragraphs[0].text == "鹊沙区 & <b>\t2026年11月22日"
    foot = document.sections[0].footer.paragraphs[0]._p
    assert [f.get(qn("w:instr")) for f in foot.iter(qn("w:fldSimple"))] == ["PAGE", "NUMPAGES"]
    assert "".join(t.text for t in foot.iter(qn("w:t"))) == "第 1 页，共 1 页"


def test_widths_follow_what_columns_hold():
    narrow, wide = column_widths([["n", "a long name of a measure"], ["1", "another long name"]])
    assert wide > 2 * narrow
    assert narrow + wide == pytest.approx(Mm(174), rel=0.001)


def test_missing_page_is_said(tmp_path):
    with pytest.raises(ReportError, match="not there"):
        write_docx(tmp_path / "no.html", tmp_path / "no.docx", header="", date="", language="en")
    assert not list(tmp_path.iterdir())


def test_pages_of_other_templates_are_taken_as_they_come(tmp_path):
    drawing = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI5IiBoZWlnaHQ9IjkiLz4="
    bodies = {
        "signs": '<h1>A "q" #x $y \\ _z_ &lt;b&gt;</h1><h2>H #1</h2><p>a@b.c *x* [l] $5</p>',
        "drawing": f'<img src="data:image/svg+xml;base64,{drawing}" alt="x">',
        "table": '<table class="dataframe"><tr><th></th></tr><tr><td>1</td></tr></table>',
        "nothing": "",
    }
    words = {"header": 'h "q" #x\\', "date": "d", "language": "en"}
    with Printer("") as printer:
        for name, body in bodies.items():
            source = tmp_path / f"{name}.html"
            source.write_text(page(body, title="t", language="en"), encoding="utf-8")
            write_docx(source, tmp_path / f"{name}.docx", **words)
            printer.print(source, tmp_path / f"{name}.pdf", **words)
    assert Document(str(tmp_path / "signs.docx")).core_properties.title == 'A "q" #x $y \\ _z_ <b>'
    assert len(list(tmp_path.glob("*.pdf"))) == len(list(tmp_path.glob("*.docx"))) == len(bodies)
