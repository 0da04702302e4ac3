"""A fresh process for each call, where forking is not wanted or not safe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from analysis.reporting.engine.calls import DONE
from analysis.reporting.engine.ended import VANISHED, Ended
from analysis.reporting.engine.linux import kill_group
from analysis.reporting.engine.warm import ENVIRONMENT


class Fresh:
    """A fresh Python for each call: the same methods as `Zygote`, where forking is not wanted or not safe."""

    def __init__(self) -> None:
        self._running: dict[int, _Started] = {}

    def start(self, call: str, argument: dict, *, log: str | Path | None = None) -> int:
        """Start a process that makes the call; see `Zygote.start`."""
        posix = os.name == "posix"
        read, write = os.pipe() if posix else (None, None)
        request = json.dumps({"call": call, "argument": argument, "done": write})
        with open(log or os.devnull, "ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "analysis.reporting.engine.calls", request], stdin=subprocess.PIPE,
                stdout=out if log else None, stderr=out if log else None, start_new_session=posix,
                pass_fds=[write] if posix else [], env={**os.environ, **ENVIRONMENT},
            )  # fmt: skip
        if write is not None:
            os.close(write)
        self._running[process.pid] = _Started(process, read)
        return process.pid

    def wait(self, seconds: float) -> list[Ended]:
        """Wait, at most `seconds`, until a process ends; return all that have ended since last asked."""
        until = time.monotonic() + seconds
        while True:
            ended = [e for pid in list(self._running) if (e := self._running[pid].ended())]
            for e in ended:
                del self._running[e.pid]
            left = until - time.monotonic()
            if ended or left <= 0:
                return ended
            time.sleep(min(0.05, left))

    def signal(self, pid: int, signum: int) -> None:
        """Send a signal to a process, its group and the kernels it started, if it has not ended."""
        if pid in self._running:
            self._running[pid].signal(signum)

    def close(self) -> None:
        """End every process."""
        for started in self._running.values():
            started.signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        for started in self._running.values():
            started.process.wait()
            started.release()
        self._running.clear()

    def __enter__(self) -> Fresh:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Started:
    """A fresh process under way."""

    def __init__(self, process: subprocess.Popen, pipe: int | None) -> None:
        self.process, self.pipe = process, pipe
        self.cpu_seconds = self.peak_mb = 0.0

    def ended(self) -> Ended | None:
        if os.name != "posix":
            return self._ended_on_windows()
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if not pid:
            return None
        kill_group(pid)
        code = os.waitstatus_to_exitcode(status)
        self.process.returncode = code
        os.set_blocking(self.pipe, False)
        said = b""
        with suppress(BlockingIOError):
            said = os.read(self.pipe, 64)
            if code == 0 and not said.startswith(DONE):
                code = VANISHED
        self.release()
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
        peak = int(said[1:]) / 1024 if said[1:].isdigit() else usage.ru_maxrss / unit
        return Ended(pid, code, usage.ru_utime + usage.ru_stime, peak)

    def _ended_on_windows(self) -> Ended | None:
        import psutil

        with suppress(psutil.Error):
            seen = psutil.Process(self.process.pid)
            times, memory = seen.cpu_times(), seen.memory_info()
            self.cpu_seconds, self.peak_mb = times.user + times.system, memory.peak_wset / (1 << 20)
        if self.process.poll() is None:
            return None
        self.release()
        return Ended(self.process.pid, self.process.returncode, self.cpu_seconds, self.peak_mb)

    def signal(self, signum: int) -> None:
        import psutil

        with suppress(psutil.Error):
            for child in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.Error):
                    child.send_signal(signum)
        if os.name == "posix":
            kill_group(self.process.pid, signum)
        else:
            self.process.terminate()

    def release(self) -> None:
        self.process.stdin.close()
        if self.pipe is not None:
            os.close(self.pipe)
            self.pipe = None
