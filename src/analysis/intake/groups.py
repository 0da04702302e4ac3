"""Problems that are equal, put together: how often, which values, which rows, and how to mend them."""

from __future__ import annotations

import pandas as pd

from analysis.errors import shorten
from analysis.intake.catalogue import meaning
from analysis.intake.write import quote
from analysis.tables import schema

SHOWN_ROWS = 5  # rows named of one value


def group_problems(problems: pd.DataFrame) -> pd.DataFrame:
    """Return one row per kind of problem: level, table, column, rule, count, values, hint, suggestion.

    Parameters
    ----------
    problems : DataFrame
        `Study.problems`.

    Returns
    -------
    DataFrame
        count: problems of this kind. values: list of (value, count, rows) with the most frequent value
        first and at most five of its rows. suggestion: lines for study.toml where they would mend some.
    """
    found = []
    for (level, table, column, rule), alike in problems.groupby(
        ["level", "table", "column", "rule"], sort=False
    ):
        values = [
            (shorten(value, 60), len(same), [int(r) for r in same["row"].dropna().head(SHOWN_ROWS)])
            for value, same in alike.groupby(alike["value"].fillna(""), sort=False)
        ]
        values.sort(key=lambda entry: -entry[1])
        suggestion = _suggestion(table, column, rule, [value for value, _, _ in values])
        found.append((level, table, column, rule, len(alike), values, alike["hint"].iloc[0], suggestion))
    columns = ["level", "table", "column", "rule", "count", "values", "hint", "suggestion"]
    return pd.DataFrame(found, columns=columns)


def rows_text(rows: list[int], count: int) -> str:
    """Return row numbers as text, with an ellipsis where there are more."""
    return ", ".join(f"{row:,}" for row in rows) + (", …" if count > len(rows) else "")


def _suggestion(table: str, column: str, rule: str, values: list[str]) -> str:
    """Return the lines of study.toml that say what known words mean."""
    if rule != "not_allowed" or column not in schema.columns(table):
        return ""
    meant = {value: known[0] for value in values if value and (known := meaning(table, column, value))}
    if not meant:
        return ""
    lines = [f"{quote(theirs)} = {quote(ours)}" for theirs, ours in meant.items()]
    return "\n".join([f"[tables.{table}.values.{column}]", *lines])
