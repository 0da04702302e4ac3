"""PDF through a browser kept open, and without one: whole tables, page numbers, tags, every character."""

import logging
import re

import pypdfium2
import pypdfium2.raw as raw
import pytest

from analysis.errors import ReportError
from analysis.reporting.documents import Printer
from analysis.reporting.documents.browser import find_browser

DATES = {"zh": "2026年11月22日", "en": "22 November 2026"}
WAYS = [pytest.param(find_browser() or "", id="browser",
                     marks=pytest.mark.skipif(find_browser() is None, reason="no browser here")),
        pytest.param("", id="plain")]  # fmt: skip


def texts(path):
    with pypdfium2.PdfDocument(path) as document:
        return [sheet.get_textpage().get_text_range() for sheet in document]


def tight(text):
    return re.sub(r"\s+", "", text)


@pytest.fixture(scope="module", params=WAYS)
def printed(request, whole_pages, tmp_path_factory):
    folder, headers = tmp_path_factory.mktemp("pdf"), {"zh": "鹊沙区", "en": "Magpie Sands"}
    with Printer(request.param) as printer:
        for language, path in whole_pages.items():
            printer.print(path, folder / f"{language}.pdf", header=headers[language], date=DATES[language],
                          language=language)  # fmt: skip
        assert printer.kept_open == bool(request.param)
    assert not printer.kept_open
    return folder


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_bears_header_date_and_number(printed, language):
    pages = texts(printed / f"{language}.pdf")
    assert len(pages) >= 3
    for number, text in enumerate(pages, start=1):
        found = tight(text)
        header = {"zh": "鹊沙区", "en": "MagpieSands"}[language]
        foot = {"zh": f"第{number}页，共{len(pages)}页", "en": f"Page{number}of{len(pages)}"}[language]
        for words in (header, tight(DATES[language]), foot):
            assert words in found, (number, words)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_a4_tagged_with_outline_and_repeated_heads(printed, language):
    path = printed / f"{language}.pdf"
    with pypdfium2.PdfDocument(path) as document:
        assert document[0].get_size() == pytest.approx((595.3, 841.9), abs=1.2)
        assert raw.FPDFCatalog_IsTagged(document)
        outline = [item.get_title() for item in document.get_toc()]
    assert len(outline) >= 3
    head = {"zh": "指标本区", "en": "MeasureHere"}[language]
    row = {"zh": "项指标", "en": "measure"}[language]
    with_rows = [tight(text) for text in texts(path) if tight(text).count(row) > 1]
    assert len(with_rows) >= 2
    assert all(head in text for text in with_rows)


def test_no_character_is_lost_and_no_row_is_split(printed):
    whole = tight("".join(texts(printed / "zh.pdf")))
    for words in ("苇湾社区有二百四十七人", "次", "表1.1", "图2.1", "很长的表"):
        assert words in whole
    for n in range(90):
        assert f"第{n}项指标{n}.0%" in whole
    assert "�" not in whole
    assert "A long table" in " ".join(texts(printed / "en.pdf"))


def test_fallback_says_so_once(whole_pages, tmp_path, caplog):
    with caplog.at_level(logging.WARNING), Printer(str(tmp_path / "no-such-browser")) as printer:
        for language, path in whole_pages.items():
            printer.print(path, tmp_path / "one.pdf", header="h", date="d", language=language)
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    assert "without a browser" in caplog.text


def test_browser_that_died_is_started_again_once(whole_pages, tmp_path, monkeypatch):
    if find_browser() is None:
        pytest.skip("no browser here")
    starts, begin = [], Printer._start
    monkeypatch.setattr(Printer, "_start", lambda self: (starts.append(1), begin(self))[1])
    words = {"header": "h", "date": "d", "language": "en"}
    with Printer() as printer:
        printer.print(whole_pages["en"], tmp_path / "1.pdf", **words)
        printer._open.close()
        printer.print(whole_pages["en"], tmp_path / "2.pdf", **words)
        assert len(starts) == 2
        monkeypatch.setattr(Printer, "_through_browser", _dies)
        with pytest.raises(ReportError, match="could not print"):
            printer.print(whole_pages["en"], tmp_path / "3.pdf", **words)
    assert (tmp_path / "2.pdf").stat().st_size > 10_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["1.pdf", "2.pdf"]


def _dies(*_):
    raise OSError("gone")


def test_missing_page_is_said(tmp_path):
    with Printer("") as printer, pytest.raises(ReportError, match="not there"):
        printer.print(tmp_path / "no.html", tmp_path / "no.pdf", header="", date="", language="en")
