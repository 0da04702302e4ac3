"""gongzhi import: the export of another platform becomes a study."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK
from analysis.tables.sources import SOURCES, import_export


def import_(options: argparse.Namespace) -> int:
    """Turn the export of another platform into a study."""
    account = import_export(options.source, options.input, options.out)
    width = account["what"].str.len().max() + 2
    print(f"{'':{width}}{'came in':>12}{'went out':>12}")
    for row in account.itertuples():
        print(f"{row.what:{width}}{row.rows_in:>12,}{row.rows_out:>12,}  {row.note}".rstrip())
    print(options.out)
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("import", help="turn the export of another platform into a study")
    command.add_argument("source", choices=SOURCES)
    command.add_argument("input", type=Path, help="folder with the export")
    command.add_argument("out", type=Path, help="study folder to write")
    command.set_defaults(run=import_)
