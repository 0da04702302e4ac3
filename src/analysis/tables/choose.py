"""Which columns of a source are read: those that the dictionary knows, in every file of a table the same."""

from __future__ import annotations

import difflib
from collections import Counter

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.limits import check_columns
from analysis.tables.table_config import LINES, TableConfig


def choose_alike(
    table: str, sources: list[tuple[TableConfig, list[str]]]
) -> tuple[list[dict[str, list[int]]], tuple[str, ...]]:
    """Return, for each file of a table with its header, our name -> positions of the columns to read.

    Returns
    -------
    (chosen, unused)
        unused: names of columns that are in some file and not read.

    Raises
    ------
    StudyError
        A column is not there or stands there twice, or a file lacks one that another of the table has.
    """
    found = [choose(table, config, header) for config, header in sources]
    owner = {name: config for (config, _), (chosen, _) in zip(sources, found, strict=True) for name in chosen}
    for (config, header), (chosen, _) in zip(sources, found, strict=True):
        free = {*config.constants, *config.may_lack}
        lacking = [name for name in owner if name not in chosen and name not in free]
        if lacking and not config.path.name.lower().endswith(LINES):  # records leave out what they lack
            raise _differs(table, config, header, lacking[0], owner[lacking[0]])
    return [chosen for chosen, _ in found], tuple(dict.fromkeys(n for _, unused in found for n in unused))


def choose(
    table: str, config: TableConfig, header: list[str]
) -> tuple[dict[str, list[int]], tuple[str, ...]]:
    """Return our name -> positions of the columns to read, and the names not used.

    Raises
    ------
    StudyError
        A required or mapped column is not there, or stands there twice.
    """
    check_columns(table, config.where, len(header))
    doubled = {name for name, times in Counter(header).items() if times > 1}
    chosen: dict[str, list[int]] = {}
    for ours, column in schema.columns(table).items():
        theirs = config.their(ours)
        lacking = [name for name in theirs if name not in header or name in doubled]
        if not lacking:
            chosen[ours] = [header.index(name) for name in theirs]
        elif (
            ours in config.columns
            or any(name in doubled for name in lacking)
            or (column.required and ours not in config.constants)
        ):
            if ours in config.may_lack and lacking[0] not in doubled:
                continue
            raise _lacks(table, config, header, column, lacking[0], again=lacking[0] in doubled)
    single = [places[0] for places in chosen.values() if len(places) == 1]
    if len(single) > len(set(single)):
        raise StudyError(
            f"Two columns of the table {table!r} are taken from the same column.",
            where=f"study.toml [tables.{table}] columns", value=config.columns,
            expected="a column of its own for each",
            mend="Map each column once; use constants for fixed values.",
        )  # fmt: skip
    used = {n for places in chosen.values() for n in places}
    return chosen, tuple(name for n, name in enumerate(header) if n not in used and name)


def _lacks(table: str, config: TableConfig, header: list[str], column, name: str, *, again: bool):
    near = difflib.get_close_matches(name, header, n=1)
    return StudyError(
        f"The table {table!r} has the column {name!r} more than once."
        if again
        else f"The table {table!r} lacks the column {name!r}.",
        where=f"{config.where}, header",
        value=", ".join(header),
        expected=f"one column {name!r} ({column.description.lower()})",
        mend=(f"Did you mean {near[0]!r}? " if near else "")
        + f'Say how it is called: [tables.{table}] columns = {{ {column.name} = "their name" }}',
    )


def _differs(table: str, config: TableConfig, header: list[str], ours: str, other: TableConfig) -> StudyError:
    name = next(name for name in config.their(ours) if name not in header)
    near = difflib.get_close_matches(name, header, n=1)
    return StudyError(
        f"A file of the table {table!r} lacks the column {name!r}, which others of its files have.",
        where=f"{config.where}, header",
        value=", ".join(header),
        expected=f"a column {name!r} as in {other.label}",
        mend=(f"Is it {near[0]!r}? Then rename it in this file. " if near else "")
        + f'Add the column, or say that it may be missing: [tables.{table}] may_lack = ["{ours}"]',
    )
