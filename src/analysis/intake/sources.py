"""The tables that lie in files and folders: one per file, sheet or table of a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.errors import AnalysisError, StudyError
from analysis.intake.catalogue import is_known
from analysis.tables.clean import tidy
from analysis.tables.patterns import natural
from analysis.tables.read import open_source
from analysis.tables.table_config import DUCKDB, EXCEL, SUFFIXES, TableConfig

WHY = {"kind": "a kind of file that cannot be read", "no_rows": "no header with rows under it"}
LOOKED_AT = 200_000  # rows of a table that are looked at


@dataclass(eq=False)
class Source:
    """A table that was found.

    Attributes
    ----------
    config : TableConfig
        Where it stands.
    label : str
        Name of its file, and of its sheet where the file has several.
    frame : DataFrame
        Its first rows as text, columns under their own names.
    header_rows : tuple of int
    sheets : tuple of str
        All sheets with cells of the workbook that it stands in.
    parts : tuple of Source
        The files or sheets that were put together, where it is several.
    """

    config: TableConfig
    label: str
    frame: pd.DataFrame
    header_rows: tuple[int, ...] = ()
    encoding: str | None = None
    doubled: tuple[str, ...] = ()
    sheets: tuple[str, ...] = ()
    parts: tuple[Source, ...] = ()
    distinct: dict[str, pd.Series] = field(default_factory=dict)
    shares: dict[tuple, float] = field(default_factory=dict)

    @property
    def files(self) -> list[Path]:
        """Every file that it stands in."""
        return list(dict.fromkeys(part.config.path for part in self.parts or (self,)))

    def values(self, column: str) -> pd.Series:
        """Return the distinct values of a column that are not empty."""
        if column not in self.distinct:
            text = self.frame[column]
            self.distinct[column] = text[text != ""].drop_duplicates()
        return self.distinct[column]


def find_sources(paths: Iterable[str | Path]) -> tuple[list[Source], list[tuple[str, str]]]:
    """Return the tables in these files and folders, and what could not be read as (name, why).

    Among the tables are those without rows: they may be a month in which nothing happened.

    Raises
    ------
    StudyError
        A path does not exist, or no file is among them.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise StudyError(
                "There is no such file.", where=str(path), expected="a file, or a folder of files",
                mend="Check the path.",
            )  # fmt: skip
        files += _listed(path) if path.is_dir() else [path]
    files = [f for f in dict.fromkeys(files) if not f.name.startswith((".", "~$")) and f.suffix != ".toml"]
    sources, refused = [], []
    for file in files:
        if not file.name.lower().endswith(SUFFIXES):
            refused.append((file.name, "kind"))
            continue
        found = _tables_in(file, refused)
        for config, label in found:
            try:
                source = _look(config, label)
            except AnalysisError as error:
                refused.append((label, error.what))
                continue
            if source is None:
                refused.append((label, "no_rows"))
            else:
                source.sheets = tuple(c.sheet for c, _ in found if isinstance(c.sheet, str))
                sources.append(source)
    if not any(len(source.frame) for source in sources):
        refused += [(source.label, "no_rows") for source in sources]
        raise StudyError(
            "No table was found.", where=", ".join(str(p) for p in paths) or "the files given",
            value="; ".join(f"{name}: {WHY.get(why, why)}" for name, why in refused[:3]) or None,
            expected="files ending in " + ", ".join(SUFFIXES),
            mend="Give the files that the platform exported.",
        )  # fmt: skip
    _tell_apart(sources)
    return sources, refused


def _listed(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(found, key=lambda path: list(map(natural, path.relative_to(folder).parts)))


def _tell_apart(sources: list[Source]) -> None:
    """Give files of the same name in several folders labels that say the folder."""
    names = Counter(source.label for source in sources)
    for source in sources:
        if names[source.label] > 1:
            source.label = f"{source.config.path.resolve().parent.name}/{source.label}"


def _tables_in(file: Path, refused: list) -> list[tuple[TableConfig, str]]:
    name = file.name.lower()
    try:
        if name.endswith(EXCEL):
            from analysis.tables.formats import excel

            if excel.is_workbook(TableConfig(file)):
                sheets = excel.sheets(file)
                several = len(sheets) > 1
                return [
                    (TableConfig(file, sheet=s), f"{file.name} · {s}" if several else file.name)
                    for s in sheets
                ]
        if name.endswith(DUCKDB):
            from analysis.tables.formats import duck

            return [(TableConfig(file, table=t), f"{file.name} · {t}") for t in duck.tables(file)]
    except AnalysisError as error:
        refused.append((file.name, error.what))
        return []
    except Exception as error:  # calamine's errors share no base class
        refused.append((file.name, str(error)))
        return []
    return [(TableConfig(file), file.name)]


def _look(config: TableConfig, label: str) -> Source | None:
    opened = open_source(label, config, is_known)
    names = opened.header
    doubled = {name for name in names if names.count(name) > 1}
    places = [n for n, name in enumerate(names) if name and name not in doubled]
    if not places:
        return None
    frame = opened.read(places, LOOKED_AT).frame
    frame = pd.DataFrame({names[n]: tidy(frame[n]) for n in places})
    if len(places) == 1 and not is_known(names[places[0]]):
        return None
    rows = opened.header_rows if opened.header_rows not in ((), (1,)) else ()
    return Source(config, label, frame, rows, opened.encoding, tuple(sorted(doubled)))
