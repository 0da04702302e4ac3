"""Sources to frames: each table as it stands, under our column names, with the number of every row."""

from __future__ import annotations

import difflib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.clean import tidy
from analysis.tables.config import DUCKDB, EXCEL, LINES, StudyConfig, TableConfig
from analysis.tables.formats.base import Content, Opened
from analysis.tables.limits import MAX_CELL, check_columns

BLANK, TOO_LONG = "blank_row", "cell_too_long"
UNREADABLE = (OSError, EOFError, zlib.error, MemoryError)  # what a damaged file makes its reader raise


@dataclass
class RawTable:
    """A table as it stands in its source, under our column names.

    Attributes
    ----------
    frame : DataFrame
        One row per record; the index is the row as the source counts it: in a spreadsheet or CSV file the
        header is counted, in JSON lines and databases the first record is 1.
    rows_in : int
        Records in the source: those of `frame` and those `apart`.
    apart : dict of rule -> list of int
        Records that are not in `frame`: blank ones, and those that could not be taken apart into fields.
    unused : tuple of str
        Columns of the source that the study does not use; they are not read.
    """

    frame: pd.DataFrame
    rows_in: int
    apart: dict[str, list[int]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


def open_source(table: str, config: TableConfig, known: Callable[[str], bool] | None = None) -> Opened:
    """Find the table's columns where it stands.

    Parameters
    ----------
    table : str
        Name of the table, for messages and for the names that its header is known by.
    config : TableConfig
    known : callable, optional
        Whether a text is the name of a column; default: those that the study names, and the dictionary's.

    Raises
    ------
    StudyError
        The source is missing, empty, in another encoding or not what its name says.
    """
    if known is None:
        ours = schema.columns(table)
        known = {*ours, *(name for column in ours for name in config.their(column))}.__contains__
    if config.path is None:
        from analysis.tables.formats.postgres import open_query

        return open_query(table, config)
    path = config.path
    if not path.is_file():
        raise StudyError(
            f"The file of the table {table!r} is missing.", where=str(path),
            expected="a readable file", mend="Put the file there, or correct its path in study.toml.",
        )  # fmt: skip
    try:
        return _open_file(table, config, known)
    except UNREADABLE as error:
        raise _unreadable(table, config, error) from error


def read_raw(table: str, config: TableConfig, limit: int | None = None) -> RawTable:
    """Read a table, keep the columns the dictionary knows, name them our way.

    Parameters
    ----------
    table : str
    config : TableConfig
    limit : int, optional
        Read about so many rows only.

    Raises
    ------
    StudyError
        The source cannot be read, or lacks a required or mapped column.
    """
    opened = open_source(table, config)
    chosen, unused = _choose(table, config, opened.header)
    try:
        content = opened.read(_positions(chosen), limit)
    except UNREADABLE as error:
        raise _unreadable(table, config, error) from error
    return _shaped(content, chosen, config, unused)


def read_parts(table: str, config: TableConfig, rows: int) -> Iterator[RawTable]:
    """Yield what `read_raw` gives in parts of about `rows` rows, for a table larger than memory.

    There is always a first part, be it empty. Raises as `read_raw`, also half way.
    """
    opened = open_source(table, config)
    chosen, unused = _choose(table, config, opened.header)
    positions, part = _positions(chosen), None
    try:
        parts = opened.stream(positions, rows) if opened.stream else [opened.read(positions, None)]
        for part in parts:
            yield _shaped(part, chosen, config, unused)
    except UNREADABLE as error:
        raise _unreadable(table, config, error) from error
    if part is None:
        empty = pd.DataFrame({position: pd.Series(dtype="str") for position in positions})
        yield _shaped(Content(empty), chosen, config, unused)


def _positions(chosen: dict[str, list[int]]) -> list[int]:
    return list(dict.fromkeys(n for places in chosen.values() for n in places))


def _shaped(
    content: Content, chosen: dict[str, list[int]], config: TableConfig, unused: tuple[str, ...]
) -> RawTable:
    """Return rows of a source under our names, blank ones apart, with constants and mapped values."""
    found = content.frame
    positions = _positions(chosen)
    empty = pd.Series(bool(positions), index=found.index)
    for position in positions:
        empty &= _is_blank(found[position])
    long = _too_long(found)
    apart = {BLANK: [int(row) for row in found.index[empty]], content.rule: list(content.broken)}
    apart[TOO_LONG] = [int(row) for row in found.index[long]]
    found = found[~empty & ~long]
    frame = pd.DataFrame({ours: _joined(found, places) for ours, places in chosen.items()}, index=found.index)
    for column, value in config.constants.items():
        frame[column] = value if isinstance(value, bool | int | float) else str(value)
    for column, mapping in config.values.items():
        if column in frame:
            frame[column] = _mapped(frame[column], {str(k): str(v) for k, v in mapping.items()})
    apart = {rule: rows for rule, rows in apart.items() if rows}
    return RawTable(frame, len(frame) + sum(map(len, apart.values())), apart, unused)


def server_hashes(config: StudyConfig) -> dict[str, str]:
    """Return table -> hash of its rows, for every table on a server."""
    from hashlib import sha256

    found = {}
    for table, entry in config.tables.items():
        if entry.path is None:
            from analysis.tables.formats.postgres import fingerprint

            found[table] = sha256(fingerprint(table, entry).encode()).hexdigest()
    return found


def _open_file(table: str, config: TableConfig, known: Callable[[str], bool]) -> Opened:
    from analysis.tables.formats import columnar, duck, excel, lines, text

    name = config.path.name.lower()
    if config.path.stat().st_size == 0:
        raise text.empty(table, config)
    if name.endswith(".parquet"):
        return columnar.open_parquet(table, config)
    if name.endswith(DUCKDB):
        return duck.open_table(table, config)
    if name.endswith(LINES):
        return lines.open_lines(table, config)
    if name.endswith(EXCEL) and excel.is_workbook(config):
        return excel.open_sheet(table, config, known)
    return text.open_text(table, config, known)


def _choose(
    table: str, config: TableConfig, header: list[str]
) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """Return our name -> positions of the columns to read, and the names not used."""
    check_columns(table, config.where, len(header))
    doubled = {name for name, times in Counter(header).items() if times > 1}
    chosen: dict[str, list[int]] = {}
    for ours, column in schema.columns(table).items():
        theirs = config.their(ours)
        lacking = [name for name in theirs if name not in header or name in doubled]
        if not lacking:
            chosen[ours] = [header.index(name) for name in theirs]
        elif (
            ours in config.columns
            or any(name in doubled for name in lacking)
            or (column.required and ours not in config.constants)
        ):
            raise _lacks(table, config, header, column, lacking[0], again=lacking[0] in doubled)
    single = [places[0] for places in chosen.values() if len(places) == 1]
    if len(single) > len(set(single)):
        raise StudyError(
            f"Two columns of the table {table!r} are taken from the same column.",
            where=f"study.toml [tables.{table}] columns", value=config.columns,
            expected="a column of its own for each",
            mend="Map each column once; use constants for fixed values.",
        )  # fmt: skip
    used = {n for places in chosen.values() for n in places}
    return chosen, tuple(name for n, name in enumerate(header) if n not in used and name)


def _lacks(table: str, config: TableConfig, header: list[str], column, name: str, *, again: bool):
    near = difflib.get_close_matches(name, header, n=1)
    return StudyError(
        f"The table {table!r} has the column {name!r} more than once."
        if again
        else f"The table {table!r} lacks the column {name!r}.",
        where=f"{config.where}, header",
        value=", ".join(header),
        expected=f"one column {name!r} ({column.description.lower()})",
        mend=(f"Did you mean {near[0]!r}? " if near else "")
        + f'Say how it is called: [tables.{table}] columns = {{ {column.name} = "their name" }}',
    )


def _joined(found: pd.DataFrame, places: list[int]) -> pd.Series:
    """Return one column, or the texts of several put together with a space."""
    if len(places) == 1:
        return found[places[0]]
    parts = [found[n].astype("str").fillna("").str.strip() for n in places]
    parts[0] = parts[0].str.replace(r"[T ]00:00:00$", "", regex=True)  # a day read as its midnight
    parts[1:] = [
        part.str.replace(r"^(1899-12-3[01]|1900-01-0[01])[T ]", "", regex=True) for part in parts[1:]
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = (joined + " " + part).str.strip()
    return joined


def _mapped(values: pd.Series, mapping: dict[str, str]) -> pd.Series:
    text = tidy(values)
    return text.map(mapping).where(text.isin(list(mapping)), values)


def _is_blank(values: pd.Series) -> pd.Series:
    if pd.api.types.is_string_dtype(values) or values.dtype == object:
        return values.isna() | (values.astype("str").str.strip() == "")
    return values.isna()


def _too_long(found: pd.DataFrame) -> pd.Series:
    """Return in which rows a text is longer than any cell of a spreadsheet can be."""
    long = pd.Series(False, index=found.index)
    for name in found:
        if pd.api.types.is_string_dtype(found[name]):
            long |= (found[name].str.len() > MAX_CELL).fillna(False).astype(bool)
    return long


def _unreadable(table: str, config: TableConfig, error: Exception) -> StudyError:
    return StudyError(
        f"The file of the table {table!r} cannot be read.", where=config.where, value=error,
        expected="a whole, readable file", mend="Check its permissions, or copy it again.",
    )  # fmt: skip
