"""Pages to Word files: pandoc turns the page into a document in our style, python-docx finishes it."""

from __future__ import annotations

import base64
import re
import tempfile
from datetime import UTC, datetime
from html import escape, unescape
from pathlib import Path

from analysis.errors import ReportError, shorten
from analysis.files import replacing

IMAGE = re.compile(r'(<img\b[^>]*?\bsrc=")data:image/(png|jpeg|gif|webp|svg)(?:\+xml)?;base64,([^"]+)(")')
MAIN = re.compile(r"<main[^>]*>(.*)</main>", re.DOTALL)
TITLE = re.compile(r"<h1[^>]*>(.*?)</h1>", re.DOTALL)
SUBTITLE = re.compile(r'<p class="subtitle">(.*?)</p>', re.DOTALL)
ONLY_ON_SCREEN = re.compile(r"<(nav|script|style)\b.*?</\1>", re.DOTALL)
NOTE = re.compile(r'<p class="(note|missing)">(.*?)</p>', re.DOTALL)
WRAPPER = re.compile(r"</?(?:div|section)\b[^>]*>")
GROUP = re.compile(r'(<tr class="group"><th[^>]*>)(.*?)(</th>)', re.DOTALL)
TAGS = re.compile(r"<[^>]+>")
NOTE_STYLE = {"note": "Note", "missing": "Missing"}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}


def write_docx(page: Path, docx: Path, *, header: str, date: str, language: str) -> None:
    """Write a page as a Word document, with real headings, tables, captions and page numbers.

    Parameters
    ----------
    page : Path
        A page made by `page_html` or `page`.
    docx : Path
        Where the document goes; replaced if it is there, and only when the new one is whole.
    header : str
        On top of every page on the left, for example the title of the report.
    date : str
        On top of every page on the right, as people write it.
    language : {"en", "zh"}

    Raises
    ------
    ReportError
        The page is missing, is no page of ours, or pandoc cannot turn it into a document.
    """
    page, docx = Path(page), Path(docx)
    if not page.is_file():
        raise ReportError(
            "The page for the Word file is not there.", where=str(page), expected="an HTML page",
            mend="Make the report first.",
        )  # fmt: skip
    content = page.read_text(encoding="utf-8")
    with replacing(docx) as draft:
        with tempfile.TemporaryDirectory(prefix="gongzhi-docx-") as folder:
            title = _convert(content, Path(folder), draft, page, language)
        _finish(draft, title, header, date, language)


def pandoc_body(content: str, folder: Path) -> tuple[str, str, str]:
    """Return (title, subtitle, body) of a page in the HTML that pandoc reads best; images lie in `folder`."""
    found = MAIN.search(content)
    body = ONLY_ON_SCREEN.sub("", found.group(1) if found else content)
    texts = []
    for pattern in (TITLE, SUBTITLE):
        one = pattern.search(body)
        texts.append(unescape(TAGS.sub("", one.group(1))).strip() if one else "")
        body = pattern.sub("", body, count=1)

    def stored(image: re.Match) -> str:
        name = f"figure-{len(list(folder.iterdir())) + 1}.{image[2]}"
        (folder / name).write_bytes(base64.b64decode(image[3]))
        return f"{image[1]}{escape(name)}{image[4]}"

    body = IMAGE.sub(stored, WRAPPER.sub("", body)).replace('class="number said"', 'class="number"')
    body = body.replace('class="number"', 'style="text-align: right"')
    body = NOTE.sub(lambda n: f'<div custom-style="{NOTE_STYLE[n[1]]}"><p>{n[2]}</p></div>', body)
    body = GROUP.sub(r"\1<strong>\2</strong>\3", body)
    return texts[0], texts[1], body


def _convert(content: str, folder: Path, draft: Path, page: Path, language: str) -> str:
    import pypandoc

    from analysis.reporting.documents.reference import reference_docx

    title, subtitle, body = pandoc_body(content, folder)
    reference = folder / "reference.docx"
    reference.write_bytes(reference_docx(language))
    source = folder / "page.html"
    source.write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    facts = {"title": title, "subtitle": subtitle, "lang": LANGUAGES[language]}
    options = [f"--metadata={key}={value}" for key, value in facts.items() if value]
    options += [f"--reference-doc={reference}", "--shift-heading-level-by=-1", "--wrap=none", "--quiet",
                f"--resource-path={folder}"]  # fmt: skip
    try:
        pypandoc.convert_file(
            str(source), "docx", format="html+empty_paragraphs-auto_identifiers", outputfile=str(draft),
            extra_args=options,
        )  # fmt: skip
    except (RuntimeError, OSError) as problem:
        raise ReportError(
            "Pandoc could not make a Word file of this page.", where=str(page),
            value=shorten(str(problem), 200), expected="a page made by this project",
            mend="Install the project's environment again; it brings pandoc along.",
        ) from problem  # fmt: skip
    return title


def _finish(draft: Path, title: str, header: str, date: str, language: str) -> None:
    from docx import Document

    from analysis.reporting.documents.word import fit_images, head_and_foot, lay_out_tables

    document = Document(str(draft))
    facts, now = document.core_properties, datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    facts.title, facts.language = title or header, LANGUAGES[language]
    facts.created = facts.modified = now
    facts.author = facts.last_modified_by = "gongzhi"
    facts.subject, facts.comments = date, ""
    lay_out_tables(document)
    fit_images(document)
    head_and_foot(document, header, date, language)
    document.save(str(draft))
