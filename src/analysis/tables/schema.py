"""The one dictionary: every table and column a study may hold, with type, unit, rule and meaning.

Each table is a pandera model in models.py, and the words of its categories are in values.py. Reading,
checking, `datapackage.json` and the data card are all derived from them, so a column is described there
and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import get_type_hints

import pandas as pd
import pandera.pandas as pa

from analysis.tables.models import (
    Duties,
    Interactions,
    Ledger,
    Listings,
    Matters,
    Options,
    Organisations,
    Outcomes,
    People,
    Places,
    Reforms,
    Steps,
    Votes,
)

MODELS: dict[str, type[pa.DataFrameModel]] = {
    model.Config.name: model
    for model in (
        Places,
        People,
        Organisations,
        Interactions,
        Matters,
        Steps,
        Options,
        Votes,
        Ledger,
        Duties,
        Listings,
        Outcomes,
        Reforms,
    )
}

PRIMARY_KEYS: dict[str, tuple[str, ...]] = {
    "places": ("place_id",), "people": ("person_id",), "organisations": ("org_id",),
    "matters": ("matter_id",), "options": ("option_id",), "ledger": ("entry_id",), "duties": ("duty_id",),
    "listings": ("listing_id",),
    "outcomes": ("place_id", "period", "measure"),
    "reforms": ("place_id", "reform"),
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """One column of the dictionary, in plain terms."""

    table: str
    name: str
    type: str
    description: str
    unit: str | None
    values: tuple[str, ...] | None
    required: bool
    person: bool
    refers_to: str | None
    default: object
    rules: tuple[str, ...]


def columns(table: str) -> dict[str, Column]:
    """Return the columns of `table`, in order, as name -> Column."""
    model = MODELS[table]  # its fields themselves: making a schema of it imports every data frame library
    return {
        name: Column(
            table=table,
            name=name,
            description=field.description,
            rules=tuple(str(check) for check in field.checks),
            **field.metadata,
        )
        for name, field in ((name, vars(model)[name]) for name in model.__annotations__)
    }


@cache
def checks(table: str) -> pa.DataFrameSchema:
    """Return what checks `table`: the schema of its model, put together from the model's fields.

    The model's own `validate` would import dask, only to find that no column has a type of dask's.
    """
    model = MODELS[table]
    fields = {
        name: pa.Column(dtype, checks=vars(model)[name].checks, nullable=vars(model)[name].nullable)
        for name, dtype in get_type_hints(model).items()
        if name in model.__annotations__
    }
    return pa.DataFrameSchema(fields, name=table)


DTYPES = {
    "id": "str", "text": "str", "category": "str", "period": "str", "number": "float64",
    "integer": "Int64", "flag": "boolean", "time": "datetime64[ns]", "date": "datetime64[ns]",
}  # fmt: skip


def empty(table: str) -> pd.DataFrame:
    """Return `table` without rows, with every column in its type."""
    return pd.DataFrame({name: pd.Series([], dtype=DTYPES[c.type]) for name, c in columns(table).items()})
