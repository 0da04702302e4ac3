"""Numbers for people: as many digits as they carry, thousands separators, and nothing on fewer than five."""

from __future__ import annotations

import math
import re

SMALLEST_CELL = 5
NO_VALUE = "–"
LARGE = 1000  # from here on a decimal of a count, of days or hours says nothing
DIGITS = {
    "share": 1,
    "days": 1,
    "hours": 1,
    "count": 1,
    "points": 1,
    "ratio": 3,
    "density": 4,
    "people": 0,
    "yuan": 0,
    "number": 2,
}


def format_number(value: float, kind: str = "number", *, signed: bool = False) -> str:
    """Return `value` as text.

    Parameters
    ----------
    value : float
        NaN or missing gives a dash.
    kind : str
        A key of `DIGITS`. "share" is given in percent; "people" in whole numbers.
    signed : bool
        A difference or effect: with a plus before positive values, shares in percentage points without unit.
    """
    if value is None or value != value or math.isinf(value):
        return NO_VALUE
    number = value * 100 if kind == "share" else value
    digits = DIGITS.get(kind, 2)
    if digits == 1 and kind != "share" and abs(number) >= LARGE:
        digits = 0
    text = f"{number:{'+' if signed else ''},.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    text = text.replace("-", "−")
    return f"{text}%" if kind == "share" and not signed else text


def is_hidden(n: float) -> bool:
    """Whether a value resting on `n` people or cases must not be shown (fewer than five, but not none)."""
    return 0 < n < SMALLEST_CELL


PERIOD = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?|-?Q([1-4]))?")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip


def format_period(label: object, language: str = "en", *, short: bool = False) -> str:
    """Return a period or a day as people write it.

    Parameters
    ----------
    label : str
        "2021", "2021Q1", "2021-03" or "2021-03-15"; anything else is returned as it is.
    language : {"en", "zh"}
        "March 2021", "Q1 2021" or "2021年3月", "2021年第1季度".
    short : bool
        For an axis: English months with three letters, Chinese quarters without 第.
    """
    found = PERIOD.fullmatch(str(label))
    if not found or not 1 <= int(found[2] or 1) <= 12:
        return str(label)
    year, month, day, quarter = found.groups()
    if language == "zh":
        rest = f"{int(month)}月" if month else f"{'' if short else '第'}{quarter}季度" if quarter else ""
        return f"{year}年{rest}{f'{int(day)}日' if day else ''}"
    name = MONTHS[int(month) - 1] if month else f"Q{quarter}" if quarter else ""
    parts = (str(int(day)) if day else "", name[:3] if short and month else name, year)
    return " ".join(part for part in parts if part)
