"""Logs in Parquet: read with identifiers as codes, and cut by district without holding them whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import StudyError
from analysis.networks.building.acts import OPTIONAL, REQUIRED

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    from analysis.tables.places import PlaceTree

COLUMNS = (*REQUIRED, *OPTIONAL)
PEOPLE = ("source_id", "target_id")


def read_log(path: str | Path) -> pd.DataFrame:
    """Read the columns that ties are made from out of a Parquet log; text becomes categories.

    Identifiers go from the file's dictionaries straight to codes, so `build_ties` neither makes nor compares
    millions of texts. A log sorted by community and month is read and woven fastest.

    Parameters
    ----------
    path : str or Path
        A Parquet file with columns of the interactions table.

    Returns
    -------
    DataFrame
        time, community_id, kind, source_id, target_id, gathering_id, status: those the file has.

    Raises
    ------
    StudyError
        If the file cannot be read as Parquet.
    """
    file, names, texts = _open(path)
    return _to_frame(file.read(columns=names), texts)


def read_log_parts(
    path: str | Path, rows: int = 2_000_000, *, tree: PlaceTree | None = None
) -> Iterator[pd.DataFrame]:
    """Read a Parquet log part by part, each of whole communities: memory follows the part, not the log.

    Every network of a place lies within one part, so ties and indicators part by part are those of the whole
    log, whatever its size.

    Parameters
    ----------
    path : str or Path
        A Parquet file with columns of the interactions table, the rows of each community together.
    rows : int, default 2,000,000
        A part ends with the first community that brings it to so many rows; one larger community, or one
        row group of the file, is read whole.
    tree : PlaceTree, optional
        Makes parts of whole districts, whose rows then have to lie together.

    Yields
    ------
    DataFrame
        time, community_id, kind, source_id, target_id, gathering_id, status: those the file has, as
        `read_log` returns them.

    Raises
    ------
    StudyError
        If the file cannot be read as Parquet, or the rows of a community (or district) do not lie together.
    """
    import pyarrow as pa

    file, names, texts = _open(path, memory_map=False)  # mapped pages would count as ours until the end
    if "community_id" not in names:
        raise StudyError(
            "The log does not say in which community an act happened.", where=str(path),
            value=", ".join(names), expected="a column community_id", mend="Add or rename the column.",
        )  # fmt: skip
    units, pending, size, cut = _Units(path, tree), [], 0, 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=names)
        start = units.last_start(table["community_id"])
        cut = cut if start is None else size + start
        pending.append(table)
        size += len(table)
        if size >= rows and cut:
            table = pa.concat_tables(pending)
            yield _to_frame(table.slice(0, cut), texts)
            pending, size, cut = [table.slice(cut)], size - cut, 0
    if size:
        yield _to_frame(pa.concat_tables(pending), texts)


class _Units:
    """Communities, or districts, as they come by in a log: each may come only once."""

    def __init__(self, path: str | Path, tree: PlaceTree | None) -> None:
        self.path, self.name = path, "community" if tree is None else "district"
        levels = None if tree is None else tree.levels().set_index("community_id")["district_id"].dropna()
        self.unit_of = {} if levels is None else levels.to_dict()
        self.current, self.done = None, set()

    def last_start(self, column: pa.ChunkedArray) -> int | None:
        """Return the row at which the last unit of `column` begins, None if it goes on from before."""
        at, start = 0, None
        for chunk in column.chunks:
            chunk = chunk if hasattr(chunk, "indices") else chunk.dictionary_encode()
            codes = chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            known = np.flatnonzero(codes >= 0)  # rows without a community go with those before them
            change = known[np.append(True, np.diff(codes[known]) != 0)] if len(known) else known
            for row in change.tolist():
                community = chunk.dictionary[int(codes[row])].as_py()
                if self._enters(self.unit_of.get(community, community)):
                    start = at + row
            at += len(chunk)
        return start

    def _enters(self, unit: str) -> bool:
        if unit == self.current:
            return False
        if unit in self.done:
            raise StudyError(
                f"The log is not sorted: rows of one {self.name} lie apart.", where=str(self.path),
                value=unit, expected=f"the rows of each {self.name} together",
                mend=f"Sort the log by {self.name} and month, or read it whole with read_log.",
            )  # fmt: skip
        first, self.current = self.current is None, unit
        self.done.add(unit)
        return not first


def _open(path: str | Path, memory_map: bool = True) -> tuple[pq.ParquetFile, list[str], list[str]]:
    """Return the open log, the columns wanted of it, and those of them that hold text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
        names = [name for name in COLUMNS if name in schema.names]
        texts = [n for n in names if pa.types.is_string(schema.field(n).type) or _is_large(schema.field(n))]
        return pq.ParquetFile(path, read_dictionary=texts, memory_map=memory_map), names, texts
    except (OSError, pa.ArrowInvalid) as error:
        raise StudyError(
            "The log cannot be read.", where=str(path), value=error, expected="a whole Parquet file",
            mend="Write the file again, for example with DataFrame.to_parquet.",
        ) from error  # fmt: skip


def _to_frame(table: pa.Table, texts: list[str]) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa

    people = [name for name in PEOPLE if name in texts]
    both = [chunk for name in people for chunk in table[name].chunks]
    unified = iter(pa.chunked_array(both).unify_dictionaries().chunks if both else [])  # one for both ends
    columns, shared = {}, None
    for name in table.column_names:
        if name not in texts:
            columns[name] = table[name].to_pandas()
            continue
        if name in people:
            chunks = [next(unified) for _ in table[name].chunks]
        else:
            chunks = table[name].unify_dictionaries().chunks
        dtype = shared if name in people and shared is not None else _categories(chunks)
        shared = dtype if name in people else shared
        columns[name] = _categorical(chunks, dtype)
    return pd.DataFrame(columns, copy=False)


def _categories(chunks: list[pa.DictionaryArray]) -> pd.CategoricalDtype:
    import pandas as pd

    return pd.CategoricalDtype(pd.Index(chunks[0].dictionary.to_pandas() if chunks else [], dtype="str"))


def _categorical(chunks: list[pa.DictionaryArray], dtype: pd.CategoricalDtype) -> pd.Categorical:
    import pandas as pd

    codes = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in chunks]
    codes = np.concatenate(codes) if codes else np.zeros(0, dtype=np.int32)
    return pd.Categorical.from_codes(codes, dtype=dtype, validate=False)


def _is_large(field) -> bool:
    import pyarrow as pa

    return pa.types.is_large_string(field.type)
