"""The loop of a batch: starts processes, watches their limits, and tells what became of each."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from analysis.reporting.running.processes import resident_mb

POLL = 0.2
VANISHED = 70  # what a runner says of a process that left with exit code 0 in the middle of its call
TERM, KILL = signal.SIGTERM, getattr(signal, "SIGKILL", signal.SIGTERM)
MADE, FAILED, TIMED_OUT, KILLED, OUT_OF_MEMORY = "made", "failed", "timed_out", "killed", "out_of_memory"
REUSED, NOT_STARTED = "reused", "not_started"
BAD = (FAILED, TIMED_OUT, KILLED, OUT_OF_MEMORY)


class Runner(Protocol):
    """Something that starts processes and can end them with all they started: a `Zygote` or `Fresh`."""

    def start(self, call: str, argument: dict, *, log: Path | None = None) -> int: ...
    def wait(self, seconds: float) -> list: ...
    def signal(self, pid: int, signum: int) -> None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Limits:
    """What one report may use, and how much failure a batch bears.

    Attributes
    ----------
    timeout : float or None
        Seconds of wall time per attempt.
    memory_mb : float or None
        Resident memory of the process and all below it, in MB, as it is seen a few times a second.
    retries : int
        Further attempts of a report that was not made.
    max_failures : int or None
        Start no more reports once this many have failed for good.
    grace : float
        Seconds between the request to end (TERM) and the end (KILL).
    """

    timeout: float | None = None
    memory_mb: float | None = None
    retries: int = 0
    max_failures: int | None = None
    grace: float = 5.0


@dataclass
class Attempt:
    """One process that makes one report."""

    name: str
    number: int
    folder: Path
    began: float = field(default_factory=time.monotonic)
    ended_for: str = ""
    asked: float = 0.0
    forced: bool = False
    peak_mb: float = 0.0


@dataclass(frozen=True)
class Verdict:
    """What became of one attempt.

    Attributes
    ----------
    status : {"made", "failed", "timed_out", "killed", "out_of_memory"}
        From the exit status of the process alone, and why it was ended if it was.
    error : str
    cell : int or None
        The n of the prompt In [n] that failed.
    final : bool
        Whether no further attempt follows.
    fatal : str
        Why the whole batch cannot go on, e.g. a full disk.
    exit_status : int
        Of the process; negative the signal that ended it.
    """

    name: str
    status: str
    seconds: float
    cpu_seconds: float
    memory_mb: float
    attempt: int
    folder: Path
    error: str = ""
    cell: int | None = None
    final: bool = True
    fatal: str = ""
    exit_status: int = 0


def judge(attempt: Attempt, ended, limits: Limits) -> tuple[str, str]:
    """Return the status of an attempt and why, from the exit status of its process."""
    if ended.status == 0:
        return MADE, ""
    if attempt.ended_for == TIMED_OUT:
        return TIMED_OUT, f"it took longer than {limits.timeout:g} seconds"
    if attempt.ended_for == OUT_OF_MEMORY:
        return OUT_OF_MEMORY, f"it held {attempt.peak_mb:,.0f} MB; the limit is {limits.memory_mb:,.0f} MB"
    if ended.status < 0:
        try:
            name = signal.Signals(-ended.status).name
        except ValueError:
            name = f"signal {-ended.status}"
        return KILLED, f"its process was ended from outside or crashed ({name})"
    if ended.status == VANISHED:
        return FAILED, "its process ended itself in the middle (os._exit in a cell?)"
    return FAILED, f"its process ended with status {ended.status}"


class Supervisor:
    """Makes reports in processes that it can end.

    Parameters
    ----------
    runner : Runner
    limits : Limits
    at_once : int
        Processes at a time.
    begin : callable
        Name and number of an attempt -> (call, argument, folder for its drafts).
    read : callable
        Verdict -> Verdict: what the process left behind is looked at, where it was made or failed.
    finish : callable
        Verdict of a report that was made -> None, or a Future of a Verdict when there is more to do outside.
    watch : callable, optional
        Called a few times a second; what it raises ends the loop and every process.
    """

    def __init__(
        self, runner: Runner, limits: Limits, at_once: int, *, begin: Callable, read: Callable,
        finish: Callable[[Verdict], Future | None], watch: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        self.runner, self.limits, self.at_once = runner, limits, at_once
        self.begin, self.read, self.finish, self.watch = begin, read, finish, watch
        self.running: dict[int, Attempt] = {}
        self.finishing: dict[Future, Verdict] = {}
        self.failures = 0
        self.stopped = False

    def run(self, names: list[str]) -> Iterator[Verdict | Attempt]:
        """Yield an Attempt when one starts, and a Verdict when one ended; not every name need come up."""
        waiting = deque((name, 1) for name in names)
        try:
            while self.running or self.finishing or (waiting and not self.stopped):
                while waiting and not self.stopped and len(self.running) < self.at_once:
                    yield self._start(*waiting.popleft())
                for verdict in [*self._ended(), *self._finished()]:
                    if not verdict.final:
                        waiting.append((verdict.name, verdict.attempt + 1))
                    yield verdict
                self._watch()
                if self.watch is not None:
                    self.watch()
        finally:
            self.end_all()

    def _start(self, name: str, number: int) -> Attempt:
        call, argument, folder = self.begin(name, number)
        attempt = Attempt(name, number, folder)
        pid = self.runner.start(call, argument, log=folder / "log.txt")
        self.running[pid] = attempt
        return attempt

    def _ended(self) -> Iterator[Verdict]:
        if not self.running:
            time.sleep(POLL if self.finishing else 0)
            return
        for ended in self.runner.wait(POLL):
            attempt = self.running.pop(ended.pid, None)
            if attempt is None:
                continue
            status, error = judge(attempt, ended, self.limits)
            verdict = Verdict(
                attempt.name, status, round(time.monotonic() - attempt.began, 2),
                round(ended.cpu_seconds, 2), round(max(ended.peak_mb, attempt.peak_mb), 1),
                attempt.number, attempt.folder, error, exit_status=ended.status,
            )  # fmt: skip
            yield from self._settle(self.read(verdict))

    def _settle(self, verdict: Verdict) -> Iterator[Verdict]:
        """Give the verdict, unless there is more to do for its report outside."""
        future = self.finish(verdict) if verdict.status == MADE else None
        if future is None:
            yield self._settled(verdict)
        else:
            self.finishing[future] = verdict

    def _finished(self) -> Iterator[Verdict]:
        for future in [f for f in self.finishing if f.done()]:
            del self.finishing[future]
            yield self._settled(future.result())

    def _settled(self, verdict: Verdict) -> Verdict:
        if verdict.fatal:
            self.stopped = True
        if verdict.status == MADE or verdict.fatal:
            return verdict
        if verdict.attempt <= self.limits.retries and not self.stopped:
            return replace(verdict, final=False)
        self.failures += 1
        most = self.limits.max_failures
        self.stopped |= most is not None and self.failures >= most
        return verdict

    def _watch(self) -> None:
        """End what is over its limits: ask first, and after the grace end it with all below it."""
        now, limits = time.monotonic(), self.limits
        for pid, attempt in self.running.items():
            if not attempt.ended_for and limits.memory_mb is not None:
                held = resident_mb(pid)
                attempt.peak_mb = max(attempt.peak_mb, held)
                attempt.ended_for = OUT_OF_MEMORY if held > limits.memory_mb else ""
            if not attempt.ended_for and limits.timeout is not None and now - attempt.began > limits.timeout:
                attempt.ended_for = TIMED_OUT
            if attempt.ended_for and not attempt.asked:
                attempt.asked = now
                self.runner.signal(pid, TERM)
            elif attempt.asked and not attempt.forced and now - attempt.asked > limits.grace:
                attempt.forced = True
                self.runner.signal(pid, KILL)

    def end_all(self) -> None:
        """End every process still running: asked first, and after at most two seconds ended."""
        for pid in self.running:
            self.runner.signal(pid, TERM)
        deadline = time.monotonic() + min(self.limits.grace, 2.0)
        while self.running and time.monotonic() < deadline:
            for ended in self.runner.wait(POLL):
                self.running.pop(ended.pid, None)
        for pid in self.running:
            self.runner.signal(pid, KILL)
        while self.running and time.monotonic() < deadline + 5:
            for ended in self.runner.wait(POLL):
                self.running.pop(ended.pid, None)
        self.running.clear()
