"""gongzhi split: check a study whose log is larger than memory, and lay it out district by district."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK, print_account


def split(options: argparse.Namespace) -> int:
    """Split a study and print the account of its rows."""
    from analysis.large import split_log

    done = split_log(options.study, options.out, memory=options.memory, threads=options.threads)
    print_account(done, wide=14)
    print(f"\n{len(done.districts):,} districts in {options.out}")
    print(f"Every problem with its row: {options.out / 'whole' / 'problems.parquet'}")
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("split", help="check a log larger than memory and lay it out by district")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("out", type=Path, help="folder to write; an older split there is replaced")
    command.add_argument("--memory", default="1GB", help="what sorting may take (default 1GB)")
    command.add_argument("--threads", type=int, default=2, help="threads of the sorting (default 2)")
    command.set_defaults(run=split)
