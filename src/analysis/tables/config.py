"""study.toml: what a study is called and where each of its tables is to be found."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.limits import inside, small_text
from analysis.tables.periods import FREQUENCIES
from analysis.tables.table_config import TableConfig, check_keys, check_zone, read_table, section

OWN_NAME = (".csv", ".csv.gz", ".parquet", ".xlsx", ".xls", ".jsonl")  # <table>.<suffix> needs no study.toml
STUDY_KEYS = ("name", "name_zh", "period", "time_zone", "from", "until", "max_set_aside", "key_file")
SPLIT = "split.json"  # the header of a study that `gongzhi split` wrote


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
    check_keys(content, ("study", "tables"), file, "section")
    study = section(content, "study", file)
    check_keys(study, STUDY_KEYS, file, "key in [study]")
    tables = {
        name: read_table(folder, file, name, entry)
        for name, entry in section(content, "tables", file).items()
    }
    for name in schema.MODELS:
        found = [folder / f"{name}{suffix}" for suffix in OWN_NAME if (folder / f"{name}{suffix}").exists()]
        if name not in tables and len(found) > 1:
            raise StudyError(
                f"There are several files for the table {name!r}.",
                where=str(folder),
                value=", ".join(f.name for f in found),
                expected="one file per table, or a path that names several",
                mend=f'Name the right one in study.toml: [tables.{name}] path = "{found[0].name}"',
            )
        if name not in tables and found:
            path = inside(folder, found[0], str(found[0]))
            tables[name] = TableConfig(path, label=path.name)
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
    check_zone(study.get("time_zone"), f"{file} [study] time_zone")
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
