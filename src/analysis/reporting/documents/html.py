"""From an executed notebook to a page that needs no network and that everybody can read."""

from __future__ import annotations

import re
from functools import cache
from html import escape, unescape
from importlib.resources import files
from pathlib import Path

from analysis.display.html import Html, element
from analysis.display.text import Text

TABLE = re.compile(r"<table\b.*?</table>", re.DOTALL)
CAPTION = re.compile(r"<caption[^>]*>(.*?)</caption>", re.DOTALL)
HEADING = re.compile(r'<section id="([^"]+)"[^>]*>\s*<h2[^>]*>(.*?)</h2>', re.DOTALL)
TAGS = re.compile(r"<[^>]+>")
FEWEST = 3  # sections a page must have to be given a list of contents


def page_html(notebook: Path, *, title: str, language: str) -> str:
    """Return the outputs of a notebook as one self-contained HTML page, without code and prompts.

    Parameters
    ----------
    notebook : Path
        An executed notebook. Cells tagged remove_cell are left out.
    title : str
        Title of the page.
    language : {"en", "zh"}
    """
    body, _ = _exporter().from_filename(str(notebook))
    return page(_with_contents(_tidy(body), Text(language)), title=title, language=language)


def page(body: str, *, title: str, language: str) -> str:
    """Return a whole HTML page around `body` (HTML already); wide tables scroll by themselves."""
    lang = {"zh": "zh-CN"}.get(language, language)
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    text = Text(language)
    body = TABLE.sub(lambda found: _scrolling(found.group(), text), body)
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _scrolling(table: str, text: Text) -> str:
    """Return a table in a region of its own, which a keyboard can reach and scroll."""
    found = CAPTION.search(table)
    name = unescape(TAGS.sub("", found.group(1))) if found else text("document.table")
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}">{table}</div>'


def _tidy(body: str) -> str:
    """Drop the wrappers of cells that have no output, and blank lines."""
    body = re.sub(r"<div[^>]*>\s*</div>\s*", "", body)
    return re.sub(r"\n\s*\n+", "\n", body)


def _with_contents(body: str, text: Text) -> str:
    """Put a list of the sections before the first of them."""
    found = list(HEADING.finditer(body))
    if len(found) < FEWEST:
        return body
    items = [element("li", element("a", Html(TAGS.sub("", f[2])), href=f"#{f[1]}")) for f in found]
    heading = element("h2", text("document.contents"), id="contents")
    contents = element("nav", heading, element("ol", *items), class_="contents", aria_labelledby="contents")
    at = found[0].start()
    return f"{body[:at]}{contents}\n{body[at:]}"


@cache
def _exporter():
    from nbconvert import HTMLExporter
    from traitlets.config import Config

    config = Config()
    config.TagRemovePreprocessor.enabled = True
    config.TagRemovePreprocessor.remove_cell_tags = {"remove_cell"}
    config.HTMLExporter.preprocessors = ["nbconvert.preprocessors.TagRemovePreprocessor"]
    return HTMLExporter(
        config=config, template_name="basic", exclude_input=True, exclude_input_prompt=True,
        exclude_output_prompt=True, embed_images=False,
    )  # fmt: skip
