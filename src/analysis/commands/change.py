"""gongzhi change: what moved between two runs, and whether by more than noise."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK, listed


def change(options: argparse.Namespace) -> int:
    """Write the report on what changed from one run to another."""
    from analysis.reporting.comparing.write import write_change_report

    for path in write_change_report(
        options.old, options.new, options.out, languages=listed(options.language)
    ):
        print(path)
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("change", help="what moved between two runs, and whether beyond noise")
    command.add_argument("old", type=Path, help="folder of the earlier run (given to --out)")
    command.add_argument("new", type=Path, help="folder of the later run")
    command.add_argument("--out", type=Path, required=True, help="folder for change.<language>.html")
    command.add_argument("--language", default="en", help="en, zh or zh,en (default en)")
    command.set_defaults(run=change)
