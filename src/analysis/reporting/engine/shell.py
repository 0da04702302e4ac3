"""An IPython kernel in this very process: the same shell, streams and messages, but no sockets.

One per process, because a shell changes the process around it; whoever runs a notebook forks first.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
from collections import deque
from types import SimpleNamespace

import zmq
from ipykernel.iostream import IOPubThread, OutStream
from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from jupyter_client.session import Session
from traitlets import Any, Type

DRAIN_STEP = 0.001  # seconds between looks at a pipe that still holds output


class RecordingSession(Session):
    """A session that keeps what a kernel sends, as it would have arrived on the other side."""

    sent = Any()

    def send(self, stream, msg_or_type, content=None, parent=None, ident=None, buffers=None, **kwargs):
        """Keep the message; see `Session.send`."""
        if isinstance(msg_or_type, dict):
            message = msg_or_type
            buffers = buffers or message.get("buffers", [])
        else:
            header, metadata = kwargs.get("header"), kwargs.get("metadata")
            message = self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        message["content"] = self.unpack(self.pack(message["content"]))
        message["buffers"] = [memoryview(buffer) for buffer in buffers or ()]
        if os.getpid() == self.pid:
            self.sent.append(message)
        return message


class HostedKernel(IPythonKernel):
    """The IPython kernel without channels to listen on."""

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Nothing waits in a queue here."""

    async def do_execute(self, *args, **kwargs):
        """Run a cell, and take in what it left in the pipes of its descriptors."""
        reply = await super().do_execute(*args, **kwargs)
        for stream in (sys.stdout, sys.stderr):
            _drain(stream)
        return reply


class Host(IPKernelApp):
    """The start of a kernel as ever (profile, configuration, streams, extensions), without its sockets."""

    name = "ipython-kernel"
    kernel_class = Type(HostedKernel)
    sent = Any()

    def init_connection_file(self) -> None:
        """There is none."""

    def init_poller(self) -> None:
        """Whoever forked this process watches it."""

    def init_heartbeat(self) -> None:
        """There is none."""

    def write_connection_file(self, **kwargs: object) -> None:
        """There is none."""

    def log_connection_info(self) -> None:
        """There is none."""

    def init_signal(self) -> None:
        """Ctrl-C ends the cell, as everywhere."""

    def init_sockets(self) -> None:
        """Make the thread that streams need to flush in time; what it would send is kept instead."""
        self.context = zmq.Context()
        self.sent = deque()
        self.session = RecordingSession(sent=self.sent, config=self.config)
        self.iopub_thread = IOPubThread(self.context.socket(zmq.PUB), session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket

    def init_kernel(self) -> None:
        """Make the kernel."""
        self.kernel = self.kernel_class.instance(
            parent=self, session=self.session, iopub_thread=self.iopub_thread, iopub_socket=self.iopub_socket,
            shell_channel_thread=SimpleNamespace(parent_thread=threading.main_thread()),
            log=self.log, profile_dir=self.profile_dir, user_ns=self.user_ns,
        )  # fmt: skip
        self.displayhook.get_execution_count = lambda: self.kernel.execution_count


class NotebookShell:
    """A kernel to run cells in, and the messages it answers with.

    Parameters
    ----------
    extra_arguments : sequence of str
        As on the command line of a kernel.
    """

    def __init__(self, extra_arguments: list[str] | tuple[str, ...] = ()) -> None:
        sys.argv = [sys.modules["ipykernel"].__path__[0] + "_launcher.py"]
        self._app = Host.instance()
        own = [a for a in extra_arguments if not a.startswith("--log-level")]
        self._app.initialize(["--log-level=50", *own])  # its log is for who starts kernels by hand
        self.kernel = self._app.kernel
        self.session = Session()  # of the one who asks
        self.shell_channel = SimpleNamespace(send=self._queue)
        self._queued: deque[dict] = deque()

    @property
    def left(self) -> bool:
        """Whether a cell asked the kernel to end, as `exit` and `quit` do."""
        return bool(self.kernel.shell.exit_now)

    @property
    def language_info(self) -> dict:
        """What a kernel says of its language."""
        return self.kernel.language_info

    def start(self) -> None:
        """Bind the kernel to the event loop that runs now."""
        from tornado.ioloop import IOLoop

        self.kernel.io_loop = IOLoop.current()
        self._app.sent.clear()

    async def execute(self, code: str, *, stop_on_error: bool = True) -> tuple[list[dict], dict]:
        """Run one cell; return the messages it gave, in order, and the reply."""
        content = {
            "code": code, "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": stop_on_error,
        }  # fmt: skip
        request = self.session.msg("execute_request", content)
        await self._handle(request, self.kernel.execute_request)
        asked = request["header"]["msg_id"]  # what threads of earlier cells say belongs to none
        sent = [m for m in self._app.sent if m["parent_header"].get("msg_id") == asked]
        self._app.sent.clear()
        reply = next(m for m in sent if m["msg_type"] == "execute_reply")
        messages = [m for m in sent if m is not reply]
        while self._queued:
            message = self._queued.popleft()
            handler = self.kernel.shell_handlers.get(message["header"]["msg_type"])
            if handler is not None:
                await self._handle(message, handler)
        return messages, reply

    def close(self) -> None:
        """Give the process its streams back."""
        for stream in (sys.stdout, sys.stderr):
            _drain(stream)
            if isinstance(stream, OutStream):
                stream.flush()
                stream.close()
        self._app.reset_io()

    async def _handle(self, message: dict, handler) -> None:
        kernel = self.kernel
        kernel.set_parent([], message, channel="shell")
        kernel._publish_status("busy", "shell")
        kernel.pre_handler_hook()
        try:
            result = handler(None, [], message)
            if asyncio.iscoroutine(result):
                await result
        finally:
            kernel.post_handler_hook()
        sys.stdout.flush()
        sys.stderr.flush()
        kernel._publish_status("idle", "shell")
        await asyncio.sleep(0)  # tasks that a cell started go on between cells

    def _queue(self, message: dict) -> None:
        self._queued.append(message)


def _drain(stream: object) -> None:
    """Wait until what was written to the descriptor behind a stream has been read from its pipe."""
    if not isinstance(stream, OutStream) or getattr(stream, "_fid", None) is None:
        return
    import fcntl
    import struct
    import termios

    until = time.monotonic() + 1
    while time.monotonic() < until:
        if not struct.unpack("i", fcntl.ioctl(stream._fid, termios.FIONREAD, b"\0" * 4))[0]:
            break
        time.sleep(DRAIN_STEP)
