"""Cells of tables that leave the project: numbers as people read them, text that no program runs."""

from __future__ import annotations

import math
import re
import unicodedata

import numpy as np
import pandas as pd

from analysis.display.numbers import NO_VALUE
from analysis.files import harmless

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")  # no file of text or XML may hold these
MOST_DIGITS = 8


def plain_text(value: object) -> str:
    """Return a value as text without characters that files of text or XML cannot hold, lines ended alike.

    A lone carriage return would end a row of CSV, and what follows it could begin as a formula.
    """
    return CONTROL.sub("\ufffd", str(value)).replace("\r\n", "\n").replace("\r", "\n")


def is_formula(words: str) -> bool:
    """Whether a spreadsheet would read this text as a formula."""
    return harmless(words) != words


def is_missing(value: object) -> bool:
    """Whether a cell holds nothing."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)


def is_number(value: object) -> bool:
    """Whether a cell holds a number; true and false are words."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def decimals(values: pd.Series) -> int:
    """Return how many decimals a column needs: three digits of its middle size, none for whole numbers."""
    known = pd.to_numeric(values, errors="coerce").astype("float64")
    known = known[np.isfinite(known)]
    if not len(known) or (known == known.round()).all():
        return 0
    size = float(known.abs()[known != 0].quantile(interpolation="lower"))
    return min(max(2 - math.floor(math.log10(size)), 0), MOST_DIGITS)


def shortened(value: object, digits: int) -> object:
    """Return a number with so many significant digits; anything else as it is."""
    known = isinstance(value, float | np.floating) and math.isfinite(value)
    return float(f"{value:.{digits - 1}e}") if known else value


def number_text(value: object, digits: int) -> str:
    """Return a number as text with thousands separators and a true minus; a dash for none."""
    if is_missing(value):
        return NO_VALUE
    number = float(value)
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    text = f"{number:,.{digits}f}"
    return (text.lstrip("-") if float(text.replace(",", "")) == 0 else text).replace("-", "−")


def cell_text(value: object, digits: int) -> str:
    """Return a cell as people read it."""
    if is_missing(value):
        return NO_VALUE
    if is_number(value):
        return number_text(value, digits)
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M:%S")
    return unicodedata.normalize("NFC", plain_text(value))
