"""Exports of other platforms, each turned into a study folder with an account of every row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis.tables.sources.decidim import import_decidim

SOURCES: dict[str, Callable[[Path, Path], pd.DataFrame]] = {"decidim": import_decidim}
