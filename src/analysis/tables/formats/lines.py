"""JSON lines: one record per line, in UTF-8; records inside a record become columns such as "user.id"."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import pandas as pd

from analysis.errors import StudyError
from analysis.tables.formats.base import Content, Opened
from analysis.tables.limits import Meter, check_columns
from analysis.tables.table_config import TableConfig

RULE = "not_a_record"
DEEP = 4  # records inside records that are taken apart


def open_lines(table: str, config: TableConfig) -> Opened:
    """Open a file of JSON lines; its columns are the keys of all of its records."""
    names: dict[str, None] = {}
    for _, record in _records(table, config):
        names.update(dict.fromkeys(record or ()))
        check_columns(table, config.where, len(names))
    if not names:
        raise StudyError(
            f"The file of the table {table!r} holds no JSON records.", where=str(config.path),
            expected='one record per line, such as {"time": "2021-03-07", "kind": "help"}',
            mend="Export it as JSON lines or as CSV.",
        )  # fmt: skip
    header = list(names)

    def read(positions: list[int], limit: int | None) -> Content:
        return next(stream(positions, limit))

    def stream(positions: list[int], rows: int | None) -> Iterator[Content]:
        wanted = [header[n] for n in positions]
        found, numbers, broken = [], [], []

        def content() -> Content:
            index = pd.Index(numbers, dtype="int64")
            return Content(pd.DataFrame(found, columns=positions, index=index, dtype="str"), broken, RULE)

        for number, record in _records(table, config):
            if rows is not None and len(found) >= rows:
                yield content()
                found, numbers, broken = [], [], []
            if record is None:
                broken.append(number)
                continue
            found.append([_text(record.get(name)) for name in wanted])
            numbers.append(number)
        yield content()

    return Opened(header, read, stream=stream)


def _records(table: str, config: TableConfig) -> Iterator[tuple[int, dict | None]]:
    """Yield each line's number and record, None where it is none; a blank line is an empty record."""
    opener = gzip.open if config.path.name.lower().endswith(".gz") else open
    try:
        with opener(config.path, "rt", encoding="utf-8-sig") as file:
            for number, line in enumerate(Meter(table, config.path).lines(file), start=1):
                yield number, _record(line) if line.strip() else {}
    except UnicodeDecodeError as error:
        raise StudyError(
            f"The table {table!r} is not UTF-8 text, as JSON has to be.", where=str(config.path),
            value=f"byte {error.start + 1:,}", expected="UTF-8", mend="Export it again as UTF-8.",
        ) from error  # fmt: skip


def _record(line: str) -> dict | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return _flat(found) if isinstance(found, dict) else None


def _flat(record: dict, prefix: str = "", depth: int = 1) -> dict:
    flat = {}
    for key, value in record.items():
        if isinstance(value, dict) and depth < DEEP:
            flat |= _flat(value, f"{prefix}{key}.", depth + 1)
        else:
            flat[prefix + key] = value
    return flat


def _text(value: object) -> str:
    if value is None or value != value:  # NaN
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
