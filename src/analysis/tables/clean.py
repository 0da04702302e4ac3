"""Text as people type it: full-width digits, thousands separators, units, dates in words, serial numbers."""

from __future__ import annotations

import math
import re
import unicodedata

import pandas as pd

MISSING = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "NaT", "<NA>")
SPREADSHEET_ERRORS = ("#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")
UNSEEN = "\ufeff\u200b\u200c\u200d\u2060"
ROUNDED = r"\d(?:\.\d+)?[eE]\+?(?:1[1-9]|[2-9]\d)"  # an identifier that a spreadsheet took for a number
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
UNITS = {
    "yuan": ("元", "人民币", "rmb", "cny", "¥"),
    "the study's currency": ("元", "¥"),
    "hours": ("小时", "时", "h", "hours", "hour"),
    "hours per month": ("小时", "h", "hours"),
    "people": ("人", "名"),
    "households": ("户",),
    "km2": ("平方公里", "km2", "km²"),
    "points 0-100": ("分",),
    "count": ("人", "件", "户", "次"),
}
DATE = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*(?:[-/.月]\s*(?P<day>\d{1,2})\s*[日号]?|月)"
    r"|(?P<packed>\d{8})(?=\D|$)|(?P<stamp>\d{14})(?=\D|$)"
)
WEEKDAY = re.compile(r"[((]?(?:星期|周|礼拜)[一二三四五六日天][))]?")
CLOCK = re.compile(
    r"(?P<before>[上下]午|凌晨|早上|早晨|中午|傍晚|晚上|[AaPp]\.?[Mm]\.?)?\s*"
    r"(?P<hour>\d{1,2})\s*(?:[:时点]\s*(?:(?P<minute>\d{1,2})\s*(?:[:分]\s*(?:(?P<second>\d{1,2})(?:\.\d+)?\s*秒?)?)?)?)"
    r"\s*(?P<after>[AaPp]\.?[Mm]\.?)?"
)
AFTERNOON, MORNING = ("下午", "傍晚", "晚上", "pm"), ("上午", "凌晨", "早上", "早晨", "am")
SERIAL = re.compile(r"[1-9]\d{4}(?:\.\d+)?")  # days since 1899-12-30: 1927 to 2173
ORIGIN = pd.Timestamp("1899-12-30")


def tidy(values: pd.Series) -> pd.Series:
    """Return text without blanks around it and without marks that cannot be seen; missing is empty."""
    text = values.astype("str").fillna("").str.strip()
    odd = text.str.contains(f'[{UNSEEN}]|^="|\u3000', regex=True)
    if odd.any():
        fixed = text[odd].map(lambda t: re.sub(r'^="(.*)"$', r"\1", t).strip(UNSEEN + " \t\u3000\xa0"))
        text = text.where(~odd, fixed.reindex(text.index))
    return text


def narrow(text: str) -> str:
    """Return full-width letters, digits and marks as the usual ones."""
    return unicodedata.normalize("NFKC", text).strip()


def written_number(text: str, unit: str | None = None) -> float | None:
    """Return the number that a text means, or None: 1,234.5, １２, ¥300, 1.2万元, 3小时, 41.2% of a share.

    Parameters
    ----------
    text : str
    unit : str, optional
        Unit of the column: only a unit that is this one may stand beside the number.
    """
    plain = narrow(text).replace(" ", "").lower()
    factor = 1.0
    if plain.endswith("%") and unit and unit.startswith("share"):
        plain, factor = plain[:-1], 0.01
    if unit in ("hours", "hours per month") and re.fullmatch(r"\d+:[0-5]\d(:[0-5]\d)?", plain):
        hours, minutes, seconds = [int(part) for part in (plain + ":0").split(":")[:3]]
        return hours + minutes / 60 + seconds / 3600
    for mark in UNITS.get(unit or "", ()):
        plain = plain.removeprefix(mark) if mark == "¥" else plain.removesuffix(mark)
    if plain.endswith("万") and plain[:-1]:
        plain, factor = plain[:-1], 10_000.0
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", plain):
        return None
    number = float(plain) * factor
    if not math.isfinite(number):
        return None
    return round(number, 12) if factor != 1.0 else number


def written_time(text: str) -> pd.Timestamp:
    """Return the time that a text in office writing means, or NaT.

    2019/3/1, 2019年3月1日 下午3:05, 20190301150500, 2019.3.1 15点20分, 43525.5 (a spreadsheet's).
    """
    plain = narrow(text)
    if SERIAL.fullmatch(plain):
        return (ORIGIN + pd.Timedelta(days=float(plain))).round("s")
    date = DATE.match(plain)
    if not date:
        return pd.NaT
    rest = WEEKDAY.sub("", plain[date.end() :]).strip(" \tT,")
    clock = CLOCK.fullmatch(rest) if rest else None
    if rest and not clock:
        return pd.NaT
    try:
        return _timestamp(date, clock)
    except ValueError:
        return pd.NaT


def _timestamp(date: re.Match, clock: re.Match | None) -> pd.Timestamp:
    if date["stamp"]:
        return pd.to_datetime(date["stamp"], format="%Y%m%d%H%M%S")
    if date["packed"]:
        day = pd.to_datetime(date["packed"], format="%Y%m%d")
    else:
        day = pd.Timestamp(int(date["year"]), int(date["month"]), int(date["day"] or 1))
    if clock is None:
        return day
    hour, minute, second = (int(clock[part] or 0) for part in ("hour", "minute", "second"))
    half = (clock["before"] or clock["after"] or "").lower().replace(".", "")
    if (half == "晚上" and hour == 12) or (half in MORNING and hour > 12):
        return pd.NaT  # which of two times is meant cannot be told
    if half in AFTERNOON and hour < 12:
        hour += 12
    elif half in MORNING and hour == 12:
        hour = 0
    elif half == "中午" and hour in (1, 2):
        hour += 12
    if hour == 24 and not minute and not second:
        return day + pd.Timedelta(days=1)
    return day.replace(hour=hour, minute=minute, second=second)
