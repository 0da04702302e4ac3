"""gongzhi check: every problem of a study and the account of its rows."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import BAD_INPUT, OK, print_account, tell


def check(options: argparse.Namespace) -> int:
    """Print every problem of a study and the account of its rows; write them where that is asked for."""
    from analysis.tables.account import account_by_file
    from analysis.tables.check import run_check
    from analysis.tables.problems import ERROR

    checked = run_check(options.study)
    study = checked.study()
    _print_problems(study.problems, options)
    if options.csv:
        _write_csv(study.problems, options.csv)
        beside = options.csv.with_name(f"{options.csv.stem}-account.csv")
        _write_csv(account_by_file(study), beside)
        print(f"All problems: {options.csv}\nThe account of all rows: {beside}\n")
    if options.html:
        from analysis.intake.page import write_page

        print(f"As a page: {write_page(study, options.html, options.language)}\n")
    if options.set_aside:
        from analysis.intake.aside import write_set_aside

        print(f"Rows set aside: {write_set_aside(checked, options.set_aside):,} in {options.set_aside}\n")
    print_account(study)
    if options.fix:
        return _fix(checked, options.fix)
    errors = int((study.problems["level"] == ERROR).sum())
    print(f"\n{errors:,} problem(s) to mend." if errors else "\nThe study can be used.")
    return BAD_INPUT if errors else OK


def _print_problems(problems, options: argparse.Namespace) -> None:
    from analysis.intake.groups import group_problems, places_text
    from analysis.tables.check import describe
    from analysis.tables.problems import ERROR, NOTE, SET_ASIDE

    titles = {ERROR: "To mend before the study can be used", SET_ASIDE: "Rows set aside", NOTE: "To know"}
    for level, title in titles.items():
        found = problems[problems["level"] == level]
        if not len(found):
            continue
        tell(f"{title} ({len(found):,})")
        if options.all:
            for problem in found.itertuples():
                tell(f"  {describe(problem)}")
            print()
            continue
        for group in group_problems(found).itertuples():
            where = f"{group.table}.{group.column}" if group.column else group.table
            times = f" ({group.count:,})" if group.count > 1 else ""
            tell(f"  {where}: {group.rule.replace('_', ' ')}{times}. {group.hint}")
            for value, count, places in group.values[: options.limit]:
                shown = [repr(value)] if value else []
                shown += [f"{count:,} times"] if count > 1 else []
                shown += [places_text(places, count, "row {rows}")] if places else []
                if shown:
                    tell(f"      {', '.join(shown)}")
            if len(group.values) > options.limit:
                left = len(group.values) - options.limit
                tell(f"      … and {left:,} more values (--all or --csv FILE shows them)")
            if group.suggestion:
                print("      in study.toml:")
                for line in group.suggestion.splitlines():
                    tell(f"        {line}")
        print()


def _write_csv(frame, path: Path) -> None:
    from analysis.files import harmless, replacing

    with replacing(path) as draft:
        frame.map(harmless).to_csv(draft, index=False, encoding="utf-8-sig")


def _fix(checked, out: Path) -> int:
    from analysis.intake.mend import RECORD, mend_study
    from analysis.tables import check_study
    from analysis.tables.problems import ERROR

    record = mend_study(checked, out)
    counts = record.groupby(["table", "column", "mend"], sort=False).size()
    print(f"\n{len(record):,} safe mend(s) in the copy {out}; {out / RECORD} names each.")
    for (table, column, mend), count in counts.items():
        print(f"  {table}{'.' if column else ''}{column}: {mend.replace('_', ' ')} {count:,}")
    errors = int((check_study(out).problems["level"] == ERROR).sum())
    print(f"{errors:,} problem(s) are left to mend in it." if errors else "The copy can be used.")
    return BAD_INPUT if errors else OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("check", help="name every problem of a study and account for every row")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument(
        "--limit", type=int, default=5, help="values shown of one kind of problem (default 5)"
    )
    command.add_argument("--all", action="store_true", help="show every problem in a line of its own")
    command.add_argument("--csv", type=Path, metavar="FILE", help="also write all problems to this file")
    command.add_argument("--html", type=Path, metavar="FILE", help="also write the check as a page")
    command.add_argument("--language", choices=("en", "zh"), default="en", help="of the page (default en)")
    command.add_argument(
        "--set-aside", type=Path, metavar="FILE", help="also write the rows set aside, .csv or .xlsx"
    )
    command.add_argument(
        "--fix", type=Path, metavar="OUT", help="write a copy with safe mends, and what was mended"
    )
    command.set_defaults(run=check)
