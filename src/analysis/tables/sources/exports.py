"""What every foreign export needs: files read, rows kept or set aside with a reason, a study written."""

from __future__ import annotations

import zlib
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.files import replacing_folder
from analysis.tables.dictionary import write_datapackage

SUFFIXES = (".csv.gz", ".csv")


def read_export(source: Path, table: str, needed: tuple[str, ...]) -> pd.DataFrame:
    """Return `source`/`table`.csv.gz or .csv as text, cells exactly as they stand, empty ones missing.

    Raises
    ------
    StudyError
        The file is missing, empty, not readable as CSV in UTF-8, or lacks one of the columns `needed`.
    """
    path = next((p for p in (source / f"{table}{suffix}" for suffix in SUFFIXES) if p.is_file()), None)
    if path is None:
        raise StudyError(
            f"The export has no file of {table}.", where=str(source),
            expected=" or ".join(f"{table}{suffix}" for suffix in SUFFIXES),
            mend="Give the folder that holds all files of the export.",
        )  # fmt: skip
    try:
        rows = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""], encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        rows = pd.DataFrame()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, pd.errors.ParserError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(rows.index, pd.RangeIndex):
        raise _unreadable(path, "rows with more fields than the header")
    lacking = [name for name in needed if name not in rows.columns]
    if lacking and rows.shape[1]:
        raise StudyError(
            f"The file of {table} lacks {', '.join(lacking)}.", where=f"{path}, header",
            value=", ".join(rows.columns), expected=", ".join(needed),
            mend="Export it again with these columns, or correct their names in the header.",
        )  # fmt: skip
    if not len(rows):
        raise StudyError(
            f"The file of {table} is empty.", where=str(path),
            expected="a line of column names, then one line per row", mend="Export the table again.",
        )  # fmt: skip
    return rows


def keep(
    table: str, rows: pd.DataFrame, reasons: dict[str, pd.Series], *, before: tuple[int, str] = (0, ""),
    may_be_empty: bool = False,
) -> tuple[pd.DataFrame, str]:  # fmt: skip
    """Return the rows that no reason speaks against, and a note that counts the others by reason.

    Parameters
    ----------
    table : str
        What the rows are, for the error.
    rows : DataFrame
    reasons : dict of str -> boolean Series
        Whether the reason speaks against the row; a row counts under its first reason only.
    before : (int, str), optional
        A count and reason of rows set aside earlier, to stand first in the note.
    may_be_empty : bool
        Whether it is well if no row is left.

    Raises
    ------
    StudyError
        No row is left.
    """
    left = pd.Series(True, index=rows.index)
    counts = [before] if before[0] else []
    for reason, against in reasons.items():
        number = int((left & against).sum())
        counts += [(number, reason)] if number else []
        left &= ~against
    note = "set aside: " + ", ".join(f"{n:,} {reason}" for n, reason in counts) if counts else ""
    if not left.any() and not may_be_empty:
        raise StudyError(
            f"None of the {table} can be used.", where=table, value=note,
            expected="at least one row that can be used", mend="Export the table again, as a whole.",
        )  # fmt: skip
    return rows[left], note


def unused_columns(table: str, export: pd.DataFrame, needed: tuple[str, ...]) -> tuple[str, int, int, str]:
    """Return the row of the account that names the columns of `table` which are not read."""
    left = [name for name in export.columns if name not in needed]
    note = f"set aside: no place in the dictionary for {', '.join(left)}" if left else ""
    return f"columns of {table}", export.shape[1], len(needed), note


def joined(*notes: str) -> str:
    """Return the notes that say something as one."""
    return "; ".join(note for note in notes if note)


def write_study(
    out: Path, frames: dict[str, pd.DataFrame], toml: str, *, parquet: dict[str, pd.DataFrame] | None = None
) -> None:
    """Write frames, study.toml and datapackage.json to `out`, interactions packed; bytes are reproducible.

    The frames of `parquet`, too long for text, are written as Parquet.
    """
    try:
        with replacing_folder(out) as folder:
            _write_tables(folder, frames, parquet or {})
            (folder / "study.toml").write_text(toml, encoding="utf-8", newline="\n")
            write_datapackage(folder)
    except OSError as error:
        raise StudyError(
            "The study cannot be written.", where=str(out), value=error.strerror or error,
            expected="a folder that may be written, on a disk with room", mend="Name another folder.",
        ) from error  # fmt: skip


def _write_tables(folder: Path, frames: dict[str, pd.DataFrame], parquet: dict[str, pd.DataFrame]) -> None:
    for table, frame in frames.items():
        packed = table == "interactions"
        frame.to_csv(
            folder / f"{table}.csv{'.gz' if packed else ''}", index=False, lineterminator="\n",
            encoding="utf-8", date_format="%Y-%m-%dT%H:%M:%S",
            compression={"method": "gzip", "mtime": 0} if packed else None,
        )  # fmt: skip
    for table, frame in parquet.items():
        frame.to_parquet(folder / f"{table}.parquet", index=False)


def _unreadable(path: Path, why: object) -> StudyError:
    return StudyError(
        "A file of the export cannot be read.", where=str(path), value=why,
        expected="a whole comma-separated file in UTF-8", mend="Export or copy the file again.",
    )  # fmt: skip
