"""Logs in Parquet: read with identifiers as codes, and cut by district without holding them whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import StudyError
from analysis.networks.acts import OPTIONAL, REQUIRED

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

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
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
        names = [name for name in COLUMNS if name in schema.names]
        texts = [n for n in names if pa.types.is_string(schema.field(n).type) or _is_large(schema.field(n))]
        table = pq.ParquetFile(path, read_dictionary=texts, memory_map=True).read(columns=names)
    except (OSError, pa.ArrowInvalid) as error:
        raise StudyError(
            "The log cannot be read.", where=str(path), value=error, expected="a whole Parquet file",
            mend="Write the file again, for example with DataFrame.to_parquet.",
        ) from error  # fmt: skip
    return _to_frame(table, texts)


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
    import numpy as np
    import pandas as pd

    codes = [chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False) for chunk in chunks]
    codes = np.concatenate(codes) if codes else np.zeros(0, dtype=np.int32)
    return pd.Categorical.from_codes(codes, dtype=dtype, validate=False)


def _is_large(field) -> bool:
    import pyarrow as pa

    return pa.types.is_large_string(field.type)
