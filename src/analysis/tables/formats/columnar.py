"""Parquet files, and Arrow batches from databases, as frames."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.errors import StudyError
from analysis.tables.formats.base import Content, Opened
from analysis.tables.limits import Meter, check_columns
from analysis.tables.table_config import TableConfig


def open_parquet(table: str, config: TableConfig) -> Opened:
    """Open a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(config.path) as file:
            names, said = file.schema_arrow.names, file.metadata
    except (pa.ArrowException, ValueError) as error:
        raise _not_parquet(table, config, error) from error
    check_columns(table, config.where, len(names))
    groups = [said.row_group(n) for n in range(said.num_row_groups)]
    Meter(table, config.path).add(sum(max(g.total_byte_size, g.num_rows * len(names)) for g in groups))

    def read(positions: list[int], limit: int | None) -> Content:
        try:
            with pq.ParquetFile(config.path) as file:
                size = {} if limit is None else {"batch_size": max(limit, 1)}
                batches = file.iter_batches(columns=[names[n] for n in positions], **size)
                taken = _counted(batches, Meter(table, config.path), None if limit is None else 1)
        except (pa.ArrowException, ValueError) as error:
            raise _not_parquet(table, config, error) from error
        return Content(frame_of(taken, [names[n] for n in positions], positions, first=2))

    def stream(positions: list[int], rows: int) -> Iterator[Content]:
        wanted, first = [names[n] for n in positions], 2
        try:
            with pq.ParquetFile(config.path, buffer_size=1 << 20, pre_buffer=False) as file:
                for batch in file.iter_batches(columns=wanted, batch_size=rows):
                    yield Content(frame_of([_sound(batch)], wanted, positions, first=first))
                    first += batch.num_rows
        except (pa.ArrowException, ValueError) as error:
            raise _not_parquet(table, config, error) from error

    return Opened(names, read, stream=stream, first=2)


def _counted(batches, meter: Meter, most: int | None) -> list:
    taken = []
    for batch in batches:
        meter.add(batch.nbytes)
        taken.append(_sound(batch))
        if len(taken) == most:
            break
    return taken


def _sound(batch):
    """Return a batch whose texts are texts; raise ArrowInvalid where it contradicts itself."""
    import pyarrow as pa

    batch.validate(full=True)
    plain = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    binary = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    texts = [c.cast(pa.string()) if any(kind(c.type) for kind in binary) else c for c in plain]
    return pa.RecordBatch.from_arrays(texts, names=batch.schema.names)


def frame_of(batches: list, names: list[str], positions: list[int], *, first: int) -> pd.DataFrame:
    """Return Arrow batches as one frame with columns named by position; rows are counted from `first`."""
    import pyarrow as pa

    if not batches:
        empty = pd.DataFrame({n: pd.Series(dtype="str") for n in positions})
        return empty.set_axis(pd.RangeIndex(first, first), axis=0)
    held = pa.Table.from_batches(batches).replace_schema_metadata(None)
    frame = held.to_pandas(integer_object_nulls=True)
    frame = frame[names].set_axis(positions, axis=1)
    frame.index = pd.RangeIndex(first, first + len(frame))
    return frame


def _not_parquet(table: str, config: TableConfig, error: Exception) -> StudyError:
    return StudyError(
        f"The table {table!r} is not a readable Parquet file.", where=str(config.path), value=error,
        expected="a whole Parquet file", mend="Write the file again.",
    )  # fmt: skip
