"""gongzhi indicators: the network indicators of every place."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK, listed
from analysis.errors import AnalysisError


def indicators(options: argparse.Namespace) -> int:
    """Compute the network indicators of a study, or list what there is."""
    from analysis.networks import describe_indicators, run_indicators

    if options.list:
        columns = ["family", "name", "formula", "source"]
        for family, rows in describe_indicators()[columns].groupby("family", sort=False):
            print(family)
            for row in rows.itertuples():
                print(f"  {row.name}\n      {row.formula}\n      {row.source}")
        return OK
    if options.study is None or options.out is None:
        raise AnalysisError(
            "No study or no file to write was named.", where="gongzhi indicators",
            expected="STUDY --out FILE", mend="gongzhi indicators STUDY --out indicators.parquet",
        )  # fmt: skip
    names = listed(options.names) or None
    run = run_indicators(
        options.study, options.out, names=names, jobs=options.jobs, scheduler=options.scheduler
    )
    print(f"{run.rows:,} rows; {run.computed:,} periods computed, {run.reused:,} taken from the last run")
    print(run.out)
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("indicators", help="compute the network indicators of every place")
    command.add_argument("study", type=Path, nargs="?", help="study folder")
    command.add_argument("--out", type=Path, help="file to write, .parquet or .csv")
    command.add_argument("--names", default="", help="indicators, comma separated (default all)")
    command.add_argument("--jobs", type=int, default=1, help="districts computed at once")
    command.add_argument("--scheduler", help="address of a Dask scheduler, tcp://host:port")
    command.add_argument("--list", action="store_true", help="list the indicators with formula and source")
    command.set_defaults(run=indicators)
