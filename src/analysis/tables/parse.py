"""Text to values: each logical type gives its values and a mask of what could not be read."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.tables.periods import FREQUENCIES
from analysis.tables.schema import DTYPES, Column

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "NaT", "<NA>")
TRUE = ("1", "true", "yes", "y", "t", "是", "有")
FALSE = ("0", "false", "no", "n", "f", "否", "无")
TIME_FORMATS = ("ISO8601", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日", "%Y%m%d")
PERIOD_PATTERNS = {
    "month": r"\d{4}-\d{1,2}(-\d{1,2})?",
    "quarter": r"\d{4}-?Q[1-4]",
    "year": r"\d{4}",
}
EXPECTED = {
    "number": "a number such as 12.5, without unit or thousands separator",
    "integer": "a whole number such as 12",
    "flag": "true or false (also 1/0, yes/no, 是/否)",
    "time": "a date and time such as 2021-03-07 14:30",
    "date": "a date such as 2021-03-07",
    "period": "a month such as 2021-03, quarter 2021Q1 or year 2021, as the study's period says",
}


def parse_column(
    values: pd.Series,
    column: Column,
    *,
    period: str = "month",
    zones: tuple[str | None, str | None] = (None, None),
    time_format: str | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Return `values` in the type of `column`, and where a value was given but could not be read.

    Parameters
    ----------
    values : Series
        As read from a file: text, or already typed (Parquet).
    column : Column
        The dictionary's entry.
    period : {"month", "quarter", "year"}
        The study's period, for columns of type period.
    zones : (file zone, study zone)
        Zone of times that carry none, and zone to convert to; both None: times are taken as they are.
    time_format : str, optional
        strptime format of the file's times.
    """
    if column.type in ("time", "date"):
        parsed, bad = _times(values, zones, time_format)
        if column.type == "date":
            parsed = parsed.dt.normalize()
        return parsed, bad
    if column.type in ("id", "text"):
        text = _text(values)
        return text.where(text != "").astype("str"), pd.Series(False, index=values.index)
    if column.type in ("number", "integer") and pd.api.types.is_numeric_dtype(values):
        number = values.astype("Float64").astype("float64")
        bad = np.isinf(number)
        number = number.mask(bad)
    else:
        text = _text(values)
        given = ~text.isin(MISSING)
        if column.type == "category":
            return text.where(given).astype("str"), ~given & False
        if column.type == "flag":
            lower = text.str.lower().str.replace(r"\.0$", "", regex=True)
            known = lower.isin(TRUE + FALSE)
            return lower.isin(TRUE).astype("boolean").mask(~known), given & ~known
        if column.type == "period":
            parsed = _periods(text.where(given), period)
            return parsed, given & parsed.isna()
        number = pd.to_numeric(text.where(given), errors="coerce").astype("float64")
        number = number.mask(np.isinf(number))
        bad = given & number.isna()
    if column.type == "integer":
        fractional = number.notna() & (number != number.round())
        return number.mask(fractional).astype(DTYPES["integer"]), bad | fractional
    return number, bad


def _text(values: pd.Series) -> pd.Series:
    return values.astype("str").fillna("").str.strip()


def _times(values: pd.Series, zones: tuple, time_format: str | None) -> tuple[pd.Series, pd.Series]:
    if pd.api.types.is_datetime64_any_dtype(values):
        times = _localise(values, zones)
        return times, times.isna() & values.notna()
    text = _text(values)
    given = ~text.isin(MISSING)
    codes, unique = pd.factorize(text.where(given))
    distinct = pd.Series(unique, dtype="str")
    found = pd.Series(pd.NaT, index=distinct.index, dtype="datetime64[ns]")
    for layout in (time_format,) if time_format else TIME_FORMATS:
        left = found.isna()
        if not left.any():
            break
        # utc=True reads offsets; texts without one keep their wall clock and are told apart below
        aware = pd.to_datetime(distinct[left], format=layout, errors="coerce", utc=True)
        has_offset = distinct[left].str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True) & aware.notna()
        has_offset &= distinct[left].str.contains(":", regex=False)
        wall = aware.dt.tz_localize(None)
        plain = _localise(wall, zones)
        shifted = _localise(aware, (None, zones[1]))
        found.loc[left] = plain.where(~has_offset, shifted)
    parsed = pd.Series(found.array.take(codes, allow_fill=True), index=values.index)
    return parsed, given & parsed.isna()


def _localise(times: pd.Series, zones: tuple[str | None, str | None]) -> pd.Series:
    """Return wall-clock times in the study's zone; without a study zone, in the zone they carry."""
    theirs, ours = zones
    if times.dt.tz is None and theirs and ours:
        times = times.dt.tz_localize(theirs, ambiguous="NaT", nonexistent="shift_forward")
    if times.dt.tz is not None:
        times = times.dt.tz_convert(ours) if ours else times
        times = times.dt.tz_localize(None)
    # years such as 9999 stand for "never": the last time that can be held; years before 1678 are unreadable
    held = times.astype("datetime64[us]")
    held = held.mask(held > pd.Timestamp.max.floor("us"), pd.Timestamp.max.floor("us"))
    return held.mask(held < pd.Timestamp.min.ceil("us")).astype("datetime64[ns]")


def _periods(text: pd.Series, period: str) -> pd.Series:
    pattern, frequency = re.compile(PERIOD_PATTERNS[period]), FREQUENCIES[period]

    def canonical(value: str) -> str | None:
        if not pattern.fullmatch(value.replace("/", "-")):
            return None
        try:
            return str(pd.Period(value.replace("/", "-").replace("-Q", "Q"), freq=frequency))
        except ValueError:
            return None

    return text.map({value: canonical(value) for value in text.dropna().unique()}).astype("str")
