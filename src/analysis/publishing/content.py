"""What stands in a table, whatever file it goes to: columns with their units, values and shown text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.display.effect_tables import effect_cells
from analysis.display.text import Text
from analysis.effects import EffectEstimate, GroupTimeEffects
from analysis.errors import AnalysisError
from analysis.publishing.cells import cell_text, decimals, is_number


@dataclass(frozen=True)
class Content:
    """A table ready to be written.

    Attributes
    ----------
    header, units : list of str
        One per column; units may all be empty.
    rows : list of list of str
        Text as people read it, rounded.
    values : DataFrame
        Everything behind it, in full; for estimates a row per term of each, else the rows themselves.
    digits : list of int
        Decimals of the columns of `values`.
    numeric : list of bool
        Which columns of `rows` stand to the right.
    rule : int
        How many rows stand above a line within the table; 0 for none.
    title, note : str
    text : Text
    """

    header: list[str]
    units: list[str]
    rows: list[list[str]]
    values: pd.DataFrame
    digits: list[int]
    numeric: list[bool]
    rule: int
    title: str
    note: str
    text: Text

    @property
    def full_header(self) -> list[str]:
        """Names with their units."""
        marks = ("（", "）") if self.text.language == "zh" else (" (", ")")
        return [name + marks[0] + unit + marks[1] if unit else name
                for name, unit in zip(self.header, self.units, strict=True)]  # fmt: skip


def content_of(table, *, title, note, labels, units, digits, index, terms, language) -> Content:
    """Return the content of a frame or of estimates; see `save_table` for the parameters."""
    text = Text(language)
    if isinstance(table, pd.DataFrame | pd.Series):
        return _of_frame(table, title, note, labels or {}, units or {}, digits, index, text)
    return _of_estimates(table, title, note, digits, terms, text)


def _of_frame(table, title, note, labels, units, digits, index, text: Text) -> Content:
    frame = table.to_frame() if isinstance(table, pd.Series) else table
    named = index if index is not None else not isinstance(frame.index, pd.RangeIndex)
    frame = frame.reset_index() if named else frame.reset_index(drop=True)
    frame.columns = [" ".join(map(str, c)).strip() if isinstance(c, tuple) else str(c) for c in frame.columns]
    doubled = frame.columns[frame.columns.duplicated()]
    _require(frame.shape[1] > 0, "The table has no columns.", "argument table", "0 columns", "one or more")
    _require(not len(doubled), "Two columns of the table have one name.", "argument table",
             ", ".join(doubled[:3]), "names that differ")  # fmt: skip
    for name, given in (("labels", labels), ("units", units)):
        strange = [key for key in given if key not in frame]
        _require(not strange, f"There is no such column for {name}.", f"argument {name}", strange[:1],
                 ", ".join(frame.columns[:12]))  # fmt: skip
    places = _digits(frame, digits)
    numeric = [_numeric(frame[name]) for name in frame]
    rows = [
        [cell_text(value, place) for value, place in zip(row, places, strict=True)]
        for row in frame.astype("object").itertuples(index=False, name=None)
    ]
    header = [str(labels.get(name, name)) for name in frame]
    return Content(header, [str(units.get(name, "")) for name in frame], rows, frame, places, numeric, 0,
                   title, note, text)  # fmt: skip


def _digits(frame: pd.DataFrame, digits) -> list[int]:
    given = digits if isinstance(digits, Mapping) else dict.fromkeys(frame, digits)
    for value in given.values():
        whole = value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 12)
        _require(whole, "So many decimals cannot be shown.", "argument digits", value,
                 "a whole number from 0 to 12, or one per column")  # fmt: skip
    found = []
    for name in frame:
        whole = pd.api.types.is_integer_dtype(frame[name])
        asked = given.get(name)
        found.append(
            0 if whole or not _numeric(frame[name]) else decimals(frame[name]) if asked is None else asked
        )
    return found


def _numeric(column: pd.Series) -> bool:
    if pd.api.types.is_bool_dtype(column):
        return False
    if pd.api.types.is_numeric_dtype(column):
        return True
    known = column.dropna()
    return bool(len(known)) and column.dtype == object and all(is_number(value) for value in known)


def _of_estimates(table, title, note, digits, terms, text: Text) -> Content:
    one = isinstance(table, EffectEstimate | GroupTimeEffects)
    fit = one or isinstance(table, Mapping) or (isinstance(table, Sequence) and not isinstance(table, str))
    _require(fit, "This cannot be saved as a table.", "argument table", type(table).__name__,
             "a data frame, estimates, or a mapping of names to estimates")  # fmt: skip
    _require(digits is None or isinstance(digits, int), "So many decimals cannot be shown.",
             "argument digits", digits, "a whole number from 0 to 12")  # fmt: skip
    given = [table] if one else table
    header, rows, said = effect_cells(given, terms=terms, language=text.language, digits=digits)
    values = _tidy(given, header[1:])
    places = [0 if pd.api.types.is_integer_dtype(values[c]) or not _numeric(values[c]) else
              4 if c in ("p_value", "statistic") else decimals(values[c]) for c in values]  # fmt: skip
    about = " ".join(filter(None, (said, note)))
    numeric = [False] + [True] * (len(header) - 1)
    return Content(
        header, [""] * len(header), rows, values, places, numeric, len(rows) - 7, title, about, text
    )


def _tidy(given, names: list[str]) -> pd.DataFrame:
    parts = []
    for name, one in zip(names, given.values() if isinstance(given, Mapping) else given, strict=True):
        one = one.aggregate("overall") if isinstance(one, GroupTimeEffects) else one
        part = one.tidy().assign(column=name, outcome=one.outcome, estimator=one.estimator,
                                 control_group=one.control_group or "", cluster=one.cluster,
                                 n_clusters=one.n_clusters, n_obs=one.n_obs)  # fmt: skip
        parts.append(part[["column", "outcome", "estimator", *one.table.columns, "control_group", "cluster",
                           "n_clusters", "n_obs"]])  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _require(holds: bool, what: str, where: str, value: object, expected: str) -> None:
    if not holds:
        raise AnalysisError(
            what, where=where, value=value, expected=expected, mend="Change it, and save again."
        )
