"""The process in which one submission runs: it gives up its rights, runs the cells, and tells the answers.

Started as `python -P -m analysis.teaching.grading.child HOME` by `attempt`; nothing it says is trusted.
"""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

SHORT = 300  # characters of a message


class Nowhere(io.TextIOBase):
    """A stream that keeps nothing."""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return len(text)


def main(home: Path) -> None:
    """Run the cells in HOME/cells.json; write a line of JSON before and after each."""
    from analysis.teaching.grading.sandbox import Limits, enter

    job = json.loads((home / "cells.json").read_text(encoding="utf-8"))
    speak = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    sys.stdout = sys.stderr = Nowhere()
    means = enter(home, [Path(path) for path in job["readable"]], Limits(**job["limits"]))
    _say(speak, isolation=means)
    os.chdir(home / "work")
    sys.path.insert(0, str(home / "work"))
    shell = _shell()
    told: dict[str, object] = {}
    for number, source in job["cells"]:
        _say(speak, start=number)
        result = shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        answers = {name: _portable(shell.user_ns[name]) for name in job["names"] if name in shell.user_ns}
        new = {name: value for name, value in answers.items() if told.get(name) != value}
        told.update(new)
        words = None if error is None else f"{type(error).__name__}: {error}".splitlines()[0][:SHORT]
        _say(speak, end=number, answers=new, error=words)
    _say(speak, done=True)


def _shell():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return InteractiveShell.instance(config=config)


def _portable(value: object) -> dict:
    """Return an answer in a form that JSON holds: a number, a text, numbers by name, names; or its kind."""
    from analysis.teaching.checking import plain

    if value is None or value is Ellipsis:
        return {"missing": True}
    if isinstance(value, str):
        return {"value": value[:SHORT]}
    try:
        simple = plain(value)
    except Exception as error:  # a student's object may do anything
        return {"kind": type(error).__name__}
    return {"kind": type(value).__name__} if simple is None else {"value": simple}


def _say(speak, **words: object) -> None:
    speak.write(json.dumps(words) + "\n")
    speak.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
