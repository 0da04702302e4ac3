"""Parquet files, and Arrow batches from databases, as frames."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.errors import StudyError
from analysis.tables.config import TableConfig
from analysis.tables.formats.base import Content, Opened


def open_parquet(table: str, config: TableConfig) -> Opened:
    """Open a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(config.path).names
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _not_parquet(table, config, error) from error

    def read(positions: list[int], limit: int | None) -> Content:
        try:
            with pq.ParquetFile(config.path) as file:
                size = {} if limit is None else {"batch_size": max(limit, 1)}
                batches = file.iter_batches(columns=[names[n] for n in positions], **size)
                taken = (
                    list(batches) if limit is None else [b for _, b in zip(range(1), batches, strict=False)]
                )
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise _not_parquet(table, config, error) from error
        return Content(frame_of(taken, [names[n] for n in positions], positions, first=2))

    def stream(positions: list[int], rows: int) -> Iterator[Content]:
        wanted, first = [names[n] for n in positions], 2
        try:
            with pq.ParquetFile(config.path, buffer_size=1 << 20) as file:
                for batch in file.iter_batches(columns=wanted, batch_size=rows):
                    yield Content(frame_of([batch], wanted, positions, first=first))
                    first += batch.num_rows
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise _not_parquet(table, config, error) from error

    return Opened(names, read, stream=stream)


def frame_of(batches: list, names: list[str], positions: list[int], *, first: int) -> pd.DataFrame:
    """Return Arrow batches as one frame with columns named by position; rows are counted from `first`."""
    import pyarrow as pa

    if not batches:
        empty = pd.DataFrame({n: pd.Series(dtype="str") for n in positions})
        return empty.set_axis(pd.RangeIndex(first, first), axis=0)
    frame = pa.Table.from_batches(batches).to_pandas(integer_object_nulls=True)
    frame = frame[names].set_axis(positions, axis=1)
    frame.index = pd.RangeIndex(first, first + len(frame))
    return frame


def _not_parquet(table: str, config: TableConfig, error: Exception) -> StudyError:
    return StudyError(
        f"The table {table!r} is not a readable Parquet file.", where=str(config.path), value=error,
        expected="a whole Parquet file", mend="Write the file again.",
    )  # fmt: skip
