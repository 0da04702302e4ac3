"""How the cells of a result are written: what kind of number stands in a column, and with how many digits."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from analysis.display.effect_words import effect_digits, p_text
from analysis.display.numbers import DIGITS, NO_VALUE, format_number
from analysis.display.text import Text

LABELS = {"time", "year", "seed", "cohort", "row", "event_time", "period", "rank", "groups"}
EFFECTS = {
    "estimate", "std_error", "conf_low", "conf_high", "band_low", "band_high", "raw", "raw_std_error",
    "raw_low", "raw_high", "detectable", "change", "new_low", "new_high", "interval_low", "interval_high",
}  # fmt: skip
BY_NAME = (  # (pattern of the name, kind), the first that fits
    (re.compile(r"n|n_.*|count|times|rows(_.*)?|kept|set_aside"), "people"),
    (re.compile(r"p_value|p_holm|p_permutation|p"), "p"),
    (re.compile(r"share(_.*)?|.*_share(_\d+)?|explained|agreement|disagreement|passes|published_\d+|turnout"
                r"|nonregistered|elderly|to_residents"), "share"),
    (re.compile(r"days|.*_days|days_.*"), "days"),
    (re.compile(r"(.*_)?hours(_.*)?|freed|service_change"), "hours"),
    (re.compile(r"budget|income|spent|remaining|amount|asked|awarded"), "yuan"),
)  # fmt: skip
VALUES = re.compile(r"value(_.*)?|std_error|conf_.*|null_.*|boot_mean|low|high")
SHARE = re.compile(r".*_share(_\d+)?|.*_rate")
SIGNIFICANT = 3
MOST_DECIMALS = 6
LONGEST_TEXT = 90


@dataclass(frozen=True)
class Column:
    """How one column is written.

    Attributes
    ----------
    kind : str
        A key of `DIGITS`; or "p", "label", "flag", "time", "text", "decimals".
    decimals : int
        Of kind "decimals".
    """

    kind: str
    decimals: int = 0

    @property
    def is_number(self) -> bool:
        """Whether the column stands right."""
        return self.kind not in ("text", "flag", "time")

    def write(self, value: object) -> str:
        """Return a cell as people read it."""
        if _is_missing(value):
            return NO_VALUE
        if self.kind == "p":
            return p_text(float(value))
        if self.kind == "decimals":
            return write_number(float(value), self.decimals)
        if self.kind in DIGITS:
            return format_number(float(value), self.kind) if math.isfinite(value) else _infinite(value)
        if self.kind == "label":
            return (
                f"{value:g}".replace("-", "−")
                if isinstance(value, float)
                else str(value).replace("-", "−", 1)
            )
        return write_text(value)


def columns_of(frame: pd.DataFrame, text: Text) -> list[Column]:
    """Return how each column of a frame is written."""
    columns = [frame.iloc[:, at] for at in range(frame.shape[1])]
    errors = [_numbers(values) for values in columns if _leaf(values.name) == "std_error"]
    return [_column(values.name, values, errors, text) for values in columns]


def row_kinds(frame: pd.DataFrame, text: Text) -> list[str | None] | None:
    """Return the kind of each row's values where rows are measures, None where they are not."""
    names = _measure_names(frame)
    return None if names is None else [measure_kind(name, text) for name in names]


def takes_row_kind(name: object, column: Column, frame: pd.DataFrame) -> bool:
    """Whether a column holds values of the measure that its row names."""
    parts = [str(part) for part in (name if isinstance(name, tuple) else (name,))]
    if any(part == "n" or part.startswith("n_") for part in parts) or column.kind in ("p", "label", "text"):
        return False
    heads_rows = bool({"measure", "indicator"} & set(frame.index.names))
    return column.is_number and (heads_rows or bool(VALUES.fullmatch(parts[-1])))


def measure_kind(name: object, text: Text) -> str | None:
    """Return how the numbers of a measure or indicator are written, None if it is not known."""
    for known in (str(name), f"network_{name}"):
        label = text.measure(known)
        if label.kind != "number" or label.name != known.replace("_", " "):
            return label.kind
    return "share" if SHARE.fullmatch(str(name)) else None


def of_row(kind: str | None, value: object) -> Column:
    """Return how the value of one measure is written, by its own size where its kind is not known."""
    if kind is not None:
        return Column(kind)
    size = np.array([] if _is_missing(value) else [float(value)])
    return Column("decimals", 0 if (size == np.round(size)).all() else significant_decimals(size))


def measure_name(name: object, text: Text) -> str:
    """Return what a measure or indicator is called, empty if it is not known."""
    for known in (str(name), f"network_{name}"):
        label = text.measure(known)
        if label.name != known.replace("_", " "):
            return label.name
    return ""


def write_text(value: object) -> str:
    """Return a value that is no number as text on one line."""
    if _is_missing(value):
        return NO_VALUE
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, datetime | pd.Timestamp):
        return value.strftime("%Y-%m-%d" if value == value.normalize() else "%Y-%m-%d %H:%M") \
            if isinstance(value, pd.Timestamp) else value.isoformat(" ", "minutes")  # fmt: skip
    if isinstance(value, date):
        return value.isoformat()
    words = " ".join(str(value).split())
    return words if len(words) <= LONGEST_TEXT else words[: LONGEST_TEXT - 1] + "…"


def _column(name: object, values: pd.Series, errors: list[np.ndarray], text: Text) -> Column:
    leaf = _leaf(name)
    if pd.api.types.is_bool_dtype(values.dtype):
        return Column("flag")
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return Column("time")
    if not pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_complex_dtype(values.dtype):
        return Column("text")
    if leaf in LABELS:
        return Column("label")
    numbers = _numbers(values)
    if leaf in EFFECTS and errors:
        return Column("decimals", error_decimals(errors[0], numbers))
    kind = next((kind for pattern, kind in BY_NAME if pattern.fullmatch(leaf)), None) or measure_kind(
        leaf, text
    )
    if kind == "share" and len(numbers) and np.abs(numbers).max() > 1.5:
        kind = None
    if kind is not None:
        return Column(kind)
    if not len(numbers) or (numbers == np.round(numbers)).all():
        return Column("people")
    return Column("decimals", significant_decimals(numbers))


def error_decimals(errors: np.ndarray, values: np.ndarray) -> int:
    """Return decimals that show two digits of the usual standard error."""
    known = errors[errors > 0]
    return effect_digits(float(np.median(known)) / 10) if len(known) else significant_decimals(values)


def significant_decimals(values: np.ndarray) -> int:
    """Return decimals that show three digits of the usual value."""
    known = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(known):
        return 0
    size = math.floor(math.log10(float(np.median(known))))
    return min(max(SIGNIFICANT - 1 - size, 0), MOST_DECIMALS)


def write_number(value: float, places: int) -> str:
    """Return a number with so many decimals, a dash for none."""
    if value != value:
        return NO_VALUE
    return f"{value:,.{places}f}".replace("-", "−") if math.isfinite(value) else _infinite(value)


def sort_key(value: object) -> str | float | None:
    """Return what a cell is sorted by, None where its text will do."""
    if _is_missing(value):
        return ""
    return (
        float(value) if isinstance(value, int | float | np.number) and not isinstance(value, bool) else None
    )


def _measure_names(frame: pd.DataFrame) -> Iterable | None:
    for name in ("measure", "indicator"):
        if name in frame.index.names:
            return frame.index.get_level_values(name)
        if name in frame.columns and frame[name].dtype != "float64":
            return frame[name]
    return None


def _leaf(name: object) -> str:
    parts = [str(part) for part in (name if isinstance(name, tuple) else (name,))]
    return "n" if "n" in parts else parts[-1] or parts[0]


def _numbers(values: pd.Series) -> np.ndarray:
    found = pd.to_numeric(values, errors="coerce").to_numpy("float64", na_value=np.nan)
    return found[np.isfinite(found)]


def _infinite(value: float) -> str:
    return "∞" if value > 0 else "−∞"


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)
