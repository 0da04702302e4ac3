"""study.toml: what a study is called and where each of its tables is to be found."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.keys import check_kinds
from analysis.tables.limits import inside, small_text
from analysis.tables.periods import FREQUENCIES

TEXT = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
EXCEL, LINES, DUCKDB = (".xlsx", ".xls"), (".jsonl", ".jsonl.gz", ".ndjson"), (".duckdb", ".db")
SUFFIXES = (*TEXT, ".parquet", *EXCEL, *LINES, *DUCKDB)
OWN_NAME = (".csv", ".csv.gz", ".parquet", ".xlsx", ".xls", ".jsonl")  # <table>.<suffix> needs no study.toml
STUDY_KEYS = ("name", "name_zh", "period", "time_zone", "from", "until", "max_set_aside", "key_file")
TABLE_KEYS = (
    "path", "columns", "constants", "values", "encoding", "separator", "header", "time_zone", "time_format",
    "sheet", "table", "postgresql",
)  # fmt: skip
SPLIT = "split.json"  # the header of a study that `gongzhi split` wrote


@dataclass(frozen=True)
class TableConfig:
    """Where one table is and how its columns are called there.

    Attributes
    ----------
    path : Path or None
        CSV (also .gz), Parquet, Excel, JSON lines or DuckDB file; None for a table on a server.
    columns : dict
        Our column name -> their column name, where they differ, or a list of names whose cells are put
        together, such as a day and a time of day.
    constants : dict
        Our column name -> the value every row gets.
    values : dict
        Our column name -> {their value: our value}.
    encoding : str or None
        Text encoding of a CSV file, e.g. "utf-8", "gb18030"; None: found by looking at it.
    separator : str or None
        Mark between the fields of a CSV file; None: found by looking at it.
    header : tuple of int
        Rows that hold the names of the columns, as a spreadsheet counts them; empty: found.
    time_zone : str or None
        Zone of the times in the file where they carry none, e.g. "UTC"; None: already local.
    time_format : str or None
        strptime format of times that are not in ISO order, e.g. "%d/%m/%Y %H:%M"; "unix" or "unix_ms":
        seconds or milliseconds since 1970, UTC.
    sheet : str or int
        Sheet of an Excel file, by name or by number from 0.
    table : str or None
        Table or view of a DuckDB file.
    postgresql : dict
        table or query on a server, and environment: the name of the variable that holds its address.
    """

    path: Path | None
    columns: dict[str, str | list[str]] = field(default_factory=dict)
    constants: dict[str, object] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    encoding: str | None = None
    separator: str | None = None
    header: tuple[int, ...] = ()
    time_zone: str | None = None
    time_format: str | None = None
    sheet: str | int = 0
    table: str | None = None
    postgresql: dict[str, str] = field(default_factory=dict)

    def their(self, ours: str) -> list[str]:
        """Return the names of the columns that one of our columns is taken from."""
        named = self.columns.get(ours, ours)
        return list(named) if isinstance(named, list) else [named]

    @property
    def where(self) -> str:
        """The file or the place on a server, for messages."""
        named = self.postgresql.get("table", "a query")
        return str(self.path) if self.path else f"PostgreSQL, {named}"


@dataclass(frozen=True)
class StudyConfig:
    """The content of study.toml, checked. `max_set_aside` is the largest share of rows a table may lose."""

    path: Path
    name: str
    name_zh: str = ""
    period: str = "month"
    time_zone: str | None = None
    first: str | None = None
    last: str | None = None
    max_set_aside: float = 0.05
    key_file: Path | None = None
    tables: dict[str, TableConfig] = field(default_factory=dict)


def read_config(folder: str | Path) -> StudyConfig:
    """Read `folder`/study.toml, and find tables that lie there under their own name without being named.

    Raises
    ------
    StudyError
        The folder or file is missing, is not TOML, or holds a key or value that is not known.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StudyError(
            "There is no such study folder.",
            where=str(folder),
            expected="a folder with study.toml and tables such as places.csv",
            mend="Check the path, or make a study to look at with: gongzhi simulate OUT",
        )
    if (folder / SPLIT).is_file():
        raise StudyError(
            "This folder holds a split study, which is checked and pseudonymous already.", where=str(folder),
            expected="a study folder with study.toml and tables",
            mend="Use it with gongzhi indicators, or in Python: from analysis.large import open_split",
        )  # fmt: skip
    file = folder / "study.toml"
    content = _load(inside(folder, file, str(file))) if file.exists() or file.is_symlink() else {}
    _known(content, ("study", "tables"), file, "section")
    study = _section(content, "study", file)
    _known(study, STUDY_KEYS, file, "key in [study]")
    tables = {
        name: _table(folder, file, name, entry) for name, entry in _section(content, "tables", file).items()
    }
    for name in schema.MODELS:
        found = [folder / f"{name}{suffix}" for suffix in OWN_NAME if (folder / f"{name}{suffix}").exists()]
        if name not in tables and len(found) > 1:
            raise StudyError(
                f"There are several files for the table {name!r}.",
                where=str(folder),
                value=", ".join(f.name for f in found),
                expected="one file per table",
                mend=f'Name the right one in study.toml: [tables.{name}] path = "{found[0].name}"',
            )
        if name not in tables and found:
            tables[name] = TableConfig(path=inside(folder, found[0], str(found[0])))
    if "places" not in tables:
        raise StudyError(
            "The study has no table of places.",
            where=str(folder),
            expected="places.csv or places.parquet with the columns place_id and kind",
            mend='Add the file, or name it in study.toml: [tables.places] path = "..."',
        )
    return _study(folder, file, study, tables)


def _study(folder: Path, file: Path, study: dict, tables: dict[str, TableConfig]) -> StudyConfig:
    period = study.get("period", "month")
    if not isinstance(period, str) or period not in FREQUENCIES:
        raise StudyError(
            "The period of the study is not known.",
            where=f"{file} [study] period", value=period, expected="month, quarter or year",
            mend='Write period = "month".',
        )  # fmt: skip
    threshold = study.get("max_set_aside", 0.05)
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
        raise StudyError(
            "The largest share of rows that may be set aside is not a share.",
            where=f"{file} [study] max_set_aside", value=threshold, expected="a number from 0 to 1",
            mend="Write for example max_set_aside = 0.05 (that is 5 %).",
        )  # fmt: skip
    _check_zone(study.get("time_zone"), f"{file} [study] time_zone")
    key_file = study.get("key_file")
    return StudyConfig(
        path=folder,
        name=str(study.get("name", folder.resolve().name)),
        name_zh=str(study.get("name_zh", "")),
        period=period,
        time_zone=study.get("time_zone"),
        first=_bound(study, "from", file),
        last=_bound(study, "until", file),
        max_set_aside=float(threshold),
        key_file=_key_file(folder, file, key_file) if key_file else None,
        tables=tables,
    )


def _table(folder: Path, file: Path, name: str, entry: object) -> TableConfig:
    where = f"{file} [tables.{name}]"
    if name not in schema.MODELS:
        raise StudyError(
            "study.toml names a table that is not in the dictionary.",
            where=where, value=name, expected="one of " + ", ".join(schema.MODELS),
            mend=_closest(name, schema.MODELS),
        )  # fmt: skip
    if not isinstance(entry, dict) or ("postgresql" not in entry and not isinstance(entry.get("path"), str)):
        raise StudyError(
            f"The table {name!r} has no path.",
            where=where, expected='path = "file.csv"', mend="Name the file that holds the table.",
        )  # fmt: skip
    _known(entry, TABLE_KEYS, file, f"key in [tables.{name}]")
    for key in ("columns", "constants", "values"):
        part = _section(entry, key, file)
        _known(part, tuple(schema.columns(name)), file, f"column in [tables.{name}] {key}")
    if any(not isinstance(theirs, dict) for theirs in entry.get("values", {}).values()):
        raise StudyError(
            "A value map is not a table of their value = our value.",
            where=f"{where} values", expected='values = { kind = { "互助" = "help" } }',
            mend="Write the map in this form.",
        )  # fmt: skip
    _check_zone(entry.get("time_zone"), f"{where} time_zone")
    check_kinds(entry, where)
    header = entry.get("header", ())
    header = (header,) if isinstance(header, int) else tuple(header)
    if "postgresql" in entry:
        return TableConfig(**{**entry, "path": None, "header": header})
    path = inside(folder, folder / entry["path"], f"{where} path")
    if not path.name.lower().endswith(SUFFIXES):
        raise StudyError(
            "The file is of a kind that cannot be read.",
            where=where, value=entry["path"], expected="a name ending in " + ", ".join(SUFFIXES),
            mend="Export the table as CSV.",
        )  # fmt: skip
    return TableConfig(**{**entry, "path": path, "header": header})


def _load(file: Path) -> dict:
    try:
        return tomllib.loads(small_text(file))
    except UnicodeDecodeError as error:
        raise StudyError(
            "study.toml is not UTF-8 text.", where=str(file), value=f"byte {error.start}",
            expected="UTF-8", mend="Save the file again with the encoding UTF-8.",
        ) from error  # fmt: skip
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise StudyError(
            "study.toml is not valid TOML.", where=str(file), value=str(error),
            expected='lines such as name = "Dorm"', mend="Correct the line that is named.",
        ) from error  # fmt: skip


def _key_file(folder: Path, file: Path, named: object) -> Path:
    """Return where the key is. It may lie outside the study, and had better: nothing of it is ever shown."""
    try:
        path = folder / Path(named).expanduser()
        path.is_file()
        return path
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise StudyError(
            "The key of the study is no file.", where=f"{file} [study] key_file", value=named,
            expected="a path", mend="Name the file that holds the key.",
        ) from error  # fmt: skip


def _section(content: dict, key: str, file: Path) -> dict:
    section = content.get(key, {})
    if not isinstance(section, dict):
        raise StudyError(
            f"{key!r} in study.toml is not a section.", where=str(file), value=section,
            expected=f"[{key}] or {key} = {{ ... }}", mend="Write it as a table.",
        )  # fmt: skip
    return section


def _known(part: dict, known: tuple[str, ...], file: Path, what: str) -> None:
    for key in part:
        if key not in known:
            raise StudyError(
                f"study.toml holds an unknown {what}.", where=str(file), value=key,
                expected="one of " + ", ".join(known), mend=_closest(key, known),
            )  # fmt: skip


def _closest(word: str, known) -> str:
    near = difflib.get_close_matches(str(word), list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else "Remove it, or use one of the names above."


def _bound(study: dict, key: str, file: Path) -> str | None:
    value = study.get(key)
    if value is None:
        return None
    try:
        return str(pd.Period(str(value), freq=FREQUENCIES[study.get("period", "month")]))
    except ValueError as error:
        raise StudyError(
            f"The bound {key!r} of the study is not a period.", where=f"{file} [study] {key}", value=value,
            expected='a period such as "2021-03"', mend=f'Write {key} = "2021-03".',
        ) from error  # fmt: skip


def _check_zone(name: object, where: str) -> None:
    if name is None:
        return
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise StudyError(
            "The time zone is not known.", where=where, value=name,
            expected='a name such as "Asia/Shanghai" or "UTC"', mend="Use the zone's IANA name.",
        ) from error  # fmt: skip
