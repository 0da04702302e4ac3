"""Composite indices after the OECD/JRC Handbook, with what their ranks depend on."""

from analysis.index.compute import composite_index
from analysis.index.read import read_index
from analysis.index.results import IndexResult, RankResult
from analysis.index.spec import Group, IndexSpec, Indicator
from analysis.index.table import index_table
from analysis.index.uncertainty import rank_uncertainty

__all__ = [
    "Group",
    "IndexResult",
    "IndexSpec",
    "Indicator",
    "RankResult",
    "composite_index",
    "index_table",
    "rank_uncertainty",
    "read_index",
]
