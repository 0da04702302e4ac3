"""Reading and checking a study: every table, every rule, all problems at once, every row accounted for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.errors import StudyError, shorten
from analysis.tables import rules, schema
from analysis.tables.checking import Check
from analysis.tables.config import read_config
from analysis.tables.problems import ERROR
from analysis.tables.study import Study


def open_study(path: str | Path) -> Study:
    """Open a study folder: read, check, set bad rows aside, make people pseudonymous.

    Parameters
    ----------
    path : path
        A folder with study.toml and tables, or tables under their own names (places.csv, ...).

    Returns
    -------
    Study
        With `problems` (what was found) and `accounting` (rows in = kept + set aside, by rule).

    Raises
    ------
    StudyError
        Something must be mended before the study can be used; every such problem is named.
    """
    study = check_study(path)
    refuse(study.problems, path)
    return study


def refuse(problems: pd.DataFrame, path: str | Path) -> None:
    """Raise StudyError if one of the problems found has to be mended before the study can be used."""
    errors = problems[problems["level"] == ERROR]
    if len(errors):
        lines = [describe(problem) for problem in errors.head(5).itertuples()]
        more = f"\n  … and {len(errors) - 5:,} more" if len(errors) > 5 else ""
        raise StudyError(
            f"The study cannot be used yet: {len(errors):,} problem(s) must be mended.\n  "
            + "\n  ".join(lines) + more,
            where=str(path), mend=f"gongzhi check {path}  names every problem and its mend.",
        )  # fmt: skip


def check_study(path: str | Path, *, now: pd.Timestamp | None = None) -> Study:
    """Read and check a study folder, and return it with its problems even where it cannot be used.

    Parameters
    ----------
    path : path
        The study folder.
    now : Timestamp, optional
        What counts as the present for "in the future"; default: the clock, plus one day for time zones.

    Returns
    -------
    Study
        Its `problems` (table, file, column, row, value, rule, level, hint) name everything found, and its
        `accounting` every row set aside. One with problems of level "error" is only to be looked at.
    """
    return run_check(path, now=now).study()


def run_check(path: str | Path, *, now: pd.Timestamp | None = None) -> Check:
    """Read and check a study folder as `check_study` does; return the check, with the fate of every row."""
    check = Check(read_config(path))
    for table in schema.MODELS:
        check.read(table)
    for rule in rules.RULES:
        rule(check)
    rules.check_times(check, now or pd.Timestamp.now() + pd.Timedelta(days=1))
    rules.note_limits(check)
    return check


def describe(problem) -> str:
    """Return one problem as a line: table.column, row, value, rule and hint."""
    where = f"{problem.table}.{problem.column}" if problem.column else problem.table
    file = f" {problem.file}" if problem.file else ""
    row = "" if pd.isna(problem.row) else f" row {problem.row:,}"
    value = f" value {shorten(problem.value, 60)!r}" if problem.value else ""
    return f"{where}{file}{row}{value}: {problem.rule.replace('_', ' ')}. {problem.hint}"
