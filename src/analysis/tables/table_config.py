"""The section of one table in study.toml: which files hold it, and how its columns are called there."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.keys import check_kinds
from analysis.tables.patterns import find_files

TEXT = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".txt.gz")
EXCEL, LINES, DUCKDB = (".xlsx", ".xls"), (".jsonl", ".jsonl.gz", ".ndjson"), (".duckdb", ".db")
SUFFIXES = (*TEXT, ".parquet", *EXCEL, *LINES, *DUCKDB)
TABLE_KEYS = (
    "path", "columns", "constants", "values", "encoding", "separator", "header", "time_zone", "time_format",
    "sheet", "table", "may_lack", "postgresql",
)  # fmt: skip


@dataclass(frozen=True)
class TableConfig:
    """Where one table is and how its columns are called there.

    Attributes
    ----------
    path : Path or None
        CSV (also .gz), Parquet, Excel, JSON lines or DuckDB file; None for a table on a server, and for one
        that stands in several files.
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
    sheet : str, int or tuple of these
        Sheets of an Excel file, by name or by number from 0; a name with * stands for all that are like it.
    table : str or None
        Table or view of a DuckDB file.
    may_lack : tuple of str
        Our columns that some of several files may lack; their rows have nothing there.
    postgresql : dict
        table or query on a server, and environment: the name of the variable that holds its address.
    label : str
        The file as study.toml names it, from the study folder; with its sheet where that is one of several.
    parts : tuple of TableConfig
        One for each file of a table that stands in several.
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
    sheet: str | int | tuple[str | int, ...] = 0
    table: str | None = None
    may_lack: tuple[str, ...] = ()
    postgresql: dict[str, str] = field(default_factory=dict)
    label: str = ""
    parts: tuple[TableConfig, ...] = ()

    def their(self, ours: str) -> list[str]:
        """Return the names of the columns that one of our columns is taken from."""
        named = self.columns.get(ours, ours)
        return list(named) if isinstance(named, list) else [named]

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that holds the table, in the order of its rows; none for a table on a server."""
        if self.parts:
            return tuple(part.path for part in self.parts)
        return (self.path,) if self.path else ()

    @property
    def where(self) -> str:
        """The file and sheet, the files, or the place on a server, for messages."""
        if self.parts:
            return f"{self.parts[0].path} and {len(self.parts) - 1:,} more"
        if self.path is None:
            return f"PostgreSQL, {self.postgresql.get('table', 'a query')}"
        sheet = isinstance(self.sheet, str) and self.path.name.lower().endswith(EXCEL)
        return f"{self.path}, sheet {self.sheet!r}" if sheet else str(self.path)


def with_files(config: TableConfig, files: list[tuple[Path, str]]) -> TableConfig:
    """Return a config that reads these files, each with the label it is called by."""
    if len(files) == 1:
        return replace(config, path=files[0][0], label=files[0][1], parts=())
    return replace(config, path=None, parts=tuple(replace(config, path=p, label=n) for p, n in files))


def read_table(folder: Path, file: Path, name: str, entry: object) -> TableConfig:
    """Return the section [tables.`name`] of study.toml, checked.

    Raises
    ------
    StudyError
        A key or value is not known, or no file, or one that cannot be read, is meant by path.
    """
    where = f"{file} [tables.{name}]"
    if name not in schema.MODELS:
        raise StudyError(
            "study.toml names a table that is not in the dictionary.",
            where=where, value=name, expected="one of " + ", ".join(schema.MODELS),
            mend=closest(name, schema.MODELS),
        )  # fmt: skip
    if not isinstance(entry, dict) or ("postgresql" not in entry and not entry.get("path")):
        raise StudyError(
            f"The table {name!r} has no path.",
            where=where, expected='path = "file.csv"', mend="Name the file that holds the table.",
        )  # fmt: skip
    check_keys(entry, TABLE_KEYS, file, f"key in [tables.{name}]")
    for key in ("columns", "constants", "values"):
        part = section(entry, key, file)
        check_keys(part, tuple(schema.columns(name)), file, f"column in [tables.{name}] {key}")
    if any(not isinstance(theirs, dict) for theirs in entry.get("values", {}).values()):
        raise StudyError(
            "A value map is not a table of their value = our value.",
            where=f"{where} values", expected='values = { kind = { "互助" = "help" } }',
            mend="Write the map in this form.",
        )  # fmt: skip
    check_zone(entry.get("time_zone"), f"{where} time_zone")
    check_kinds(entry, where)
    check_keys(
        dict.fromkeys(entry.get("may_lack", ())),
        tuple(schema.columns(name)),
        file,
        f"column in [tables.{name}] may_lack",
    )
    header, sheet = entry.get("header", ()), entry.get("sheet", 0)
    header = (header,) if isinstance(header, int) else tuple(header)
    sheet = tuple(sheet) if isinstance(sheet, list) else sheet
    said = {**entry, "header": header, "sheet": sheet, "may_lack": tuple(entry.get("may_lack", ()))}
    config = TableConfig(**{**said, "path": None})
    if "postgresql" in entry:
        return config
    found = find_files(folder, entry["path"], f"{where} path")
    for path, label in found:
        if not path.name.lower().endswith(SUFFIXES):
            raise StudyError(
                "The file is of a kind that cannot be read.",
                where=where, value=label, expected="a name ending in " + ", ".join(SUFFIXES),
                mend="Export the table as CSV"
                + (", or name the files one by one in path." if len(found) > 1 else "."),
            )  # fmt: skip
    return with_files(config, found)


def section(content: dict, key: str, file: Path) -> dict:
    """Return a section of study.toml, or an empty one if it has none of this name."""
    found = content.get(key, {})
    if not isinstance(found, dict):
        raise StudyError(
            f"{key!r} in study.toml is not a section.", where=str(file), value=found,
            expected=f"[{key}] or {key} = {{ ... }}", mend="Write it as a table.",
        )  # fmt: skip
    return found


def check_keys(part: dict, known: tuple[str, ...], file: Path, what: str) -> None:
    """Raise StudyError for the first key that is none of the known ones."""
    for key in part:
        if key not in known:
            raise StudyError(
                f"study.toml holds an unknown {what}.", where=str(file), value=key,
                expected="one of " + ", ".join(known), mend=closest(key, known),
            )  # fmt: skip


def check_zone(name: object, where: str) -> None:
    """Raise StudyError if there is a name and no such time zone."""
    if name is None:
        return
    try:
        ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise StudyError(
            "The time zone is not known.", where=where, value=name,
            expected='a name such as "Asia/Shanghai" or "UTC"', mend="Use the zone's IANA name.",
        ) from error  # fmt: skip


def closest(word: str, known) -> str:
    """Return what to do about an unknown name."""
    near = difflib.get_close_matches(str(word), list(known), n=1)
    return f"Did you mean {near[0]!r}?" if near else "Remove it, or use one of the names above."
