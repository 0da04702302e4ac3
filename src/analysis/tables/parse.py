"""Text to values: each logical type gives its values and a mask of what could not be read."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from analysis.tables.clean import (
    MISSING,
    ROUNDED,
    SPREADSHEET_ERRORS,
    narrow,
    tidy,
    written_number,
    written_time,
)
from analysis.tables.periods import FREQUENCIES
from analysis.tables.schema import DTYPES, Column

TRUE = ("1", "true", "yes", "y", "t", "是", "有")
FALSE = ("0", "false", "no", "n", "f", "否", "无")
TIME_FORMATS = ("ISO8601", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日", "%Y%m%d")
EPOCHS = {"unix": 1.0, "unix_ms": 0.001}  # seconds per unit of a count from 1970-01-01, UTC
PERIOD_PATTERNS = {
    "month": r"\d{4}-\d{1,2}(-\d{1,2})?",
    "quarter": r"\d{4}-?Q[1-4]",
    "year": r"\d{4}",
}
EXACT = 2.0**53  # whole numbers beyond it are not held exactly
QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4"}
EXPECTED = {
    "number": "a number such as 12.5",
    "integer": "a whole number such as 12",
    "flag": "true or false (also 1/0, yes/no, 是/否)",
    "time": "a date and time such as 2021-03-07 14:30",
    "date": "a date such as 2021-03-07",
    "id": "an identifier with all its digits: keep the column as text in the spreadsheet",
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
        text = tidy(values)
        given = (text != "") & ~text.isin(SPREADSHEET_ERRORS)
        lost = given & text.str.fullmatch(ROUNDED) if column.type == "id" else given & False
        return text.where(given).astype("str"), lost
    if column.type in ("number", "integer") and pd.api.types.is_numeric_dtype(values):
        number = values.astype("Float64").astype("float64")
        bad = np.isinf(number)
        number = number.mask(bad)
    else:
        text = _usual(tidy(values))
        given = ~text.isin(MISSING + SPREADSHEET_ERRORS)
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
        left = text[given & number.isna()]
        if len(left):
            meant = {value: written_number(value, column.unit) for value in left.unique()}
            number.loc[left.index] = left.map(meant).astype("float64")
        bad = given & number.isna()
    if column.type == "integer":
        fractional = number.notna() & ((number != number.round()) | (number.abs() > EXACT))
        return number.mask(fractional).astype(DTYPES["integer"]), bad | fractional
    return number, bad


def _usual(text: pd.Series) -> pd.Series:
    """Return text with full-width letters and digits as the usual ones."""
    odd = text.str.contains("[\uff01-\uff5e]", regex=True)
    return text.where(~odd, text[odd].map(narrow).reindex(text.index)) if odd.any() else text


def _times(values: pd.Series, zones: tuple, time_format: str | None) -> tuple[pd.Series, pd.Series]:
    if pd.api.types.is_datetime64_any_dtype(values):
        times = _localise(values, zones)
        return times, times.isna() & values.notna()
    text = tidy(values)
    given = ~text.isin(MISSING + SPREADSHEET_ERRORS)
    codes, unique = pd.factorize(text.where(given))
    distinct = pd.Series(unique, dtype="str")
    found = pd.Series(pd.NaT, index=distinct.index, dtype="datetime64[ns]")
    if time_format in EPOCHS:
        seconds = pd.to_numeric(distinct, errors="coerce") * EPOCHS[time_format]
        within = seconds.where(seconds.abs() < 9e9)
        found = _localise(pd.to_datetime(within, unit="s", utc=True), (None, zones[1]))
        parsed = pd.Series(found.array.take(codes, allow_fill=True), index=values.index)
        return parsed, given & parsed.isna()
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
    left = found.isna()
    if left.any() and not time_format:
        meant = pd.Series([written_time(value) for value in distinct[left]], index=distinct.index[left])
        found.loc[left] = _localise(meant.astype("datetime64[us]"), zones)
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
        plain = _period_text(value)
        if not pattern.fullmatch(plain):
            return None
        try:
            return str(pd.Period(plain.replace("-Q", "Q"), freq=frequency))
        except ValueError:
            return None

    return text.map({value: canonical(value) for value in text.dropna().unique()}).astype("str")


def _period_text(value: str) -> str:
    """Return 2021年3月, 202103, 2021.3, 2021年第1季度, 2021年 as 2021-3, 2021-03, 2021Q1, 2021."""
    plain = re.sub(r"[T ]00:00:00$", "", narrow(value))
    plain = re.sub(
        r"^(\d{4})年?第?([1-4一二三四])季度?$", lambda m: f"{m[1]}Q{QUARTERS.get(m[2], m[2])}", plain
    )
    plain = re.sub(r"^(\d{4})(\d{2})$", r"\1-\2", plain)
    return re.sub(r"[/.年月]", "-", plain).strip("-日")
