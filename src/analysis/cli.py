"""The command `gongzhi`; its commands are the modules of analysis.commands.

Exit codes: 0 all well, 1 some reports failed, 2 wrong usage or bad data, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from pathlib import Path

from analysis import __version__
from analysis.commands import (
    bench,
    case,
    change,
    check,
    effects,
    export,
    import_,
    indicators,
    init,
    lab,
    privacy,
    replicate,
    report,
    simulate,
    split,
    trace,
    verify,
)
from analysis.commands.common import BAD_INPUT, INTERRUPTED, OK
from analysis.errors import AnalysisError
from analysis.files import describe_trouble

COMMANDS = (
    init, check, split, simulate, import_, indicators, effects, bench, report, change, trace, verify,
    replicate, case, lab, export, privacy,
)  # fmt: skip
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Chinese output on consoles with another encoding
            stream.reconfigure(errors="replace")
    for name in THREADS:  # matrices are small here: threads of linear algebra would wait for each other
        os.environ.setdefault(name, "1")
    options = _parser().parse_args(arguments)
    _log(options.verbose)
    if options.also_read:
        from analysis.tables.limits import also_read

        also_read(options.also_read)
    try:
        return options.run(options)
    except AnalysisError as error:
        print(f"gongzhi: {_masked(str(error))}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # the reader of our output went away
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        logging.getLogger(__name__).info("", exc_info=True)  # with --verbose: where it happened
        print(f"gongzhi: {describe_trouble(error)}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("gongzhi: interrupted; every file that was written is whole.", file=sys.stderr)
        return INTERRUPTED


def _log(verbose: bool) -> None:
    """Log to stderr, unless whoever calls us logs already."""
    if not logging.getLogger().handlers:
        logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s")
        logging.getLogger().handlers[0].addFilter(_Masking())


def _masked(text: str) -> str:
    from analysis.privacy.identifiers import mask

    return "\n".join(mask(line) for line in text.splitlines())


class _Masking(logging.Filter):
    """The last line of defence: no message, whatever it is about, tells who somebody is."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _masked(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = _masked(logging.Formatter().formatException(record.exc_info))
        return True


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gongzhi", description="Measure grassroots governance from the logs of communities."
    )
    parser.add_argument("--version", action="version", version=f"gongzhi {__version__}")
    parser.add_argument("--verbose", action="store_true", help="say what is being done")
    parser.add_argument(
        "--also-read", type=Path, action="append", metavar="FOLDER",
        help="let studies name files in this folder, too, not only in their own (may be given several times)",
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
