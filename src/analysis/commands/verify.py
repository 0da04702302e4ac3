"""gongzhi verify: make a run again and say what differs."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK, SOME_FAILED


def verify(options: argparse.Namespace) -> int:
    """Print what differs: 0 nothing, 1 something."""
    from analysis.reporting.provenance import verify as check

    found = check(options.run_folder, reports=options.reports)
    for cause in found.causes:
        print(f"changed since: {cause}")
    for difference in found.differences:
        print(f"differs: {difference}")
    made = f"{found.frames} frames" + (f" and {found.pages} pages" if options.reports else "")
    print(f"{len(found.differences):,} difference(s) in {made}" if found.differences else f"{made}: equal")
    return OK if found.equal else SOME_FAILED


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser(
        "verify", help="compute a run again and say what differs: exit code 0 equal, 1 differs, 2 cannot"
    )
    command.add_argument("run_folder", metavar="run", type=Path, help="folder of a run (--out of report)")
    command.add_argument("--reports", action="store_true", help="make the pages again and compare them too")
    command.set_defaults(run=verify)
