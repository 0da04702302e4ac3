"""Sources to frames: each table as it stands, under our column names, with the number of every row."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pandas as pd

from analysis.errors import AnalysisError, StudyError
from analysis.tables import schema
from analysis.tables.cells import as_text, is_blank, joined, mapped, too_long
from analysis.tables.choose import choose_alike
from analysis.tables.config import StudyConfig
from analysis.tables.formats.base import Content, Opened
from analysis.tables.limits import check_together
from analysis.tables.parts import Part, parts_of
from analysis.tables.table_config import DUCKDB, EXCEL, LINES, TableConfig

BLANK, TOO_LONG = "blank_row", "cell_too_long"
UNREADABLE = (OSError, EOFError, zlib.error, MemoryError)  # what a damaged file makes its reader raise


@dataclass
class RawTable:
    """A table as it stands in its source, under our column names.

    Attributes
    ----------
    frame : DataFrame
        One row per record; the index is the row as the source counts it: in a spreadsheet or CSV file the
        header is counted, in JSON lines and databases the first record is 1. Several files are numbered on.
    rows_in : int
        Records in the source: those of `frame` and those `apart`.
    apart : dict of rule -> list of int
        Records that are not in `frame`: blank ones, and those that could not be taken apart into fields.
    unused : tuple of str
        Columns of the source that the study does not use; they are not read.
    parts : tuple of Part
        Where the table stands in several files or sheets, which rows are whose; else none.
    """

    frame: pd.DataFrame
    rows_in: int
    apart: dict[str, list[int]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()


def open_source(table: str, config: TableConfig, known: Callable[[str], bool] | None = None) -> Opened:
    """Find the table's columns in the one file or sheet where it stands.

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
    """Read a table from all of its files, keep the columns the dictionary knows, name them our way.

    Parameters
    ----------
    table : str
    config : TableConfig
    limit : int, optional
        Read about so many rows only.

    Raises
    ------
    StudyError
        A source cannot be read, lacks a required or mapped column, or one that the others have.
    """
    sources = [(part, open_source(table, part)) for part in find_parts(table, config)]
    chosen, unused = choose_alike(table, [(part, opened.header) for part, opened in sources])
    pieces, last, spent = [], None, 0
    for (part, opened), columns in zip(sources, chosen, strict=True):
        try:
            content = opened.read(_positions(columns), limit)
        except UNREADABLE as error:
            raise _unreadable(table, part, error) from error
        first = opened.first if last is None else last + 1
        piece = _shaped(content, columns, part, unused)
        if len(sources) > 1:
            piece = _numbered_on(piece, part, first, opened.first)
            last = max([first - 1, *piece.frame.index[-1:], *(max(rows) for rows in piece.apart.values())])
            spent += int(piece.frame.memory_usage().sum())
            check_together(table, (part.path for part, _ in sources), spent)
        pieces.append(piece)
        if limit is not None and sum(piece.rows_in for piece in pieces) >= limit:
            break
    return pieces[0] if len(sources) == 1 else _together(pieces)


def read_parts(table: str, config: TableConfig, rows: int) -> Iterator[RawTable]:
    """Yield what `read_raw` gives in parts of about `rows` rows, for a table larger than memory.

    There is always a first part, be it empty, and one for each file. Raises as `read_raw`, also half way.
    """
    found = find_parts(table, config)
    headers = [(part, open_source(table, part).header) for part in found]
    chosen, unused = choose_alike(table, headers)
    last = None
    for part, columns in zip(found, chosen, strict=True):
        opened = open_source(table, part)
        first = opened.first if last is None else last + 1
        last = first - 1
        for piece in _stream(table, part, opened, columns, rows, unused):
            if len(found) > 1:
                piece = _numbered_on(piece, part, first, opened.first)
                last = max([last, *piece.frame.index[-1:], *(max(rows) for rows in piece.apart.values())])
            yield piece


def find_faults(table: str, config: TableConfig, first: AnalysisError) -> list[tuple[str, AnalysisError]]:
    """Return (file, what is wrong with it) for every file of a table that `read_raw` raised `first` for.

    file: its label where the table stands in several; else empty.
    """
    try:
        parts = find_parts(table, config)
    except AnalysisError:
        parts = config.parts
    found = []
    for part in parts if len(parts) > 1 else ():
        try:
            read_raw(table, part)
        except AnalysisError as error:
            found.append((part.label, error))
    named = [part.label for part in parts if f"{first.where},".startswith(f"{part.where},")]
    return found or [(named[0] if named and len(parts) > 1 else "", first)]


def find_parts(table: str, config: TableConfig) -> list[TableConfig]:
    """Return a config for each file and sheet of a table, in the order of its rows; often just the one.

    Raises
    ------
    StudyError
        A workbook cannot be read, or has no such sheet.
    """
    try:
        return parts_of(table, config)
    except UNREADABLE as error:
        raise _unreadable(table, config, error) from error


def _stream(table, config, opened: Opened, chosen, rows: int, unused) -> Iterator[RawTable]:
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


def _numbered_on(piece: RawTable, config: TableConfig, first: int, own: int) -> RawTable:
    """Return rows of one of several files with the numbers that they have in the table."""
    frame = piece.frame.set_axis(pd.Index(piece.frame.index + (first - own), dtype="int64"), axis=0)
    apart = {rule: [row + first - own for row in rows] for rule, rows in piece.apart.items()}
    part = Part(config.label or config.where, first, own, piece.rows_in)
    return replace(piece, frame=frame, apart=apart, parts=(part,))


def _together(pieces: list[RawTable]) -> RawTable:
    frames = [piece.frame for piece in pieces if len(piece.frame)] or [pieces[0].frame]
    for name in dict.fromkeys(name for frame in frames for name in frame):
        if len({str(frame[name].dtype) for frame in frames if name in frame}) > 1:
            frames = [f.assign(**{name: as_text(f[name])}) if name in f else f for f in frames]
    rules = dict.fromkeys(rule for piece in pieces for rule in piece.apart)
    rules = sorted(rules, key=lambda rule: (rule != BLANK, rule == TOO_LONG))  # as in one file
    apart = {rule: [row for piece in pieces for row in piece.apart.get(rule, ())] for rule in rules}
    parts = tuple(part for piece in pieces for part in piece.parts)
    rows_in = sum(piece.rows_in for piece in pieces)
    return RawTable(pd.concat(frames), rows_in, apart, pieces[0].unused, parts)


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
        empty &= is_blank(found[position])
    long = too_long(found)
    apart = {BLANK: [int(row) for row in found.index[empty]], content.rule: list(content.broken)}
    apart[TOO_LONG] = [int(row) for row in found.index[long]]
    found = found[~empty & ~long]
    frame = pd.DataFrame({ours: joined(found, places) for ours, places in chosen.items()}, index=found.index)
    for column, value in config.constants.items():
        frame[column] = value if isinstance(value, bool | int | float) else str(value)
    for column, mapping in config.values.items():
        if column in frame:
            frame[column] = mapped(frame[column], {str(k): str(v) for k, v in mapping.items()})
    apart = {rule: rows for rule, rows in apart.items() if rows}
    return RawTable(frame, len(frame) + sum(map(len, apart.values())), apart, unused)


def server_hashes(config: StudyConfig) -> dict[str, str]:
    """Return table -> hash of its rows, for every table on a server."""
    from hashlib import sha256

    found = {}
    for table, entry in config.tables.items():
        if entry.postgresql:
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


def _unreadable(table: str, config: TableConfig, error: Exception) -> StudyError:
    return StudyError(
        f"The file of the table {table!r} cannot be read.", where=config.where, value=error,
        expected="a whole, readable file", mend="Check its permissions, or copy it again.",
    )  # fmt: skip
