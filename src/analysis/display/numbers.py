"""Numbers for people: as many digits as they carry, thousands separators, and nothing on fewer than five."""

from __future__ import annotations

import math

SMALLEST_CELL = 5
NO_VALUE = "–"
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
    text = f"{number:{'+' if signed else ''},.{digits}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("+-")
    text = text.replace("-", "−")
    return f"{text}%" if kind == "share" and not signed else text


def is_hidden(n: float) -> bool:
    """Whether a value resting on `n` people or cases must not be shown (fewer than five, but not none)."""
    return 0 < n < SMALLEST_CELL
