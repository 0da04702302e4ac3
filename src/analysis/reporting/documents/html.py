"""From an executed notebook to a page that needs no network."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from pathlib import Path


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
    return page(body, title=title, language=language)


def page(body: str, *, title: str, language: str) -> str:
    """Return a whole HTML page around `body` (HTML already)."""
    lang = {"zh": "zh-CN"}.get(language, language)
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


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
