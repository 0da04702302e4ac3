"""Cells of a table as it stands in its source: put together, mapped, found blank or too long."""

from __future__ import annotations

import pandas as pd

from analysis.tables.clean import tidy
from analysis.tables.limits import MAX_CELL


def joined(found: pd.DataFrame, places: list[int]) -> pd.Series:
    """Return one column, or the texts of several put together with a space."""
    if len(places) == 1:
        return found[places[0]]
    parts = [found[n].astype("str").fillna("").str.strip() for n in places]
    parts[0] = parts[0].str.replace(r"[T ]00:00:00$", "", regex=True)  # a day read as its midnight
    parts[1:] = [
        part.str.replace(r"^(1899-12-3[01]|1900-01-0[01])[T ]", "", regex=True) for part in parts[1:]
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = (joined + " " + part).str.strip()
    return joined


def mapped(values: pd.Series, mapping: dict[str, str]) -> pd.Series:
    """Return values in our words where the map has one for them."""
    text = tidy(values)
    return text.map(mapping).where(text.isin(list(mapping)), values)


def is_blank(values: pd.Series) -> pd.Series:
    """Return in which rows nothing stands."""
    if pd.api.types.is_string_dtype(values) or values.dtype == object:
        return values.isna() | (values.astype("str").str.strip() == "")
    return values.isna()


def too_long(found: pd.DataFrame) -> pd.Series:
    """Return in which rows a text is longer than any cell of a spreadsheet can be."""
    long = pd.Series(False, index=found.index)
    for name in found:
        if pd.api.types.is_string_dtype(found[name]):
            long |= (found[name].str.len() > MAX_CELL).fillna(False).astype(bool)
    return long


def as_text(values: pd.Series) -> pd.Series:
    """Return numbers, times or flags as the text that other files of a table have for them."""
    from analysis.tables.formats.excel import cell_text

    if pd.api.types.is_string_dtype(values.dtype) and values.dtype != object:
        return values
    return values.astype(object).where(values.notna(), None).map(cell_text).astype("str")
