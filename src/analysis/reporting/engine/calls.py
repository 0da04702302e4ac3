"""One call in a process of its own: from its name and argument to its exit code."""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

# What a process writes when its call has come back: an exit code alone can be faked by os._exit. Then comes
# the most memory it held, in kB: what the system counts for a new process may be that of whoever started it.
DONE = b"."

_isolated = False


def resolve(call: str) -> Callable[[dict], object]:
    """Return the function that "module:function" names."""
    module, _, name = call.partition(":")
    return getattr(importlib.import_module(module), name)


def run(call: str, argument: dict, done: int) -> None:
    """Call the function, say so on the pipe `done`, and end this process with its exit code.

    An int that comes back is the exit code, anything else 0; an exception is written to stderr and gives 1,
    as does SystemExit with code 0: a call that means to end well returns.
    """
    global _isolated
    _isolated = True
    try:
        result = resolve(call)(argument)
        code = result if isinstance(result, int) and not isinstance(result, bool) else 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) and end.code else 1
    except BaseException:
        traceback.print_exc(file=sys.__stderr__)
        code = 1
    with suppress(Exception):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with suppress(Exception):
            stream.flush()
    os.write(done, DONE + _peak())
    os._exit(code & 0xFF)


def _peak() -> bytes:
    """Return the most memory this process has held in kB, nothing where the system does not say."""
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_bytes().splitlines()
        return next(line.split()[1] for line in lines if line.startswith(b"VmHWM:"))
    return b""


def claim_isolation() -> bool:
    """Whether this process was made for one report only; true at most once, for whoever asks first."""
    global _isolated
    mine, _isolated = _isolated, False
    return mine


def redirect(log: str | Path | None) -> None:
    """Close stdin, and let stdout and stderr go to the end of the file `log`, down to the descriptors."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if log is None:
        return
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)


def main() -> None:
    """Run the call named on the command line: a process that was not forked but started anew."""
    request = json.loads(sys.argv[1])
    lifeline = os.dup(0)
    os.set_inheritable(lifeline, False)
    done = int(request["done"]) if request["done"] is not None else os.open(os.devnull, os.O_WRONLY)
    if request["done"] is not None:
        os.set_inheritable(done, False)
    redirect(None)
    _end_with(lifeline)
    run(request["call"], request["argument"], done)


def _end_with(lifeline: int) -> None:
    """End this process and its group when the other side of the pipe does."""
    import threading

    def watch() -> None:
        while os.read(lifeline, 1):
            pass
        with suppress(Exception):
            import psutil

            for below in psutil.Process().children(recursive=True):  # a kernel has a session of its own
                below.kill()
        if hasattr(os, "killpg"):
            os.killpg(os.getpgid(0), signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


if __name__ == "__main__":
    # the module that runs as __main__ must be the one others import
    importlib.import_module("analysis.reporting.engine.calls").main()
