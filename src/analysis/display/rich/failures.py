"""Errors that can be mended, told in a few lines; every other error keeps its traceback."""

from __future__ import annotations

import sys
import traceback

from analysis.display.rich.language import words
from analysis.errors import shorten

RED, BOLD, DIM, PLAIN = "\x1b[31m", "\x1b[1m", "\x1b[2m", "\x1b[0m"


def tell(shell, kind: type, error: BaseException, trace, tb_offset: int | None = None) -> list[str]:
    """Tell an AnalysisError without its traceback; the cell has failed all the same.

    The way IPython's `set_custom_exc` asks for: the lines shown are returned. `%tb` still shows everything.
    """
    lines = message(kind, error, trace)
    sys.last_type, sys.last_value, sys.last_traceback = kind, error, trace  # what %tb looks at
    sys.last_exc = error
    shell._showtraceback(kind, error, lines)
    return lines


def message(kind: type[BaseException], error: BaseException, trace=None) -> list[str]:
    """Return what is told: the problem, then where, value, expected, mend, and the line of the cell."""
    first, *rest = str(error).splitlines()
    lines = [f"{RED}{BOLD}{kind.__name__}:{PLAIN} {first}", *rest]
    found = cell_line(trace)
    if found:
        text = words()
        lines.append(
            f"{DIM}  {text('rich.trace', line=found[0], code=found[1])}  {text('rich.whole_trace')}{PLAIN}"
        )
    return lines


def cell_line(trace) -> tuple[int, str] | None:
    """Return number and text of the line of the cell from which an error came."""
    frames = [
        frame
        for frame in traceback.extract_tb(trace)
        if "ipykernel_" in frame.filename or "<ipython-input" in frame.filename
    ]
    return (frames[0].lineno, shorten(frames[0].line or "", 70)) if frames else None
