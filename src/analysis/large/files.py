"""How the tables of a split study lie in Parquet files: checked, typed, with the place of each row before."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.errors import StudyError
from analysis.tables import schema

SUFFIX = ".checked.parquet"  # not .parquet: open_study would take it for a raw table, and hash people again
ROW, DISTRICT = "row", "district"
COMPRESSION = {"compression": "zstd", "compression_level": 1}
GROUP = 131_072  # rows of a row group
TYPES = {
    "number": pa.float64(), "integer": pa.int64(), "flag": pa.bool_(), "time": pa.timestamp("ns"),
    "date": pa.timestamp("ns"),
}  # fmt: skip
NULLABLE = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}


def arrow_schema(table: str, *first: str) -> pa.Schema:
    """Return the Arrow schema of a table; `first` are whole numbers that stand before its columns."""
    entries = schema.columns(table).items()
    return pa.schema(
        [(name, pa.int64()) for name in first] + [(n, TYPES.get(c.type, pa.string())) for n, c in entries]
    )


def write_table(
    folder: Path, table: str, frame: pd.DataFrame, rows: pd.Index | None = None, name: str | None = None
) -> None:
    """Write a table, with the numbers `rows` of its rows if given, under its own name or another."""
    first = () if rows is None else (ROW,)
    frame = frame if rows is None else frame.assign(**{ROW: rows})
    content = pa.Table.from_pandas(frame, arrow_schema(table, *first), preserve_index=False)
    write_frame(folder / f"{name or table}{SUFFIX}", content)


def write_frame(path: Path, content: pa.Table) -> None:
    """Write any table; nothing in the file tells who wrote it or when."""
    pq.write_table(content.replace_schema_metadata(None), path, row_group_size=GROUP, **COMPRESSION)


def read_table(folder: Path, table: str, rows: int | None = None, name: str | None = None) -> pd.DataFrame:
    """Return a table in the types of the dictionary, in the order of its source; `row` stays as the index.

    Raises
    ------
    StudyError
        The file is missing, damaged, or holds another number of rows than `rows`.
    """
    path = folder / f"{name or table}{SUFFIX}"
    try:
        with pq.ParquetFile(path) as file:
            content = file.read()
    except (OSError, pa.ArrowException) as error:
        raise _damaged(path, error) from error
    if rows is not None and len(content) != rows:
        raise _damaged(path, f"{len(content):,} rows in place of {rows:,}")
    frame = content.to_pandas(types_mapper=NULLABLE.get)
    if ROW in frame:
        frame = frame.set_index(ROW)
        if not frame.index.is_monotonic_increasing:
            frame = frame.sort_index()
    blank = schema.empty(table)
    return frame[list(blank.columns)].astype(blank.dtypes.to_dict())


def _damaged(path: Path, value: object) -> StudyError:
    return StudyError(
        "A file of the split study is missing or not whole.", where=str(path), value=value,
        expected="the file as gongzhi split wrote it", mend="Split the study again: gongzhi split STUDY OUT",
    )  # fmt: skip
