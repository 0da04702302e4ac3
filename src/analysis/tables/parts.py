"""A table that stands in several files or sheets: which they are, and which rows are whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.tables.patterns import is_like
from analysis.tables.table_config import EXCEL, TableConfig


@dataclass(frozen=True)
class Part:
    """One of the files or sheets of a table. The rows of all of them are numbered on, as in one file.

    Attributes
    ----------
    label : str
        The file from the study folder, with its sheet where that is one of several.
    first : int
        Number in the table of its first row.
    row : int
        Number of that row in the file itself, as a spreadsheet shows it.
    rows_in : int
        Records in it.
    """

    label: str
    first: int
    row: int
    rows_in: int


def parts_of(table: str, config: TableConfig) -> list[TableConfig]:
    """Return a config for each file and sheet of a table, in the order of its rows; often just the one.

    Raises
    ------
    StudyError
        A workbook cannot be read, or has no sheet of those that are asked for.
    """
    return [one for part in config.parts or (config,) for one in _sheets(table, part)]


def locate(parts: Sequence[Part], rows) -> tuple[list[str], list[int]]:
    """Return the labels of the files that rows of a table stand in, and their row numbers there."""
    rows = np.asarray(rows, dtype="int64")
    if not parts:
        return [""] * len(rows), rows.tolist()
    at = _file_of(parts, rows)
    shift = np.array([part.row - part.first for part in parts])
    return [parts[n].label for n in at], (rows + shift[at]).tolist()


def count_rows(parts: Sequence[Part], rows) -> list[int]:
    """Return how many of these rows of a table stand in each of its parts."""
    return np.bincount(_file_of(parts, rows), minlength=len(parts)).tolist()


def in_earlier(parts: Sequence[Part], frame: pd.DataFrame) -> np.ndarray:
    """Return for each row of a table whether an earlier one of its files holds it in all columns."""
    same = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    file = _file_of(parts, frame.index)
    return file > pd.Series(file).groupby(same).transform("min").to_numpy()


def _file_of(parts: Sequence[Part], rows) -> np.ndarray:
    """Return the position in `parts` of the file that each row of a table stands in."""
    firsts = np.array([part.first for part in parts])
    return np.searchsorted(firsts, np.asarray(rows, dtype="int64"), side="right") - 1


def alike(config: TableConfig, parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Return the pairs of files with rows that are equal to the last byte: the same export, twice."""
    if len(config.parts) < 2:
        return []
    filled = [part.label for part in parts if part.rows_in]
    by_size: dict[int, list[TableConfig]] = {}
    for one in config.parts:
        if any(label == one.label or label.startswith(f"{one.label} · ") for label in filled):
            by_size.setdefault(one.path.stat().st_size, []).append(one)
    first: dict[str, str] = {}
    pairs = []
    for one in (one for same in by_size.values() if len(same) > 1 for one in same):
        with one.path.open("rb") as stream:
            content = file_digest(stream, "sha256").hexdigest()
        if content in first:
            pairs.append((first[content], one.label))
        first.setdefault(content, one.label)
    return pairs


def _sheets(table: str, config: TableConfig) -> list[TableConfig]:
    wanted = config.sheet if isinstance(config.sheet, tuple) else (config.sheet,)
    patterns = [name for name in wanted if isinstance(name, str) and "*" in name]
    if not patterns and len(wanted) == 1:
        return [replace(config, sheet=wanted[0])]
    if not _is_workbook(config):
        return [replace(config, sheet=0)]
    from analysis.tables.formats.excel import sheets

    known = sheets(config.path, table) if patterns else []
    found: list[str | int] = []
    for name in wanted:
        meant = [sheet for sheet in known if is_like(sheet, name)] if name in patterns else [name]
        if not meant:
            raise StudyError(
                f"No sheet of the table {table!r} is like the pattern.", where=str(config.path), value=name,
                expected=f"one of {', '.join(known)}" if known else "a sheet with rows",
                mend=f'Correct it: [tables.{table}] sheet = "*" takes all.',
            )  # fmt: skip
        found += [sheet for sheet in meant if sheet not in found]
    if len(found) == 1 and len(wanted) == 1:
        return [replace(config, sheet=found[0])]
    return [replace(config, sheet=sheet, label=f"{config.label} · {sheet}") for sheet in found]


def _is_workbook(config: TableConfig) -> bool:
    from analysis.tables.formats.excel import is_workbook

    return config.path.name.lower().endswith(EXCEL) and config.path.is_file() and is_workbook(config)
