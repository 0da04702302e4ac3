"""The command `gongzhi`: check, simulate, import, indicators, effects, bench, report.

Exit codes: 0 all well, 1 some reports failed, 2 wrong usage or bad data, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from analysis import __version__
from analysis.errors import AnalysisError
from analysis.tables.sources import SOURCES, import_export

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
OK, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Chinese output on consoles with another encoding
            stream.reconfigure(errors="replace")
    for name in THREADS:  # matrices are small here: threads of linear algebra would wait for each other
        os.environ.setdefault(name, "1")
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if options.verbose else logging.WARNING, format="%(message)s")
    try:
        return options.run(options)
    except AnalysisError as error:
        print(f"gongzhi: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        print("gongzhi: interrupted; every file that was written is whole.", file=sys.stderr)
        return INTERRUPTED


def check(options: argparse.Namespace) -> int:
    """Print every problem of a study and the account of its rows."""
    from analysis.tables import check_study
    from analysis.tables.check import describe
    from analysis.tables.problems import ERROR, NOTE, SET_ASIDE

    study = check_study(options.study)
    problems = study.problems
    titles = {ERROR: "To mend before the study can be used", SET_ASIDE: "Rows set aside", NOTE: "To know"}
    for level, title in titles.items():
        found = problems[problems["level"] == level]
        if not len(found):
            continue
        print(f"{title} ({len(found):,})")
        for _, alike in found.groupby(["table", "column", "rule"], sort=False):
            shown = alike if options.all else alike.head(options.limit)
            for problem in shown.itertuples():
                print(f"  {describe(problem)}")
            if len(shown) < len(alike):
                print(f"  … and {len(alike) - len(shown):,} more like this (--all or --csv FILE shows them)")
        print()
    if options.csv:
        problems.to_csv(options.csv, index=False, encoding="utf-8-sig")
        print(f"All problems: {options.csv}\n")
    print(f"{'table':14}{'rows in':>12}{'kept':>12}{'set aside':>12}  reasons")
    for table, rows in study.accounting.groupby("table", sort=False):
        total = rows.iloc[0]
        if total["rows_in"]:
            reasons = ", ".join(f"{r.rule.replace('_', ' ')} {r.set_aside:,}" for r in rows[1:].itertuples())
            print(
                f"{table:14}{total['rows_in']:>12,}{total['kept']:>12,}{total['set_aside']:>12,}  {reasons}"
            )
    errors = int((problems["level"] == ERROR).sum())
    print(f"\n{errors:,} problem(s) to mend." if errors else "\nThe study can be used.")
    return BAD_INPUT if errors else OK


def simulate(options: argparse.Namespace) -> int:
    """Write a synthetic city with known truth."""
    from analysis.simulate import simulate_city, write_city

    city = simulate_city(options.districts, options.communities, options.months, options.seed)
    write_city(city, options.out)
    print(options.out)
    return OK


def import_(options: argparse.Namespace) -> int:
    """Turn the export of another platform into a study."""
    account = import_export(options.source, options.input, options.out)
    width = account["what"].str.len().max() + 2
    print(f"{'':{width}}{'came in':>12}{'went out':>12}")
    for row in account.itertuples():
        print(f"{row.what:{width}}{row.rows_in:>12,}{row.rows_out:>12,}  {row.note}".rstrip())
    print(options.out)
    return OK


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
    names = _listed(options.names) or None
    run = run_indicators(
        options.study, options.out, names=names, jobs=options.jobs, scheduler=options.scheduler
    )
    print(f"{run.rows:,} rows; {run.computed:,} periods computed, {run.reused:,} taken from the last run")
    print(run.out)
    return OK


def effects(options: argparse.Namespace) -> int:
    """Estimate what one reform did to one outcome, from every side."""
    from analysis.reporting.effect_study import study_effect
    from analysis.tables import open_study

    paths = study_effect(
        open_study(options.study), options.out, outcome=options.outcome, reform=options.reform,
        estimator=options.estimator, languages=_listed(options.language), seed=options.seed,
    )  # fmt: skip
    print((options.out / "sentence.txt").read_text(encoding="utf-8"), end="")
    for path in paths:
        print(path)
    return OK


def bench(options: argparse.Namespace) -> int:
    """Measure side by side and print one JSON object last."""
    if options.what == "effects":
        from analysis.effects.bench import main as measure_effects

        measure_effects()
        return OK
    from analysis.networks.bench import main as measure

    measure(options.events)
    return OK


def report(options: argparse.Namespace) -> int:
    """Make the reports of a study."""
    from analysis.reporting import report_study

    run = report_study(
        options.study,
        options.out,
        languages=_listed(options.language),
        districts=_listed(options.districts) or None,
        jobs=options.jobs,
        template=options.template,
        parameters=dict(_pair(text) for text in options.parameter),
    )
    for failure in run.failures:
        print(failure, file=sys.stderr)
    print(run.index)
    return SOME_FAILED if run.failures else OK


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise AnalysisError(
            "A parameter has no value.", where="--parameter", value=text, expected="NAME=VALUE",
            mend="Write for example: --parameter first_period=2021-01",
        )  # fmt: skip
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gongzhi", description="Measure grassroots governance from the logs of communities."
    )
    parser.add_argument("--version", action="version", version=f"gongzhi {__version__}")
    parser.add_argument("--verbose", action="store_true", help="say what is being done")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("check", help="name every problem of a study and account for every row")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("--limit", type=int, default=20, help="problems shown of one kind (default 20)")
    command.add_argument("--all", action="store_true", help="show every problem")
    command.add_argument("--csv", type=Path, help="also write all problems to this file")
    command.set_defaults(run=check)

    command = commands.add_parser("simulate", help="write a synthetic city with known truth")
    command.add_argument("out", type=Path, help="folder to write")
    command.add_argument("--districts", type=int, default=8)
    command.add_argument("--communities", type=int, default=20, help="communities per district")
    command.add_argument("--months", type=int, default=36)
    command.add_argument("--seed", type=int, default=7)
    command.set_defaults(run=simulate)

    command = commands.add_parser("import", help="turn the export of another platform into a study")
    command.add_argument("source", choices=SOURCES)
    command.add_argument("input", type=Path, help="folder with the export")
    command.add_argument("out", type=Path, help="study folder to write")
    command.set_defaults(run=import_)

    command = commands.add_parser("indicators", help="compute the network indicators of every place")
    command.add_argument("study", type=Path, nargs="?", help="study folder")
    command.add_argument("--out", type=Path, help="file to write, .parquet or .csv")
    command.add_argument("--names", default="", help="indicators, comma separated (default all)")
    command.add_argument("--jobs", type=int, default=1, help="districts computed at once")
    command.add_argument("--scheduler", help="address of a Dask scheduler, tcp://host:port")
    command.add_argument("--list", action="store_true", help="list the indicators with formula and source")
    command.set_defaults(run=indicators)

    command = commands.add_parser("effects", help="what one reform did to one outcome, from every side")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("--outcome", required=True, help="a measure of the outcomes, or of the panel")
    command.add_argument("--reform", required=True, help="as in the reforms table")
    command.add_argument("--estimator", default="att_gt", help="of the headline (default att_gt)")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--language", default="en,zh", help="en, zh or en,zh (default)")
    command.add_argument("--seed", type=int, default=0, help="of permutations and draws (default 0)")
    command.set_defaults(run=effects)

    command = commands.add_parser("bench", help="measure side by side; prints one JSON object last")
    command.add_argument("what", choices=["networks", "effects"])
    command.add_argument(
        "--events", type=int, default=1_000_000, help="acts in the log, for networks (default 1,000,000)"
    )
    command.set_defaults(run=bench)

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
    return parser


if __name__ == "__main__":
    sys.exit(main())
