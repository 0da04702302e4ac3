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
        count: problems of this kind. values: list of (value, count, places) with the most frequent value
        first and at most five of its places, (file, row): file "" where the table is one, row None where the
        problem is of a whole file. suggestion: lines for study.toml where they would mend some.
    """
    found = []
    for (level, table, column, rule, hint), alike in problems.groupby(
        ["level", "table", "column", "rule", "hint"], sort=False
    ):
        values = [
            (shorten(value, 60), len(same), _places(same))
            for value, same in alike.groupby(alike["value"].fillna(""), sort=False)
        ]
        values.sort(key=lambda entry: -entry[1])
        suggestion = _suggestion(table, column, rule, [value for value, _, _ in values])
        found.append((level, table, column, rule, len(alike), values, hint, suggestion))
    columns = ["level", "table", "column", "rule", "count", "values", "hint", "suggestion"]
    return pd.DataFrame(found, columns=columns)


def places_text(places: list[tuple[str, int | None]], count: int, row: str) -> str:
    """Return rows, each file's together, as text such as "2.csv row 5, 9; 3.csv row 2", with … for more.

    Parameters
    ----------
    places : list of (file, row)
        As in `group_problems`.
    count : int
        How many there are in truth.
    row : str
        Format of rows, such as "row {rows}".
    """
    by_file: dict[str, list[str]] = {}
    for file, number in places:
        by_file.setdefault(file, []).extend([] if number is None else [f"{number:,}"])
    parts = [
        " ".join(part for part in (file, row.format(rows=", ".join(rows)) if rows else "") if part)
        for file, rows in by_file.items()
    ]
    return "; ".join(parts) + (", …" if parts and count > len(places) else "")


def _places(same: pd.DataFrame) -> list[tuple[str, int | None]]:
    told = same[same["row"].notna() | (same["file"] != "")].head(SHOWN_ROWS)
    rows = [None if pd.isna(row) else int(row) for row in told["row"]]
    return list(zip(told["file"], rows, strict=True))


def _suggestion(table: str, column: str, rule: str, values: list[str]) -> str:
    """Return the lines of study.toml that say what known words mean."""
    if rule != "not_allowed" or column not in schema.columns(table):
        return ""
    meant = {value: known[0] for value in values if value and (known := meaning(table, column, value))}
    if not meant:
        return ""
    lines = [f"{quote(theirs)} = {quote(ours)}" for theirs, ours in meant.items()]
    return "\n".join([f"[tables.{table}.values.{column}]", *lines])
