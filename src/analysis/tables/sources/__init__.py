"""Exports of other platforms, each turned into a study folder with an account of every row."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

SOURCES = ("decidim", "pabulib", "polis")


def import_export(source: str, folder: str | Path, out: str | Path) -> pd.DataFrame:
    """Write the export of the platform `source` (one of `SOURCES`) as a study, and return its account."""
    module = import_module(f"{__name__}.{source}")
    return getattr(module, f"import_{source}")(folder, out)
