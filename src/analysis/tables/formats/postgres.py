"""A table or query of a PostgreSQL server, read in batches through ADBC.

The address with its password comes from an environment variable and is held nowhere else: no error shows what
the driver said, because the driver may repeat parts of the address or of the data.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from analysis.errors import StudyError
from analysis.tables.formats.base import Content, Opened
from analysis.tables.formats.columnar import frame_of
from analysis.tables.formats.duck import quoted
from analysis.tables.table_config import TableConfig

PLAIN = {"bool", "int2", "int4", "int8", "float4", "float8", "text", "varchar", "bpchar", "date",
         "timestamp", "timestamptz", "name"}  # fmt: skip
CAUSES = {
    r"invalid (percent|URI|connection|port)|missing \"=\"|invalid .*option":
        "The address is not well formed.",
    r"authentication failed|no password supplied": "The server refuses user or password.",
    r"database .* does not exist": "The server has no such database.",
    r"role .* does not exist": "The server does not know the user.",
    r"no pg_hba.conf entry": "The server lets nobody in from this machine.",
    r"refused|No such file or directory|timeout|timed out|unreachable|translate host name":
        "The server does not answer.",
}  # fmt: skip
STATES = {
    "42P01": "There is no such table.", "3F000": "There is no such schema.",
    "42703": "There is no such column.",
    "42501": "The user may not read it.", "42601": "The query is not valid SQL.",
    "25006": "The query would write; only reading is allowed.", "57014": "The server ended the query.",
}  # fmt: skip


def open_query(table: str, config: TableConfig) -> Opened:
    """Open a table or query; names and types come from the server, rows only when they are read."""
    source = _source(config)
    columns = _fetch(table, config, f"SELECT * FROM {source} AS t LIMIT 0")[0]
    names = list(columns.names)
    types = [((field.metadata or {}).get(b"POSTGRESQL:type") or b"").decode().strip("'") for field in columns]

    def expressions(positions: list[int]) -> list[str]:
        return [f"{quoted(names[n])}{'' if types[n] in PLAIN else '::text'} AS c{n}" for n in positions] or [
            "true AS c"
        ]

    def read(positions: list[int], limit: int | None) -> Content:
        wanted = expressions(positions)
        rows = "" if limit is None else f" LIMIT {int(limit)}"
        batches = _fetch(table, config, f"SELECT {', '.join(wanted)} FROM {source} AS t{rows}")[1]
        return Content(frame_of(batches, [f"c{n}" for n in positions], positions, first=1))

    def stream(positions: list[int], rows: int) -> Iterator[Content]:
        first = 1
        with _session(table, config) as cursor:
            cursor.execute(f"SELECT {', '.join(expressions(positions))} FROM {source} AS t")
            for batch in cursor.fetch_record_batch():
                yield Content(frame_of([batch], [f"c{n}" for n in positions], positions, first=first))
                first += batch.num_rows

    return Opened(names, read, stream=stream)


def fingerprint(table: str, config: TableConfig) -> str:
    """Return what changes when a row of the table does: its number of rows and the sum of their hashes."""
    rows = "SELECT count(*)::text || ' ' || coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text"
    return _fetch(table, config, f"{rows} AS c0 FROM {_source(config)} AS t")[1][0].column(0)[0].as_py()


def _source(config: TableConfig) -> str:
    if "query" in config.postgresql:
        return f"({config.postgresql['query'].strip().rstrip(';')}\n)"
    return ".".join(quoted(part) for part in _parts(config.postgresql["table"]))


def _parts(name: str) -> list[str]:
    """Split "schema.table" at its first point; "a"."b" in quotes are taken as they stand."""
    found = re.fullmatch(r'"((?:[^"]|"")+)"(?:\."((?:[^"]|"")+)")?', name)
    if found:
        return [part.replace('""', '"') for part in found.groups() if part]
    return name.split(".", 1)


def _fetch(table: str, config: TableConfig, statement: str):
    """Run one reading statement; return the schema of its rows and their batches."""
    with _session(table, config) as cursor:
        cursor.execute(statement)
        reader = cursor.fetch_record_batch()
        return reader.schema, [batch for batch in reader if batch.num_rows]


@contextmanager
def _session(table: str, config: TableConfig):
    import adbc_driver_manager
    import adbc_driver_postgresql.dbapi as driver

    said = None
    address = _address(table, config)
    try:
        with driver.connect(address) as connection, connection.cursor() as cursor:
            cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
            connection.commit()
            yield cursor
    except adbc_driver_manager.Error as error:
        said = _cause(error)
    del address
    if said:  # outside the except block: the driver's own error must not travel along
        raise StudyError(
            f"The table {table!r} cannot be read from its PostgreSQL server. {said}",
            where=f"study.toml [tables.{table}] postgresql", value=config.postgresql.get("table", "a query"),
            expected=f"an address such as postgresql://user@host:5432/database in "
            f"{config.postgresql['environment']}, and a table that this user may read",
            mend="Correct the address in the environment, or the table or query in study.toml.",
        )  # fmt: skip


def _address(table: str, config: TableConfig) -> str:
    variable = config.postgresql["environment"]
    address = os.environ.get(variable, "").strip()
    if not address:
        raise StudyError(
            f"The address of the database of the table {table!r} is not set.",
            where=f"environment variable {variable}",
            expected="postgresql://user:password@host:5432/database",
            mend=f"Set it where you run gongzhi: export {variable}=...   (it is never written anywhere)",
        )  # fmt: skip
    return address


def _cause(error: Exception) -> str:
    state = getattr(error, "sqlstate", None)
    if state in STATES:
        return STATES[state]
    text = str(error)
    for pattern, sentence in CAUSES.items():
        if re.search(pattern, text):
            return sentence
    return (
        f"The server reports the state {state}." if state else "The driver gives no reason that can be shown."
    )
