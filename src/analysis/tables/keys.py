"""What the keys of a table in study.toml may hold: each has a kind, and says so where it holds another."""

from __future__ import annotations

import re

import pandas as pd

from analysis.errors import StudyError

HEADER_WITHIN = 30  # rows in which the header of a table stands
POSTGRESQL_KEYS = ("table", "query", "environment")


def check_kinds(entry: dict, where: str) -> None:
    """Raise where a key holds what it cannot mean."""
    names = (str, list)
    rules = {
        "columns": (lambda v: all(isinstance(n, names) and all(isinstance(p, str) for p in n) and n
                                  for n in v.values()), 'their name, or a list such as ["日期", "时间"]'),
        "encoding": (lambda v: isinstance(v, str), 'a name such as "gb18030"'),
        "separator": (lambda v: isinstance(v, str) and len(v) == 1 and v.isascii() and v not in '"\r\n',
                      'one character such as ";"'),
        "header": (_is_header, "the row of the column names, such as 3, or two rows: [3, 4]"),
        "time_format": (_is_time_format, 'a format such as "%d/%m/%Y %H:%M"'),
        "sheet": (_is_sheet, 'a name such as "Sheet1", a list of names, each once, or "*" for all sheets'),
        "may_lack": (lambda v: isinstance(v, list) and all(isinstance(n, str) for n in v),
                     'columns such as ["hours"]'),
        "table": (lambda v: isinstance(v, str), "the name of a table or view"),
        "postgresql": (_is_postgresql, '{ table = "public.log", environment = "DISTRICT_DB" }: the name of '
                       "the environment variable that holds the address, never the address"),
    }  # fmt: skip
    for key, (right, expected) in rules.items():
        if key in entry and not right(entry[key]):
            shown = None if key == "postgresql" else entry[key]  # an address holds a password
            raise StudyError(
                f"A key of study.toml holds what it cannot mean: {key}.", where=f"{where} {key}",
                value=shown, expected=expected, mend="Correct it.",
            )  # fmt: skip


def _is_time_format(value: object) -> bool:
    if value in ("unix", "unix_ms"):
        return True
    try:
        pd.to_datetime(["2021"], format=value, errors="coerce")
    except (ValueError, TypeError, KeyError, re.error):
        return False
    return isinstance(value, str)


def _is_sheet(value: object) -> bool:
    names = value if isinstance(value, list) else [value]
    known = all(isinstance(n, str) for n in names) or all(type(n) is int for n in names)
    return bool(names) and known and len(set(names)) == len(names)


def _is_header(value: object) -> bool:
    rows = value if isinstance(value, list) else [value]
    whole = all(isinstance(n, int) and not isinstance(n, bool) and 0 < n <= HEADER_WITHIN for n in rows)
    return bool(rows) and whole and rows == list(range(rows[0], rows[0] + len(rows)))


def _is_postgresql(value: object) -> bool:
    known = isinstance(value, dict) and set(value) <= set(POSTGRESQL_KEYS)
    if not known or not all(isinstance(v, str) and v for v in value.values()):
        return False
    return ("table" in value) != ("query" in value) and re.fullmatch(
        r"[A-Za-z_]\w*", value.get("environment", "")
    )
