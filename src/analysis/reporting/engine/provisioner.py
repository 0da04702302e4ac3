"""Kernels for JupyterLab that are forked from a warmed process: `Gongzhi (warm)` in the launcher.

The warmed process is started with the first kernel of a server, which itself still starts as ever; it
ends with the server.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
import sqlite3
import sys
import threading
from functools import cache
from pathlib import Path

from jupyter_client.provisioning import LocalProvisioner

from analysis.reporting.engine.linux import can_fork
from analysis.reporting.engine.processes import Zygote

CALL = "analysis.reporting.engine.provisioner:run_kernel"
WARM = "analysis.reporting.engine.warm:warm_kernel"
POLL = 0.05  # seconds between looks at a kernel that is to end
LOOK = 0.005  # seconds between looks at one that is to begin
ANY = ("*", "0.0.0.0", "")  # addresses that mean all of this machine's


class Kernels:
    """The kernels of this server, all forked from one process; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended: dict[int, int] = {}
        self._zygote = Zygote(WARM, quiet=False)
        atexit.register(self._zygote.close)

    def ready(self, seconds: float = 0) -> bool:
        """Whether a kernel can be forked now, or within that time."""
        with self._lock:
            return self._zygote.ready(seconds)

    def start(self, argument: dict) -> int:
        """Fork a kernel and return its pid."""
        with self._lock:
            pid = self._zygote.start(CALL, argument)
            self._ended.pop(pid, None)
            return pid

    def status(self, pid: int) -> int | None:
        """Return how a kernel ended; None while it runs."""
        with self._lock:
            for ended in self._zygote.wait(0):
                self._ended[ended.pid] = ended.status
            return self._ended.get(pid)

    def signal(self, pid: int, signum: int) -> None:
        """Send a signal to a kernel and what it started."""
        with self._lock:
            self._zygote.signal(pid, signum)


@cache
def kernels() -> Kernels:
    """Return the kernels of this server."""
    return Kernels()


class WarmProvisioner(LocalProvisioner):
    """A kernel that is forked where that is safe and the warmed process is ready, else started as ever."""

    forked: int | None = None

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel."""
        return self.forked is not None or super().has_process

    async def launch_kernel(self, cmd: list[str], **kwargs: object) -> dict:
        """Fork a kernel; see `LocalProvisioner.launch_kernel`."""
        self.forked = None
        if not can_fork() or not kernels().ready():
            self.log.info("The warmed process is not ready: this kernel starts as ever.")
            return await super().launch_kernel(cmd, **kwargs)
        folder = kwargs.get("cwd") or os.getcwd()
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        argument = {"arguments": arguments, "environment": kwargs["env"], "folder": str(folder)}
        self.forked = await asyncio.to_thread(kernels().start, argument)
        self.pid = self.pgid = self.forked
        self.cwd = Path(folder)
        await _listening(self.connection_info)
        return self.connection_info

    async def poll(self) -> int | None:
        """Return the kernel's status; None while it runs."""
        return await super().poll() if self.forked is None else kernels().status(self.forked)

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        if self.forked is None:
            return await super().wait()
        while (status := await self.poll()) is None:
            await asyncio.sleep(POLL)
        self.forked = None
        return status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and what it started."""
        if self.forked is None:
            await super().send_signal(signum)
        else:
            kernels().signal(self.forked, signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once."""
        await self._end("SIGKILL", super().kill, restart)

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel to end."""
        await self._end("SIGTERM", super().terminate, restart)

    async def _end(self, name: str, otherwise, restart: bool) -> None:
        import signal

        if self.forked is None:
            await otherwise(restart=restart)
        else:
            await self.send_signal(getattr(signal, name))


async def _listening(connection: dict) -> None:
    """Wait until a kernel has bound its sockets: a client that comes too early tries again only 0.1 s later.

    After a second the kernel is left to itself; whoever started it asks whether it lives.
    """
    ip, port = connection["ip"], connection["iopub_port"]  # the last one bound that a client waits for
    for _ in range(int(1 / LOOK)):
        if connection["transport"] == "ipc":
            found = os.path.exists(f"{ip}-{port}")
        else:
            with socket.socket() as probe:
                found = probe.connect_ex(("127.0.0.1" if ip in ANY else ip, port)) == 0
        if found:
            return
        await asyncio.sleep(LOOK)


def run_kernel(argument: dict) -> None:
    """Be a kernel, in this process that was forked for it."""
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    os.environ.clear()
    os.environ.update(argument["environment"])
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    os.chdir(argument["folder"])
    sys.argv = [sys.modules["ipykernel"].__path__[0] + "_launcher.py", *argument["arguments"]]
    connection = {"check_same_thread": False, "factory": Unhurried}
    history = Config({"HistoryManager": {"connection_options": connection}})
    app = IPKernelApp.instance(config=history)
    app.initialize([*argument["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"])
    if isinstance(database := app.shell.history_manager.db, Unhurried):
        database.execute("PRAGMA synchronous = FULL")
    app.start()


class Unhurried(sqlite3.Connection):
    """The history of what was typed: a kernel's start need not wait until its number is on the disk.

    What is typed is written by another thread, which waits for the disk as ever.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if threading.current_thread() is threading.main_thread():
            self.execute("PRAGMA synchronous = OFF")
