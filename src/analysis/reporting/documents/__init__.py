"""Pages, PDF and Word files of a report; each loads what it needs on use.

`page_html` makes a page from an executed notebook, `Printer` prints pages to PDF and keeps its browser open
between them, `write_docx` turns a page into a Word document.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {"page": "html", "page_html": "html", "Printer": "pdf", "write_docx": "docx"}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
