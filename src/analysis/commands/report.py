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
    from analysis.reporting.running.supervise import Limits

    run = report_study(
        options.study,
        options.out,
        languages=listed(options.language),
        districts=listed(options.districts) or None,
        jobs=options.jobs,
        template=options.template,
        parameters=dict(pair(text) for text in options.parameter),
        formats=listed(options.format),
        engine=options.engine,
        resume=options.resume,
        remake_moved=options.remake_moved,
        limits=Limits(options.timeout, options.memory, options.retries, options.max_failures),
        log_json=options.log_json,
        scheduler=options.scheduler,
        city_report=not options.districts and not options.template,
    )
    for failure in run.failures:
        print(failure, file=sys.stderr)
    for line in _account(run):
        print(line, file=sys.stderr)
    print(run.index)
    return OK if set(run.counts) <= {"made", "reused"} else SOME_FAILED


def _account(run) -> list[str]:
    lines = [
        ", ".join(f"{count:,} {status.replace('_', ' ')}" for status, count in sorted(run.counts.items()))
    ]
    if run.moved:
        kept = sum(outcome["moved"] for outcome in run.outcomes)
        names = "; ".join(run.moved[:3]) + (
            f"; and {len(run.moved) - 3:,} more" if len(run.moved) > 3 else ""
        )
        lines.append(
            f"{kept:,} reports were kept though numbers shared by all districts have moved ({names}).\n"
            "  make them again: add --remake-moved"
        )
    return lines


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("report", help="make one report per district and an index")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("--out", type=Path, required=True, help="folder for the reports")
    command.add_argument("--language", default="en", help="en, zh or zh,en (default en)")
    command.add_argument("--districts", default="", help="identifiers, comma separated (default all)")
    command.add_argument("--format", default="html", help="html, and besides it pdf, docx (default html)")
    command.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), help="reports made at once")
    command.add_argument("--template", type=Path, help="notebook in place of the project's own")
    command.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", help="parameter of the notebook"
    )
    command.add_argument("--resume", action="store_true", help="keep what is there and still true")
    command.add_argument(
        "--remake-moved", action="store_true",
        help="with --resume: make again also where only numbers for all districts have moved",
    )  # fmt: skip
    command.add_argument("--timeout", type=float, metavar="SECONDS", help="end a report that takes longer")
    command.add_argument("--memory", type=float, metavar="MB", help="end a report that holds more")
    command.add_argument(
        "--retries", type=int, default=0, metavar="N", help="try a failed report N times more"
    )
    command.add_argument("--max-failures", type=int, metavar="N", help="start no more after N failures")
    command.add_argument(
        "--log-json", type=Path, metavar="FILE", help="events as they happen, a JSON line each"
    )
    command.add_argument("--scheduler", help="address of a Dask scheduler, tcp://host:port")
    command.add_argument(
        "--engine", choices=("auto", "gongzhi", "stock"), default="auto",
        help="fork each report from a warmed process, or stock papermill (default: fork where that is safe)",
    )  # fmt: skip
    command.set_defaults(run=report)
