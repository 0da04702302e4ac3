"""gongzhi report: one report per district and an index."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from analysis.commands.common import OK, SOME_FAILED, listed, pair


def report(options: argparse.Namespace) -> int:
    """Make the reports of a study."""
    from analysis.reporting import report_study

    run = report_study(
        options.study,
        options.out,
        languages=listed(options.language),
        districts=listed(options.districts) or None,
        jobs=options.jobs,
        template=options.template,
        parameters=dict(pair(text) for text in options.parameter),
    )
    for failure in run.failures:
        print(failure, file=sys.stderr)
    print(run.index)
    return SOME_FAILED if run.failures else OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("report", help="make one report per district and an index")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("--out", type=Path, required=True, help="folder for the reports")
    command.add_argument("--language", default="en", help="en, zh or zh,en (default en)")
    command.add_argument("--districts", default="", help="identifiers, comma separated (default all)")
    command.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="reports made at once")
    command.add_argument("--template", type=Path, help="notebook in place of the project's own")
    command.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="parameter of the notebook"
    )
    command.set_defaults(run=report)
