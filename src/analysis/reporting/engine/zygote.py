"""The warmed process: one thread, no state of its own; it forks a child per request and reaps it.

It talks with its client over a socket, a line of JSON per message, and ends when the client does.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from dataclasses import dataclass, field

from analysis.reporting.engine import calls
from analysis.reporting.engine.ended import VANISHED
from analysis.reporting.engine.linux import adopt_orphans, die_with_parent, kill_children, kill_group


@dataclass
class Server:
    """The loop: requests in, children out."""

    control: socket.socket
    watched: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    children: dict[int, tuple[int, int]] = field(default_factory=dict)  # pid: (pidfd, pipe)
    received: bytes = b""

    def say(self, **message: object) -> None:
        self.control.sendall(json.dumps(message).encode() + b"\n")

    def serve(self, client: int) -> None:
        """Answer until the client is gone, then end all children."""
        self.watched.register(self.control, selectors.EVENT_READ, self._listen)
        self.watched.register(client, selectors.EVENT_READ, self._stop)
        try:
            while True:
                for key, _ in self.watched.select():
                    if callable(key.data):
                        key.data()
                    else:
                        self._reap(key.data)
        except (EOFError, ConnectionError):
            pass
        finally:
            for pid in self.children:
                kill_group(pid)
            kill_children(keep=set())

    def _stop(self) -> None:
        raise EOFError

    def _listen(self) -> None:
        data = self.control.recv(1 << 20)
        if not data:
            raise EOFError
        *lines, self.received = (self.received + data).split(b"\n")
        for line in lines:
            self._answer(json.loads(line))

    def _answer(self, request: dict) -> None:
        if "signal" in request:
            if request["pid"] in self.children:
                kill_group(request["pid"], request["signal"])
            return
        try:
            self.say(started=self._fork(request))
        except OSError as error:
            self.say(refused=str(error))

    def _fork(self, request: dict) -> int:
        read, write = os.pipe()
        parent, before = os.getpid(), self._descriptors()
        pid = os.fork()
        if pid == 0:
            try:
                for descriptor in (*before, read):
                    os.close(descriptor)
                _begin(parent, request.get("log"))
                calls.run(request["call"], request["argument"], write)
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(1)
        os.close(write)
        pidfd = os.pidfd_open(pid)
        self.children[pid] = (pidfd, read)
        self.watched.register(pidfd, selectors.EVENT_READ, pid)
        return pid

    def _descriptors(self) -> list[int]:
        kept = [key.fd for key in self.watched.get_map().values()]
        return [*kept, self.watched.fileno(), *(pipe for _, pipe in self.children.values())]

    def _reap(self, pid: int) -> None:
        kill_group(pid)  # whoever it left behind; its own id cannot be taken before it is waited for
        _, status, usage = os.wait4(pid, 0)
        pidfd, pipe = self.children.pop(pid)
        self.watched.unregister(pidfd)
        os.set_blocking(pipe, False)
        try:
            done = os.read(pipe, 1) == calls.DONE
        except BlockingIOError:
            done = False
        os.close(pidfd)
        os.close(pipe)
        kill_children(keep=set(self.children))
        code = os.waitstatus_to_exitcode(status)
        self.say(
            ended=pid, status=VANISHED if code == 0 and not done else code,
            cpu_seconds=usage.ru_utime + usage.ru_stime, peak_mb=usage.ru_maxrss / 1024,
        )  # fmt: skip


def _begin(parent: int, log: str | None) -> None:
    """Make the forked process one of its own: session, end with the parent, nothing inherited that varies."""
    import atexit
    import random
    import warnings

    os.setsid()
    die_with_parent(parent)
    adopt_orphans()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    calls.redirect(log)
    atexit._clear()
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    with warnings.catch_warnings():  # what was warned of in the warm-up may be warned of again
        pass


def main() -> None:
    """Warm up, say so, and serve the client at the other end of the descriptor named on the command line."""
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    client = os.pidfd_open(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    adopt_orphans()
    server = Server(control)
    try:
        resolved = calls.resolve(sys.argv[2])
        resolved({})
        threads = os.listdir("/proc/self/task")
        if len(threads) > 1:
            raise RuntimeError(f"the warm-up left {len(threads) - 1} threads running: forking is not safe")
    except BaseException:
        server.say(unfit=traceback.format_exc())
        raise
    gc.collect()
    gc.freeze()
    server.say(ready=os.getpid())
    server.serve(client)
    os._exit(0)  # all that could be tidied up is memory


if __name__ == "__main__":
    if sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    importlib.import_module("analysis.reporting.engine.zygote").main()
