"""Processes for reports: forked from a warmed one (`Zygote`), or each started anew (`Fresh`)."""

from __future__ import annotations

import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections import deque
from contextlib import suppress
from pathlib import Path

from analysis.errors import ReportError
from analysis.reporting.engine.ended import VANISHED, Ended
from analysis.reporting.engine.fresh import Fresh
from analysis.reporting.engine.linux import MARK, can_fork, kill_group, kill_marked
from analysis.reporting.engine.warm import ENVIRONMENT

__all__ = ["VANISHED", "Ended", "Fresh", "Zygote", "can_fork", "open_processes"]
REPORTS = "analysis.reporting.engine.warm:warm_reports"
log = logging.getLogger(__name__)


def open_processes(engine: str = "auto") -> Zygote | Fresh:
    """Return the processes for an engine: "auto" forks where that is safe, "warm" insists, "stock" never."""
    if engine == "stock" or (engine == "auto" and not can_fork()):
        if engine == "auto":
            log.warning("Forking is not safe on this system: every report gets a fresh process (slower).")
        return Fresh()
    return Zygote()


class Zygote:
    """A warmed process, started anew, from which each call is forked; a context manager, for one thread.

    Parameters
    ----------
    warm : str
        "module:function" called once in it, with an empty dict: the imports and the rehearsal.
    patience : float
        Seconds the warm-up may take.
    quiet : bool
        Keep what it and processes without a log of their own print to themselves.

    Raises
    ------
    ReportError
        Where forking is not safe, or when the warm-up fails.
    """

    def __init__(self, warm: str = REPORTS, *, patience: float = 300, quiet: bool = True) -> None:
        if not can_fork():
            raise ReportError(
                "Processes cannot be forked safely on this system.", where="engine", value=sys.platform,
                expected="Linux 5.3 or later", mend="Use --engine stock.",
            )  # fmt: skip
        self._warm, self._patience, self._quiet = warm, patience, quiet
        self._running: set[int] = set()
        self._owner = os.getpid()
        self._messages: deque[dict] = deque()
        self._process: subprocess.Popen | None = None
        self._open()

    def _open(self) -> None:
        self._control, theirs = socket.socketpair()
        self._mark = uuid.uuid4().hex
        self._received, self._ready = b"", False
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        out = self._said if self._quiet else None
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "analysis.reporting.engine.zygote", str(theirs.fileno()), self._warm],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True,
                stdout=out, stderr=out, env={**os.environ, **ENVIRONMENT, MARK: self._mark},
            )  # fmt: skip

    @property
    def pid(self) -> int | None:
        """The process that is forked from; none once closed."""
        return self._process.pid if self._process else None

    def ready(self, seconds: float = 0) -> bool:
        """Whether it has warmed up, or does within that time."""
        if self._process is None:
            self._open()
        until = time.monotonic() + seconds
        while not self._ready:
            left = until - time.monotonic()
            if not self._receive(max(left, 0)) and left <= 0:
                break
            if self._process is None:
                self._fail()
        return self._ready

    def start(self, call: str, argument: dict, *, log: str | Path | None = None) -> int:
        """Fork a process that makes the call; return its pid, which is also its process group and session.

        Parameters
        ----------
        call : str
            "module:function"; the function takes the argument and may return an exit code.
        argument : dict
            What JSON can carry.
        log : path, optional
            File to which the process' stdout and stderr are appended.
        """
        if self._process is None:
            self._open()
        request = {"call": call, "argument": argument, "log": str(Path(log).absolute()) if log else None}
        self._send(request)
        answer = self._answer()
        if "refused" in answer:
            raise ReportError(
                "The system has no room for another process.", where="engine", value=answer["refused"],
                mend="Use fewer --jobs.",
            )  # fmt: skip
        self._running.add(answer["started"])
        return answer["started"]

    def wait(self, seconds: float) -> list[Ended]:
        """Wait, at most `seconds`, until a process ends; return all that have ended since last asked."""
        until = time.monotonic() + seconds
        while self._process is not None and not any("ended" in message for message in self._messages):
            left = until - time.monotonic()
            if not self._receive(max(left, 0)) and left <= 0:
                break
        ended = [m for m in self._messages if "ended" in m]
        self._messages = deque(m for m in self._messages if "ended" not in m)
        self._running -= {m["ended"] for m in ended}
        return [Ended(m["ended"], m["status"], m["cpu_seconds"], m["peak_mb"]) for m in ended]

    def signal(self, pid: int, signum: int) -> None:
        """Send a signal to a process and its group, if it has not ended."""
        if self._process is not None and pid in self._running:
            with suppress(ReportError):
                self._send({"signal": int(signum), "pid": pid})

    def close(self) -> None:
        """End the warmed process and every process that came from it."""
        if self._process is None:
            return
        self._control.close()
        if os.getpid() != self._owner:  # a fork of the client: the processes are not its own
            self._process = None
            return
        if not self._ready:  # it would not look at its socket before it has warmed up
            self._process.kill()
        try:
            clean = self._process.wait(timeout=5) == 0
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            clean = False
        self._end(clean)

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, message: dict) -> None:
        try:
            self._control.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            self._fail()

    def _answer(self) -> dict:
        """Return the reply to the last request: the one message that is neither an end nor a greeting."""
        until = time.monotonic() + self._patience
        while True:
            for message in self._messages:
                if "started" in message or "refused" in message:
                    self._messages.remove(message)
                    return message
            if self._process is None or time.monotonic() > until:
                self._fail()
            self._receive(1.0)

    def _receive(self, seconds: float) -> bool:
        """Take in what the zygote says; false if nothing came in time."""
        if not select.select([self._control], [], [], seconds)[0]:
            return False
        try:
            data = self._control.recv(1 << 20)
        except ConnectionError:
            data = b""
        if not data:
            self._process.wait()
            self._end(clean=False)
            return True
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "unfit" in message:
                self.close()
                raise ReportError(
                    "The process that reports are forked from could not be prepared.", where="engine",
                    value=message["unfit"].strip().splitlines()[-1], mend="Use --engine stock.",
                )  # fmt: skip
            self._ready = self._ready or "ready" in message
            self._messages.append(message)
        return True

    def _fail(self) -> None:
        self._said.seek(0)
        tail = "".join(self._said.read().decode(errors="replace").strip().splitlines()[-1:])
        self.close()
        raise ReportError(
            "The process that reports are forked from has ended.", where="engine", value=tail or None,
            mend="Run the command again; if it happens again, use --engine stock.",
        )  # fmt: skip

    def _end(self, clean: bool) -> None:
        told = {message["ended"] for message in self._messages if "ended" in message}
        for pid in sorted(self._running - told):
            kill_group(pid)
            lost = {"ended": pid, "status": -signal.SIGKILL, "cpu_seconds": 0.0, "peak_mb": 0.0}
            self._messages.append(lost)
        if not clean:
            kill_marked(self._mark)
        self._control.close()
        self._process = None
