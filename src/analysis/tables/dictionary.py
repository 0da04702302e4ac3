"""The dictionary for others: Data Package descriptors, and the page docs/data_dictionary.md."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.config import StudyConfig, read_config
from analysis.tables.read import find_parts, open_source
from analysis.tables.slugs import slugs
from analysis.tables.study import Study
from analysis.tables.table_config import TableConfig

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
PAGE = Path("docs/data_dictionary.md")
PERIOD = r"[0-9]{4}(-[0-9]{2}|Q[1-4])?"
FIELD_TYPES = {
    "id": {"type": "string"}, "text": {"type": "string"}, "category": {"type": "string"},
    "period": {"type": "string", "constraints": {"pattern": PERIOD}}, "number": {"type": "number"},
    "integer": {"type": "integer"}, "flag": {"type": "boolean"},
    "time": {"type": "datetime", "format": "any"},  # with a T or a blank between day and hour
    "date": {"type": "date"},
}  # fmt: skip
TYPES = {
    "id": "text that identifies", "text": "text", "category": "one of the allowed values",
    "period": "month, quarter or year: 2021-03, 2021Q1, 2021", "number": "number, with a point for decimals",
    "integer": "whole number", "flag": "true or false",
    "time": "local date and time: 2021-03-07 14:30:00", "date": "date: 2021-03-07",
}  # fmt: skip
BOUNDS = {  # pandera's check -> (Table Schema constraint, its statistic, in words)
    "greater_than_or_equal_to": ("minimum", "min_value", "at least"),
    "less_than_or_equal_to": ("maximum", "max_value", "at most"),
    "greater_than": ("exclusiveMinimum", "min_value", "above"),
    "less_than": ("exclusiveMaximum", "max_value", "below"),
}
MEDIA = {
    "csv": "text/csv", "parquet": "application/vnd.apache.parquet", "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "txt": "text/csv",
    "tsv": "text/tab-separated-values", "jsonl": "application/jsonl", "ndjson": "application/jsonl",
    "duckdb": "application/vnd.duckdb", "db": "application/vnd.duckdb",
}  # fmt: skip
INTRODUCTION = """\
# Data dictionary

<!-- Generated from src/analysis/tables/models.py by: python -m analysis.tables.dictionary -->

A study is a folder with `study.toml` and the tables below, as CSV (also .gz), Parquet or Excel, each in one
file or in several, such as one per month. Every table but `places` is optional, and so is every column not
marked as required: leave it out, or leave cells empty.
`gongzhi check STUDY` holds a study against these rules, and against those that span columns and tables:
unique keys, references that exist, nothing that ends before it starts or lies in the future.

A column marked *pseudonym* identifies a person; it is replaced by a keyed hash when the study is opened.
"""


@dataclass(frozen=True)
class _File:
    """How one table is stored: its paths and fields as (their name, our name or None)."""

    paths: tuple[str, ...]
    fields: tuple[tuple[str, str | None], ...]
    config: TableConfig | None = None
    delimiter: str = ","
    encoding: str = "utf-8"


def datapackage(study: Study | None = None) -> dict:
    """Return the Data Package descriptor (version 2.0) of a study, or of the dictionary itself.

    Parameters
    ----------
    study : Study, optional
        One that came from a folder is described as its files stand there: their columns in their order,
        under their names. One made in memory: the tables that hold rows, as `<table>.csv` with every
        column. None: all tables of the dictionary.

    Returns
    -------
    dict
        Ready for JSON: one resource per table with a Table Schema (fields with type, description,
        constraints and unit, primaryKey, foreignKeys). `unit` and `person` are properties of our own.

    Raises
    ------
    StudyError
        A file of the study cannot be described, because it is missing, unreadable or outside the folder.

    Source: Data Package standard, https://datapackage.org/standard/data-package/.
    """
    if study is not None and study.path is not None:
        return _of_folder(read_config(study.path))
    tables = [table for table in schema.MODELS if study is None or study.has(table)]
    files = {t: _File((f"{t}.csv",), tuple((name, name) for name in schema.columns(t))) for t in tables}
    if study is None:
        return _package("gongzhi-study", "Tables of a Gongzhi study", files)
    return _package(slugs([study.name], blank="study")[study.name], study.name, files)


def write_datapackage(folder: str | Path) -> Path:
    """Write `folder`/datapackage.json for the study in `folder`, and return its path.

    Raises
    ------
    StudyError
        The folder is no study, or one of its files cannot be described.
    """
    descriptor = _of_folder(read_config(folder))
    path = Path(folder) / "datapackage.json"
    text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def dictionary_markdown() -> str:
    """Return the dictionary as a Markdown page: every table with its columns, types, units and rules."""
    types = [f"| {name} | {meaning} |" for name, meaning in TYPES.items()]
    parts = [INTRODUCTION, "\n".join(["| type | what stands in the cell |", "|---|---|", *types]) + "\n"]
    return "\n".join(parts + [_table_markdown(table) for table in schema.MODELS])


def _of_folder(config: StudyConfig) -> dict:
    stored = {table: entry for table, entry in config.tables.items() if entry.files}  # not on a server
    files = {table: _file(config, table) for table in schema.MODELS if table in stored}
    return _package(slugs([config.name], blank="study")[config.name], config.name, files)


def _package(name: str, title: str, files: dict[str, _File]) -> dict:
    resources = [_resource(table, file, files) for table, file in files.items()]
    return {"$schema": PROFILE, "name": name, "title": title, "resources": resources}


def _resource(table: str, file: _File, files: dict[str, _File]) -> dict:
    kind = file.paths[0].lower().removesuffix(".gz").rpartition(".")[2]
    path = file.paths[0] if len(file.paths) == 1 else list(file.paths)
    resource = {"name": table, "type": "table", "path": path, "title": table.capitalize(),
                "description": schema.MODELS[table].__doc__.strip(), "format": kind,
                "mediatype": MEDIA[kind]}  # fmt: skip
    if kind in ("csv", "tsv", "txt"):
        resource["encoding"] = file.encoding
        resource["dialect"] = {"delimiter": file.delimiter}
    return resource | {"schema": _schema(table, file, files)}


def _schema(table: str, file: _File, files: dict[str, _File]) -> dict:
    theirs = {ours: name for name, ours in file.fields if ours}
    found = {"fields": [_field(table, file, *pair) for pair in file.fields], "missingValues": [""]}
    key = schema.PRIMARY_KEYS.get(table, ())
    if key and set(key) <= set(theirs):
        found["primaryKey"] = [theirs[name] for name in key]
    links = []
    for name, column in schema.columns(table).items():
        if name not in theirs or not column.refers_to:
            continue
        other, target = column.refers_to.split(".")
        known = {ours: field for field, ours in files[other].fields if ours} if other in files else {}
        if target in known:
            itself = {} if other == table else {"resource": other}
            reference = itself | {"fields": [known[target]]}
            links.append({"fields": [theirs[name]], "reference": reference})
    return found | ({"foreignKeys": links} if links else {})


def _field(table: str, file: _File, theirs: str, ours: str | None) -> dict:
    if ours is None:
        return {"name": theirs, "type": "any", "description": "Not in the dictionary, not read"}
    column = schema.columns(table)[ours]
    kind = FIELD_TYPES[column.type]
    field = {"name": theirs, **kind, "description": column.description}
    if file.config and file.config.time_format and column.type in ("time", "date"):
        field["format"] = file.config.time_format
    if column.unit:
        field["unit"] = column.unit
    if column.person:
        field["person"] = True
    mapped = file.config.values.get(ours) if file.config else None
    constraints = ({"required": True} if column.required else {}) | kind.get("constraints", {})
    constraints |= {} if mapped else _constraints(table, ours)
    return field | {"constraints": constraints} if constraints else field


def _constraints(table: str, name: str) -> dict:
    """Return the rules of a column as Table Schema constraints; a rule it does not know is an error."""
    found: dict[str, object] = {}
    for check in vars(schema.MODELS[table])[name].checks:
        if check.name == "isin":
            found["enum"] = list(check.statistics["allowed_values"])
        else:
            constraint, statistic, _ = BOUNDS[check.name]
            found[constraint] = check.statistics[statistic]
    return found


def _file(config: StudyConfig, table: str) -> _File:
    entry = config.tables[table]
    try:
        opened = open_source(table, find_parts(table, entry)[0])
    except StudyError as error:
        raise StudyError(
            "A file of the study cannot be described.", where=entry.where, value=error.what,
            expected="a readable file that begins with the names of its columns",
            mend="gongzhi check names what is wrong with it.",
        ) from error  # fmt: skip
    names = [name for name in opened.header if name]
    ours = {name: column for column in schema.columns(table) for name in entry.their(column)}
    try:
        home = config.path.resolve()
        paths = tuple(path.resolve().relative_to(home).as_posix() for path in entry.files)
    except ValueError as error:
        raise StudyError(
            "A data package holds its files, but this one lies outside the study folder.",
            where=f"study.toml [tables.{table}] path", value=entry.where, expected="a path inside the folder",
            mend="Copy the file into the study folder and correct its path.",
        ) from error  # fmt: skip
    encoding = (opened.encoding or "utf-8").removesuffix("-sig")
    return _File(paths, tuple((n, ours.get(n)) for n in names), entry, opened.separator or ",", encoding)


def _table_markdown(table: str) -> str:
    key = schema.PRIMARY_KEYS.get(table)
    key_text = f" Key: {', '.join(f'`{name}`' for name in key)}." if key else ""
    lines = [
        f"## {table}",
        "",
        f"{schema.MODELS[table].__doc__.strip()}{key_text}",
        "",
        "| column | meaning | type | unit | required | rule or allowed values | refers to |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, column in schema.columns(table).items():
        refers = f"`{column.refers_to}`" if column.refers_to else ""
        lines.append(
            f"| `{name}` | {column.description} | {column.type} | {column.unit or ''} | "
            f"{'yes' if column.required else ''} | {_rule_text(column)} | {refers} |"
        )
    return "\n".join(lines) + "\n"


def _rule_text(column: schema.Column) -> str:
    rules = _constraints(column.table, column.name)
    words = [", ".join(f"`{value}`" for value in rules.pop("enum"))] if "enum" in rules else []
    said = {constraint: word for constraint, _, word in BOUNDS.values()}
    words += [f"{said[constraint]} {bound:g}" for constraint, bound in rules.items()]
    if column.default is not None:
        words.append(f"empty means `{column.default}`")
    if column.person:
        words.append("*pseudonym*")
    return "; ".join(words)


def main(page: Path = PAGE) -> int:
    """Write docs/data_dictionary.md; run it in the root of the repository."""
    if not page.parent.is_dir():
        print(f"There is no folder {page.parent}: run this in the root of the repository.", file=sys.stderr)
        return 2
    page.write_text(dictionary_markdown(), encoding="utf-8", newline="\n")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
