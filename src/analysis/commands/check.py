"""gongzhi check: every problem of a study and the account of its rows."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import BAD_INPUT, OK


def check(options: argparse.Namespace) -> int:
    """Print every problem of a study and the account of its rows."""
    from analysis.tables import check_study
    from analysis.tables.check import describe
    from analysis.tables.problems import ERROR, NOTE, SET_ASIDE

    study = check_study(options.study)
    problems = study.problems
    titles = {ERROR: "To mend before the study can be used", SET_ASIDE: "Rows set aside", NOTE: "To know"}
    for level, title in titles.items():
        found = problems[problems["level"] == level]
        if not len(found):
            continue
        print(f"{title} ({len(found):,})")
        for _, alike in found.groupby(["table", "column", "rule"], sort=False):
            shown = alike if options.all else alike.head(options.limit)
            for problem in shown.itertuples():
                print(f"  {describe(problem)}")
            if len(shown) < len(alike):
                print(f"  … and {len(alike) - len(shown):,} more like this (--all or --csv FILE shows them)")
        print()
    if options.csv:
        problems.to_csv(options.csv, index=False, encoding="utf-8-sig")
        print(f"All problems: {options.csv}\n")
    print(f"{'table':14}{'rows in':>12}{'kept':>12}{'set aside':>12}  reasons")
    for table, rows in study.accounting.groupby("table", sort=False):
        total = rows.iloc[0]
        if total["rows_in"]:
            reasons = ", ".join(f"{r.rule.replace('_', ' ')} {r.set_aside:,}" for r in rows[1:].itertuples())
            print(
                f"{table:14}{total['rows_in']:>12,}{total['kept']:>12,}{total['set_aside']:>12,}  {reasons}"
            )
    errors = int((problems["level"] == ERROR).sum())
    print(f"\n{errors:,} problem(s) to mend." if errors else "\nThe study can be used.")
    return BAD_INPUT if errors else OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("check", help="name every problem of a study and account for every row")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("--limit", type=int, default=20, help="problems shown of one kind (default 20)")
    command.add_argument("--all", action="store_true", help="show every problem")
    command.add_argument("--csv", type=Path, help="also write all problems to this file")
    command.set_defaults(run=check)
