"""Which column of a table is which of ours: by its name, by what stands in it, or by both."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.intake.catalogue import meaning, name_score, vocabulary
from analysis.intake.sources import Source
from analysis.tables import schema
from analysis.tables.parse import parse_column
from analysis.tables.periods import FREQUENCIES

SAMPLE = 300  # distinct values that are looked at
MANY_WORDS = 40  # more distinct values than these are no category
SURE, LIKELY, LEAST = 0.85, 0.6, 0.45
PLAIN_COUNT = r"\d{1,4}(\.\d+)?"


@dataclass(frozen=True)
class Match:
    """One of our columns and the column, or columns, that it is taken from.

    Attributes
    ----------
    theirs : tuple of str
    confidence : float
        0 to 1; below LIKELY it should be looked at.
    reason : str
        Why by its name or values: "own_name", "synonym", "part_of_name", "values", "found_in".
    share : float or None
        Share of the values looked at that can be read as this column's.
    """

    ours: str
    theirs: tuple[str, ...]
    confidence: float
    reason: str
    share: float | None = None


def match_columns(table: str, source: Source, taken: frozenset[str] = frozenset()) -> dict[str, Match]:
    """Return our column -> the best of theirs, each of theirs used once, for what is likely enough.

    Parameters
    ----------
    table : str
    source : Source
    taken : frozenset of str
        Columns of theirs that are spoken for.
    """
    candidates = []
    for order, column in enumerate(schema.columns(table).values()):
        for theirs in source.frame.columns:
            match = score(table, column, source, theirs)
            if match and theirs not in taken:
                candidates.append((-match.confidence, order, match))
    found: dict[str, Match] = {}
    used = set(taken)
    for _, _, match in sorted(candidates, key=lambda c: c[:2]):
        if match.ours not in found and match.theirs[0] not in used:
            found[match.ours] = match
            used.add(match.theirs[0])
    return found


def score(table: str, column: schema.Column, source: Source, theirs: str) -> Match | None:
    """Return how likely their column is ours, or None if it is not likely enough."""
    by_name, reason = name_score(table, column.name, theirs)
    telling = (column.type in ("time", "date") and column.required) or column.type == "category"
    telling = telling and len(source.frame.columns) <= MANY_WORDS
    if not by_name and (not telling or (column.values and len(source.values(theirs)) > MANY_WORDS)):
        return None
    share = fit(table, column, source, theirs)
    if not by_name:
        by_name, reason = _by_values(table, column, source, theirs, share), "values"
    elif share is not None:
        by_name += 0.05 if share >= 0.9 else 0.0
        by_name -= 0.6 * (0.5 - share) if share < 0.5 else 0.0
    confidence = min(by_name, 1.0)
    if confidence < LEAST:
        return None
    return Match(column.name, (theirs,), round(confidence, 3), reason, share)


def fit(table: str, column: schema.Column, source: Source, theirs: str) -> float | None:
    """Return the share of their distinct values that can be read as ours; None where any text can."""
    values = source.values(theirs).head(SAMPLE)
    if not len(values):
        return None
    if column.type in ("category", "flag") or column.name == "vote":
        known = [meaning(table, column.name, value) for value in values]
        if column.type == "flag" or column.name == "vote":
            _, bad = parse_column(values, column)
            return float(sum(k is not None or not b for k, b in zip(known, bad, strict=True)) / len(values))
        return sum(k is not None for k in known) / len(values)
    if column.type in ("id", "text"):
        return None
    kind = "time" if column.type == "date" else column.type
    key = (kind, column.unit if column.type in ("number", "integer") else None, theirs)
    if key not in source.shares:
        source.shares[key] = _readable(column, values)
    return source.shares[key]


def _readable(column: schema.Column, values: pd.Series) -> float:
    if column.type in ("time", "date") and values.str.contains(r"\d{5}|\d\D+\d").mean() < 0.5:
        return 0.0
    layout = time_format(values) if column.type in ("time", "date") else None
    period = period_of_labels(values) if column.type == "period" else "month"
    _, bad = parse_column(values, column, time_format=layout, period=period)
    share = float(1 - bad.mean())
    if column.type in ("time", "date") and values.str.fullmatch(PLAIN_COUNT).mean() > 0.5:
        return 0.0  # a count that could be read as a year
    return share


def _by_values(table: str, column: schema.Column, source: Source, theirs: str, share: float | None) -> float:
    """Return how likely a column without a telling name is ours by its values."""
    if share is None or share < 0.95:
        return 0.0
    if column.type in ("time", "date") and column.required:
        return 0.5
    distinct = len(source.values(theirs))
    if column.type == "category" and 1 < distinct <= len(vocabulary(table, column.name)):
        exact = all(meaning(table, column.name, value)[1] for value in source.values(theirs).head(SAMPLE))
        return 0.55 if exact else 0.0
    return 0.0


def time_format(values: pd.Series) -> str | None:
    """Return the format of times that need one said: counts from 1970, day or month first."""
    sample = values.head(SAMPLE)
    for layout, digits in (("unix", 10), ("unix_ms", 13)):
        if sample.str.fullmatch(rf"1\d{{{digits - 1}}}").mean() > 0.9:
            return layout
    clock = r"( \d{1,2}:\d{2}(:\d{2})?)?"
    parts = sample.str.extract(rf"^(\d{{1,2}})([/.-])(\d{{1,2}})[/.-]\d{{4}}{clock}$")
    if not len(sample) or parts[0].isna().mean() > 0.1:
        return None
    month_first = (parts[2].astype(float) > 12).any() and not (parts[0].astype(float) > 12).any()
    mark = parts[1].mode()[0]
    clock = " %H:%M:%S" if parts[4].notna().any() else " %H:%M" if parts[3].notna().any() else ""
    return mark.join(("%m", "%d", "%Y") if month_first else ("%d", "%m", "%Y")) + clock


def period_of_labels(values: pd.Series) -> str:
    """Return whether labels of periods are of months, quarters or years: as what most can be read."""
    column = schema.columns("outcomes")["period"]
    readable = {p: -parse_column(values.head(SAMPLE), column, period=p)[1].mean() for p in FREQUENCIES}
    return max(readable, key=lambda period: readable[period])


def time_of_day(source: Source, taken: set[str]) -> str | None:
    """Return the column that holds a time of day without a day, if there is one."""
    for theirs in source.frame.columns:
        values = source.values(theirs).head(SAMPLE)
        clock = r"(?:[上下]午)?\s*\d{1,2}[::点时]\d{0,2}(?:[::分]\d{0,2}秒?)?"
        if theirs not in taken and len(values) and values.str.fullmatch(clock).mean() > 0.9:
            return theirs
    return None


def found_in(source: Source, theirs: str, known: set[str]) -> float:
    """Return the share of their distinct values that are among the known ones."""
    values = source.values(theirs)
    return float(values.isin(known).mean()) if len(values) else 0.0


def value_map(table: str, column: schema.Column, values: pd.Series) -> tuple[dict[str, str], list[str]]:
    """Return their value -> ours where they differ, and the values that have no meaning here.

    A value that only holds a known word is mapped too; where the vocabulary has "other", so is the rest.
    """
    found, unknown = {}, []
    if column.type in ("flag", "number"):
        values = values[parse_column(values, column)[1]]  # the others are read as they stand
    for value in values:
        known = meaning(table, column.name, value)
        if known is None:
            unknown.append(value)
            if "other" in (column.values or ()):
                found[value] = "other"
        elif known[0] != value:
            found[value] = known[0]
    return found, unknown
