"""Excel sheets (.xlsx, .xls): titles above the header, merged cells, dates and numbers as they are shown."""

from __future__ import annotations

import datetime
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.tables.formats import header
from analysis.tables.formats.base import Content, Opened
from analysis.tables.formats.bombs import check_workbook
from analysis.tables.table_config import TableConfig

EXACT = 10**15  # Excel keeps 15 digits: a longer number has lost its last ones
MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip archive (.xlsx), a compound file (.xls)


def is_workbook(config: TableConfig) -> bool:
    """Whether the file is a workbook by its first bytes; some platforms name a text file .xls."""
    with open(config.path, "rb") as file:
        return file.read(4) in MAGIC


def sheets(path: Path, table: str = "") -> list[str]:
    """Return the names of the sheets of a workbook that hold cells, in order."""
    with _readable(table or path.name, str(path)), _workbook(table or path.name, path) as book:
        return [name for name in book.sheet_names if book.get_sheet_by_name(name).height]


def open_sheet(table: str, config: TableConfig, known) -> Opened:
    """Open a sheet whose header rows are given or can be found."""
    rows, merged = _cells(table, config)
    head = [[str(cell_text(cell)).strip() for cell in row] for row in rows[: header.LOOKED_AT]]
    at = tuple(n - 1 for n in config.header) or header.find_header(head, known, merged)
    if not at or at[-1] >= len(head):
        raise StudyError(
            f"The sheet of the table {table!r} is empty.", where=f"{config.path}, sheet {config.sheet!r}",
            expected="a row of column names, then one row per record",
            mend=f'Name the right sheet: [tables.{table}] sheet = "Sheet1"',
        )  # fmt: skip
    names = header.compose(head, at, merged)
    if len(head[0]) > len(names):
        names += [""] * (len(head[0]) - len(names))

    def read(positions: list[int], limit: int | None) -> Content:
        first = at[-1] + 1
        body = rows[first : None if limit is None else first + limit]
        filled = _fill_down(body, first, merged)
        cells = [[cell_text(row[n]) for n in positions] for row in filled]
        index = pd.RangeIndex(first + 1, first + 1 + len(cells))
        return Content(pd.DataFrame(cells, columns=positions, index=index, dtype="str"))

    return Opened(names, read, tuple(n + 1 for n in at), first=at[-1] + 2)


def cell_text(value: object) -> str:
    """Return a cell as text: whole numbers without a point, times in ISO order, durations as h:mm:ss."""
    if value is None or value is pd.NaT or value != value:  # NaN
        return ""
    if isinstance(value, float):
        if abs(value) >= EXACT:
            return f"{value:.14e}"
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _cells(table: str, config: TableConfig) -> tuple[list[list], list]:
    with _readable(table, f"{config.path}, sheet {config.sheet!r}"), _workbook(table, config.path) as book:
        by_number = isinstance(config.sheet, int)
        sheet = (book.get_sheet_by_index if by_number else book.get_sheet_by_name)(config.sheet)
        return sheet.to_python(skip_empty_area=False), list(sheet.merged_cell_ranges or ())


@contextmanager
def _readable(table: str, where: str):
    """Say what is wrong with a workbook; calamine's own errors share no base class, and it may panic, too."""
    try:
        yield
    except (OSError, StudyError):
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise StudyError(
            f"The table {table!r} is not a readable Excel sheet.", where=where, value=error,
            expected="an .xlsx or .xls file with that sheet",
            mend=f'Name the sheet: [tables.{table}] sheet = "Sheet1", or export it as CSV.',
        ) from error  # fmt: skip


def _workbook(table: str, path):
    from python_calamine import CalamineWorkbook

    check_workbook(table, path)
    return CalamineWorkbook.from_path(path)


def _fill_down(body: list[list], first: int, merged) -> list[list]:
    """Return rows in which every cell of a merged area has the area's value."""
    filled = [list(row) for row in body]
    for (top, left), (bottom, right) in merged:
        if top < first:
            continue
        for row in range(top - first, min(bottom - first + 1, len(filled))):
            for column in range(left, min(right + 1, len(filled[row]))):
                filled[row][column] = body[top - first][left]
    return filled
