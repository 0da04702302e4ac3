"""The same batch over a Dask cluster: each worker process keeps a warmed process of its own.

Study results, template and drafts are read and written in the folder of the run, which every machine must
see under the same path. What a worker makes goes into a folder of its own; the one that leads the run moves
it to its place, once.
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import ReportError
from analysis.large.cluster import PATIENCE, connect
from analysis.reporting.running.keys import code_version
from analysis.reporting.running.supervise import KILLED, POLL, Attempt, Limits, Supervisor, Verdict

if TYPE_CHECKING:
    from distributed import Client

_one_at_a_time = threading.Lock()
_processes: dict[str, object] = {}


class Gone(Exception):
    """The run that asked for this report has ended."""


def make_there(call: str, argument: dict, limits: Limits, engine: str) -> Verdict:
    """Make one report on a worker, watched there; return what became of its process.

    Parameters
    ----------
    call, argument : str, dict
        As for a `Runner`; argument["folder"] is there as long as the run is.
    limits : Limits
    engine : str
        As `open_processes` takes it.
    """
    asked, own = Path(argument["folder"]), Path(argument["folder"]) / uuid.uuid4().hex
    with _one_at_a_time, tempfile.TemporaryDirectory(prefix="gongzhi-") as sockets:
        runner = _own_processes(engine)

        def begin(name: str, number: int) -> tuple[str, dict, Path]:
            _still_wanted()
            own.mkdir()
            forked = "stock" if type(runner).__name__ == "Fresh" else "gongzhi"
            return call, argument | {"folder": str(own), "sockets": sockets, "engine": forked}, own

        def _still_wanted() -> None:
            if not asked.is_dir():
                raise Gone

        loop = Supervisor(
            runner, replace(limits, retries=0, max_failures=None), 1, begin=begin, read=lambda v: v,
            finish=lambda v: None, watch=_still_wanted,
        )  # fmt: skip
        return next(event for event in loop.run([argument["title"]]) if isinstance(event, Verdict))


def _own_processes(engine: str):
    """Return the warmed process of this worker, started with the first report."""
    from analysis.reporting.engine import open_processes

    if engine not in _processes:
        _processes[engine] = open_processes(engine)
    return _processes[engine]


@contextmanager
def join_cluster(address: str, shared: Path) -> Iterator[Client]:
    """Give a client of the scheduler at `address`, whose workers run this code and see the folder `shared`.

    Raises
    ------
    ReportError
        The scheduler does not answer, has no workers, or these run other code or do not see the folder.
    """
    with connect(address, ReportError) as client:
        _check_workers(client, shared)
        yield client


def _check_workers(client: Client, shared: Path) -> None:
    mark = shared / f".seen-{uuid.uuid4().hex}"
    mark.touch()
    try:
        versions, seen = client.run(code_version), client.run(Path.exists, mark)
    finally:
        mark.unlink()
    for wrong, what, mend in (
        ([w for w, v in versions.items() if v != code_version()], "the code of this Gongzhi",
         "Install the same sources there, and start the worker again."),
        ([w for w, there in seen.items() if not there], f"the folder {shared}",
         "Put --out on a file system that all machines see under the same path."),
    ):  # fmt: skip
        if wrong:
            raise ReportError(
                "Workers of the cluster cannot make these reports.", where=", ".join(wrong[:3]),
                expected=what, mend=mend,
            )  # fmt: skip


class ClusterSupervisor(Supervisor):
    """The loop of a batch whose processes are on the workers of a cluster.

    A report whose worker is lost is made by another; it counts as the same attempt.
    """

    def __init__(self, client: Client, engine: str, limits: Limits, *, begin: Callable, **hooks: Callable):
        width = 2 * max(sum(client.nthreads().values()), 1)  # one under way and one at hand
        super().__init__(None, limits, width, begin=begin, **hooks)
        self.client, self.engine, self._alone_since = client, engine, 0.0

    def _start(self, name: str, number: int) -> Attempt:
        call, argument, folder = self.begin(name, number)
        future = self.client.submit(
            make_there,
            call,
            argument,
            self.limits,
            self.engine,
            pure=False,
            key=f"report-{folder.name}-{uuid.uuid4().hex}",
        )
        attempt = self.running[future] = Attempt(name, number, folder)
        return attempt

    def _ended(self) -> Iterator[Verdict]:
        done = [future for future in self.running if future.done()]
        if not done:
            time.sleep(POLL)
        for future in done:
            attempt = self.running.pop(future)
            verdict = self._verdict(future, attempt)
            yield from self._settle(self.read(verdict))

    def _verdict(self, future, attempt: Attempt) -> Verdict:
        problem = future.exception()
        if problem is None:
            return replace(future.result(), name=attempt.name, attempt=attempt.number)
        if isinstance(problem, ReportError):
            raise problem
        seconds = round(time.monotonic() - attempt.began, 2)
        error = f"the workers that made it were lost ({type(problem).__name__})"
        return Verdict(attempt.name, KILLED, seconds, 0.0, 0.0, attempt.number, attempt.folder, error)

    def _watch(self) -> None:
        """Give up when the cluster stays without workers."""
        if not self.running or self.client.nthreads():
            self._alone_since = 0.0
            return
        self._alone_since = self._alone_since or time.monotonic()
        if time.monotonic() - self._alone_since > PATIENCE:
            raise ReportError(
                "The Dask scheduler has no workers any more.", where="scheduler",
                value=self.client.scheduler.address, expected="at least one worker",
                mend="Start workers, then go on with --resume.",
            )  # fmt: skip

    def end_all(self) -> None:
        """Call off what is under way; workers end their processes when the folder of drafts is gone."""
        with suppress(Exception):  # the cluster may be gone
            self.client.cancel(list(self.running), force=True)
        self.running.clear()
