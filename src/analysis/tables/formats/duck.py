"""A table or view in a DuckDB file, which is opened for reading only."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from analysis.errors import StudyError
from analysis.tables.formats.base import Content, Opened
from analysis.tables.formats.columnar import frame_of
from analysis.tables.limits import Meter
from analysis.tables.table_config import TableConfig

ROWS_AT_ONCE = 100_000
MEMORY = "1GB"  # what DuckDB may use beside what it hands over
PATIENCE = 600  # seconds until the next rows of a view have come
PLAIN = {
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "FLOAT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S",
    "TIMESTAMP_MS", "TIMESTAMP_NS",
}  # fmt: skip


def quoted(name: str) -> str:
    """Return an SQL identifier that means this name and nothing else."""
    return '"' + name.replace('"', '""') + '"'


def qualified(name: str, known: list[tuple[str, str]]) -> str | None:
    """Return the quoted name of a table said as "table" or "schema.table", or None if it is not known."""
    for schema, table in known:
        if name in (table, f"{schema}.{table}"):
            return f"{quoted(schema)}.{quoted(table)}"
    return None


def tables(path) -> list[str]:
    """Return the tables and views of a DuckDB file, those outside the main schema as "schema.table"."""
    with _connect("", path) as connection:
        return [t if s == "main" else f"{s}.{t}" for s, t in _known(connection)]


def open_table(table: str, config: TableConfig) -> Opened:
    """Open a table or view of a DuckDB file."""
    with _connect(table, config.path) as connection:
        known = _known(connection)
        name = config.table or (known[0][1] if len(known) == 1 else table)
        source = qualified(name, known)
        if source is None:
            listed = ", ".join(t if s == "main" else f"{s}.{t}" for s, t in known)
            raise StudyError(
                f"The DuckDB file of the table {table!r} has no such table or view.", where=str(config.path),
                value=name, expected=f"one of {listed}" if listed else "a table",
                mend=f'Name it: [tables.{table}] table = "..."',
            )  # fmt: skip
        columns = _run(table, config, connection, f"DESCRIBE SELECT * FROM {source}").fetchall()
    names, types = [row[0] for row in columns], [row[1] for row in columns]

    def read(positions: list[int], limit: int | None) -> Content:
        wanted = [_expression(names[n], types[n], n) for n in positions]
        rows = "" if limit is None else f" LIMIT {int(limit)}"
        with _connect(table, config.path) as connection:
            found = _run(table, config, connection, f"SELECT {', '.join(wanted)} FROM {source}{rows}")
            batches = list(_counted(table, config, connection, found, ROWS_AT_ONCE))
        return Content(frame_of(batches, [f"c{n}" for n in positions], positions, first=1))

    def stream(positions: list[int], rows: int) -> Iterator[Content]:
        wanted, first = [_expression(names[n], types[n], n) for n in positions], 1
        with _connect(table, config.path) as connection:
            found = _run(table, config, connection, f"SELECT {', '.join(wanted)} FROM {source}")
            for batch in _counted(table, config, connection, found, rows):
                yield Content(frame_of([batch], [f"c{n}" for n in positions], positions, first=first))
                first += batch.num_rows

    return Opened(names, read, stream=stream)


def _expression(name: str, type: str, position: int) -> str:
    column = quoted(name) if type in PLAIN else f"CAST({quoted(name)} AS VARCHAR)"
    return f"{column} AS c{position}"


def _connect(table: str, path):
    import duckdb

    try:
        limits = {"enable_external_access": "false", "memory_limit": MEMORY}
        return duckdb.connect(str(path), read_only=True, config=limits)
    except duckdb.Error as error:
        raise StudyError(
            f"The file of the table {table!r} is not a readable DuckDB file.", where=str(path), value=error,
            expected="a DuckDB database that no other program is writing to",
            mend="Close the program that has it open, or write it again with a DuckDB of this version.",
        ) from error  # fmt: skip


def _known(connection) -> list[tuple[str, str]]:
    found = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_catalog = current_database() ORDER BY table_schema <> 'main', table_schema, table_name"
    )
    return found.fetchall()


def _counted(table: str, config: TableConfig, connection, found, rows: int) -> Iterator:
    """Yield the rows found in batches, while they come in time and are not more than the file can hold."""
    meter, reader = Meter(table, config.path), None
    while True:
        alarm = threading.Timer(PATIENCE, connection.interrupt)
        alarm.daemon = True
        alarm.start()
        try:
            reader = reader or iter(found.to_arrow_reader(rows))
            batch = next(reader, None)
        except Exception as error:  # Arrow hands on what DuckDB says as errors of its own
            raise _unread(table, config, error) from error
        finally:
            alarm.cancel()
        if batch is None:
            return
        meter.add(batch.nbytes, batch.num_rows)
        yield batch


def _run(table: str, config: TableConfig, connection, statement: str):
    import duckdb

    try:
        return connection.sql(statement)
    except duckdb.Error as error:
        raise _unread(table, config, error) from error


def _unread(table: str, config: TableConfig, error: Exception) -> StudyError:
    return StudyError(
        f"The table {table!r} cannot be read from its DuckDB file.", where=str(config.path), value=error,
        expected="a table, or a view that needs no other file and answers in time",
        mend="Store what the view shows as a table in the file.",
    )  # fmt: skip
