"""What a run does to be alone in its folder, and to end well when it is asked to."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from analysis.errors import ReportError
from analysis.reporting.layout import Layout


@contextmanager
def alone(layout: Layout) -> Iterator[None]:
    """Hold the folder for this run; two batches in one folder would mix their files."""
    if os.name == "nt":
        yield
        return
    import fcntl

    with open(layout.internal / ".lock", "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ReportError(
                "Another run is at work in this folder.", where=str(layout.root),
                expected="one run at a time in a folder",
                mend="Wait until it has ended, or choose another folder with --out.",
            ) from error  # fmt: skip
        yield


@contextmanager
def interruptible() -> Iterator[None]:
    """Treat a request to end (TERM) as Ctrl-C, so that nothing is left running or half written."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
