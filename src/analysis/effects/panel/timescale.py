"""Time as equally spaced positions, whatever the labels: numbers, "2021", "2021Q1" or "2021-03"."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimationError
from analysis.tables import periods

PATTERNS = {"year": r"\d{4}", "quarter": r"\d{4}Q[1-4]", "month": r"\d{4}-\d{2}"}
EXPECTED = 'whole numbers, or labels such as "2021", "2021Q1" or "2021-03"'


@dataclass(frozen=True)
class TimeScale:
    """Positions 0, 1, ... of periods `step` apart, counted from `origin`; `kind` says how to label them."""

    kind: str
    origin: int
    step: int

    def label(self, position: float) -> object:
        """Return the user's label of a position."""
        number = int(self.origin + position * self.step)
        return number if self.kind == "number" else periods.label(number, self.kind)

    def positions(self, values: pd.Index | np.ndarray, column: str) -> np.ndarray:
        """Return the position of each value as float; missing and infinite values give +inf."""
        numbers = _numbers(values, self.kind, column)
        return (numbers - self.origin) / self.step


def read_scale(values: pd.Index, column: str) -> TimeScale:
    """Return the scale of the distinct, non-missing time `values`: its step is their greatest common one.

    Raises
    ------
    EstimationError
        If a value is not a whole number or period label, or there is one period only.
    """
    kind = _kind(values, column)
    numbers = np.sort(_numbers(values, kind, column)).astype(np.int64)
    if len(numbers) < 2:
        raise EstimationError(
            "The panel has one period only, so no change over time can be seen.",
            where=f"column {column!r}",
            value=values[0],
            expected="at least two periods",
            mend="Add earlier or later periods.",
        )
    return TimeScale(kind, int(numbers[0]), int(np.gcd.reduce(np.diff(numbers))))


def _kind(values: pd.Index, column: str) -> str:
    if isinstance(values.dtype, pd.PeriodDtype):
        raise _unreadable(values[0], column)
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        return "number"
    texts = list(values)
    for kind, pattern in PATTERNS.items():
        if all(isinstance(text, str) and re.fullmatch(pattern, text) for text in texts):
            return kind
    if all(isinstance(number, int | np.integer) and not isinstance(number, bool) for number in texts):
        return "number"
    known = re.compile("|".join(PATTERNS.values()))
    raise _unreadable(next((v for v in texts if not known.fullmatch(str(v))), texts[0]), column)


def _numbers(values: pd.Index | np.ndarray, kind: str, column: str) -> np.ndarray:
    """Return period numbers as float, +inf where missing; `kind` is how the time column is written."""
    if isinstance(values, np.ndarray) and kind == "number":
        return _whole(values, column)
    missing = np.asarray(values.isna())
    numbers = np.full(len(values), np.inf)
    known = values[~missing]
    if kind == "number":
        try:
            numbers[~missing] = np.asarray(known, dtype=float)
        except (TypeError, ValueError):
            raise _unreadable(known[0], column) from None
        return _whole(numbers, column)
    wrong = [v for v in known if not (isinstance(v, str) and re.fullmatch(PATTERNS[kind], v))]
    if wrong:
        raise _unreadable(wrong[0], column, f"{kind} labels such as the time column has")
    try:
        numbers[~missing] = periods.ordinal(pd.Series(list(known), dtype="str"), kind).to_numpy(float)
    except ValueError:
        raise _unreadable(known[0], column) from None
    return numbers


def _whole(numbers: np.ndarray, column: str) -> np.ndarray:
    broken = np.isfinite(numbers) & (numbers != np.rint(numbers))
    if broken.any():
        raise _unreadable(numbers[broken][0], column)
    return numbers


def _unreadable(value: object, column: str, expected: str = EXPECTED) -> EstimationError:
    return EstimationError(
        "A time or cohort value cannot be placed on a time scale.",
        where=f"column {column!r}",
        value=value,
        expected=expected,
        mend="Turn dates into period labels (analysis.tables.periods.period_of) or whole numbers first.",
    )
