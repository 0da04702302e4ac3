"""gongzhi replicate: a package with which others can make every table and figure again."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from analysis.commands.common import OK

WARNING = (
    "gongzhi: --with-data puts the study's own files into the package, with rows about people under their\n"
    "  original identifiers. Hand it to a restricted archive only, never to the open web."
)


def replicate(options: argparse.Namespace) -> int:
    """Write a replication package and prove that it runs."""
    from analysis.publishing import replicate as write

    if options.with_data:
        print(WARNING, file=sys.stderr)
    data = "whole" if options.with_data else "none" if options.no_data else "protected"
    out = write(
        options.study,
        options.out,
        data=data,
        report=options.report,
        language=options.language,
        seed=options.seed,
    )
    print((out / "logs" / "proof.log").read_text(encoding="utf-8").strip(), file=sys.stderr)
    print(out / "README.md")
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("replicate", help="write a replication package, and prove that it runs")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("out", type=Path, help="folder to write: a new one, or an earlier package")
    command.add_argument(
        "--report", type=Path, metavar="RUN", help="also say what the tables of this run rest on"
    )
    which = command.add_mutually_exclusive_group()
    which.add_argument("--no-data", action="store_true", help="without any data, only their checksums")
    which.add_argument(
        "--with-data", action="store_true",
        help="with the study's own files, which hold people: for restricted archives only",
    )  # fmt: skip
    command.add_argument("--language", default="en", help="of tables and figures: en (default) or zh")
    command.add_argument("--seed", type=int, default=0, help="of every draw (default 0)")
    command.set_defaults(run=replicate)
