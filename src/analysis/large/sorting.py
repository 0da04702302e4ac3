"""Rows that do not fit into memory, sorted by district and month: DuckDB sorts them, by way of the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import StudyError

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 100_000
ORDER = 'district, date_trunc(\'month\', "time"), "row"'


def sort_rows(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, folder: Path, *, memory: str, threads: int
) -> Iterator[pa.RecordBatch]:
    """Yield all rows sorted by district, month and place in the source; the last column of all is unique.

    Parameters
    ----------
    batches : iterator of RecordBatch
        With the columns district, time and row. What it raises is raised here.
    schema : Schema
    folder : path
        Where DuckDB may put what does not fit into memory.
    memory : str
        What DuckDB may take, such as "1GB".
    threads : int

    Raises
    ------
    StudyError
        `memory` is no amount, or too little of it or of the disk is left.
    """
    import duckdb
    import pyarrow as pa

    failed: list[BaseException] = []

    def watched() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except BaseException as error:  # DuckDB would turn it into one of its own
            failed.append(error)
            raise

    try:
        settings = {
            "memory_limit": memory, "temp_directory": str(folder), "threads": threads,
            "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        }  # fmt: skip
        with duckdb.connect(config=settings) as connection:
            connection.register("log", pa.RecordBatchReader.from_batches(schema, watched()))
            yield from connection.sql(f"SELECT * FROM log ORDER BY {ORDER}").to_arrow_reader(ROWS_AT_ONCE)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        if failed:
            raise failed[0] from None
        raise _trouble(error, memory, folder) from error


def _trouble(error: Exception, memory: str, folder: Path) -> Exception:
    text = str(error)
    if isinstance(error, OSError):
        return error
    if "No space left" in text or "max_temp_directory_size" in text or "File too large" in text:
        return StudyError(
            "There is not enough room on the disk to sort the log.", where=str(folder.parent.parent),
            expected="about 150 bytes for each act, for as long as the split goes on",
            mend="Make room, or choose a folder on another disk.",
        )  # fmt: skip
    return StudyError(
        "The log cannot be sorted.", where="split, memory", value=f"{memory}: {text.splitlines()[0]}",
        expected="an amount such as 1GB, 500MB at least for a log of 100 million acts",
        mend="Give it more memory: gongzhi split STUDY OUT --memory 2GB",
    )  # fmt: skip
