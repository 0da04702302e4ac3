"""gongzhi trace: where a table or figure of a report comes from."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK


def trace(options: argparse.Namespace) -> int:
    """Print calls, measures, frames, parameters, input hashes and versions."""
    from analysis.reporting.provenance import trace as find

    print("\n\n".join(str(source) for source in find(options.report, options.what)))
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("trace", help="say where a table or figure of a report comes from")
    command.add_argument("report", type=Path, help="an HTML report; of a PDF or Word file the HTML beside it")
    command.add_argument("what", help='as in the caption, for example "Table 3.1" or "图4.2"')
    command.set_defaults(run=trace)
